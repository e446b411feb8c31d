use std::{any::Any, panic::AssertUnwindSafe, time::Instant};

use contracts::ErrorName;
use futures::FutureExt as _;
use lake::{LakeError, StoreError};
use lambda_runtime::Diagnostic;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use tracing::{error, info};

use crate::logs::{peak_rss_mb, reset_peak_rss};

/// An error that knows the name under which the state machines retry and catch it.
pub trait Named: std::error::Error {
    /// The name.
    fn name(&self) -> ErrorName;
}

impl Named for LakeError {
    fn name(&self) -> ErrorName {
        self.name()
    }
}

impl Named for StoreError {
    fn name(&self) -> ErrorName {
        self.name()
    }
}

/// Answers one request: parses it, calls `handle`, and writes the answer or the named error as JSON.
///
/// This is what a function does between two calls of the Runtime API, for tests of requests and error names.
///
/// # Errors
/// `error_type` is the name of the error as the state machine spells it: `InvalidInput` for a request that does not
/// parse, `Internal` for a panic, else what the handler's error says.
pub async fn answer<Q, A, E, Fut>(request: Value, handle: impl FnOnce(Q) -> Fut) -> Result<Value, Diagnostic>
where
    Q: DeserializeOwned,
    A: Serialize,
    E: Named,
    Fut: Future<Output = Result<A, E>>,
{
    let request =
        Q::deserialize(request).map_err(|error| diagnostic(ErrorName::InvalidInput, format!("request: {error}")))?;
    let answer = AssertUnwindSafe(async { handle(request).await })
        .catch_unwind()
        .await
        .map_err(|panic| diagnostic(ErrorName::Internal, format!("panic: {}", panic_message(&*panic))))?
        .map_err(|error| diagnostic(error.name(), with_causes(&error)))?;
    serde_json::to_value(answer).map_err(|error| diagnostic(ErrorName::Internal, format!("answer: {error}")))
}

/// [`answer`] with its log line.
pub(crate) async fn serve<Q, A, E, Fut>(
    stage: &str,
    request_id: &str,
    request: Value,
    handle: impl FnOnce(Q) -> Fut,
) -> Result<Value, Diagnostic>
where
    Q: DeserializeOwned,
    A: Serialize,
    E: Named,
    Fut: Future<Output = Result<A, E>>,
{
    let run_id = request.get("run_id").and_then(Value::as_str).map(ToOwned::to_owned);
    reset_peak_rss();
    let start = Instant::now();
    let answer = answer(request, handle).await;
    let duration_ms = (start.elapsed().as_secs_f64() * 1e4).round() / 10.0;
    let peak_rss_mb = peak_rss_mb();
    match &answer {
        Ok(_) => info!(stage, run_id, request_id, duration_ms, peak_rss_mb, "stage done"),
        Err(problem) => error!(
            stage,
            run_id,
            request_id,
            duration_ms,
            peak_rss_mb,
            error_name = problem.error_type,
            error = problem.error_message,
            "stage failed"
        ),
    }
    answer
}

fn diagnostic(name: ErrorName, message: String) -> Diagnostic {
    Diagnostic { error_type: name.as_str().to_owned(), error_message: message }
}

