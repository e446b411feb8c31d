//! The decision, and the right to train again.

use contracts::{
    RunId, Sha256,
    stage::{Decision, GovernRequest, GovernResponse, MonitorStep},
};
use lake::{Lake, keys, keys::MonitoringFile};
use monitoring::{Assessment, MonitoringRecord, Retraining, assess};
use tracing::{info, warn};

use crate::calculate::circumstances;
use crate::store::read_record;
use crate::{MonitorError, find, times};

/// Longest name of an execution.
const MAX_NAME: usize = 80;

/// Decides once per run; asked again, the answer is the same.
pub(crate) async fn decide(lake: &Lake, request: GovernRequest) -> Result<GovernResponse, MonitorError> {
    find(&request.use_case)?;
    let key = keys::monitoring(&request.use_case, &request.run_id, MonitoringFile::Decision);
    if let Some(decision) = lake.find_json(&key).await? {
        return Ok(decision);
    }
    let (decision, reasons, retrain_as) = judge(lake, &request).await?;
    let response = GovernResponse {
        use_case: request.use_case.clone(),
        run_id: request.run_id.clone(),
        decision,
        reasons,
        retrain_as,
    };
    lake.write_json_once(&key, &response).await?;
    info!(decision = ?response.decision, reasons = ?response.reasons, "decided");
    Ok(response)
}

async fn judge(lake: &Lake, request: &GovernRequest) -> Result<(Decision, Vec<String>, Option<RunId>), MonitorError> {
    let last: Option<Retraining> = lake.find_json(&keys::last_retraining(&request.use_case)).await?;
    if let Some(own) = last.filter(|last| last.run_id == request.run_id) {
        // This run was killed between the claim and its answer.
        return Ok((Decision::Retrain, own.reasons, Some(own.retrain_as)));
    }
    let step = MonitorStep {
        use_case: request.use_case.clone(),
        run_id: request.run_id.clone(),
        object: request.record.clone(),
    };
    let record = read_record(lake, &step).await?;
    let (decision, reasons) = assessed(lake, request, &record).await?;
    if decision != Decision::Retrain {
        return Ok((decision, reasons, None));
    }
    let claim = Retraining {
        run_id: request.run_id.clone(),
        at: request.at.clone(),
        retrain_as: retrain_as(&request.run_id)?,
        reasons,
    };
    if claimed(lake, request, &record, &claim).await? {
        return Ok((Decision::Retrain, claim.reasons, Some(claim.retrain_as)));
    }
    // Another run was faster: judged again, its training is what this one waits for.
    let (decision, reasons) = assessed(lake, request, &record).await?;
    warn!(?decision, "another run claimed the retraining first");
    Ok((decision, reasons, None))
}

async fn assessed(
    lake: &Lake,
    request: &GovernRequest,
    record: &MonitoringRecord,
) -> Result<(Decision, Vec<String>), MonitorError> {
    let circumstances = circumstances(lake, &request.use_case, &request.at).await?;
    let (performance, drift) = (record.performance.as_ref(), record.drift.as_ref());
    match assess(&record.bounds, &record.rows, performance, drift, circumstances) {
        Assessment::Decided { decision, reasons } => Ok((decision, reasons)),
        Assessment::InsufficientData { reasons } => {
            Err(MonitorError::Insufficient { reasons: reasons.join("; "), record: request.record.key.clone() })
        }
    }
}

/// Claims the right to start a training, by compare-and-swap: of runs at the same time one gets it.
async fn claimed(
    lake: &Lake,
    request: &GovernRequest,
    record: &MonitoringRecord,
    claim: &Retraining,
) -> Result<bool, MonitorError> {
    let now = times::moment("the time of the request", &request.at)?;
    let cool_down = f64::from(record.bounds.cool_down_hours);
    let is_cooling = |last: &Retraining| {
        // A time that cannot be read was refused before; should it come up here, it holds the claim back.
        let last = times::moment("the time of the last retraining", &last.at);
        last.map_or(true, |last| times::hours(last, now) < cool_down)
    };
    let held = lake
        .update_json(&keys::last_retraining(&request.use_case), |last: Option<&Retraining>| {
            (!last.is_some_and(is_cooling)).then(|| claim.clone())
        })
        .await?;
    Ok(held.as_ref() == Some(claim))
}

/// Name of the execution to start: it follows from the monitoring run, so that asking again starts nothing new.
fn retrain_as(run_id: &RunId) -> Result<RunId, MonitorError> {
    let name = format!("retrain-{run_id}");
    let name = if name.len() <= MAX_NAME {
        name
    } else {
        // Names of executions are bounded; a digest still tells any two apart.
        format!("retrain-{}", Sha256::of(run_id.as_str().as_bytes()).short(32))
    };
    name.parse().map_err(|error: contracts::InvalidId| MonitorError::NoName {
        run_id: run_id.to_string(),
        reason: error.to_string(),
    })
}
