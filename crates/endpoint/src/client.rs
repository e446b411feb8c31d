use std::time::{Duration, SystemTime};

use contracts::{Health, ModelInfo, PredictionResponse, Problem, Reloaded};
use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::{
    Agent,
    http::{Request, Uri},
    unversioned::transport::DefaultConnector,
};

use crate::{
    Credentials, EndpointError,
    resolver::{LoopbackResolver, is_this_machine},
    signature,
};

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest wait for a whole answer; a cold function behind an emulator takes seconds.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);
/// Largest answer read.
const MAX_ANSWER_BYTES: u64 = 16 << 20;
/// Part of an unexpected body that an error quotes.
const QUOTED_CHARS: usize = 300;

/// A running `predict`, reached by its base address.
#[derive(Clone, Debug)]
pub struct Endpoint {
    base: String,
    agent: Agent,
    region: Option<String>,
    credentials: Option<Credentials>,
}

/// HTTP methods that the routes of an endpoint take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Read.
    Get,
    /// Send a body.
    Post,
}

impl Method {
    /// The method as requests spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// An answer as it came.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Media type with parameters; empty when there was none.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Endpoint {
    /// A client of the endpoint at `url`, such as `http://127.0.0.1:8080` or a Lambda function URL.
    ///
    /// Nothing is sent yet. Names below `localhost` mean this machine, whatever the system's resolver says.
    ///
    /// # Errors
    /// An address without `http://` or `https://` or without a host, or one with a query.
    pub fn new(url: &str) -> Result<Self, EndpointError> {
        let refuse = |reason| EndpointError::InvalidUrl { url: url.to_owned(), reason };
        let uri: Uri = url.trim().parse().map_err(|_| refuse("it is not an http address"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(refuse("it must start with http:// or https://"));
        }
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(|| refuse("it names no host"))?;
        if uri.query().is_some() {
            return Err(refuse("it must not have a query"));
        }
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_global(Some(CALL_TIMEOUT));
        if is_this_machine(host) {
            config = config.proxy(None);
        }
        let agent = Agent::with_parts(config.build(), DefaultConnector::default(), LoopbackResolver::default());
        let region = signature::function_url_region(host).map(str::to_owned);
        Ok(Self { base: url.trim().trim_end_matches('/').to_owned(), agent, region, credentials: None })
    }

    /// Signs every call with these keys if the address is a function URL on AWS; no other host gets a signature.
    #[must_use]
    pub fn signed(mut self, credentials: Option<Credentials>) -> Self {
        self.credentials = credentials;
        self
    }

    /// The address without a final slash.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.base
    }

    /// Asks for predictions. `body` is one record, an array of records, `{"records": […]}` or `{"rows": [[…]]}`.
    ///
    /// # Errors
    /// No answer, an answer outside 2xx, or one that is no prediction.
    pub fn predict(&self, use_case: &str, body: &Value) -> Result<PredictionResponse, EndpointError> {
        let path = format!("/predict/{}", segment(use_case));
        let answer = self.send(Method::Post, &path, Some("application/json"), body.to_string().as_bytes())?;
        self.typed(&path, &answer)
    }

    /// Asks whether predictions for `use_case` are answered. A 503 with a health report is an answer, not an error.
    ///
    /// # Errors
    /// No answer, or one that is no health report.
    pub fn health(&self, use_case: &str) -> Result<Health, EndpointError> {
        let path = format!("/health/{}", segment(use_case));
        let answer = self.send(Method::Get, &path, None, &[])?;
        if answer.status == 503
            && let Ok(health) = serde_json::from_slice(&answer.body)
        {
            return Ok(health);
        }
        self.typed(&path, &answer)
    }

    /// Asks for the model in service and all registered versions.
    ///
    /// # Errors
    /// No answer, an answer outside 2xx (503 while there is no model), or one that cannot be read.
    pub fn model_info(&self, use_case: &str) -> Result<ModelInfo, EndpointError> {
        let path = format!("/model_info/{}", segment(use_case));
        self.typed(&path, &self.send(Method::Get, &path, None, &[])?)
    }

    /// Makes the endpoint look at the registry now.
    ///
    /// # Errors
    /// No answer, an answer outside 2xx (503 when the new version cannot be loaded), or one that cannot be read.
    pub fn reload(&self, use_case: &str) -> Result<Reloaded, EndpointError> {
        let path = format!("/reload/{}", segment(use_case));
        self.typed(&path, &self.send(Method::Post, &path, None, &[])?)
    }

    /// Sends any request and gives the answer as it comes, whatever its status.
    ///
    /// # Errors
    /// No answer, or one that breaks off or is longer than 16 MiB.
    pub fn send(
        &self,
        method: Method,
        path: &str,
        content_type: Option<&str>,
        body: &[u8],
    ) -> Result<Answer, EndpointError> {
        let url = format!("{}{path}", self.base);
        let lost = |error: ureq::Error| EndpointError::Unreachable { url: url.clone(), reason: error.to_string() };
        let mut headers = vec![("accept", "application/json, application/problem+json")];
        headers.extend(content_type.map(|content_type| ("content-type", content_type)));
        let mut request = Request::builder().uri(&url).method(method.as_str());
        for (name, value) in self.signature(method, &url, &headers, body)? {
            request = request.header(name, value);
        }
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let response = match method {
            Method::Get => request.body(()).map_err(ureq::Error::from).and_then(|request| self.agent.run(request)),
            Method::Post => request.body(body).map_err(ureq::Error::from).and_then(|request| self.agent.run(request)),
        };
        let mut response = response.map_err(lost)?;
        let content_type = response.headers().get("content-type").and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or_default().to_owned();
        let body = response.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_vec().map_err(lost)?;
        Ok(Answer { status: response.status().as_u16(), content_type, body })
    }

