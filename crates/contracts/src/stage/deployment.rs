//! The deployment machine: a version to the live endpoint.

use serde::{Deserialize, Serialize};

use crate::{ModelVersion, RunId};

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
