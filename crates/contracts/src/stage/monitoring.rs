//! The monitoring machine: predictions to figures, a report and a decision.

use serde::{Deserialize, Serialize};

use crate::{ObjectRef, RunId};

/// Asks `monitor` for one step of monitoring.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum MonitorRequest {
    /// Joins predictions with the labels known by now.
    Fetch(FetchRequest),
    /// Measures performance and drift.
    Calculate(CalculateRequest),
    /// Keeps the figures with their time stamp.
    Store(MonitorStep),
    /// Decides whether to train again, and claims the right to do so.
    Govern(GovernRequest),
}

/// Asks `monitor` for the predictions beside what came true.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FetchRequest {
    /// Use case.
    pub use_case: String,
    /// Name of the execution.
    pub run_id: RunId,
    /// Key of the `PredictionSet` to monitor; the newest when absent.
    #[serde(default)]
    pub predictions: Option<String>,
}

/// Asks `monitor` for the figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalculateRequest {
    /// Use case.
    pub use_case: String,
    /// Name of the execution.
    pub run_id: RunId,
    /// When the execution started, RFC 3339.
    pub at: String,
    /// What `fetch` answered.
    pub fetched: ObjectRef,
}

/// What one step of monitoring leaves to the next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MonitorStep {
    /// Use case.
    pub use_case: String,
    /// Name of the execution.
    pub run_id: RunId,
    /// The object made: joined rows after `fetch`, the `MonitoringRecord` after `calculate` and `store`.
    pub object: ObjectRef,
}

/// Asks `monitor` for the decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GovernRequest {
    /// Use case.
    pub use_case: String,
    /// Name of the execution.
    pub run_id: RunId,
    /// Time now, RFC 3339.
    pub at: String,
    /// The `MonitoringRecord`.
    pub record: ObjectRef,
}

/// What governance decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Every bound is kept.
    Healthy,
    /// A bound is broken: train again.
    Retrain,
    /// A bound is broken, but a training was started less than the cool-down ago.
    CoolingDown,
    /// A bound is broken, but there is no data that the champion was not trained from: training would give it again.
    NothingNew,
}

/// The decision. Too little data to decide is the error `InsufficientData` instead.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GovernResponse {
    /// Use case.
    pub use_case: String,
    /// Name of the execution.
    pub run_id: RunId,
    /// What to do.
    pub decision: Decision,
    /// Why, for people.
    pub reasons: Vec<String>,
    /// Name of the execution to start, the same however often this is asked; `None` unless the decision is to retrain.
    pub retrain_as: Option<RunId>,
}

/// Asks `report` for the page and the picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportRequest {
    /// Use case.
    pub use_case: String,
    /// Name of the execution.
    pub run_id: RunId,
    /// The `MonitoringRecord` to show.
    pub record: ObjectRef,
}

/// The answer of `report`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportResponse {
    /// Use case.
    pub use_case: String,
    /// Name of the execution.
    pub run_id: RunId,
    /// The six panels as a picture.
    pub png: ObjectRef,
    /// The same and all figures as a page that needs no other file.
    pub html: ObjectRef,
}
