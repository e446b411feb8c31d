//! Predictions over HTTP: an axum router that answers with the model version the registry calls live.
//!
//! ```text
//! request ─▶ envelope (id, headers, log) ─▶ routes ─▶ body, json, rows (400 … 422) ─▶ pool ─▶ wasm
//!                                             │
//!                                             └─▶ slot ─▶ registry: which version?   version: checked and loaded
//! ```
//!
//! `predict` puts the [`router`] on Lambda or on a socket. A [`Trial`] answers with one given version and no server,
//! so that a version is tested by the very code that will serve it.
//!
//! A request takes what serves when it begins and keeps it to its end, so that no answer mixes two versions.
//! Nothing a caller sends can cause an answer of 500 or above.

pub use app::{AppState, Clock, Settings};
pub use routes::router;
pub use trial::Trial;
pub use version::LoadError;

mod app;
mod body;
mod envelope;
mod json;
mod pool;
mod problem;
mod routes;
mod rows;
mod slot;
mod trial;
mod version;
