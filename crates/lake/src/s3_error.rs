use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
};

use crate::StoreError;

/// Whether S3 says that two conditional writes met and this one should be sent again.
pub(crate) fn is_conflict<E>(error: &SdkError<E, HttpResponse>) -> bool {
    status(error) == Some(409)
}

/// What an answer of the SDK means in the words of the port.
pub(crate) fn store_error<E>(operation: &'static str, key: &str, error: &SdkError<E, HttpResponse>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let key = key.to_owned();
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or_default();
    match status(error) {
        Some(404) if code != "NoSuchBucket" => StoreError::NotFound { key },
        Some(412) => StoreError::Precondition { key },
        // 408 and 429 ask for patience; 409 has been retried by then.
        Some(408 | 409 | 429 | 500..) => StoreError::Unavailable { operation, key, reason: reason(error) },
        Some(400..) => StoreError::Refused { operation, key, reason: reason(error) },
        _ if matches!(error, SdkError::ConstructionFailure(_)) => {
            StoreError::Refused { operation, key, reason: reason(error) }
        }
        _ => StoreError::Unavailable { operation, key, reason: reason(error) },
    }
}

fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    // An answer outside 2xx can also be a `ResponseError`, when its body is no S3 error document.
    error.raw_response().map(|response| response.status().as_u16())
}

fn reason<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let status = status(error).map(|status| format!("HTTP {status}"));
    let service = error.as_service_error();
    let code = service.and_then(ProvideErrorMetadata::code).map(ToOwned::to_owned);
    let message = service.and_then(ProvideErrorMetadata::message).map(ToOwned::to_owned);
    if service.is_none() || (code.is_none() && message.is_none()) {
        return DisplayErrorContext(error).to_string();
    }
    [status, code, message].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use std::{
        io::{Read as _, Write as _},
        net::TcpListener,
    };

    use contracts::ErrorName;

    use crate::{PutWhen, S3Endpoint, S3Store, Store as _, StoreError};

    /// A server on a free port that gives every request the same answer; its address.
    fn server_that_says(status: &'static str, body: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n > 0) {
                    head.push(byte[0]);
                }
                let length = body.len();
                let answer =
                    format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        format!("http://{address}")
    }

    async fn store(url: String) -> S3Store {
        S3Store::connect_to("bucket", S3Endpoint::local(url)).await.unwrap()
    }

    async fn get(status: &'static str, body: &'static str) -> StoreError {
        store(server_that_says(status, body)).await.get("a/b").await.unwrap_err()
    }

    fn key() -> String {
        "a/b".to_owned()
    }

    #[tokio::test]
    async fn no_such_key_is_not_found() {
        let error = get("404 Not Found", "<Error><Code>NoSuchKey</Code><Message>gone</Message></Error>").await;
        assert_eq!(error, StoreError::NotFound { key: key() });
    }

    #[tokio::test]
    async fn no_such_bucket_is_not_a_missing_object() {
        let error = get("404 Not Found", "<Error><Code>NoSuchBucket</Code><Message>none</Message></Error>").await;
        let reason = "HTTP 404, NoSuchBucket, none".to_owned();
        assert_eq!(error, StoreError::Refused { operation: "read", key: key(), reason });
        assert_eq!(error.name(), ErrorName::Storage);
    }

    #[tokio::test]
    async fn access_denied_is_refused_and_says_why() {
        let error = get("403 Forbidden", "<Error><Code>AccessDenied</Code><Message>no</Message></Error>").await;
        let reason = "HTTP 403, AccessDenied, no".to_owned();
        assert_eq!(error, StoreError::Refused { operation: "read", key: key(), reason });
    }

    #[tokio::test]
    async fn a_server_error_is_unavailable_after_the_retries() {
        let error = get("503 Slow Down", "<Error><Code>SlowDown</Code><Message>later</Message></Error>").await;
        assert!(matches!(&error, StoreError::Unavailable { reason, .. } if reason.contains("SlowDown")), "{error}");
        assert_eq!(error.name(), ErrorName::Storage);
    }

    #[tokio::test]
    async fn a_lost_race_is_a_precondition() {
        let url = server_that_says("412 Precondition Failed", "<Error><Code>PreconditionFailed</Code></Error>");
        let error = store(url).await.put("a/b", "x".into(), PutWhen::Absent).await.unwrap_err();
        assert_eq!(error, StoreError::Precondition { key: key() });
    }

    #[tokio::test]
    async fn an_answer_that_is_no_s3_document_is_judged_by_its_status() {
        assert!(matches!(get("502 Bad Gateway", "<html>proxy</html>").await, StoreError::Unavailable { .. }));
        assert!(matches!(get("404 Not Found", "nothing here").await, StoreError::NotFound { .. }));
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_unavailable() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let error = store(url).await.get("a/b").await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    }

    #[tokio::test]
    async fn an_object_past_its_end_is_out_of_range() {
        let url = server_that_says("416 Range Not Satisfiable", "<Error><Code>InvalidRange</Code></Error>");
        let error = store(url).await.get_range("a/b", 10..20, None).await.unwrap_err();
        assert_eq!(error, StoreError::OutOfRange { key: key(), start: 10 });
    }
}
