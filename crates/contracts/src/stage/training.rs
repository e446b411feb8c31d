//! The training machine: a snapshot to a registered version.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{ModelVersion, ObjectRef, RunId, SnapshotId};

/// Asks `train` for one candidate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainRequest {
    /// Use case.
    pub use_case: String,
    /// Name of the execution.
    pub run_id: RunId,
    /// Data to train on.
    pub snapshot_id: SnapshotId,
    /// Family of the model.
    pub family: String,
    /// Hyperparameters; those left out take the family's default.
    pub params: Map<String, Value>,
    /// Trains for a comparison that the use case declares, with its features and split, instead of for selection.
    #[serde(default)]
    pub comparison: Option<String>,
}

/// The answer of `train`: where the candidate's record lies, and the figures worth seeing in the execution's history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainResponse {
    /// Family of the model.
    pub family: String,
    /// Digest that names the candidate.
    pub candidate_key: String,
    /// The candidate's record.
    pub record: ObjectRef,
    /// Mean cross-validated ROC-AUC.
    pub cv_roc_auc: f64,
    /// ROC-AUC on the test split.
    pub test_roc_auc: f64,
    /// Whether an earlier run had trained the very same candidate.
    pub reused: bool,
    /// The comparison it was trained for; such a candidate is reported and never selected.
    #[serde(default)]
    pub comparison: Option<String>,
}

/// Asks `select` for the best candidate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SelectRequest {
    /// Use case.
    pub use_case: String,
    /// Name of the execution.
    pub run_id: RunId,
    /// Data trained on.
    pub snapshot_id: SnapshotId,
    /// When the execution started, RFC 3339.
    pub started_at: String,
    /// Time now, RFC 3339.
    pub at: String,
    /// Answers of `train`.
    pub candidates: Vec<TrainResponse>,
}

/// The answer of `select`. No candidate through the gates is the error `PerformanceGate` instead.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SelectResponse {
    /// Use case.
    pub use_case: String,
    /// Name of the execution.
    pub run_id: RunId,
    /// The run's record.
    pub run: ObjectRef,
    /// The best candidate.
    pub selected: TrainResponse,
}

/// Asks `register` to make the selected candidate a model version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterRequest {
    /// Use case.
    pub use_case: String,
    /// Name of the execution.
    pub run_id: RunId,
    /// The run's record, which names the selected candidate.
    pub run: ObjectRef,
    /// Time now, RFC 3339.
    pub at: String,
}

/// The answer of `register`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterResponse {
    /// Use case.
    pub use_case: String,
    /// Name of the execution.
    pub run_id: RunId,
    /// Registered model name.
    pub model_name: String,
    /// Version: new, or the one that holds the very same files already.
    pub version: ModelVersion,
    /// Whether the version is new.
    pub created: bool,
}