/// The error with those causes that its own message does not quote already.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.contains(&message) {
            text = format!("{text}: {message}");
        }
        cause = error.source();
    }
    text
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use contracts::ModelVersion;
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct HalveRequest {
        run_id: String,
        n_rows: u32,
    }

    #[derive(Debug, thiserror::Error)]
    enum HalveError {
        #[error("{n_rows} rows cannot be halved")]
        Odd { n_rows: u32 },
        #[error("row store {store}")]
        Store { store: &'static str, source: io::Error },
    }

    impl Named for HalveError {
        fn name(&self) -> ErrorName {
            match self {
                Self::Odd { .. } => ErrorName::DataQuality,
                Self::Store { .. } => ErrorName::Storage,
            }
        }
    }

    async fn halve(request: HalveRequest) -> Result<u32, HalveError> {
        match request.n_rows {
            0 => Err(HalveError::Store { store: "a", source: io::Error::other("disk full") }),
            13 => panic!("unlucky in {}", request.run_id),
            n_rows if n_rows % 2 == 1 => Err(HalveError::Odd { n_rows }),
            n_rows => Ok(n_rows / 2),
        }
    }

    async fn check(request: Value) -> Result<Value, (String, String)> {
        answer(request, halve).await.map_err(|problem| (problem.error_type, problem.error_message))
    }

    fn failure(name: &str, message: &str) -> Result<Value, (String, String)> {
        Err((name.to_owned(), message.to_owned()))
    }

    #[tokio::test]
    async fn answers_a_request() {
        assert_eq!(check(json!({"run_id": "a", "n_rows": 8})).await, Ok(json!(4)));
    }

    #[tokio::test]
    async fn an_error_keeps_its_name_for_the_state_machine() {
        let odd = check(json!({"run_id": "a", "n_rows": 7})).await;
        assert_eq!(odd, failure("DataQuality", "7 rows cannot be halved"));
    }

    #[tokio::test]
    async fn an_error_tells_its_causes() {
        let full = check(json!({"run_id": "a", "n_rows": 0})).await;
        assert_eq!(full, failure("Storage", "row store a: disk full"));
    }

    #[tokio::test]
    async fn a_request_that_does_not_parse_is_invalid_input_with_the_field() {
        let text = check(json!({"run_id": "a", "n_rows": "eight"})).await;
        assert_eq!(text, failure("InvalidInput", "request: invalid type: string \"eight\", expected u32"));
        let missing = check(json!({"run_id": "a"})).await;
        assert_eq!(missing, failure("InvalidInput", "request: missing field `n_rows`"));
        let unknown = check(json!({"run_id": "a", "n_rows": 2, "n_row": 2})).await;
        let expected = "request: unknown field `n_row`, expected `run_id` or `n_rows`";
        assert_eq!(unknown, failure("InvalidInput", expected));
        let list = check(json!(null)).await;
        assert_eq!(list.unwrap_err().0, "InvalidInput");
    }

    #[tokio::test]
    async fn a_panic_is_internal_and_not_the_end_of_the_process() {
        let panicked = check(json!({"run_id": "a", "n_rows": 13})).await;
        assert_eq!(panicked, failure("Internal", "panic: unlucky in a"));
    }

    #[tokio::test]
    async fn the_wire_form_of_an_error_is_what_step_functions_matches() {
        let problem = answer::<HalveRequest, _, _, _>(json!({"run_id": "a", "n_rows": 1}), halve).await.unwrap_err();
        assert_eq!(
            serde_json::to_value(problem).unwrap(),
            json!({"errorType": "DataQuality", "errorMessage": "1 rows cannot be halved"})
        );
    }

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The log lines of one invocation.
    async fn logged(request: Value) -> Vec<Value> {
        let captured = Captured::default();
        let writer = captured.clone();
        let subscriber =
            tracing_subscriber::fmt().json().flatten_event(true).with_writer(move || writer.clone()).finish();
        let guard = tracing::subscriber::set_default(subscriber);
        let _ = serve("halve", "request-1", request, halve).await;
        drop(guard);
        let bytes = captured.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[tokio::test]
    async fn one_line_per_invocation_says_stage_run_duration_and_memory() {
        let lines = logged(json!({"run_id": "run-7", "n_rows": 4})).await;
        assert_eq!(lines.len(), 1, "{lines:?}");
        let line = &lines[0];
        assert_eq!(line["level"], "INFO");
        assert_eq!((&line["stage"], &line["run_id"]), (&json!("halve"), &json!("run-7")));
        assert!(line["duration_ms"].as_f64().unwrap() >= 0.0, "{line}");
        if cfg!(target_os = "linux") {
            assert!(line["peak_rss_mb"].as_f64().unwrap() > 1.0, "{line}");
        }
    }

    #[tokio::test]
    async fn a_failure_is_logged_with_its_name_and_without_the_request() {
        let lines = logged(json!({"run_id": "run-7", "n_rows": 5})).await;
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert_eq!((&lines[0]["level"], &lines[0]["error_name"]), (&json!("ERROR"), &json!("DataQuality")));
        assert_eq!(lines[0]["error"], "5 rows cannot be halved");
        assert!(lines[0].get("n_rows").is_none());
    }

    #[tokio::test]
    async fn ids_in_requests_are_parsed_and_not_trusted() {
        let bad = answer::<ModelVersion, u32, HalveError, _>(json!("v0"), |_| async { Ok(1) }).await.unwrap_err();
        assert_eq!(bad.error_type, "InvalidInput");
    }
}
