//! Turns a use case and a run request into the lists that the state machines map over, so that the machines stay the
//! same for every use case.
//!
//! For the data machine: settings, for each table one request for `ingest` per part of its raw files, and the numbers of
//! the hash partitions that entities are divided into.
//! For the training machine: settings, snapshot, and one request for `train` per candidate and per comparison and
//! family.
//!
//! A plan is made once per run and purpose and stored at `runs/<use_case>/<run_id>/plan-<purpose>.json`.
//! The same request again gives the stored plan, whatever was delivered in the meantime; another request under the
//! same run id is refused.
//! The settings of a run are stored once as well: training in the run of its data uses the settings of that run.

use contracts::stage::{PlanRequest, PlanResponse, Purpose, TablePlan, TrainRequest};
use contracts::{Settings, run_name};
use lake::{Lake, keys};
use serde::{Deserialize, Serialize};
use usecases::UseCase;

pub use error::PlanError;

mod candidates;
mod error;
mod parts;

/// Longest answer: Step Functions passes at most 256 KiB between states, and its own fields need room.
const MAX_ANSWER_BYTES: usize = 200 << 10;

/// A plan as stored.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredPlan {
    request: PlanRequest,
    response: PlanResponse,
}

/// Plans a run, or finds it planned.
///
/// # Errors
/// [`PlanError`], under the names `InvalidInput`, `NotFound`, `Conflict` and `Storage`.
pub async fn handle(lake: &Lake, request: PlanRequest) -> Result<PlanResponse, PlanError> {
    let use_case = usecases::find(&request.use_case).ok_or_else(|| PlanError::UnknownUseCase {
        name: request.use_case.clone(),
        known: usecases::names().collect::<Vec<_>>().join(", "),
    })?;
    let key = keys::run_file(&use_case.name, &request.run_id, plan_file(request.purpose));
    if let Some(stored) = lake.find_json::<StoredPlan>(&key).await? {
        return found(stored, &request);
    }
    let settings = settings(lake, use_case, &request).await?;
    let (mut tables, mut n_partitions, mut candidates, mut snapshot_id) = (Vec::new(), 0, Vec::new(), None);
    match request.purpose {
        Purpose::Data => (tables, n_partitions) = parts::list(lake, use_case, &request, &settings).await?,
        Purpose::Training => {
            let id = candidates::snapshot(lake, use_case, &request).await?;
            candidates = candidates::list(use_case, &request, &settings, &id);
            snapshot_id = Some(id);
        }
    }
    check_length(&tables, &candidates)?;
    let n_parts = n_parts(&tables);
    tracing::info!(n_parts, n_partitions, n_candidates = candidates.len(), "run planned");
    let response = PlanResponse {
        use_case: use_case.name.clone(),
        run_id: request.run_id.clone(),
        run_name: run_name(&request.run_id),
        settings: lake.write_json_once(&keys::run_settings(&use_case.name, &request.run_id), &settings).await?,
        tables,
        partitions: (0..n_partitions).collect(),
        candidates,
        snapshot_id,
    };
    let stored = StoredPlan { request, response };
    lake.write_json_once(&key, &stored).await?;
    Ok(stored.response)
}

const fn plan_file(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Data => "plan-data.json",
        Purpose::Training => "plan-training.json",
    }
}

fn found(stored: StoredPlan, request: &PlanRequest) -> Result<PlanResponse, PlanError> {
    if stored.request == *request {
        tracing::info!("run was planned before");
        Ok(stored.response)
    } else {
        Err(PlanError::OtherRequest { run_id: request.run_id.clone() })
    }
}

/// The settings of the run: those stored for it when its data was planned before, else the use case's own, with the
/// request's laid over them.
async fn settings(lake: &Lake, use_case: &UseCase, request: &PlanRequest) -> Result<Settings, PlanError> {
    let stored: Option<Settings> = lake.find_json(&keys::run_settings(&use_case.name, &request.run_id)).await?;
    let is_cascade = request.purpose == Purpose::Training;
    let base = stored.as_ref().filter(|_| is_cascade).unwrap_or(&use_case.settings);
    let settings = base.with_overrides(&request.settings)?;
    use_case.check_settings(&settings)?;
    match stored {
        Some(stored) if stored != settings => Err(PlanError::OtherSettings { run_id: request.run_id.clone() }),
        _ => Ok(settings),
    }
}

fn n_parts(tables: &[TablePlan]) -> usize {
    tables.iter().map(|table| table.parts.len()).sum()
}

fn check_length(tables: &[TablePlan], candidates: &[TrainRequest]) -> Result<(), PlanError> {
    let length = |list: serde_json::Result<Vec<u8>>| list.map_or(0, |bytes| bytes.len());
    let n_bytes = length(serde_json::to_vec(tables)) + length(serde_json::to_vec(candidates));
    if n_bytes <= MAX_ANSWER_BYTES {
        return Ok(());
    }
    let (n_items, setting) = if candidates.is_empty() {
        (n_parts(tables), "reading.bytes_per_part")
    } else {
        (candidates.len(), "training.candidates_per_family")
    };
    Err(PlanError::TooLong { n_items, n_bytes, max_bytes: MAX_ANSWER_BYTES, setting })
}

#[cfg(test)]
mod tests;
