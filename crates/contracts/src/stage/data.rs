//! The data machine: raw files to a snapshot.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{ObjectRef, RowCounts, RunId, SnapshotId};

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
