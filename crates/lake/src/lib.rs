//! The lake: every object of Sluice, behind one small port.
//!
//! [`Store`] is the port: objects under keys, with conditional writes. Its contract is a test suite, [`contract`],
//! which every store passes: [`MemoryStore`] for tests, [`DirectoryStore`] for a laptop, [`S3Store`] for S3 and
//! everything that speaks its protocol. [`FailingStore`] makes any of them fail at a chosen call.
//!
//! [`Lake`] is what stages use: reads that check the digest, and writes that happen once. Where an object lies is
//! decided in [`keys`] and nowhere else.
//!
//! ```
//! use std::sync::Arc;
//! use lake::{Lake, LakeError, MemoryStore, keys};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), LakeError> {
//! let lake = Lake::new(Arc::new(MemoryStore::new()), "memory://example");
//! let object = lake.write_once(&keys::raw("telco", "churn.csv"), "id,churn\n1,Yes\n".into()).await?;
//! assert_eq!(lake.read(&object).await?, "id,churn\n1,Yes\n");
//!
//! // The same bytes again are no change; other bytes never replace what is there.
//! lake.write_once(&object.key, "id,churn\n1,Yes\n".into()).await?;
//! let other = lake.write_once(&object.key, "id,churn\n1,No\n".into()).await;
//! assert!(matches!(other, Err(LakeError::Conflict { .. })));
//! # Ok(())
//! # }
//! ```

pub use store::{Meta, Object, PutWhen, Store, StoreError};

pub use directory::DirectoryStore;
pub use failing::{FailingStore, Moment};
pub use memory::MemoryStore;
pub use s3::{S3Endpoint, S3Store, http_client};

pub use lake::{Lake, LakeError};

pub mod contract;
pub mod keys;

#[cfg(test)]
mod careless;
mod directory;
mod failing;
mod lake;
mod memory;
mod s3;
mod s3_error;
mod store;
