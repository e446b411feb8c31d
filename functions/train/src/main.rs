//! The Lambda function `train`.

#[tokio::main]
async fn main() -> Result<(), lambda_kit::Error> {
    lambda_kit::run("train", |lake, request| async move { train::handle(&lake, request).await }).await
}
