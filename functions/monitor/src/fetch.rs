//! Predictions beside what came true.

use std::collections::{BTreeMap, BTreeSet};

use contracts::{
    ModelManifest, ObjectRef, PredictionSet, Snapshot, SnapshotId,
    stage::{FetchRequest, MonitorStep},
};
use etl::{JoinedRows, Predictions, Split};
use lake::{Lake, keys, keys::MonitoringFile};
use serde::{Deserialize, Serialize};
use tracing::info;

use crate::{MonitorError, find};

/// What a monitoring run reads: pinned before anything is made of it, because the newest predictions and labels move.
///
/// Stored at `monitoring/<use_case>/<run_id>/sources.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sources {
    /// The `PredictionSet`.
    pub predictions: ObjectRef,
    /// The snapshot that the labels come from.
    pub labels_snapshot_id: SnapshotId,
}

/// Joins the predictions with the labels of the newest snapshot.
pub(crate) async fn join(lake: &Lake, request: FetchRequest) -> Result<MonitorStep, MonitorError> {
    let use_case = find(&request.use_case)?;
    let sources = pinned(lake, &request).await?;
    let set: PredictionSet = lake.read_json_ref(&sources.predictions).await?;
    if set.use_case != request.use_case {
        return Err(MonitorError::OtherRun {
            key: sources.predictions.key,
            found: format!("use case `{}`", set.use_case),
            expected: format!("use case `{}`", request.use_case),
        });
    }
    let predictions = read(lake, &set).await?;
    let manifest: ModelManifest = lake.read_json_ref(&set.model.manifest).await?;
    let seen = seen_in_training(lake, &request.use_case, &manifest.snapshot_id).await?;
    let actuals = labels(lake, &request.use_case, &sources.labels_snapshot_id).await?;
    let rows = JoinedRows {
        actuals: predictions.keys.iter().map(|key| actuals.get(key).copied()).collect(),
        seen: predictions.keys.iter().map(|key| seen.contains(key)).collect(),
        predictions,
    };
    let n_labelled = rows.actuals.iter().flatten().count();
    let n_seen = rows.seen.iter().filter(|&&seen| seen).count();
    let key = keys::monitoring(&request.use_case, &request.run_id, MonitoringFile::Joined);
    let bytes = etl::joined_to_parquet(&use_case.gold.entity_key, &rows)?;
    let object = lake.write_once(&key, bytes.into()).await?;
    info!(rows = rows.predictions.len(), n_labelled, n_seen, "predictions joined with labels");
    Ok(MonitorStep { use_case: request.use_case, run_id: request.run_id, object })
}

/// What the run reads; chosen at the first call and the same ever after.
async fn pinned(lake: &Lake, request: &FetchRequest) -> Result<Sources, MonitorError> {
    let key = keys::monitoring(&request.use_case, &request.run_id, MonitoringFile::Sources);
    if let Some(sources) = lake.find_json(&key).await? {
        return Ok(sources);
    }
    let predictions = match &request.predictions {
        Some(predictions) => predictions.clone(),
        None => lake
            .find_json(&keys::newest_predictions(&request.use_case))
            .await?
            .ok_or_else(|| MonitorError::NoPredictions { use_case: request.use_case.clone() })?,
    };
    let sources = Sources {
        predictions: lake.read_key(&predictions).await?.0,
        labels_snapshot_id: lake.read_json(&keys::newest_snapshot(&request.use_case)).await?,
    };
    lake.write_json_once(&key, &sources).await?;
    Ok(sources)
}

/// All predictions of a set, one row per entity.
async fn read(lake: &Lake, set: &PredictionSet) -> Result<Predictions, MonitorError> {
    let mut all = Predictions::default();
    for part in &set.parts {
        let rows = etl::predictions_from_parquet(&lake.read(&part.data).await?)?;
        let broken = |problem: String| MonitorError::BrokenPredictions { key: part.data.key.clone(), problem };
        if rows.len() as u64 != part.rows.scored {
            return Err(broken(format!("{} rows, but {} were scored", rows.len(), part.rows.scored)));
        }
        if let Some(version) = rows.versions.iter().find(|&&version| version != set.model.version) {
            return Err(broken(format!("a row of version {version} in a set of {}", set.model.version)));
        }
        all.append(rows);
    }
    let mut known = BTreeSet::new();
    if let Some(key) = all.keys.iter().find(|key| !known.insert(key.as_str())) {
        let (key, problem) = (keys::prediction_set(&set.use_case, &set.run_id), format!("`{key}` is predicted twice"));
        return Err(MonitorError::BrokenPredictions { key, problem });
    }
    Ok(all)
}

/// Entities that the model was fitted to, or that its threshold was chosen on.
async fn seen_in_training(
    lake: &Lake,
    use_case: &str,
    snapshot_id: &SnapshotId,
) -> Result<BTreeSet<String>, MonitorError> {
    let snapshot: Snapshot = lake.read_json(&keys::snapshot(use_case, snapshot_id)).await?;
    let gold = parts::gold(lake, &snapshot, &[]).await?;
    let is_seen = |split: &Split| matches!(split, Split::Train | Split::Validation);
    Ok(gold.keys.into_iter().zip(&gold.splits).filter(|(_, split)| is_seen(split)).map(|(key, _)| key).collect())
}

/// Whether each entity of a snapshot is of the positive class, where that is known.
async fn labels(lake: &Lake, use_case: &str, snapshot_id: &SnapshotId) -> Result<BTreeMap<String, bool>, MonitorError> {
    let snapshot: Snapshot = lake.read_json(&keys::snapshot(use_case, snapshot_id)).await?;
    let rows = parts::gold_rows(lake, &snapshot.gold, &[]).await?;
    let rows = rows.into_iter().flat_map(|rows| rows.keys.into_iter().zip(rows.labels));
    Ok(rows.filter(|(_, label)| !label.is_nan()).map(|(key, label)| (key, label == 1.0)).collect())
}
