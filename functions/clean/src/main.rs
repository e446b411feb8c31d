//! The Lambda function `clean`.

#[tokio::main]
async fn main() -> Result<(), lambda_kit::Error> {
    lambda_kit::run("clean", |lake, request| async move { clean::handle(&lake, request).await }).await
}