    fn signature(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Vec<(String, String)>, EndpointError> {
        let (Some(region), Some(credentials)) = (&self.region, &self.credentials) else { return Ok(Vec::new()) };
        signature::headers(credentials, region, SystemTime::now(), (method.as_str(), url, headers, body))
            .map_err(|reason| EndpointError::Unreachable { url: url.to_owned(), reason })
    }

    fn typed<T: DeserializeOwned>(&self, path: &str, answer: &Answer) -> Result<T, EndpointError> {
        let url = format!("{}{path}", self.base);
        if !(200..300).contains(&answer.status) {
            let body = String::from_utf8_lossy(&answer.body).chars().take(QUOTED_CHARS).collect();
            return Err(EndpointError::Refused {
                url,
                status: answer.status,
                problem: answer.problem().map(Box::new),
                body,
            });
        }
        serde_json::from_slice(&answer.body).map_err(|error| EndpointError::UnreadableAnswer {
            url,
            status: answer.status,
            reason: error.to_string(),
        })
    }
}

impl Answer {
    /// The problem in the body, if its media type says that there is one.
    #[must_use]
    pub fn problem(&self) -> Option<Problem> {
        let media_type = self.content_type.split(';').next().unwrap_or_default().trim();
        media_type.eq_ignore_ascii_case("application/problem+json").then(|| serde_json::from_slice(&self.body).ok())?
    }
}

/// `text` as one segment of a path.
fn segment(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use std::{
        io::{Read, Write},
        net::TcpListener,
        thread,
    };

    use super::*;

    /// Answers the given responses, one connection each, and gives back the requests it was sent.
    fn serve(responses: Vec<String>) -> (u16, thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let worker = thread::spawn(move || {
            let answer = |response: &String| {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = vec![0; 4096];
                let n_bytes = stream.read(&mut request).unwrap();
                stream.write_all(response.as_bytes()).unwrap();
                String::from_utf8_lossy(&request[..n_bytes]).into_owned()
            };
            responses.iter().map(answer).collect()
        });
        (port, worker)
    }

    fn response(status: &str, content_type: &str, body: &str) -> String {
        let length = body.len();
        format!(
            "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        )
    }

    #[test]
    fn reaches_a_function_url_below_localhost_without_a_name_server() {
        let health = r#"{"status":"healthy","use_case":"telco","model_version":"v2","model_stage":"Production"}"#;
        let (port, server) = serve(vec![response("200 OK", "application/json", health)]);
        let url = format!("http://abc123.lambda-url.us-east-1.localhost:{port}/");
        let found = Endpoint::new(&url).unwrap().health("telco").unwrap();
        assert_eq!(found.model_version.unwrap().number(), 2);
        let requests = server.join().unwrap();
        assert!(requests[0].starts_with("GET /health/telco HTTP/1.1"), "{requests:?}");
        assert!(requests[0].to_lowercase().contains("host: abc123.lambda-url.us-east-1.localhost"), "{requests:?}");
    }

    #[test]
    fn keeps_the_status_and_the_problem_of_a_refusal() {
        let problem = r#"{"type":"/problems/invalid-field","title":"invalid field","status":422,"detail":"must be a number","field":"tenure","row":3}"#;
        let (port, _server) = serve(vec![response("422 Unprocessable Entity", "application/problem+json", problem)]);
        let endpoint = Endpoint::new(&format!("http://127.0.0.1:{port}")).unwrap();
        let error = endpoint.predict("telco", &serde_json::json!({})).unwrap_err();
        assert_eq!(error.status(), Some(422));
        assert_eq!(error.problem().unwrap().field.as_deref(), Some("tenure"));
        assert!(error.to_string().contains("must be a number (field `tenure`, row 3)"), "{error}");
    }

    #[test]
    fn a_health_report_with_503_is_an_answer() {
        let health = r#"{"status":"no_model","use_case":"telco","model_version":null,"model_stage":null}"#;
        let (port, _server) = serve(vec![response("503 Service Unavailable", "application/json", health)]);
        let found = Endpoint::new(&format!("http://127.0.0.1:{port}")).unwrap().health("telco").unwrap();
        assert_eq!(found.status, contracts::HealthStatus::NoModel);
    }

    #[test]
    fn tells_no_answer_from_a_wrong_answer() {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let closed = Endpoint::new(&format!("http://127.0.0.1:{port}")).unwrap();
        assert!(matches!(closed.reload("telco"), Err(EndpointError::Unreachable { .. })));

        let (port, _server) = serve(vec![response("200 OK", "text/html", "<h1>hello</h1>")]);
        let other = Endpoint::new(&format!("http://127.0.0.1:{port}")).unwrap();
        assert!(matches!(other.model_info("telco"), Err(EndpointError::UnreadableAnswer { status: 200, .. })));
    }

    #[test]
    fn refuses_what_is_not_an_address() {
        for url in ["", "telco", "ftp://host/", "http://", "http://host/?x=1", "/predict"] {
            assert!(matches!(Endpoint::new(url), Err(EndpointError::InvalidUrl { .. })), "{url}");
        }
    }

    #[test]
    fn a_use_case_cannot_leave_its_segment() {
        assert_eq!(segment("telco"), "telco");
        assert_eq!(segment("../x y"), "..%2Fx%20y");
    }
}
