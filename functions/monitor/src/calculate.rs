//! Performance and drift.

use std::collections::BTreeMap;

use contracts::{
    DriftReference, FieldBins, ModelManifest, ModelSignature, PredictionSet, Settings, Snapshot, SnapshotId,
    stage::{CalculateRequest, MonitorStep},
};
use etl::JoinedRows;
use features::{Field, Frame};
use lake::{Lake, LakeError, keys, keys::MonitoringFile};
use monitoring::{
    Circumstances, DataQuality, Drift, MonitoredData, MonitoredModel, MonitoringRecord, PastRun, RECORD_FORMAT,
    Retraining, Scored, assess, by_month, drift, estimate, performance, score_histogram,
};
use registry::Registry;
use tracing::info;

use crate::fetch::Sources;
use crate::store::MAX_HISTORY;
use crate::{MonitorError, find, times};

/// What is read before anything is measured.
struct Inputs {
    sources: Sources,
    set: PredictionSet,
    scored: Snapshot,
    manifest: ModelManifest,
    signature: ModelSignature,
    reference: DriftReference,
    settings: Settings,
}

/// Writes the record of the run.
pub(crate) async fn measure(lake: &Lake, request: CalculateRequest) -> Result<MonitorStep, MonitorError> {
    find(&request.use_case)?;
    let key = keys::monitoring(&request.use_case, &request.run_id, MonitoringFile::Record);
    if lake.find_json::<MonitoringRecord>(&key).await?.is_none() {
        let record = record(lake, &request).await?;
        info!(
            rows = record.rows.monitored,
            labelled = record.rows.labelled,
            roc_auc = record.performance.as_ref().map(|performance| performance.metrics.roc_auc),
            max_psi = record.drift.as_ref().map(Drift::max_psi),
            "predictions measured"
        );
        lake.write_json_once(&key, &record).await?;
    }
    // Read back even when just written: a retry and the first try answer from the same object.
    let (object, _) = lake.read_key(&key).await?;
    Ok(MonitorStep { use_case: request.use_case, run_id: request.run_id, object })
}

async fn record(lake: &Lake, request: &CalculateRequest) -> Result<MonitoringRecord, MonitorError> {
    let inputs = inputs(lake, request).await?;
    let joined = etl::joined_from_parquet(&lake.read(&request.fetched).await?)?;
    let (rows, frame) = monitored(lake, &inputs, &joined).await?;
    let (bounds, threshold) = (inputs.settings.monitoring, inputs.signature.threshold);
    let n_seen = joined.seen.iter().filter(|&&seen| seen).count() as u64;
    let counts = rows.counts(n_seen);
    let (labels, scores) = rows.labelled();
    let performance = performance(&labels, &scores, threshold)?;
    let drift =
        if rows.scores.is_empty() { None } else { Some(drift(&inputs.reference, &frame, &rows.scores, &bounds)?) };
    let circumstances = circumstances(lake, &request.use_case, &request.at).await?;
    let assessment = assess(&bounds, &counts, performance.as_ref(), drift.as_ref(), circumstances);
    Ok(MonitoringRecord {
        format: RECORD_FORMAT,
        use_case: request.use_case.clone(),
        run_id: request.run_id.clone(),
        monitored_at: request.at.clone(),
        bounds,
        rows: counts,
        performance,
        estimated: estimate(&rows.scores, threshold)?,
        months: by_month(&rows, threshold)?,
        scores: score_histogram(&inputs.reference.score, &rows.scores),
        quality: quality(&inputs, drift.as_ref()),
        drift,
        history: history(lake, request).await?,
        assessment,
        data: MonitoredData {
            predictions: inputs.sources.predictions,
            predicted_at: inputs.set.at,
            snapshot_id: inputs.set.snapshot_id,
            labels_snapshot_id: inputs.sources.labels_snapshot_id,
        },
        model: model(inputs.manifest, inputs.signature),
    })
}

async fn inputs(lake: &Lake, request: &CalculateRequest) -> Result<Inputs, MonitorError> {
    let use_case = &request.use_case;
    let sources: Sources =
        lake.read_json(&keys::monitoring(use_case, &request.run_id, MonitoringFile::Sources)).await?;
    let set: PredictionSet = lake.read_json_ref(&sources.predictions).await?;
    let manifest: ModelManifest = lake.read_json_ref(&set.model.manifest).await?;
    Ok(Inputs {
        scored: lake.read_json(&keys::snapshot(use_case, &set.snapshot_id)).await?,
        signature: lake.read_json_ref(&manifest.signature).await?,
        reference: lake.read_json_ref(&manifest.drift).await?,
        // A model is held to the bounds of the run that made it.
        settings: lambda_kit::settings(lake, use_case, &manifest.run_id).await?,
        sources,
        set,
        manifest,
    })
}

