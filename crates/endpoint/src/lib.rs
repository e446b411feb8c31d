//! Client of a Sluice endpoint: the routes of `predict` as typed calls.
//!
//! ```no_run
//! let endpoint = endpoint::Endpoint::new("http://127.0.0.1:8080")?;
//! let answer = endpoint.predict("telco", &serde_json::json!({"tenure": 12, "contract": "Two year"}))?;
//! println!("{} by {} {}", answer.predictions[0].probability, answer.provenance.model_name, answer.provenance.model_version);
//! # Ok::<(), endpoint::EndpointError>(())
//! ```
//!
//! Calls block; an asynchronous caller makes them on a thread that may wait (`tokio::task::spawn_blocking`).
//! Function URLs with `AWS_IAM` authorisation need [`Endpoint::signed`].
//! An answer outside 2xx is [`EndpointError::Refused`], which keeps the status and the [`contracts::Problem`].

pub use client::{Answer, Endpoint, Method};
pub use error::EndpointError;
pub use signature::Credentials;

mod client;
mod error;
mod resolver;
mod signature;
