//! Validated silver becomes a snapshot, in two steps.
//!
//! | step | asked | does |
//! |---|---|---|
//! | `gold` | once per hash partition | silver rows of all tables become gold rows: one per entity, with what was known of it when the prediction is made |
//! | `fit` | once | chooses which gold rows train, validate and test, fits the feature plan on the training rows, seals the snapshot |
//!
//! The key of a gold part follows from the silver it is made of and from the declaration, and a snapshot's id from the
//! contents of all its objects: the same data gives the same snapshot, whichever run makes it and wherever its raw files
//! lie.
//! The answer of `fit` is stored last, at `runs/<use_case>/<run_id>/features.json`; a run that is asked again answers
//! from there and does not touch the pointer to the newest snapshot, which a later run may have moved on.

use contracts::ErrorName;
use contracts::stage::{FeaturesRequest, FeaturesResponse, GoldPart, PartitionVerdict};
use etl::{EtlError, PartitionFindings};
use features::FeatureError;
use lake::{Lake, LakeError};
use lambda_kit::Named;
use parts::GoldError;
use serde::{Deserialize, Serialize};
use usecases::UseCase;

pub use fit::handle as fit;
pub use gold::handle as gold;

mod fit;
mod gold;

/// Why there is no gold or no snapshot.
#[derive(Debug, thiserror::Error)]
pub enum FeaturesError {
    /// The request names something that does not exist.
    #[error("request: {0}")]
    Request(String),
    /// The rows do not add up.
    #[error("{what}: {found} rows where {expected} were expected")]
    Miscounted {
        /// What was counted.
        what: String,
        /// Rows that there ought to be.
        expected: u64,
        /// Rows found.
        found: u64,
    },
    /// A silver part cannot be read, or gold not be made.
    #[error(transparent)]
    Etl(#[from] EtlError),
    /// Gold rows cannot be read back.
    #[error(transparent)]
    Gold(#[from] GoldError),
    /// The feature plan does not fit the gold rows.
    #[error(transparent)]
    Plan(#[from] FeatureError),
    /// The lake failed.
    #[error(transparent)]
    Lake(#[from] LakeError),
}

impl Named for FeaturesError {
    fn name(&self) -> ErrorName {
        match self {
            Self::Request(_) => ErrorName::InvalidInput,
            Self::Miscounted { .. } | Self::Plan(_) => ErrorName::Internal,
            Self::Etl(error) => error.name(),
            Self::Gold(error) => error.name(),
            Self::Lake(error) => error.name(),
        }
    }
}

/// The answer of either step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Answer {
    /// To `fit`: the snapshot.
    Snapshot(FeaturesResponse),
    /// To `gold`: the part.
    Gold(GoldPart),
}

/// Takes one step.
///
/// # Errors
/// [`FeaturesError`], under the names `DataQuality`, `InvalidInput`, `NotFound`, `Conflict`, `Storage` and `Internal`.
pub async fn handle(lake: &Lake, request: FeaturesRequest) -> Result<Answer, FeaturesError> {
    Ok(match request {
        FeaturesRequest::Gold(request) => Answer::Gold(gold(lake, request).await?),
        FeaturesRequest::Fit(request) => Answer::Snapshot(fit(lake, request).await?),
    })
}

fn use_case(name: &str) -> Result<&'static UseCase, FeaturesError> {
    usecases::find(name).ok_or_else(|| FeaturesError::Request(format!("there is no use case `{name}`")))
}

/// What `validate` found in a partition.
async fn findings(lake: &Lake, verdict: &PartitionVerdict) -> Result<PartitionFindings, FeaturesError> {
    let findings: PartitionFindings = lake.read_json_ref(&verdict.verdict).await?;
    if findings.partition != verdict.partition {
        let (found, key) = (findings.partition, &verdict.verdict.key);
        return Err(FeaturesError::Request(format!("{key} is of partition {found}, not {}", verdict.partition)));
    }
    Ok(findings)
}

#[cfg(test)]
mod tests;
