use serde::{Deserialize, Serialize};

use crate::{BinaryMetrics, ModelVersion, ObjectRef, RunId, Sha256, SnapshotId};

/// What a model predicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// One of two classes; the model answers the probability of the positive one.
    BinaryClassification,
    /// A number.
    Regression,
}

/// Which build of the inference module runs a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WasmBuild {
    /// Trees and linear models read straight from the ONNX file into flat arrays.
    Compact,
    /// Any graph that tract runs.
    Tract,
}

impl WasmBuild {
    /// File name of the module compiled ahead of time.
    #[must_use]
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Compact => "compact.cwasm",
            Self::Tract => "tract.cwasm",
        }
    }
}

/// One field a caller sends, as a form or an OpenAPI document needs it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignatureField {
    /// Name in a record.
    pub name: String,
    /// `number` or `category`.
    pub kind: String,
    /// Whether the training data had rows without it; a request may then leave it out or send null.
    pub nullable: bool,
    /// Smallest value among the training rows, for numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// Largest value among the training rows, for numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// Values among the training rows, for categories.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
}

/// What a model takes and gives. Stored as `signature.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSignature {
    /// What is predicted.
    pub task: Task,
    /// Raw gold fields, in the order of a positional row.
    pub fields: Vec<SignatureField>,
    /// Names of the model's input columns after the feature plan, in order.
    pub features: Vec<String>,
    /// Names of the two classes, negative first; empty for regression.
    pub classes: Vec<String>,
    /// Probability from which a row gets the positive label.
    pub threshold: f64,
}

/// Rows with the answers the trainer itself gave, the yardstick for every other evaluator. Stored as `reference.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// Names of the raw gold fields.
    pub fields: Vec<String>,
    /// Rows of numbers, texts and nulls, `(n_rows, n_fields)`.
    pub rows: Vec<Vec<serde_json::Value>>,
    /// The trainer's probability of the positive class, one per row.
    pub probabilities: Vec<f64>,
    /// Largest difference from these that an evaluator may show.
    pub tolerance: f64,
}

/// What makes up a model version. Stored as `manifest.json` in the version's folder, written once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelManifest {
    /// Use case served.
    pub use_case: String,
    /// Registered name, such as `telco-churn`.
    pub model_name: String,
    /// Version under that name.
    pub version: ModelVersion,
    /// Run that trained it.
    pub run_id: RunId,
    /// Name of that run.
    pub run_name: String,
    /// Data it was trained on.
    pub snapshot_id: SnapshotId,
    /// Digest of snapshot, family, hyperparameters and seed.
    pub candidate_key: String,
    /// Family of the model.
    pub family: String,
    /// When it was registered, RFC 3339 in UTC.
    pub registered_at: String,
    /// Metrics on the test split.
    pub test: BinaryMetrics,
    /// Mean cross-validated ROC-AUC.
    pub cv_roc_auc: f64,
    /// Fingerprint of the feature plan.
    pub feature_fingerprint: String,
    /// Build of the inference module that serves it.
    pub build: WasmBuild,
    /// Largest difference from the trainer's probabilities, by evaluator.
    pub max_abs_difference: std::collections::BTreeMap<String, f64>,
    /// `model.onnx`.
    pub model: ObjectRef,
    /// `features.json`.
    pub plan: ObjectRef,
    /// `signature.json`.
    pub signature: ObjectRef,
    /// `reference.json`.
    pub reference: ObjectRef,
    /// `drift.json`.
    pub drift: ObjectRef,
    /// `model_card.md`.
    pub model_card: ObjectRef,
}

impl ModelManifest {
    /// Whether this is the same model as one with these files: same graph, same features.
    #[must_use]
    pub fn has_files(&self, model: &Sha256, plan: &Sha256) -> bool {
        self.model.sha256 == *model && self.plan.sha256 == *plan
    }
}
