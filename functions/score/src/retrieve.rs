//! Which version scores.

use contracts::stage::{RetrieveRequest, RetrievedModel};
use lake::Lake;
use registry::Registry;
use tracing::info;

use crate::{ScoreError, find};

/// The champion of the use case.
pub(crate) async fn champion(lake: &Lake, request: &RetrieveRequest) -> Result<RetrievedModel, ScoreError> {
    let use_case = find(&request.use_case)?;
    let model_name = use_case.model_name.clone();
    let state = Registry::new(lake, &*use_case.name, &*model_name).state().await?;
    let champion = state.champion.and_then(|version| Some((version, state.versions.get(&version)?)));
    let Some((version, known)) = champion else {
        return Err(ScoreError::NoChampion { use_case: use_case.name.clone(), model_name });
    };
    info!(%version, "the champion scores");
    Ok(RetrievedModel { model_name, version, manifest: known.manifest.clone() })
}
