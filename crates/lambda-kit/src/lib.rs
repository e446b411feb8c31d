//! What every function needs around its `handle`: logs, the lake, typed requests, named errors.
//!
//! A function is an ordinary `async fn handle(lake: &Lake, request: XRequest) -> Result<XResponse, XError>`;
//! its `main.rs` wires it to the Lambda runtime and holds nothing else:
//!
//! ```no_run
//! # mod ingest {
//! #     #[derive(Debug)]
//! #     pub struct IngestError;
//! #     impl std::fmt::Display for IngestError {
//! #         fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("no") }
//! #     }
//! #     impl std::error::Error for IngestError {}
//! #     impl lambda_kit::Named for IngestError {
//! #         fn name(&self) -> contracts::ErrorName { contracts::ErrorName::InvalidInput }
//! #     }
//! #     pub async fn handle(_: &lake::Lake, _: contracts::stage::IngestRequest) -> Result<u32, IngestError> { Ok(0) }
//! # }
//! #[tokio::main]
//! async fn main() -> Result<(), lambda_kit::Error> {
//!     lambda_kit::run("ingest", |lake, request| async move { ingest::handle(&lake, request).await }).await
//! }
//! ```
//!
//! The closure gets its own [`Lake`](lake::Lake) (a clone costs a reference count) and the request already parsed.
//! More resources are built in `main` before `run` and cloned into the future:
//!
//! ```no_run
//! # use std::{convert::Infallible, sync::Arc};
//! # struct Modules;
//! # impl Modules { fn open() -> Result<Self, Infallible> { Ok(Self) } }
//! # mod deploy {
//! #     #[derive(Debug)]
//! #     pub enum DeployError {}
//! #     impl std::fmt::Display for DeployError {
//! #         fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { match *self {} }
//! #     }
//! #     impl std::error::Error for DeployError {}
//! #     impl lambda_kit::Named for DeployError { fn name(&self) -> contracts::ErrorName { match *self {} } }
//! #     pub async fn handle(
//! #         _: &lake::Lake, _: &super::Modules, _: contracts::stage::DeployRequest,
//! #     ) -> Result<u32, DeployError> { Ok(0) }
//! # }
//! #[tokio::main]
//! async fn main() -> Result<(), lambda_kit::Error> {
//!     let modules = Arc::new(Modules::open()?);
//!     lambda_kit::run("deploy", move |lake, request| {
//!         let modules = Arc::clone(&modules);
//!         async move { deploy::handle(&lake, &modules, request).await }
//!     })
//!     .await
//! }
//! ```
//!
//! An error type says its name to the state machine by [`Named`]:
//!
//! ```
//! # use contracts::ErrorName;
//! #[derive(Debug, thiserror::Error)]
//! enum CleanError {
//!     #[error("table `{0}` does not exist")]
//!     UnknownTable(String),
//!     #[error(transparent)]
//!     Lake(#[from] lake::LakeError),
//! }
//!
//! impl lambda_kit::Named for CleanError {
//!     fn name(&self) -> ErrorName {
//!         match self {
//!             Self::UnknownTable(_) => ErrorName::InvalidInput,
//!             Self::Lake(error) => error.name(),
//!         }
//!     }
//! }
//! ```
//!
//! A function that is not one request to one answer (`predict`) calls [`start_logs`] and [`lake_from_env`] itself.
//!
//! # Environment
//! | name | meaning |
//! |---|---|
//! | `SLUICE_BUCKET` | bucket of the lake; required |
//! | `RUST_LOG` | log filter, `info` when absent |
//! | `AWS_*` | credentials, region and endpoints, as the AWS SDK reads them |

pub use environment::{SetupError, lake_from_env};
pub use invocation::{Named, answer};
pub use logs::{peak_rss_mb, start_logs};
pub use runtime::{Error, run};
pub use settings::settings;

mod environment;
mod invocation;
mod logs;
mod runtime;
mod settings;
