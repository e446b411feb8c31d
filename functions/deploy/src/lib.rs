//! `deploy`: takes one step of a deployment, from a registered version to the live endpoint and back.
//!
//! | action | what it does |
//! |---|---|
//! | `integration_test` | loads the version with the code that will serve it, compares it with its reference rows; Staging |
//! | `go_live` | points the alias `live` at it |
//! | `smoke_test` | asks the live endpoint for the reference rows, and sends it bad requests |
//! | `promote` | Production; the version before goes to Archived |
//! | `roll_back` | puts `live`, `champion` and the stages back to where they were before the version went live |
//!
//! Every step can be run again: what holds already is not done twice.

pub use error::DeployError;
pub use smoke::Target;

use std::sync::Arc;

use contracts::{
    ModelSignature, ModelVersion, Reference,
    stage::{DeployAction, DeployRequest, DeployResponse},
};
use inference::Modules;
use lake::Lake;
use registry::{Change, Registry, RegistryState};

mod error;
mod integration;
mod reference;
mod smoke;

/// Takes the step that `request` names. Only the steps before the version is live do without the endpoint.
///
/// # Errors
/// [`DeployError::Integration`] or [`DeployError::Smoke`] when a test fails, an unknown use case or version, a step
/// that the version's stage does not allow, or a store that failed.
pub async fn handle(
    lake: &Lake,
    modules: &Arc<Modules>,
    target: Option<&Target>,
    request: DeployRequest,
) -> Result<DeployResponse, DeployError> {
    let use_case =
        usecases::find(&request.use_case).ok_or_else(|| DeployError::UnknownUseCase(request.use_case.clone()))?;
    let registry = Registry::new(lake, &*use_case.name, &*use_case.model_name);
    let (version, change) = (request.version, change(&request));
    let (state, detail) = match request.action {
        DeployAction::IntegrationTest => {
            let comparison = integration::test(lake, modules, registry.manifest(version).await?).await?;
            let state = registry.stage(version, &change).await?;
            (state, format!("{} as the trainer says, and bad requests are refused", rows(comparison)))
        }
        DeployAction::GoLive => {
            let state = registry.go_live(version, &change).await?;
            (state, format!("`live` points at {version}"))
        }
        DeployAction::SmokeTest => {
            let target = target.ok_or(DeployError::NoEndpoint)?;
            let comparison = smoke_test(lake, &registry, target, version).await?;
            let url = target.endpoint.url();
            (registry.state().await?, format!("{url} answers {} as the trainer says", rows(comparison)))
        }
        DeployAction::Promote => {
            let before = registry.state().await?.champion.filter(|before| *before != version);
            let state = registry.promote(version, &change).await?;
            reload(target, &request.use_case).await;
            let archived = before.map_or(String::new(), |before| format!("; {before} is archived"));
            (state, format!("{version} is in Production{archived}"))
        }
        DeployAction::RollBack => roll_back(&registry, target, &request, &change).await?,
    };
    tracing::info!(%version, action = ?request.action, live = ?state.live, detail, "deployment step taken");
    Ok(DeployResponse { use_case: request.use_case, version, action: request.action, live: state.live, detail })
}

async fn smoke_test(
    lake: &Lake,
    registry: &Registry,
    target: &Target,
    version: ModelVersion,
) -> Result<reference::Comparison, DeployError> {
    let manifest = registry.manifest(version).await?;
    let signature: ModelSignature = lake.read_json_ref(&manifest.signature).await?;
    let reference: Reference = lake.read_json_ref(&manifest.reference).await?;
    let url = target.endpoint.url().to_owned();
    let target = target.clone();
    let work = move || smoke::test(&target, &manifest, &signature, &reference);
    let tested = tokio::task::spawn_blocking(work).await.map_err(|_| DeployError::Worker)?;
    tested.map_err(|reason| DeployError::Smoke { version, url, reason })
}

async fn roll_back(
    registry: &Registry,
    target: Option<&Target>,
    request: &DeployRequest,
    change: &Change,
) -> Result<(RegistryState, String), DeployError> {
    let version = request.version;
    let was_live = registry.state().await?.live == Some(version);
    let state = registry.roll_back(version, change).await?;
    let live = state.live.map_or_else(|| "nothing".to_owned(), |live| live.to_string());
    if !was_live {
        return Ok((state, format!("{version} was not live; `live` points at {live}")));
    }
    reload(target, &request.use_case).await;
    Ok((state, format!("{version} is no longer live; `live` points at {live}")))
}

/// Tells the endpoint to look at the registry. It would find out by itself within seconds; this only makes it sooner.
async fn reload(target: Option<&Target>, use_case: &str) {
    let Some(target) = target else { return };
    let (endpoint, use_case) = (target.endpoint.clone(), use_case.to_owned());
    if let Ok(Err(error)) = tokio::task::spawn_blocking(move || endpoint.reload(&use_case)).await {
        tracing::warn!(%error, "the endpoint did not reload");
    }
}

fn change(request: &DeployRequest) -> Change {
    let action = match request.action {
        DeployAction::IntegrationTest => "passed its integration test",
        DeployAction::GoLive => "goes live to be tested there",
        DeployAction::SmokeTest => "tested where it is live",
        DeployAction::Promote => "passed its smoke test",
        DeployAction::RollBack => "rolled back",
    };
    let why = match &request.reason {
        Some(reason) => format!("{action}: {reason}"),
        None => action.to_owned(),
    };
    Change { who: "deploy".to_owned(), why, at: request.at.clone(), run_id: Some(request.run_id.clone()) }
}

fn rows(comparison: reference::Comparison) -> String {
    let reference::Comparison { n_rows, max_abs_difference } = comparison;
    format!("{n_rows} reference rows within {max_abs_difference:.1e}")
}
