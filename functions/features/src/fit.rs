use std::collections::BTreeMap;

use contracts::stage::{FeaturesResponse, FitRequest};
use contracts::{ObjectRef, Sha256, Snapshot, SnapshotId, SplitRule};
use etl::{Gold, GoldRows, Split, choose_split};
use features::{FeaturePlan, Frame};
use lake::{Lake, keys};
use parts::gold_rows;
use usecases::UseCase;

use crate::{FeaturesError, findings, use_case};

/// File of a run with the answer of this step.
const ANSWER: &str = "features.json";

/// Makes the snapshot, or finds it made.
///
/// # Errors
/// [`FeaturesError`]: `DataQuality` when the rows cannot be split as the settings ask.
pub async fn handle(lake: &Lake, mut request: FitRequest) -> Result<FeaturesResponse, FeaturesError> {
    let name = request.use_case.clone();
    let use_case = use_case(&name)?;
    let answer_key = keys::run_file(&name, &request.run_id, ANSWER);
    if let Some(answer) = lake.find_json(&answer_key).await? {
        return Ok(answer);
    }
    in_order(&mut request)?;
    let settings = lambda_kit::settings(lake, &name, &request.run_id).await?;
    let parts: Vec<ObjectRef> = request.gold.iter().map(|part| part.data.clone()).collect();
    let rows = gold_rows(lake, &parts, &[]).await?;
    let rows = rows.ok_or_else(|| FeaturesError::Request("no gold part is named".to_owned()))?;
    check_counts(use_case, &request, rows.len() as u64)?;
    let rule = choose_split(&settings.split, settings.seed, &rows)?;
    let rows_by_split = Gold::new(rows, &rule)?.rows_by_split();
    let plan = plan(lake, use_case, &parts, &rule).await?;
    let snapshot = seal(lake, &request, rule, &plan, rows_by_split).await?;
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

/// Puts verdicts and gold in the order of their partitions, of which none may be missing.
fn in_order(request: &mut FitRequest) -> Result<(), FeaturesError> {
    request.verdicts.sort_by_key(|verdict| verdict.partition);
    request.gold.sort_by_key(|part| part.partition);
    let (verdicts, gold) = (&request.verdicts, &request.gold);
    let is_whole = verdicts.len() == gold.len()
        && (0..)
            .zip(verdicts.iter().zip(gold))
            .all(|(n, (verdict, part))| verdict.partition == n && part.partition == n);
    if is_whole {
        return Ok(());
    }
    let numbers = |partitions: Vec<u32>| format!("{partitions:?}");
    let verdicts = numbers(verdicts.iter().map(|verdict| verdict.partition).collect());
    let gold = numbers(gold.iter().map(|part| part.partition).collect());
    Err(FeaturesError::Request(format!("verdicts {verdicts} and gold parts {gold} are not those of all partitions")))
}

fn check_counts(use_case: &UseCase, request: &FitRequest, found: u64) -> Result<(), FeaturesError> {
    let expected = request.gold.iter().map(|part| part.n_rows).sum();
    if found != expected {
        return Err(FeaturesError::Miscounted { what: "gold parts".to_owned(), expected, found });
    }
    // With one table of one row per entity, every validated row is a gold row.
    let expected = request.rows.rows_out;
    if use_case.tables.len() == 1 && use_case.gold.dates.is_none() && found != expected {
        return Err(FeaturesError::Miscounted { what: "gold of validated rows".to_owned(), expected, found });
    }
    Ok(())
}

/// Fits the plan; of the rows that do not train, no field stays in memory.
async fn plan(
    lake: &Lake,
    use_case: &UseCase,
    parts: &[ObjectRef],
    rule: &SplitRule,
) -> Result<FeaturePlan, FeaturesError> {
    let spec = &use_case.gold.features;
    let mut training: Option<Frame> = None;
    for part in parts {
        let rows = GoldRows::from_parquet(&part.key, &lake.read(part).await?, &spec.fields)?;
        let Gold { mut frame, splits, .. } = Gold::new(rows, rule)?;
        frame.retain(&splits.iter().map(|&split| split == Split::Train).collect::<Vec<_>>());
        match &mut training {
            None => training = Some(frame),
            Some(training) => training.append(frame)?,
        }
    }
    let frame = training.map_or_else(|| Frame::new(Vec::new()), Ok)?;
    let all: Vec<usize> = (0..frame.n_rows()).collect();
    Ok(FeaturePlan::fit(spec, &frame, &all)?)
}

/// Writes plan and snapshot, in this order.
async fn seal(
    lake: &Lake,
    request: &FitRequest,
    split: SplitRule,
    plan: &FeaturePlan,
    rows_by_split: BTreeMap<String, u64>,
) -> Result<Snapshot, FeaturesError> {
    let (mut raw, mut silver) = (BTreeMap::<String, Vec<ObjectRef>>::new(), BTreeMap::<String, Vec<ObjectRef>>::new());
    for verdict in &request.verdicts {
        let found = findings(lake, verdict).await?;
        if usize::try_from(found.n_partitions).ok() != Some(request.verdicts.len()) {
            let (named, all) = (request.verdicts.len(), found.n_partitions);
            return Err(FeaturesError::Request(format!("{named} partitions are named, and there are {all}")));
        }
        for found in found.tables {
            // Every partition is made of all raw files.
            raw.entry(found.table.clone()).or_insert(found.raw);
            silver.entry(found.table).or_default().extend(found.silver);
        }
    }
    let plan_bytes = plan.to_json();
    let draft = Snapshot {
        id: placeholder()?,
        use_case: request.use_case.clone(),
        raw,
        silver,
        gold: request.gold.iter().map(|part| part.data.clone()).collect(),
        split,
        plan: ObjectRef { key: String::new(), sha256: Sha256::of(&plan_bytes), size_bytes: plan_bytes.len() as u64 },
        feature_fingerprint: plan.fingerprint(),
        rows: request.rows,
        rows_by_split,
    };
    let mut snapshot = draft.with_id();
    snapshot.plan.key = keys::gold_plan(&snapshot.use_case, &snapshot.id);
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
