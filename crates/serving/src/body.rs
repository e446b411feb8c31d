use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, header},
};
use http_body_util::LengthLimitError;

use crate::{
    json::Node,
    problem::{Kind, Refusal},
};

/// Reads a body of at most `max_bytes` that says it is JSON.
pub(crate) async fn read_json_bytes(headers: &HeaderMap, body: Body, max_bytes: usize) -> Result<Bytes, Refusal> {
    check_media_type(headers)?;
    let too_large = || Refusal::new(Kind::BodyTooLarge, format!("at most {max_bytes} bytes are read"));
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|length| length > max_bytes as u64) {
        return Err(too_large());
    }
    to_bytes(body, max_bytes).await.map_err(|error| {
        if std::error::Error::source(&error).is_some_and(|source| source.is::<LengthLimitError>()) {
            too_large()
        } else {
            Refusal::new(Kind::UnreadableBody, "the connection broke off before the body was complete")
        }
    })
}

/// Reads one JSON value from a whole body; the refusal says where it breaks.
pub(crate) fn parse(body: &[u8]) -> Result<Node<'_>, Refusal> {
    let text = std::str::from_utf8(body)
        .map_err(|error| Refusal::new(Kind::InvalidEncoding, format!("byte {} is not UTF-8", error.valid_up_to())))?;
    if text.trim().is_empty() {
        return Err(Refusal::new(Kind::InvalidJson, "the body is empty"));
    }
    Node::parse(text).map_err(|error| Refusal::new(Kind::InvalidJson, error.to_string()))
}

fn check_media_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let refuse = |detail: &str| Err(Refusal::new(Kind::UnsupportedMediaType, detail));
    if headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return refuse("compressed bodies are not read; send it without `content-encoding`");
    }
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return refuse("there is no `content-type`; send `content-type: application/json`");
    };
    let media_type = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let media_type = media_type.to_ascii_lowercase();
    let is_json =
        media_type == "application/json" || (media_type.starts_with("application/") && media_type.ends_with("+json"));
    if is_json { Ok(()) } else { refuse("send `content-type: application/json`") }
}
