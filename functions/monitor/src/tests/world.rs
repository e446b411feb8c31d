//! A lake in which a model was trained, promoted and used, with rows that are made up.

use std::sync::Arc;

use contracts::{
    BinaryMetrics, ModelSignature, ObjectRef, PredictionSet, RowCounts, RunId, Settings, Sha256, Snapshot, SnapshotId,
    SplitRule, Task,
    stage::{
        CalculateRequest, FetchRequest, GovernRequest, GovernResponse, MonitorRequest, MonitorStep, RetrievedModel,
        ScoredPart, ScoredRows,
    },
};
use etl::{GoldRows, Predictions};
use features::{Column, Field, Frame};
use lake::{Lake, MemoryStore, Store, keys};
use registry::{Change, ModelFiles, NewVersion, Registry};
use serde_json::{Value, json};

use crate::{MonitorError, MonitorResponse, handle};

pub(crate) const USE_CASE: &str = "loan";
pub(crate) const AT: &str = "2026-11-21T04:00:00Z";
/// Rows of the snapshot the model is trained on; the last 1,000 are its test split.
pub(crate) const N_TRAINED: usize = 3_000;
const THRESHOLD: f64 = 0.5;
const N_PARTITIONS: usize = 2;

/// How the data at hand differs from the data the model was trained on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Story {
    /// Added to every value of `income`, whose standard deviation is 1.
    pub(crate) shift: f64,
    /// Whether labels say the opposite of what the scores say.
    pub(crate) is_reversed: bool,
    /// New rows, which the model has never seen.
    pub(crate) n_new: usize,
    /// Share of the rows whose label is known.
    pub(crate) share_labelled: f64,
    /// Settings laid over those of the use case.
    pub(crate) min_labelled_rows: u64,
}

pub(crate) const CALM: Story =
    Story { shift: 0.0, is_reversed: false, n_new: 400, share_labelled: 1.0, min_labelled_rows: 100 };

pub(crate) struct World {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) lake: Lake,
}

