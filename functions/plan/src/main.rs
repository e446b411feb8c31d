//! The Lambda function `plan`.

#[tokio::main]
async fn main() -> Result<(), lambda_kit::Error> {
    lambda_kit::run("plan", |lake, request| async move { plan::handle(&lake, request).await }).await
}
