//! The Lambda function `monitor`.

#[tokio::main]
async fn main() -> Result<(), lambda_kit::Error> {
    Ok(())
}
