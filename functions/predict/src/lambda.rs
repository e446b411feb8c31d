use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, header::HeaderName},
    middleware::{self, Next},
    response::Response,
};
use lambda_http::RequestExt as _;
use serving::AppState;

/// The router as Lambda runs it: requests without an id of their own get that of the invocation.
pub fn lambda_router(state: AppState) -> Router {
    serving::router(state).layer(middleware::from_fn(name_by_invocation))
}

async fn name_by_invocation(mut request: Request, next: Next) -> Response {
    const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
    let invocation =
        request.extensions().lambda_context_ref().map(|context| HeaderValue::from_str(&context.request_id));
    if let Some(Ok(id)) = invocation
        && !id.is_empty()
    {
        request.headers_mut().entry(REQUEST_ID).or_insert(id);
    }
    next.run(request).await
}
