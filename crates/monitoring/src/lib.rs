//! How a model in production does: drift against what it was trained on, performance where labels are known.
//!
//! Plain functions over plain data: no I/O, no clock, no randomness.
//! `train` freezes a [`contracts::DriftReference`] with each candidate ([`drift_reference`]), so that every later
//! comparison uses the same bins.

pub use error::MonitoringError;
pub use reference::{MAX_LEVELS, N_BINS, N_QUANTILES, SCORE, drift_reference};

mod error;
mod reference;
