//! How well probabilities fit what happened (ROC-AUC, log loss, accuracy, precision, recall, F1, thresholds,
//! calibration), what they promise before anything happened, and how far one distribution is from another.
//!
//! Slices in, numbers out: no I/O, no clock, no randomness, and the crate builds for `wasm32-unknown-unknown`.
//! A label is 0 or 1, a score is finite, a probability lies in [0, 1].
//! Whatever cannot be measured is an error with a name; no function here returns NaN but where its documentation says
//! so.
//!
//! Everything that is a count stays an integer until the last division, so results depend neither on the order of the
//! rows nor on rounding: two machines that agree on the scores agree on ROC-AUC, F1 and the threshold to the last bit.
//! Log loss, Brier score and the distances of distributions are sums of fractions and depend on both in their last
//! digits.

pub use calibration::{CalibrationBin, brier_score, calibration_curve, expected_calibration_error};
pub use confusion::{Confusion, binary_metrics};
pub use distribution::{
    KolmogorovSmirnov, jensen_shannon_distance, kolmogorov_smirnov, kolmogorov_survival, n_occupied_bins,
    population_stability_index,
};
pub use error::MetricError;
pub use estimate::{EstimatedMetrics, estimated_metrics};
pub use log_loss::log_loss;
pub use roc_auc::{roc_auc, roc_auc_standard_error};
pub use roc_curve::{RocPoint, roc_curve};
pub use threshold::{BestThreshold, Objective, best_threshold};

mod calibration;
mod confusion;
mod distribution;
mod error;
mod estimate;
mod log_loss;
mod roc_auc;
mod roc_curve;
mod threshold;
