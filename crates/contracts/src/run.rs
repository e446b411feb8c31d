use serde::{Deserialize, Serialize};

use crate::{BinaryMetrics, GateOutcome, ModelVersion, ObjectRef, RunId, SnapshotId};

/// One trained candidate: family, hyperparameters, and how it did.
///
/// Stored at `candidates/<use_case>/<candidate_key>/record.json`, where the key is a digest of everything that
/// decides the result, so that the same candidate is never trained twice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CandidateRecord {
    /// Digest of snapshot, family, hyperparameters, seed, folds and trainer version.
    pub candidate_key: String,
    /// Family of the model, such as `lightgbm`.
    pub family: String,
    /// Hyperparameters as sampled, with defaults filled in.
    pub params: serde_json::Map<String, serde_json::Value>,
    /// Comparison it was trained for; `None` for a candidate that can be selected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<String>,
    /// Data trained on.
    pub snapshot_id: SnapshotId,
    /// Seed of everything random in the training.
    pub seed: u64,
    /// ROC-AUC of each cross-validation fold.
    pub cv_roc_auc: Vec<f64>,
    /// Mean log loss over the cross-validation folds.
    pub cv_log_loss: f64,
    /// Metrics on the validation split, where the threshold was chosen.
    pub validation: BinaryMetrics,
    /// Metrics on the test split, at the threshold chosen on the validation split.
    pub test: BinaryMetrics,
    /// The exported model.
    pub model: ObjectRef,
    /// The feature plan the model was trained with.
    pub plan: ObjectRef,
    /// Fingerprint of that plan.
    pub feature_fingerprint: String,
    /// Sample rows with the trainer's own probabilities, to compare every other evaluator with.
    pub reference: ObjectRef,
    /// The [`crate::DriftReference`]: how fields and scores were distributed.
    pub drift: ObjectRef,
}

impl CandidateRecord {
    /// Mean ROC-AUC over the folds; NaN without folds.
    #[must_use]
    pub fn cv_roc_auc_mean(&self) -> f64 {
        self.cv_roc_auc.iter().sum::<f64>() / self.cv_roc_auc.len() as f64
    }
}

/// What one training run did, as `sluice runs` shows it. Stored at `runs/<use_case>/<run_id>/run.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunRecord {
    /// Name of the state machine execution.
    pub run_id: RunId,
    /// Adjective-noun-number name of the run.
    pub run_name: String,
    /// Use case trained.
    pub use_case: String,
    /// When the run started, RFC 3339 in UTC.
    pub started_at: String,
    /// When selection ended, RFC 3339 in UTC.
    pub selected_at: String,
    /// Data trained on.
    pub snapshot_id: SnapshotId,
    /// Every candidate, best first.
    pub candidates: Vec<CandidateRecord>,
    /// What was trained to compare with: other features or another split, never selected.
    #[serde(default)]
    pub comparisons: Vec<CandidateRecord>,
    /// Key of the best candidate.
    pub selected: String,
    /// Gates applied to the best candidate's test metrics.
    pub gates: Vec<GateOutcome>,
    /// The champion at that time and its metrics on the same test rows.
    pub champion: Option<Champion>,
    /// Settings the run used.
    pub settings: crate::Settings,
}

/// The model in production, measured on the rows a challenger was measured on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Champion {
    /// Version in production.
    pub version: ModelVersion,
    /// Its metrics on the test split of the run's snapshot.
    pub test: BinaryMetrics,
}
