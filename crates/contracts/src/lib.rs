//! The words that cross a boundary: stage requests and responses, manifests, model files, error names.
//!
//! Everything here is plain data with a JSON form.
//! There is no I/O, no clock and no randomness, and the crate builds for `wasm32-unknown-unknown`.
//! A type lives here when two processes must agree on it: a function and the state machine that calls it,
//! the stage that writes an object and the stage that reads it, a server and its client.

pub use drift::{DriftReference, FieldBins, FieldReference};
pub use error_name::ErrorName;
pub use ids::{InvalidId, ModelVersion, RunId, Sha256, SnapshotId, run_name};
pub use metrics::{BinaryMetrics, Gate, GateOutcome};
pub use model::{ModelManifest, ModelSignature, Reference, SignatureField, Task, WasmBuild};
pub use objects::{ObjectRef, PartOutput, Quarantined, RowCounts};
pub use prediction::{Prediction, PredictionResponse, Problem, Provenance, RowWarning};
pub use prediction_set::PredictionSet;
pub use run::{CandidateRecord, Champion, RunRecord};
pub use serving::{Health, HealthStatus, ModelInfo, Reloaded, VersionInfo};
pub use settings::{InvalidSetting, Monitoring, Quality, Reading, Settings, Split, SplitBy, Training};
pub use snapshot::{HashBounds, Snapshot, SplitRule};

pub mod stage;

mod drift;
mod error_name;
mod ids;
mod metrics;
mod model;
mod objects;
mod prediction;
mod prediction_set;
mod run;
mod serving;
mod settings;
mod snapshot;