/// The rows that the model has not seen, with the raw fields it scored them by, in the order of the gold rows.
async fn monitored(lake: &Lake, inputs: &Inputs, joined: &JoinedRows) -> Result<(Scored, Frame), MonitorError> {
    let fields = inputs.reference.fields.iter().map(|field| match field.bins {
        FieldBins::Number { .. } => Field::number(&field.name),
        FieldBins::Category { .. } => Field::category(&field.name),
    });
    let fields: Vec<Field> = fields.collect();
    let gold = parts::gold(lake, &inputs.scored, &fields).await?;
    let predictions = &joined.predictions;
    let mut places: BTreeMap<&str, usize> =
        predictions.keys.iter().enumerate().map(|(place, key)| (key.as_str(), place)).collect();
    let mut rows = Scored::default();
    let is_kept: Vec<bool> = gold
        .keys
        .iter()
        .map(|key| {
            let Some(place) = places.remove(key.as_str()).filter(|&place| !joined.seen[place]) else { return false };
            rows.months.push(month(predictions.dates[place]));
            rows.scores.push(predictions.probabilities[place]);
            rows.actuals.push(joined.actuals[place]);
            true
        })
        .collect();
    if let Some(key) = places.keys().next() {
        let problem = format!("`{key}` was predicted, but snapshot {} does not have it", inputs.scored.id);
        return Err(MonitorError::BrokenPredictions { key: inputs.sources.predictions.key.clone(), problem });
    }
    let mut frame = gold.frame;
    frame.retain(&is_kept);
    Ok((rows, frame))
}

/// The month of a day, such as `2024-05`.
fn month(day: i32) -> String {
    let mut text = usecases::date::iso(day);
    text.truncate(text.rfind('-').unwrap_or(text.len()));
    text
}

fn quality(inputs: &Inputs, drift: Option<&Drift>) -> DataQuality {
    let missing = drift.and_then(Drift::mean_missing);
    DataQuality {
        missing_share_reference: missing.map(|(reference, _)| reference),
        missing_share_current: missing.map(|(_, current)| current),
        n_raw_rows: inputs.scored.rows.rows_in,
        n_quarantined: inputs.scored.rows.rows_quarantined,
        n_not_due: inputs.set.rows.not_due,
    }
}

fn model(manifest: ModelManifest, signature: ModelSignature) -> MonitoredModel {
    let class = |place: usize| signature.classes.get(place).cloned().unwrap_or_else(|| place.to_string());
    MonitoredModel {
        classes: [class(0), class(1)],
        threshold: signature.threshold,
        model_name: manifest.model_name,
        version: manifest.version,
        family: manifest.family,
        registered_at: manifest.registered_at,
        snapshot_id: manifest.snapshot_id,
        test: manifest.test,
    }
}

/// What governance has to know beside the figures, as it is now.
pub(crate) async fn circumstances(lake: &Lake, use_case: &str, at: &str) -> Result<Circumstances, MonitorError> {
    let now = times::moment("the time of the request", at)?;
    let last: Option<Retraining> = lake.find_json(&keys::last_retraining(use_case)).await?;
    let hours_since_retraining = match last {
        Some(last) => Some(times::hours(times::moment("the time of the last retraining", &last.at)?, now)),
        None => None,
    };
    Ok(Circumstances { hours_since_retraining, has_new_data: has_new_data(lake, use_case).await? })
}

/// Whether the newest snapshot is another than the one the champion was trained on.
async fn has_new_data(lake: &Lake, use_case: &str) -> Result<bool, MonitorError> {
    let newest: Option<SnapshotId> = lake.find_json(&keys::newest_snapshot(use_case)).await?;
    let registry = Registry::new(lake, use_case, &find(use_case)?.model_name);
    let state = registry.state().await?;
    let Some(champion) = state.champion else { return Ok(newest.is_some()) };
    let manifest = registry.manifest_in(&state, champion).await?;
    Ok(newest.is_some_and(|newest| newest != manifest.snapshot_id))
}

/// The runs before this one.
async fn history(lake: &Lake, request: &CalculateRequest) -> Result<Vec<PastRun>, LakeError> {
    let runs: Option<Vec<PastRun>> = lake.find_json(&keys::monitoring_history(&request.use_case)).await?;
    let mut runs: Vec<PastRun> = runs.into_iter().flatten().filter(|run| run.run_id != request.run_id).collect();
    runs.drain(..runs.len().saturating_sub(MAX_HISTORY));
    Ok(runs)
}
