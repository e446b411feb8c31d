//! How a model in production does: drift against what it was trained on, performance where labels are known.
//!
//! Plain functions over plain data: no I/O, no clock, no randomness.
//!
//! | when | what |
//! |---|---|
//! | a candidate is trained | [`drift_reference`] freezes how its fields and scores are distributed |
//! | predictions are monitored | [`drift()`] compares with that; [`performance()`] and [`by_month`] measure where labels are known; [`estimate`] does where they are not |
//! | the figures are known | [`assess`] judges them by the bounds of the settings |
//!
//! All of it goes into one [`MonitoringRecord`].
//! Only rows count that the model has not seen: one that it was fitted to, or whose label helped to choose its
//! threshold, says nothing about how it does.

pub use drift::{BinShare, Drift, FieldDrift, compare, critical_psi, drift};
pub use error::MonitoringError;
pub use figures::{grouped, short};
pub use governance::{Assessment, Circumstances, Retraining, assess};
pub use performance::{Scored, by_month, estimate, performance, score_histogram};
pub use record::{
    CalibrationBin, DataQuality, EstimatedPerformance, MonitoredData, MonitoredModel, MonitoredRows, MonitoringRecord,
    Month, PastRun, Performance, RECORD_FORMAT, RocPoint, ScoreHistogram,
};
pub use reference::{MAX_LEVELS, N_BINS, N_QUANTILES, SCORE, drift_reference};

mod drift;
mod error;
mod figures;
mod governance;
mod performance;
mod record;
mod reference;
