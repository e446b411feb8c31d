//! The Lambda function `validate`.

#[tokio::main]
async fn main() -> Result<(), lambda_kit::Error> {
    lambda_kit::run("validate", |lake, request| async move { validate::handle(&lake, request).await }).await
}
