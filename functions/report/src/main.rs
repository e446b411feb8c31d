//! Lambda `report`; see the library.

#[tokio::main]
async fn main() -> Result<(), lambda_kit::Error> {
    lambda_kit::run("report", |lake, request| async move { report::handle(&lake, request).await }).await
}
