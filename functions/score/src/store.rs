//! Seals the predictions of all partitions.

use contracts::{
    PredictionSet, Snapshot,
    stage::{ScoredRows, StorePredictionsRequest, StoredPredictions},
};
use lake::{Lake, LakeError, keys};
use tracing::info;

use crate::{ScoreError, find, time_text};

/// Writes the prediction set and makes it the newest, unless a later one is.
pub(crate) async fn seal(lake: &Lake, request: StorePredictionsRequest) -> Result<StoredPredictions, ScoreError> {
    find(&request.use_case)?;
    let set = checked(lake, request).await?;
    let key = keys::prediction_set(&set.use_case, &set.run_id);
    let predictions = lake.write_json_once(&key, &set).await?;
    make_newest(lake, &set, &key).await?;
    info!(rows = set.rows.read, scored = set.rows.scored, not_due = set.rows.not_due, "predictions stored");
    Ok(StoredPredictions {
        use_case: set.use_case,
        run_id: set.run_id,
        predictions,
        version: set.model.version,
        rows: set.rows,
    })
}

/// The set, when every partition of the snapshot is in it once and no row is lost.
async fn checked(lake: &Lake, request: StorePredictionsRequest) -> Result<PredictionSet, ScoreError> {
    let snapshot: Snapshot = lake.read_json(&keys::snapshot(&request.use_case, &request.snapshot_id)).await?;
    let n_partitions = snapshot.gold.len();
    let mut parts = request.parts;
    parts.sort_by_key(|part| part.partition);
    let found: Vec<u32> = parts.iter().map(|part| part.partition).collect();
    if !(0..n_partitions).eq(found.iter().map(|&partition| partition as usize)) {
        let (run_id, snapshot_id) = (request.run_id.to_string(), request.snapshot_id.to_string());
        return Err(ScoreError::OtherParts { run_id, snapshot_id, n_partitions, found });
    }
    let mut rows = ScoredRows::default();
    for part in &parts {
        let ScoredRows { read, scored, not_due } = part.rows;
        if read != scored + not_due {
            return Err(ScoreError::Unbalanced { partition: part.partition, read, scored, not_due });
        }
        rows = ScoredRows { read: rows.read + read, scored: rows.scored + scored, not_due: rows.not_due + not_due };
    }
    Ok(PredictionSet {
        use_case: request.use_case,
        run_id: request.run_id,
        at: request.at,
        snapshot_id: request.snapshot_id,
        model: request.model,
        parts,
        rows,
    })
}

/// Points the newest predictions at this set. A run that is repeated later does not turn the clock back.
async fn make_newest(lake: &Lake, set: &PredictionSet, key: &str) -> Result<(), ScoreError> {
    const MAX_ATTEMPTS: u32 = 16;
    let at = time_text::moment(&set.at)?;
    let state = keys::newest_predictions(&set.use_case);
    for _ in 0..MAX_ATTEMPTS {
        let newest: Option<String> = lake.find_json(&state).await?;
        if let Some(newest) = &newest
            && (newest == key || time_text::moment(&lake.read_json::<PredictionSet>(newest).await?.at)? > at)
        {
            return Ok(());
        }
        let mut is_as_seen = true;
        lake.update_json(&state, |now: Option<&String>| {
            is_as_seen = now == newest.as_ref();
            is_as_seen.then(|| key.to_owned())
        })
        .await?;
        if is_as_seen {
            return Ok(());
        }
    }
    Err(LakeError::Contended { key: state, n_attempts: MAX_ATTEMPTS }.into())
}
