//! The inference machine: a snapshot to predictions.

use serde::{Deserialize, Serialize};

use crate::{ModelVersion, ObjectRef, RunId, SnapshotId};

/// Asks `score` for one step of batch inference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum ScoreRequest {
    /// Finds the champion, so that every part is scored by the same version.
    Retrieve(RetrieveRequest),
    /// Scores the gold rows of one hash partition.
    Predict(ScorePartRequest),
    /// Seals the predictions of all partitions.
    Store(StorePredictionsRequest),
}

/// Asks `score` which model version is to score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetrieveRequest {
    /// Use case.
    pub use_case: String,
    /// Name of the execution.
    pub run_id: RunId,
}

/// The version that scores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetrievedModel {
    /// Registered model name.
    pub model_name: String,
    /// The champion.
    pub version: ModelVersion,
    /// Its manifest.
    pub manifest: ObjectRef,
}

/// Asks `score` for the predictions of one hash partition of a snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScorePartRequest {
    /// Use case.
    pub use_case: String,
    /// Name of the execution.
    pub run_id: RunId,
    /// Data to score.
    pub snapshot_id: SnapshotId,
    /// Position of the partition in the snapshot's gold, from 0.
    pub partition: u32,
    /// Version that scores.
    pub model: RetrievedModel,
    /// When the execution started, RFC 3339. Rows whose prediction date lies after it are not scored; it is the
    /// prediction date of rows that have none.
    pub at: String,
}

/// The predictions of one hash partition: a Parquet object with the columns entity key, `prediction_date`,
/// `predicted_label`, `predicted_proba`, `model_version`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoredPart {
    /// Position of the partition.
    pub partition: u32,
    /// The predictions.
    pub data: ObjectRef,
    /// Gold rows read, scored, and left out because their prediction date lies in the future.
    pub rows: ScoredRows,
}

/// What became of the gold rows that `score` read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoredRows {
    /// Rows read.
    pub read: u64,
    /// Rows with a prediction.
    pub scored: u64,
    /// Rows whose prediction date lies after the execution's start.
    pub not_due: u64,
}

/// Asks `score` to seal the predictions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StorePredictionsRequest {
    /// Use case.
    pub use_case: String,
    /// Name of the execution.
    pub run_id: RunId,
    /// Data scored.
    pub snapshot_id: SnapshotId,
    /// Version that scored.
    pub model: RetrievedModel,
    /// When the execution started, RFC 3339.
    pub at: String,
    /// The predictions of each partition.
    pub parts: Vec<ScoredPart>,
}

/// The answer of `score` with the sealed predictions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredPredictions {
    /// Use case.
    pub use_case: String,
    /// Name of the execution.
    pub run_id: RunId,
    /// The `PredictionSet`.
    pub predictions: ObjectRef,
    /// Version that scored.
    pub version: ModelVersion,
    /// Rows of all partitions.
    pub rows: ScoredRows,
}
