use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use contracts::Problem;

/// A request that is answered with a problem.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    // Boxed, so that a result of the usual path stays small.
    problem: Box<Problem>,
    retry_after_seconds: Option<u64>,
}

/// The kinds of problems: reference, status, title. `docs/serving.md` lists the same.
macro_rules! kinds {
    ($($name:ident, $reference:literal, $status:ident, $title:literal;)*) => {
        /// What kind of problem a request ran into.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Kind { $($name),* }

        impl Kind {
            #[cfg(test)]
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name),*];

            pub(crate) const fn reference(self) -> &'static str {
                match self { $(Self::$name => concat!("/problems/", $reference)),* }
            }

            pub(crate) const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status),* }
            }

            const fn title(self) -> &'static str {
                match self { $(Self::$name => $title),* }
            }
        }
    };
}

kinds! {
    InvalidEncoding, "invalid-encoding", BAD_REQUEST, "the body is not UTF-8";
    InvalidJson, "invalid-json", BAD_REQUEST, "the body is not JSON";
    UnreadableBody, "unreadable-body", BAD_REQUEST, "the body could not be read";
    NotFound, "not-found", NOT_FOUND, "there is no such route";
    UnknownUseCase, "unknown-use-case", NOT_FOUND, "there is no such use case";
    MethodNotAllowed, "method-not-allowed", METHOD_NOT_ALLOWED, "the route does not take this method";
    BodyTooLarge, "body-too-large", PAYLOAD_TOO_LARGE, "the body is too large";
    TooManyRows, "too-many-rows", PAYLOAD_TOO_LARGE, "the request has too many rows";
    UnsupportedMediaType, "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE, "the body must be JSON";
    InvalidBody, "invalid-body", UNPROCESSABLE_ENTITY, "the body has the wrong shape";
    NoRows, "no-rows", UNPROCESSABLE_ENTITY, "the request has no rows";
    UnknownField, "unknown-field", UNPROCESSABLE_ENTITY, "a row has a field that the model does not take";
    DuplicateField, "duplicate-field", UNPROCESSABLE_ENTITY, "a row has a field twice";
    MissingField, "missing-field", UNPROCESSABLE_ENTITY, "a row lacks a field";
    InvalidValue, "invalid-value", UNPROCESSABLE_ENTITY, "a field has a value that it cannot have";
    WrongLength, "wrong-length", UNPROCESSABLE_ENTITY, "a row has the wrong number of values";
    NoModel, "no-model", SERVICE_UNAVAILABLE, "no model is live yet";
    ModelUnavailable, "model-unavailable", SERVICE_UNAVAILABLE, "the model could not be loaded";
    Internal, "internal", INTERNAL_SERVER_ERROR, "the server failed";
}

impl Refusal {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let problem = Problem {
            kind: kind.reference().to_owned(),
            title: kind.title().to_owned(),
            status: kind.status().as_u16(),
            detail: detail.into(),
            field: None,
            row: None,
            request_id: None,
        };
        Self { problem: Box::new(problem), retry_after_seconds: None }
    }

    pub(crate) fn at_row(mut self, row: usize) -> Self {
        self.problem.row = Some(row);
        self
    }

    pub(crate) fn at_field(mut self, field: &str) -> Self {
        self.problem.field = Some(short(field));
        self
    }

    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    pub(crate) fn with_request_id(mut self, id: &str) -> Self {
        self.problem.request_id = Some(id.to_owned());
        self
    }

    pub(crate) fn problem(&self) -> &Problem {
        &self.problem
    }

    pub(crate) fn into_problem(self) -> Box<Problem> {
        self.problem
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // Texts and small numbers: serialising them cannot fail.
        let body = serde_json::to_vec(&self.problem).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        // The envelope adds the request id, and writes the body again.
        response.extensions_mut().insert(self);
        response
    }
}

/// `text` cut to a length that an answer may repeat.
pub(crate) fn short(text: &str) -> String {
    const MAX_CHARS: usize = 80;
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn every_kind_is_in_the_documentation_with_its_status() {
        let documentation = include_str!("../../../docs/serving.md");
        for kind in Kind::ALL {
            let row = format!("| `{}` | {} |", kind.reference(), kind.status().as_u16());
            assert!(documentation.contains(&row), "docs/serving.md lacks {row}");
        }
    }

    #[test]
    fn cuts_long_texts_between_characters() {
        assert_eq!(short("tenure"), "tenure");
        assert_eq!(short(&"ä".repeat(100)), format!("{}…", "ä".repeat(80)));
    }
}
