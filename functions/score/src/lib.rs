//! `score`: batch inference in three steps.
//!
//! `retrieve` names the champion once, so that every partition is scored by the same version.
//! `predict` sends the gold rows of one partition through the feature code and the wasm module of the endpoint.
//! `store` seals the predictions and makes them the newest.
//!
//! A row whose prediction date has not come yet is not scored; it is counted, and scored when its day has come.
//! Every step can be asked again: the objects it writes follow from its request.

use contracts::stage::{RetrievedModel, ScoreRequest, ScoredPart, StoredPredictions};
use inference::Modules;
use lake::Lake;
use usecases::UseCase;

pub use error::ScoreError;

mod error;
mod predict;
mod retrieve;
mod store;
mod time_text;

/// The answer of one step.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(untagged)]
pub enum ScoreResponse {
    /// Of `retrieve`.
    Retrieved(RetrievedModel),
    /// Of `predict`.
    Scored(ScoredPart),
    /// Of `store`.
    Stored(StoredPredictions),
}

/// Takes one step.
///
/// # Errors
/// `NotFound` when there is no champion; see [`ScoreError`] for the rest.
pub async fn handle(lake: &Lake, modules: &Modules, request: ScoreRequest) -> Result<ScoreResponse, ScoreError> {
    match request {
        ScoreRequest::Retrieve(request) => retrieve::champion(lake, &request).await.map(ScoreResponse::Retrieved),
        ScoreRequest::Predict(request) => predict::part(lake, modules, &request).await.map(ScoreResponse::Scored),
        ScoreRequest::Store(request) => store::seal(lake, request).await.map(ScoreResponse::Stored),
    }
}

fn find(name: &str) -> Result<&'static UseCase, ScoreError> {
    usecases::find(name).ok_or_else(|| ScoreError::UnknownUseCase(name.to_owned()))
}
