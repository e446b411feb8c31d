use serde::{Deserialize, Serialize};

use crate::stage::{RetrievedModel, ScoredPart, ScoredRows};
use crate::{RunId, SnapshotId};

/// Predictions of one model version for the rows of one snapshot.
///
/// Stored at `predictions/<use_case>/<run_id>/manifest.json`, after the parts that it names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PredictionSet {
    /// Use case.
    pub use_case: String,
    /// Execution that scored.
    pub run_id: RunId,
    /// Start of that execution, RFC 3339.
    pub at: String,
    /// Data scored.
    pub snapshot_id: SnapshotId,
    /// Version that scored.
    pub model: RetrievedModel,
    /// The predictions.
    pub parts: Vec<ScoredPart>,
    /// Rows of all parts.
    pub rows: ScoredRows,
}
