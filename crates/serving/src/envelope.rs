//! What every answer has, whatever the route: a request id, safe headers, a log line.

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use crate::{
    AppState,
    problem::{Refusal, short},
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const MAX_REQUEST_ID_LENGTH: usize = 128;

/// The id of a request, as its handler finds it among the extensions.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) String);

/// Gives the request its id and the answer its headers; writes the log line.
pub(crate) async fn wrap(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let started_us = state.shared.now_us();
    let id = request_id(&request).unwrap_or_else(|| state.shared.next_request_id());
    let (method, path) = (request.method().clone(), short(request.uri().path()));
    request.extensions_mut().insert(RequestId(id.clone()));

    let mut response = next.run(request).await;
    let refusal = response.extensions_mut().remove::<Refusal>();
    let problem = refusal.as_ref().map(|refusal| refusal.problem().kind.clone());
    if let Some(refusal) = refusal {
        let headers = std::mem::take(response.headers_mut());
        response = refusal.with_request_id(&id).into_response();
        // Headers that a layer added, such as `allow`; the body's own are those of the new body.
        for (name, value) in &headers {
            if name != header::CONTENT_LENGTH && !response.headers().contains_key(name) {
                response.headers_mut().insert(name, value.clone());
            }
        }
    }
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let duration_us = state.shared.now_us().saturating_sub(started_us);
    tracing::info!(request_id = id, %method, path, status = response.status().as_u16(), problem, duration_us, "answered");
    response
}

/// The id the caller chose, or a shell in front of the router.
fn request_id(request: &Request) -> Option<String> {
    let is_plain =
        |id: &&str| (1..=MAX_REQUEST_ID_LENGTH).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
    let id = request.headers().get(REQUEST_ID)?.to_str().ok().filter(is_plain)?;
    Some(id.to_owned())
}
