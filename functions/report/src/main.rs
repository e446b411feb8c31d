//! The Lambda function `report`.

#[tokio::main]
async fn main() -> Result<(), lambda_kit::Error> {
    Ok(())
}
