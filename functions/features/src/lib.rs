//! Validated silver becomes a snapshot: gold rows divided into splits, and the feature plan fitted on the training
//! rows.
//!
//! The snapshot's id follows from the contents of all its objects, so the same data gives the same id, whichever run
//! makes it and wherever its raw files lie.
//! The answer is stored last, at `runs/<use_case>/<run_id>/features.json`; a run that is asked again answers from there
//! and does not touch the pointer to the newest snapshot, which a later run may have moved on.

use contracts::stage::{FeaturesResponse, ValidateResponse};
use contracts::{ErrorName, ObjectRef, Sha256, Snapshot, SnapshotId};
use etl::{EtlError, Gold, GoldBuilder, Split};
use features::{FeatureError, FeaturePlan};
use lake::{Lake, LakeError, keys};
use lambda_kit::Named;
use usecases::UseCase;

/// File of a run with the answer of this stage.
const ANSWER: &str = "features.json";

/// Why there is no snapshot.
#[derive(Debug, thiserror::Error)]
pub enum FeaturesError {
    /// The request names something that does not exist.
    #[error("request: {0}")]
    Request(String),
    /// The rows do not add up.
    #[error("gold has {found} rows where validation let {expected} through")]
    Miscounted {
        /// Rows that validation let through.
        expected: u64,
        /// Rows of gold.
        found: u64,
    },
    /// A silver part cannot be read, or gold not be made.
    #[error(transparent)]
    Etl(#[from] EtlError),
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
            Self::Lake(error) => error.name(),
        }
    }
}

/// Makes the snapshot, or finds it made.
///
/// # Errors
/// [`FeaturesError`], under the names `DataQuality`, `InvalidInput`, `NotFound`, `Conflict`, `Storage` and `Internal`.
pub async fn handle(lake: &Lake, request: ValidateResponse) -> Result<FeaturesResponse, FeaturesError> {
    let name = request.use_case.clone();
    let use_case =
        usecases::find(&name).ok_or_else(|| FeaturesError::Request(format!("there is no use case `{name}`")))?;
    let answer_key = keys::run_file(&name, &request.run_id, ANSWER);
    if let Some(answer) = lake.find_json(&answer_key).await? {
        return Ok(answer);
    }
    let gold = gold(lake, use_case, &request).await?;
    let plan = FeaturePlan::fit(&use_case.gold.features, &gold.frame, &gold.rows_of(Split::Train))?;
    let snapshot = write(lake, &request, &gold, &plan).await?;
    lake.update_json(&keys::newest_snapshot(&name), |newest: Option<&SnapshotId>| {
        (newest != Some(&snapshot.id)).then(|| snapshot.id.clone())
    })
    .await?;
    let answer = FeaturesResponse {
        use_case: name,
        run_id: request.run_id,
        snapshot_id: snapshot.id,
        feature_fingerprint: snapshot.feature_fingerprint,
        rows_by_split: snapshot.rows_by_split,
    };
    lake.write_json_once(&answer_key, &answer).await?;
    tracing::info!(snapshot_id = %answer.snapshot_id, rows = ?answer.rows_by_split, "snapshot made");
    Ok(answer)
}

async fn gold(lake: &Lake, use_case: &UseCase, request: &ValidateResponse) -> Result<Gold, FeaturesError> {
    let settings = lambda_kit::settings(lake, &use_case.name, &request.run_id).await?;
    let table = &use_case.gold.table;
    let parts = request.silver.get(table).map(Vec::as_slice).unwrap_or_default();
    let mut builder = GoldBuilder::new(use_case)?;
    for part in parts {
        builder.push(&part.key, &lake.read(part).await?)?;
    }
    let gold = builder.finish(&settings.split, settings.seed)?;
    // With one table, every validated row is a gold row.
    if use_case.tables.len() == 1 && gold.keys.len() as u64 != request.rows.rows_out {
        let (expected, found) = (request.rows.rows_out, gold.keys.len() as u64);
        return Err(FeaturesError::Miscounted { expected, found });
    }
    Ok(gold)
}

/// Writes gold, plan and snapshot, in this order.
async fn write(
    lake: &Lake,
    request: &ValidateResponse,
    gold: &Gold,
    plan: &FeaturePlan,
) -> Result<Snapshot, FeaturesError> {
    let (gold_bytes, plan_bytes) = (gold.to_parquet()?, plan.to_json());
    let reference =
        |bytes: &[u8]| ObjectRef { key: String::new(), sha256: Sha256::of(bytes), size_bytes: bytes.len() as u64 };
    let draft = Snapshot {
        id: placeholder()?,
        use_case: request.use_case.clone(),
        raw: request.raw.clone(),
        silver: request.silver.clone(),
        gold: reference(&gold_bytes),
        plan: reference(&plan_bytes),
        feature_fingerprint: plan.fingerprint(),
        rows: request.rows,
        rows_by_split: gold.rows_by_split(),
    };
    let mut snapshot = draft.with_id();
    snapshot.gold.key = keys::gold(&snapshot.use_case, &snapshot.id);
    snapshot.plan.key = keys::gold_plan(&snapshot.use_case, &snapshot.id);
    lake.write_once(&snapshot.gold.key, gold_bytes.into()).await?;
    lake.write_once(&snapshot.plan.key, plan_bytes.into()).await?;
    let key = keys::snapshot(&snapshot.use_case, &snapshot.id);
    // The same contents under other raw keys are the same snapshot: the first to be stored stays.
    if let Some(stored) = lake.find_json(&key).await? {
        return Ok(stored);
    }
    lake.write_json_once(&key, &snapshot).await?;
    Ok(snapshot)
}

/// [`Snapshot::with_id`] replaces it.
fn placeholder() -> Result<SnapshotId, FeaturesError> {
    "0000000000000000".parse().map_err(|error| FeaturesError::Request(format!("{error}")))
}

#[cfg(test)]
mod tests;
