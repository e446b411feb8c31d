//! `select`: ranks the candidates of a run, compares the best with the champion, and applies the gates.
//!
//! The ranking looks at cross-validation only; the test split is kept for what is reported and gated, so that choosing
//! among many candidates does not flatter the figure.
//! What was trained for a comparison is kept in the record beside them, and never ranked.
//! The champion answers the very same test rows; where these are split by time, they are the newest there are.
//! The run's record is written whether the gates pass or not: a refused model is worth as much reading as a good one.

use contracts::{
    CandidateRecord, ErrorName, Gate, GateOutcome, ObjectRef, RunRecord, Settings, Snapshot, run_name,
    stage::{SelectRequest, SelectResponse, TrainResponse},
};
use inference::Modules;
use lake::{Lake, LakeError, keys};
use lambda_kit::Named;
use registry::RegistryError;
use tracing::info;

pub use champion::ChampionError;

mod champion;

/// Name of the gate that compares the best candidate with the champion.
const CHAMPION_GATE: &str = "roc_auc_against_champion";

/// Why no model was selected.
#[derive(Debug, thiserror::Error)]
pub enum SelectError {
    /// There is no such use case.
    #[error("use case `{0}` does not exist")]
    UnknownUseCase(String),
    /// Nothing to select from.
    #[error("run {run_id} has no candidates")]
    NoCandidates {
        /// Run asked about.
        run_id: String,
    },
    /// A candidate that was not trained on the data of this run.
    #[error("candidate {candidate_key} was trained on snapshot {found}, the run is on {expected}")]
    OtherSnapshot {
        /// Candidate at fault.
        candidate_key: String,
        /// Snapshot of the run.
        expected: String,
        /// Snapshot of the candidate.
        found: String,
    },
    /// The best candidate is not good enough. The run's record says all.
    #[error("{family} candidate {candidate_key} fails {failed}; see {run}")]
    Gate {
        /// Family of the best candidate.
        family: String,
        /// Key of the best candidate.
        candidate_key: String,
        /// Gates that failed, each with value and bound.
        failed: String,
        /// Key of the run's record.
        run: String,
    },
    /// The champion cannot be measured on the test rows of this run.
    #[error("champion: {0}")]
    Champion(#[from] ChampionError),
    /// The store.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The registry.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

impl Named for SelectError {
    fn name(&self) -> ErrorName {
        match self {
            Self::UnknownUseCase(_) | Self::NoCandidates { .. } | Self::OtherSnapshot { .. } => ErrorName::InvalidInput,
            Self::Gate { .. } => ErrorName::PerformanceGate,
            Self::Champion(error) => error.name(),
            Self::Lake(error) => error.name(),
            Self::Registry(error) => error.name(),
        }
    }
}

/// Selects the best candidate of a run.
///
/// # Errors
/// `PerformanceGate` when the best candidate fails a gate or is worse than the champion on the same test rows.
pub async fn handle(lake: &Lake, modules: &Modules, request: SelectRequest) -> Result<SelectResponse, SelectError> {
    let record_key = keys::run_record(&request.use_case, &request.run_id);
    if lake.find_json::<RunRecord>(&record_key).await?.is_none() {
        let record = decide(lake, modules, &request).await?;
        lake.write_json_once(&record_key, &record).await?;
    }
    // Read back even when just written: a retry and the first try answer from the same object.
    let (run, record): (ObjectRef, RunRecord) = lake.read_json_key(&record_key).await?;
    let selected = selected(&record, &request)?;
    check_gates(&record, &selected, &record_key)?;
    info!(family = selected.family, cv_roc_auc = selected.cv_roc_auc, test_roc_auc = selected.test_roc_auc, "selected");
    Ok(SelectResponse { use_case: request.use_case, run_id: request.run_id, run, selected })
}

async fn decide(lake: &Lake, modules: &Modules, request: &SelectRequest) -> Result<RunRecord, SelectError> {
    let use_case =
        usecases::find(&request.use_case).ok_or_else(|| SelectError::UnknownUseCase(request.use_case.clone()))?;
    let settings = lambda_kit::settings(lake, &request.use_case, &request.run_id).await?;
    let snapshot: Snapshot = lake.read_json(&keys::snapshot(&request.use_case, &request.snapshot_id)).await?;
    let (candidates, comparisons): (Vec<_>, Vec<_>) =
        read_candidates(lake, request).await?.into_iter().partition(|candidate| candidate.comparison.is_none());
    let candidates = ranked(candidates);
    let Some(best) = candidates.first() else {
        return Err(SelectError::NoCandidates { run_id: request.run_id.to_string() });
    };
    let champion = champion::measure(lake, modules, &use_case.model_name, &snapshot).await?;
    let gates = gates(&settings, best, champion.as_ref().map(|champion| champion.test.roc_auc));
    Ok(RunRecord {
        run_id: request.run_id.clone(),
        run_name: run_name(&request.run_id),
        use_case: request.use_case.clone(),
        started_at: request.started_at.clone(),
        selected_at: request.at.clone(),
        snapshot_id: request.snapshot_id.clone(),
        selected: best.candidate_key.clone(),
        gates,
        champion,
        candidates,
        comparisons: beside(comparisons),
        settings,
    })
}

async fn read_candidates(lake: &Lake, request: &SelectRequest) -> Result<Vec<CandidateRecord>, SelectError> {
    let mut candidates: Vec<CandidateRecord> = Vec::with_capacity(request.candidates.len());
    for trained in &request.candidates {
        let candidate: CandidateRecord = lake.read_json_ref(&trained.record).await?;
        if candidate.snapshot_id != request.snapshot_id {
            return Err(SelectError::OtherSnapshot {
                candidate_key: candidate.candidate_key,
                expected: request.snapshot_id.to_string(),
                found: candidate.snapshot_id.to_string(),
            });
        }
        candidates.push(candidate);
    }
    Ok(candidates)
}

/// Best first: highest cross-validated ROC-AUC, then lowest log loss, then the key, so that the order is always the same.
fn ranked(mut candidates: Vec<CandidateRecord>) -> Vec<CandidateRecord> {
    // `total_cmp` puts NaN above every number; negating keeps a candidate without a figure at the end.
    let rank = |candidate: &CandidateRecord| {
        let roc_auc = candidate.cv_roc_auc_mean();
        if roc_auc.is_nan() { f64::INFINITY } else { -roc_auc }
    };
    candidates.sort_by(|a, b| {
        rank(a)
            .total_cmp(&rank(b))
            .then(a.cv_log_loss.total_cmp(&b.cv_log_loss))
            .then_with(|| a.candidate_key.cmp(&b.candidate_key))
    });
    candidates.dedup_by(|a, b| a.candidate_key == b.candidate_key);
    candidates
}

/// Comparisons in the order of their names, families and keys.
fn beside(mut comparisons: Vec<CandidateRecord>) -> Vec<CandidateRecord> {
    let place = |one: &CandidateRecord| (one.comparison.clone(), one.family.clone(), one.candidate_key.clone());
    comparisons.sort_by_key(place);
    comparisons.dedup_by(|a, b| a.candidate_key == b.candidate_key);
    comparisons
}

/// The gates of the settings, and the comparison with the champion where there is one.
fn gates(settings: &Settings, best: &CandidateRecord, champion_roc_auc: Option<f64>) -> Vec<GateOutcome> {
    let mut outcomes = Gate::apply_all(&settings.gates, &best.test);
    outcomes.extend(champion_roc_auc.map(|champion| {
        let gate = Gate { min: Some(champion - settings.champion_tolerance), max: None };
        gate.apply(CHAMPION_GATE, Some(best.test.roc_auc))
    }));
    outcomes
}

fn selected(record: &RunRecord, request: &SelectRequest) -> Result<TrainResponse, SelectError> {
    let trained = request.candidates.iter().find(|trained| trained.candidate_key == record.selected);
    trained.cloned().ok_or_else(|| SelectError::NoCandidates { run_id: request.run_id.to_string() })
}

fn check_gates(record: &RunRecord, selected: &TrainResponse, run: &str) -> Result<(), SelectError> {
    if !record.settings.gates.is_empty() && record.gates.iter().all(|gate| gate.passed) {
        return Ok(());
    }
    let failed: Vec<String> = record.gates.iter().filter(|gate| !gate.passed).map(ToString::to_string).collect();
    let failed = if failed.is_empty() { "because no gate is set".to_owned() } else { failed.join(", ") };
    Err(SelectError::Gate {
        family: selected.family.clone(),
        candidate_key: selected.candidate_key.clone(),
        failed,
        run: run.to_owned(),
    })
}

#[cfg(test)]
mod tests;
