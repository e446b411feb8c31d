//! `monitor`: how the predictions of a model did, and what follows, in four steps.
//!
//! `fetch` joins the newest predictions with the labels known by now. `calculate` measures performance and drift and
//! writes the [`monitoring::MonitoringRecord`]. `store` keeps the figures as a table and in the history.
//! `govern` judges them and, where a bound is broken, claims the right to train again.
//!
//! Only rows count that the model has not seen: one that it was fitted to, or that its threshold was chosen on, says
//! nothing about how it does.
//!
//! Every step can be killed anywhere and asked again: what moves (the newest predictions, the newest snapshot, the
//! champion, the history) is pinned by the first object that a step writes, and a step that finds its object answers
//! from it.

use contracts::stage::{GovernResponse, MonitorRequest, MonitorStep};
use lake::Lake;

pub use error::MonitorError;
pub use fetch::Sources;

mod calculate;
mod error;
mod fetch;
mod govern;
mod store;
mod times;

/// The answer of one step.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum MonitorResponse {
    /// Of `govern`.
    Governed(GovernResponse),
    /// Of the other steps.
    Step(MonitorStep),
}

/// Takes one step.
///
/// # Errors
/// `InsufficientData` when `govern` cannot decide; see [`MonitorError`] for the rest.
pub async fn handle(lake: &Lake, request: MonitorRequest) -> Result<MonitorResponse, MonitorError> {
    match request {
        MonitorRequest::Fetch(request) => fetch::join(lake, request).await.map(MonitorResponse::Step),
        MonitorRequest::Calculate(request) => calculate::measure(lake, request).await.map(MonitorResponse::Step),
        MonitorRequest::Store(request) => store::keep(lake, request).await.map(MonitorResponse::Step),
        MonitorRequest::Govern(request) => govern::decide(lake, request).await.map(MonitorResponse::Governed),
    }
}

fn find(name: &str) -> Result<&'static usecases::UseCase, MonitorError> {
    usecases::find(name).ok_or_else(|| MonitorError::UnknownUseCase(name.to_owned()))
}

#[cfg(test)]
mod tests;
