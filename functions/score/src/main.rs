//! Lambda `score`; see the library.

use std::sync::Arc;

#[tokio::main]
async fn main() -> Result<(), lambda_kit::Error> {
    let modules = Arc::new(inference::Modules::from_env()?);
    lambda_kit::run("score", move |lake, request| {
        let modules = Arc::clone(&modules);
        async move { score::handle(&lake, &modules, request).await }
    })
    .await
}
