//! What each function is asked and what it answers.
//!
//! Answers carry keys, never data: Step Functions passes at most 256 KiB between states.
//! An answer holds what the next request needs, so that the state machines only pick and pass fields.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{ModelVersion, ObjectRef, RowCounts, RunId, SnapshotId};

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
    /// The tables, each with one request for `ingest` per part of its raw files. Empty for training.
    pub tables: Vec<TablePlan>,
    /// Numbers of the hash partitions that entities are divided into, from 0. Empty for training.
    pub partitions: Vec<u32>,
    /// One request for `train` per candidate. Empty for data.
    pub candidates: Vec<TrainRequest>,
    /// Snapshot to train on. `None` for data.
    pub snapshot_id: Option<SnapshotId>,
}

/// A table and the parts of its raw files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TablePlan {
    /// Name of the table.
    pub table: String,
    /// One request for `ingest` per part.
    pub parts: Vec<IngestRequest>,
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
    /// How many hash partitions `clean` divides the part into.
    pub n_partitions: u32,
}

/// A finished part on its way: the answer of `ingest` and `clean`, and the request of `clean`.
///
/// It names the part's manifest instead of holding it, because the steps of all parts must fit into one state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartStep {
    /// Use case.
    pub use_case: String,
    /// Name of the execution.
    pub run_id: RunId,
    /// Table the part belongs to.
    pub table: String,
    /// How many hash partitions `clean` divides the part into.
    pub n_partitions: u32,
    /// The `PartOutput` of the part.
    pub manifest: ObjectRef,
}

/// Asks `validate` for one of its two steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum ValidateRequest {
    /// Checks the rows of one hash partition, in all tables together.
    Partition(PartitionCheck),
    /// Judges what was found in all partitions.
    Gate(QualityGate),
}

/// Asks `validate` to check one hash partition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartitionCheck {
    /// Use case.
    pub use_case: String,
    /// Name of the execution.
    pub run_id: RunId,
    /// When the execution started, RFC 3339: a date after it lies in the future.
    pub at: String,
    /// Number of the partition, from 0.
    pub partition: u32,
    /// Answers of `clean`, of all tables: one list per table.
    pub parts: Vec<Vec<PartStep>>,
}

/// The answer of `validate` for one partition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartitionVerdict {
    /// Number of the partition.
    pub partition: u32,
    /// What was found in it.
    pub verdict: ObjectRef,
}

/// Asks `validate` to judge all partitions together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QualityGate {
    /// Use case.
    pub use_case: String,
    /// Name of the execution.
    pub run_id: RunId,
    /// What was found in each partition.
    pub verdicts: Vec<PartitionVerdict>,
}

/// The answer of the gate. A failed check is the error `DataQuality` instead.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidateResponse {
    /// Use case.
    pub use_case: String,
    /// Name of the execution.
    pub run_id: RunId,
    /// What was found in each partition, with the validated silver objects.
    pub verdicts: Vec<PartitionVerdict>,
    /// Row counts from raw to validated silver.
    pub rows: RowCounts,
    /// Share of row checks that passed, in [0, 1].
    pub data_quality_score: f64,
    /// Full report with every check.
    pub report: ObjectRef,
}

/// Asks `features` for one of its two steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum FeaturesRequest {
    /// Makes the gold rows of one hash partition.
    Gold(GoldRequest),
    /// Divides all gold rows into splits, fits the feature plan and seals the snapshot.
    Fit(FitRequest),
}

/// Asks `features` for the gold rows of one hash partition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoldRequest {
    /// Use case.
    pub use_case: String,
    /// Name of the execution.
    pub run_id: RunId,
    /// Answer of `validate` for the partition.
    pub verdict: PartitionVerdict,
}

/// The gold rows of one hash partition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoldPart {
    /// Number of the partition.
    pub partition: u32,
    /// Key, date, label and raw fields of every entity.
    pub data: ObjectRef,
    /// Rows.
    pub n_rows: u64,
}

/// Asks `features` for the snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FitRequest {
    /// Use case.
    pub use_case: String,
    /// Name of the execution.
    pub run_id: RunId,
    /// What was found in each partition.
    pub verdicts: Vec<PartitionVerdict>,
    /// Row counts from raw to validated silver.
    pub rows: RowCounts,
    /// The gold rows of each partition.
    pub gold: Vec<GoldPart>,
}

/// The answer of `features` with the snapshot.
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
    /// Gold rows by split; rows without a label are `unlabelled`.
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
