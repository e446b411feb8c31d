//! Lambda `monitor`; see the library.

#[tokio::main]
async fn main() -> Result<(), lambda_kit::Error> {
    lambda_kit::run("monitor", |lake, request| async move { monitor::handle(&lake, request).await }).await
}
