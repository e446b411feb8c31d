//! `plan`, which every machine begins with.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{IngestRequest, TrainRequest};
use crate::{ObjectRef, RunId, SnapshotId};

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
