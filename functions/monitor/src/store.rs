//! The figures of a run, kept as a table and in the history.

use contracts::stage::MonitorStep;
use etl::MonitoringRow;
use lake::{Lake, keys, keys::MonitoringFile};
use monitoring::{Drift, MonitoringRecord, PastRun};
use tracing::info;

use crate::{MonitorError, find, times};

/// Runs that the history keeps.
pub(crate) const MAX_HISTORY: usize = 60;

/// Keeps the figures: one row of a table beside the record, one entry in the history.
pub(crate) async fn keep(lake: &Lake, request: MonitorStep) -> Result<MonitorStep, MonitorError> {
    find(&request.use_case)?;
    let record = read_record(lake, &request).await?;
    let key = keys::monitoring(&request.use_case, &request.run_id, MonitoringFile::Metrics);
    lake.write_once(&key, etl::monitoring_to_parquet(&[row(&record)?])?.into()).await?;
    let run = record.summary();
    let kept = lake
        .update_json(&keys::monitoring_history(&request.use_case), |runs: Option<&Vec<PastRun>>| {
            let runs = runs.cloned().unwrap_or_default();
            let is_known = runs.iter().any(|known| known.run_id == run.run_id);
            (!is_known).then(|| with_run(runs, run.clone()))
        })
        .await?;
    info!(key, n_runs = kept.map(|runs| runs.len()), "figures stored");
    Ok(request)
}

/// The record of a request, when it is one of its run.
pub(crate) async fn read_record(lake: &Lake, request: &MonitorStep) -> Result<MonitoringRecord, MonitorError> {
    let record: MonitoringRecord = lake.read_json_ref(&request.object).await?;
    let of = |use_case: &str, run_id: &contracts::RunId| format!("run {run_id} of {use_case}");
    let (found, expected) = (of(&record.use_case, &record.run_id), of(&request.use_case, &request.run_id));
    if found == expected {
        Ok(record)
    } else {
        Err(MonitorError::OtherRun { key: request.object.key.clone(), found, expected })
    }
}

/// The history with one more run, by time; the oldest give way.
fn with_run(mut runs: Vec<PastRun>, run: PastRun) -> Vec<PastRun> {
    runs.push(run);
    // All times come from the same clock in the same form, so their order as texts is their order.
    runs.sort_by(|a, b| (&a.monitored_at, &a.run_id).cmp(&(&b.monitored_at, &b.run_id)));
    runs.drain(..runs.len().saturating_sub(MAX_HISTORY));
    runs
}

fn row(record: &MonitoringRecord) -> Result<MonitoringRow, MonitorError> {
    let metrics = record.performance.as_ref().map(|performance| performance.metrics);
    Ok(MonitoringRow {
        monitoring_date: times::day(times::moment("the time of the run", &record.monitored_at)?),
        monitored_at: record.monitored_at.clone(),
        model_version: record.model.version,
        auc: metrics.map(|metrics| metrics.roc_auc),
        precision: metrics.map(|metrics| metrics.precision),
        recall: metrics.map(|metrics| metrics.recall),
        f1: metrics.map(|metrics| metrics.f1),
        psi: record.drift.as_ref().map(Drift::max_psi),
        n_rows: record.rows.monitored,
        n_labelled: record.rows.labelled,
    })
}
