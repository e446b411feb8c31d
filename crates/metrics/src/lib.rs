//! How well probabilities fit what happened: ROC-AUC, log loss, accuracy, precision, recall, F1, thresholds.
//!
//! Slices in, numbers out: no I/O, no clock, no randomness, and the crate builds for `wasm32-unknown-unknown`.
//! A label is 0 or 1, a score is finite, a probability lies in [0, 1].
//! Whatever cannot be measured is an error with a name; no function here ever returns NaN.
//!
//! Everything that is a count stays an integer until the last division, so results depend neither on the order of the
//! rows nor on rounding: two machines that agree on the scores agree on ROC-AUC, F1 and the threshold to the last bit.
//! Log loss alone is a sum of logarithms and depends on both in its last digits.

pub use confusion::{Confusion, binary_metrics};
pub use error::MetricError;
pub use log_loss::log_loss;
pub use roc_auc::roc_auc;
pub use threshold::{BestThreshold, Objective, best_threshold};

mod confusion;
mod error;
mod log_loss;
mod roc_auc;
mod threshold;
