use serde::{Deserialize, Serialize};

use crate::{BinaryMetrics, ModelSignature, ModelVersion, Provenance, RunId, SnapshotId, WasmBuild};

/// Whether an endpoint can answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// The version that should serve is serving.
    Healthy,
    /// A version is serving, though not the one that should, or the registry cannot be read; `problem` says why.
    Degraded,
    /// Nothing to serve yet; heals by itself once a model is live.
    NoModel,
}

/// The answer of `/health`: 200 while predictions are answered, else 503 with the same body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// Whether the endpoint can answer.
    pub status: HealthStatus,
    /// Use case asked about.
    pub use_case: String,
    /// Version in service.
    pub model_version: Option<ModelVersion>,
    /// Stage of that version.
    pub model_stage: Option<String>,
    /// Why the endpoint is not healthy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// The answer of `/model_info`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// The version in service, as every answer of `/predict` carries it.
    #[serde(flatten)]
    pub provenance: Provenance,
    /// Build of the inference module that runs it.
    pub build: WasmBuild,
    /// What it takes and gives.
    pub signature: ModelSignature,
    /// The registered versions, newest first; at most the newest 100.
    pub versions: Vec<VersionInfo>,
}

/// One registered version, as `/model_info` lists it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersionInfo {
    /// The version.
    pub version: ModelVersion,
    /// Its stage now.
    pub stage: String,
    /// Whether the alias `live` points at it.
    pub live: bool,
    /// Family of the model.
    pub family: String,
    /// When it was registered, RFC 3339 in UTC.
    pub registered_at: String,
    /// Run that trained it.
    pub run_id: RunId,
    /// Name of that run.
    pub run_name: String,
    /// Data it was trained on.
    pub snapshot_id: SnapshotId,
    /// Fingerprint of its feature plan.
    pub feature_fingerprint: String,
    /// Metrics on the test split.
    pub test: BinaryMetrics,
    /// Mean cross-validated ROC-AUC.
    pub cv_roc_auc: f64,
}

/// The answer of `/reload`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reloaded {
    /// Use case reloaded.
    pub use_case: String,
    /// Version in service before.
    pub old_version: Option<ModelVersion>,
    /// Version in service now.
    pub new_version: Option<ModelVersion>,
}