/// Numbers in [0, 1) that look random and follow from their place.
fn noise(place: usize, salt: u64) -> f64 {
    let mut state = (place as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ salt.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    for shift in [30, 27, 31] {
        state = (state ^ (state >> shift)).wrapping_mul(0x94d0_49bb_1331_11eb);
    }
    (state >> 11) as f64 / (1_u64 << 53) as f64
}

fn normal(place: usize, salt: u64) -> f64 {
    (0..12).map(|i| noise(place, salt * 100 + i)).sum::<f64>() - 6.0
}

pub(crate) fn score(row: usize) -> f64 {
    1.0 / (1.0 + (0.8 - 1.4 * normal(row, 1)).exp())
}

fn key(row: usize) -> String {
    format!("C{row:06}")
}

/// Rows come in the order of their dates: the first of them train.
fn date(row: usize) -> i32 {
    19_500 + row as i32 / 10
}

fn gold(rows: &[usize], story: &Story) -> GoldRows {
    let income = rows.iter().map(|&row| if row % 40 == 0 { f64::NAN } else { normal(row, 2) + story.shift });
    let credit = rows.iter().map(|&row| Some(["good", "standard", "bad"][(noise(row, 3) * 3.0) as usize].to_owned()));
    let label = |row: usize| {
        let is_positive = noise(row, 4) < score(row);
        let is_known = noise(row, 5) < story.share_labelled;
        if is_known { f32::from(u8::from(is_positive != story.is_reversed)) } else { f32::NAN }
    };
    let columns = vec![
        ("income".to_owned(), Column::Number(income.collect())),
        ("credit_mix".to_owned(), Column::Category(credit.collect())),
    ];
    GoldRows {
        keys: rows.iter().map(|&row| key(row)).collect(),
        dates: rows.iter().map(|&row| Some(date(row))).collect(),
        labels: rows.iter().map(|&row| label(row)).collect(),
        frame: Frame::new(columns).unwrap(),
    }
}

fn object(name: &str) -> ObjectRef {
    ObjectRef { key: name.to_owned(), sha256: Sha256::of(name.as_bytes()), size_bytes: 1 }
}

pub(crate) fn run_id(name: &str) -> RunId {
    name.parse().unwrap()
}

fn partitions(rows: &[usize]) -> Vec<Vec<usize>> {
    (0..N_PARTITIONS).map(|p| rows.iter().copied().filter(|row| row % N_PARTITIONS == p).collect()).collect()
}

async fn write_snapshot(lake: &Lake, n_rows: usize, story: &Story) -> Snapshot {
    let rows: Vec<usize> = (0..n_rows).collect();
    let mut parts = Vec::new();
    for (p, rows) in partitions(&rows).into_iter().enumerate() {
        let bytes = gold(&rows, story).to_parquet().unwrap();
        let key = keys::gold_part(USE_CASE, &format!("{n_rows}-{story:?}"), p as u32);
        parts.push(lake.write_once(&key, bytes.into()).await.unwrap());
    }
    let snapshot = Snapshot {
        id: "0000000000000000".parse().unwrap(),
        use_case: USE_CASE.to_owned(),
        raw: [].into(),
        silver: [].into(),
        gold: parts,
        split: SplitRule::Time { validation_from: date(N_TRAINED / 2), test_from: date(2 * N_TRAINED / 3) },
        plan: object("plan"),
        feature_fingerprint: "f".to_owned(),
        rows: RowCounts { rows_in: 10_000, rows_out: 9_000, rows_quarantined: 1_000 },
        rows_by_split: [].into(),
    }
    .with_id();
    lake.write_json_once(&keys::snapshot(USE_CASE, &snapshot.id), &snapshot).await.unwrap();
    snapshot
}

async fn point_at(lake: &Lake, snapshot: &SnapshotId) {
    lake.update_json(&keys::newest_snapshot(USE_CASE), |_: Option<&SnapshotId>| Some(snapshot.clone())).await.unwrap();
}

fn settings(story: &Story) -> Settings {
    let Value::Object(overrides) = json!({ "monitoring": {
        "min_rows": 200, "min_labelled_rows": story.min_labelled_rows, "min_roc_auc": 0.7, "max_psi": 0.2,
        "psi_confidence": 0.95, "cool_down_hours": 24
    } }) else {
        panic!("an object")
    };
    usecases::find(USE_CASE).unwrap().settings.with_overrides(&overrides).unwrap()
}

fn new_version(snapshot: &Snapshot) -> NewVersion {
    let rows: Vec<usize> = (0..N_TRAINED).collect();
    let (trained, validated) = (&rows[..N_TRAINED / 2], &rows[N_TRAINED / 2..2 * N_TRAINED / 3]);
    let fields = [Field::number("income"), Field::category("credit_mix")];
    let frame = gold(trained, &CALM).frame;
    let scores: Vec<f64> = validated.iter().map(|&row| score(row)).collect();
    let reference = monitoring::drift_reference(&frame, &fields, trained, &scores).unwrap();
    let signature = ModelSignature {
        task: Task::BinaryClassification,
        fields: Vec::new(),
        features: Vec::new(),
        classes: vec!["paid".to_owned(), "default".to_owned()],
        threshold: THRESHOLD,
    };
    let test = BinaryMetrics {
        n_rows: 1_000,
        n_positive: 350,
        threshold: THRESHOLD,
        accuracy: 0.75,
        precision: 0.7,
        recall: 0.5,
        f1: 0.58,
        roc_auc: 0.8,
        log_loss: 0.5,
    };
    NewVersion {
        run_id: run_id("train-1"),
        snapshot_id: snapshot.id.clone(),
        candidate_key: "candidate".to_owned(),
        family: "lightgbm".to_owned(),
        test,
        cv_roc_auc: 0.8,
        feature_fingerprint: "f".to_owned(),
        build: contracts::WasmBuild::Compact,
        max_abs_difference: [].into(),
        files: ModelFiles {
            model: "model".into(),
            plan: "plan".into(),
            signature: serde_json::to_vec(&signature).unwrap().into(),
            reference: "reference".into(),
            drift: serde_json::to_vec(&reference).unwrap().into(),
        },
    }
}

/// Registers and promotes the model.
async fn crown(lake: &Lake, snapshot: &Snapshot) -> RetrievedModel {
    let model_name = usecases::find(USE_CASE).unwrap().model_name.clone();
    let registry = Registry::new(lake, USE_CASE, &model_name);
    let change = Change { who: "test".into(), why: "test".into(), at: "2026-11-15T02:00:00Z".into(), run_id: None };
    let version = registry.register(&new_version(snapshot), |_, _| "card".to_owned(), &change).await.unwrap().version;
    registry.stage(version, &change).await.unwrap();
    registry.go_live(version, &change).await.unwrap();
    let state = registry.promote(version, &change).await.unwrap();
    RetrievedModel { model_name, version, manifest: state.versions[&version].manifest.clone() }
}

/// The predictions of these rows, sealed as a set and made the newest.
pub(crate) async fn predict(
    lake: &Lake,
    run: &str,
    snapshot: &SnapshotId,
    model: &RetrievedModel,
    rows: &[usize],
) -> PredictionSet {
    let mut parts = Vec::new();
    for (p, rows) in partitions(rows).into_iter().enumerate() {
        let label = |score: f64| if score >= THRESHOLD { "default" } else { "paid" };
        let predictions = Predictions {
            keys: rows.iter().map(|&row| key(row)).collect(),
            dates: rows.iter().map(|&row| date(row)).collect(),
            labels: rows.iter().map(|&row| label(score(row)).to_owned()).collect(),
            probabilities: rows.iter().map(|&row| score(row)).collect(),
            versions: vec![model.version; rows.len()],
        };
        let bytes = etl::predictions_to_parquet("customer_id", &predictions).unwrap();
        let key = keys::prediction_part(USE_CASE, &run_id(run), p as u32);
        let scored = rows.len() as u64;
        let rows = ScoredRows { read: scored, scored, not_due: 0 };
        parts.push(ScoredPart { partition: p as u32, data: lake.write_once(&key, bytes.into()).await.unwrap(), rows });
    }
    let scored = rows.len() as u64;
    let set = PredictionSet {
        use_case: USE_CASE.to_owned(),
        run_id: run_id(run),
        at: "2026-11-21T03:00:00Z".to_owned(),
        snapshot_id: snapshot.clone(),
        model: model.clone(),
        parts,
        rows: ScoredRows { read: scored, scored, not_due: 0 },
    };
    seal(lake, &set).await;
    set
}

/// Writes a prediction set and makes it the newest.
pub(crate) async fn seal(lake: &Lake, set: &PredictionSet) {
    let key = keys::prediction_set(&set.use_case, &set.run_id);
    lake.write_json_once(&key, set).await.unwrap();
    lake.update_json(&keys::newest_predictions(USE_CASE), |_: Option<&String>| Some(key.clone())).await.unwrap();
}

/// A model trained on calm data and used on what the story tells.
pub(crate) async fn world(story: Story) -> World {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let lake = Lake::new(Arc::clone(&store), "memory://monitor");
    lake.write_json_once(&keys::run_settings(USE_CASE, &run_id("train-1")), &settings(&story)).await.unwrap();
    let trained = write_snapshot(&lake, N_TRAINED, &CALM).await;
    let model = crown(&lake, &trained).await;
    let n_rows = N_TRAINED + story.n_new;
    let newest = write_snapshot(&lake, n_rows, &story).await;
    point_at(&lake, &newest.id).await;
    predict(&lake, "score-1", &newest.id, &model, &(0..n_rows).collect::<Vec<_>>()).await;
    World { store, lake }
}

/// A world in which the newest data is what the model was trained on, but what it scored has moved.
pub(crate) async fn world_without_new_data() -> World {
    let world = world(Story { shift: 1.5, ..CALM }).await;
    let trained = write_snapshot(&world.lake, N_TRAINED, &CALM).await;
    point_at(&world.lake, &trained.id).await;
    world
}

pub(crate) fn step(response: MonitorResponse) -> MonitorStep {
    match response {
        MonitorResponse::Step(step) => step,
        MonitorResponse::Governed(governed) => panic!("{governed:?}"),
    }
}

pub(crate) fn fetch(run: &str) -> MonitorRequest {
    MonitorRequest::Fetch(FetchRequest { use_case: USE_CASE.to_owned(), run_id: run_id(run), predictions: None })
}

/// The first three steps; gives the record's object.
pub(crate) async fn record(lake: &Lake, run: &str, at: &str) -> Result<ObjectRef, MonitorError> {
    let fetched = step(handle(lake, fetch(run)).await?).object;
    let (use_case, run_id, at) = (USE_CASE.to_owned(), run_id(run), at.to_owned());
    let calculate = MonitorRequest::Calculate(CalculateRequest { use_case, run_id, at, fetched });
    let calculated = step(handle(lake, calculate).await?);
    Ok(step(handle(lake, MonitorRequest::Store(calculated)).await?).object)
}

pub(crate) async fn govern(
    lake: &Lake,
    run: &str,
    at: &str,
    record: ObjectRef,
) -> Result<GovernResponse, MonitorError> {
    let (use_case, run_id, at) = (USE_CASE.to_owned(), run_id(run), at.to_owned());
    match handle(lake, MonitorRequest::Govern(GovernRequest { use_case, run_id, at, record })).await? {
        MonitorResponse::Governed(response) => Ok(response),
        MonitorResponse::Step(step) => panic!("{step:?}"),
    }
}

/// All four steps.
pub(crate) async fn monitor(lake: &Lake, run: &str, at: &str) -> Result<GovernResponse, MonitorError> {
    let record = record(lake, run, at).await?;
    govern(lake, run, at, record).await
}
