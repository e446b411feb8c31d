//! The Lambda function `ingest`.

#[tokio::main]
async fn main() -> Result<(), lambda_kit::Error> {
    lambda_kit::run("ingest", |lake, request| async move { ingest::handle(&lake, request).await }).await
}
