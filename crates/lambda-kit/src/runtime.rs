use std::sync::Arc;

use lake::Lake;
use lambda_runtime::{LambdaEvent, service_fn};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{Named, invocation, lake_from_env, start_logs};

/// What `main` returns when a function cannot start or the runtime stops.
pub type Error = lambda_runtime::Error;

/// Serves `handler` on the Lambda runtime until the runtime ends the process.
///
/// `stage` is the name that log lines carry. Requests are parsed here, not by the runtime, so that a request that
/// does not fit comes back as `InvalidInput` with the field; a panic comes back as `Internal`.
///
/// # Errors
/// `SLUICE_BUCKET` is missing, or the Runtime API cannot be reached.
pub async fn run<Q, A, E, F, Fut>(stage: &'static str, handler: F) -> Result<(), Error>
where
    Q: DeserializeOwned,
    A: Serialize,
    E: Named,
    F: Fn(Lake, Q) -> Fut,
    Fut: Future<Output = Result<A, E>>,
{
    start_logs();
    let lake = lake_from_env().await?;
    let handler = Arc::new(handler);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| {
        let (lake, handler) = (lake.clone(), Arc::clone(&handler));
        async move {
            let request_id = event.context.request_id;
            invocation::serve(stage, &request_id, event.payload, |request| handler(lake, request)).await
        }
    }))
    .await
}
