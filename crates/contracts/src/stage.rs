//! What each function is asked and what it answers.
//!
//! Answers carry keys, never data: Step Functions passes at most 256 KiB between states.
//! An answer holds what the next request needs, so that the state machines only pick and pass fields.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{ModelVersion, ObjectRef, PartOutput, RowCounts, RunId, SnapshotId};

/// Which machine a plan is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Raw files to a snapshot.
    Data,
    /// A snapshot to a registered model version.
    Training,
}

/// Asks `plan` for the lists a machine maps over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    /// Use case to plan.
    pub use_case: String,
    /// Name of the execution.
    pub run_id: RunId,
    /// Machine to plan for.
    pub purpose: Purpose,
    /// Settings laid over the use case's own.
    #[serde(default)]
    pub settings: Map<String, Value>,
    /// Keys under `raw/<use_case>/` to read, and no others; everything under that prefix when absent. Only for data.
    #[serde(default)]
    pub raw: Option<Vec<String>>,
    /// Snapshot to train on; the newest when absent. Only for training.
    #[serde(default)]
    pub snapshot_id: Option<SnapshotId>,
}

/// The answer of `plan`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanResponse {
    /// Use case planned.
    pub use_case: String,
    /// Name of the execution.
    pub run_id: RunId,
    /// Adjective-noun-number name of the run.
    pub run_name: String,
    /// Where the settings of the run lie.
    pub settings: ObjectRef,
    /// One request for `ingest` per part of a raw file. Empty for training.
    pub parts: Vec<IngestRequest>,
    /// One request for `train` per candidate. Empty for data.
    pub candidates: Vec<TrainRequest>,
    /// Snapshot to train on. `None` for data.
    pub snapshot_id: Option<SnapshotId>,
}

/// A raw object as it was when the run was planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawSource {
    /// Key under `raw/`.
    pub key: String,
    /// Entity tag; a later change of the object is a `Conflict`, never a silent mix of two files.
    pub etag: String,
    /// Length of the whole object.
    pub size_bytes: u64,
}

/// Asks `ingest` to turn a range of lines of a raw file into one bronze part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IngestRequest {
    /// Use case.
    pub use_case: String,
    /// Name of the execution.
    pub run_id: RunId,
    /// Table the file belongs to.
    pub table: String,
    /// Number of the part.
    pub part: u32,
    /// File to read.
    pub source: RawSource,
    /// First byte of the part; the part begins with the first record that starts at or after it.
    pub start: u64,
    /// First byte after the part; the record that straddles it belongs to this part.
    pub end: u64,
}

/// A finished part on its way: the answer of `ingest` and `clean`, and the request of `clean`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartStep {
    /// Use case.
    pub use_case: String,
    /// Name of the execution.
    pub run_id: RunId,
    /// Part of the raw file, as planned.
    pub raw: RawSource,
    /// What was made of it.
    pub output: PartOutput,
}

/// Asks `validate` to check all cleaned parts together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidateRequest {
    /// Use case.
    pub use_case: String,
    /// Name of the execution.
    pub run_id: RunId,
    /// Answers of `clean`.
    pub parts: Vec<PartStep>,
}

/// The answer of `validate`, and the request of `features`. A failed check is the error `DataQuality` instead.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidateResponse {
    /// Use case.
    pub use_case: String,
    /// Name of the execution.
    pub run_id: RunId,
    /// Raw objects read, by table.
    pub raw: BTreeMap<String, Vec<ObjectRef>>,
    /// Validated silver objects, by table.
    pub silver: BTreeMap<String, Vec<ObjectRef>>,
    /// Row counts from raw to validated silver.
    pub rows: RowCounts,
    /// Share of row checks that passed, in [0, 1].
    pub data_quality_score: f64,
    /// Full report with every check.
    pub report: ObjectRef,
}

/// The answer of `features`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeaturesResponse {
    /// Use case.
    pub use_case: String,
    /// Name of the execution.
    pub run_id: RunId,
    /// The data version made.
    pub snapshot_id: SnapshotId,
    /// Fingerprint of the feature plan.
    pub feature_fingerprint: String,
    /// Gold rows by split.
    pub rows_by_split: BTreeMap<String, u64>,
}

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

/// One step of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeployAction {
    /// Loads the candidate and compares it with its reference rows, before anybody can see it. Moves it to Staging.
    IntegrationTest,
    /// Points the alias `live` at the version.
    GoLive,
    /// Sends the reference rows to the live endpoint and compares answers and provenance.
    SmokeTest,
    /// Moves the version to Production and the version before it to Archived.
    Promote,
    /// Points `live` back at the version before.
    RollBack,
}

/// Asks `deploy` for one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeployRequest {
    /// Use case.
    pub use_case: String,
    /// Name of the execution.
    pub run_id: RunId,
    /// Version to deploy.
    pub version: ModelVersion,
    /// Step to take.
    pub action: DeployAction,
    /// Time now, RFC 3339.
    pub at: String,
    /// Why, for the event log.
    #[serde(default)]
    pub reason: Option<String>,
}

/// The answer of `deploy`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeployResponse {
    /// Use case.
    pub use_case: String,
    /// Version deployed.
    pub version: ModelVersion,
    /// Step taken.
    pub action: DeployAction,
    /// Version that `live` points at after the step.
    pub live: Option<ModelVersion>,
    /// What the step found, in words.
    pub detail: String,
}
