//! What each function is asked and what it answers.
//!
//! Answers carry keys, never data: Step Functions passes at most 256 KiB between states.
//! An answer holds what the next request needs, so that the state machines only pick and pass fields.

pub use data::{
    FeaturesRequest, FeaturesResponse, FitRequest, GoldPart, GoldRequest, IngestRequest, PartStep, PartitionCheck,
    PartitionVerdict, QualityGate, RawSource, ValidateRequest, ValidateResponse,
};
pub use deployment::{DeployAction, DeployRequest, DeployResponse};
pub use inference::{
    RetrieveRequest, RetrievedModel, ScorePartRequest, ScoreRequest, ScoredPart, ScoredRows, StorePredictionsRequest,
    StoredPredictions,
};
pub use monitoring::{
    CalculateRequest, Decision, FetchRequest, GovernRequest, GovernResponse, MonitorRequest, MonitorStep,
    ReportRequest, ReportResponse,
};
pub use plan::{PlanRequest, PlanResponse, Purpose, TablePlan};
pub use training::{RegisterRequest, RegisterResponse, SelectRequest, SelectResponse, TrainRequest, TrainResponse};

mod data;
mod deployment;
mod inference;
mod monitoring;
mod plan;
mod training;
