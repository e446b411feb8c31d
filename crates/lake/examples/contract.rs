//! Runs the store contract against an S3 server: `cargo run -p lake --example contract -- http://127.0.0.1:4566`.
//!
//! It makes a bucket of its own there, named after the process.

use std::{error::Error, sync::Arc, time::Instant};

use lake::{S3Endpoint, S3Store, contract};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("usage: contract URL")?;
    let store = S3Store::connect_to(&format!("contract-{}", std::process::id()), S3Endpoint::local(&url)).await?;
    store.create_bucket().await?;
    let start = Instant::now();
    contract::check(Arc::new(store), "contract").await?;
    #[allow(clippy::print_stdout, reason = "an example speaks to a person")]
    {
        println!("{url} keeps the contract ({:.1} s)", start.elapsed().as_secs_f64());
    }
    Ok(())
}
