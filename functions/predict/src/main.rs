//! `predict`: answers predictions over HTTP, in Lambda or as a plain server.

#[tokio::main]
async fn main() -> Result<(), predict::StartError> {
    predict::run().await
}
