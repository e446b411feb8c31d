use contracts::stage::{PlanRequest, TrainRequest};
use contracts::{Settings, Snapshot, SnapshotId};
use lake::{Lake, keys};
use serde_json::{Map, Value};
use usecases::{UseCase, search};

use crate::PlanError;

/// The snapshot to train on: the one asked for, else the newest.
///
/// The newest is the one that the stage `features` made or found again last; it says so in
/// `state/<use_case>/newest_snapshot.json`. Listing could not tell: snapshot ids are digests, and an object's time
/// of writing stays that of the first run that made it.
pub(crate) async fn snapshot(lake: &Lake, use_case: &UseCase, request: &PlanRequest) -> Result<SnapshotId, PlanError> {
    if request.raw.is_some() {
        let reason = "is only for data: training reads a snapshot".to_owned();
        return Err(PlanError::Request { field: "raw", reason });
    }
    let name = &use_case.name;
    let id = match &request.snapshot_id {
        Some(id) => id.clone(),
        None => lake
            .find_json(&keys::newest_snapshot(name))
            .await?
            .ok_or_else(|| PlanError::NoSnapshot { use_case: name.clone() })?,
    };
    let key = keys::snapshot(name, &id);
    match lake.find_json::<Snapshot>(&key).await? {
        Some(_) => Ok(id),
        None => Err(PlanError::NotFound { what: "the snapshot", key }),
    }
}

/// One request for `train` per candidate: for each family its first set of hyperparameters, then sets drawn from its
/// space. After them, for each comparison, one request per family with its first set.
pub(crate) fn list(
    use_case: &UseCase,
    request: &PlanRequest,
    settings: &Settings,
    snapshot_id: &SnapshotId,
) -> Vec<TrainRequest> {
    let train = |family: &str, params: Map<String, Value>, comparison| TrainRequest {
        use_case: request.use_case.clone(),
        run_id: request.run_id.clone(),
        snapshot_id: snapshot_id.clone(),
        family: family.to_owned(),
        params,
        comparison,
    };
    // The settings were checked: each family has a search.
    let searches: Vec<_> = settings.training.families.iter().filter_map(|family| use_case.search(family)).collect();
    let mut requests = Vec::new();
    for search in &searches {
        let sets = search::sample(search, settings.training.candidates_per_family, settings.seed);
        requests.extend(sets.into_iter().map(|params| train(&search.family, params, None)));
    }
    for comparison in &settings.training.comparisons {
        let compared =
            searches.iter().map(|search| train(&search.family, search.first.clone(), Some(comparison.clone())));
        requests.extend(compared);
    }
    requests
}
