//! The Lambda function `features`.

#[tokio::main]
async fn main() -> Result<(), lambda_kit::Error> {
    lambda_kit::run("features", |lake, request| async move { features_function::handle(&lake, request).await }).await
}
