//! The Lambda function `score`.

#[tokio::main]
async fn main() -> Result<(), lambda_kit::Error> {
    Ok(())
}
