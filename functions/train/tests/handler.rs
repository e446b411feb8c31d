//! `train` over a lake in memory, on generated telco rows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::{collections::BTreeMap, sync::Arc};

use contracts::{
    CandidateRecord, DriftReference, ErrorName, ObjectRef, Reference, RowCounts, RunId, Settings, Snapshot, SplitRule,
    stage::{TrainRequest, TrainResponse},
};
use etl::{Gold, GoldRows, Split, Splitter};
use features::{FeaturePlan, Value};
use lake::{FailingStore, Lake, MemoryStore, Moment, Store, keys};
use lambda_kit::Named;
use serde_json::{Map, json};
use train::{Candidate, TrainError, handle};
use training::{Dataset, Family, TOLERANCE};
use usecases::telco::{Spelling, generate};

struct World {
    store: Arc<dyn Store>,
    lake: Lake,
    rows: GoldRows,
    rule: SplitRule,
    gold: Gold,
    plan: FeaturePlan,
    snapshot: Snapshot,
    settings: Settings,
}

impl World {
    /// A snapshot of `n_rows` generated customers, and the settings of run `run-1`.
    async fn new(n_rows: usize) -> Self {
        let use_case = usecases::find("telco").unwrap();
        let (rows, rule) = support::gold_of(use_case, generate(n_rows, 7, Spelling::Ibm).as_bytes()).unwrap();
        let mut settings = use_case.settings.clone();
        settings.training.folds = 3;
        Self::with(rows, rule, settings).await
    }

    async fn with(rows: GoldRows, rule: SplitRule, settings: Settings) -> Self {
        let gold = Gold::new(rows.clone(), &rule).unwrap();
        let spec = &usecases::find("telco").unwrap().gold.features;
        let plan = FeaturePlan::fit(spec, &gold.frame, &gold.rows_of(Split::Train)).unwrap();
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let lake = Lake::new(Arc::clone(&store), "s3://bucket");
        let snapshot = Snapshot {
            id: "0000000000000000".parse().unwrap(),
            use_case: "telco".to_owned(),
            raw: BTreeMap::new(),
            silver: BTreeMap::new(),
            gold: vec![put(&lake, "gold/telco/parts/x/partition=000.parquet", rows.to_parquet().unwrap()).await],
            split: rule.clone(),
            plan: put(&lake, "gold/telco/x/features.json", plan.to_json()).await,
            feature_fingerprint: plan.fingerprint(),
            rows: RowCounts::default(),
            rows_by_split: gold.rows_by_split(),
        }
        .with_id();
        lake.write_json_once(&keys::snapshot("telco", &snapshot.id), &snapshot).await.unwrap();
        let world = Self { store, lake, rows, rule, gold, plan, snapshot, settings };
        world.plan_run("run-1", |_| {}).await;
        world
    }

    async fn plan_run(&self, run_id: &str, change: fn(&mut Settings)) {
        let mut settings = self.settings.clone();
        change(&mut settings);
        let key = keys::run_settings("telco", &run(run_id));
        self.lake.write_json_once(&key, &settings).await.unwrap();
    }

    fn request(&self, family: &str, params: &serde_json::Value) -> TrainRequest {
        TrainRequest {
            use_case: "telco".to_owned(),
            run_id: run("run-1"),
            snapshot_id: self.snapshot.id.clone(),
            family: family.to_owned(),
            params: params.as_object().unwrap().clone(),
            comparison: None,
        }
    }

    async fn train(&self, family: &str) -> TrainResponse {
        handle(&self.lake, self.request(family, &small(family))).await.unwrap()
    }

    async fn record(&self, response: &TrainResponse) -> CandidateRecord {
        self.lake.read_json_ref(&response.record).await.unwrap()
    }

    /// Every object under `candidates/`, by key.
    async fn candidates(&self) -> BTreeMap<String, Vec<u8>> {
        let mut objects = BTreeMap::new();
        for meta in self.lake.list("candidates/").await.unwrap() {
            let bytes = self.store.get(&meta.key).await.unwrap().bytes.to_vec();
            objects.insert(meta.key, bytes);
        }
        objects
    }
}

async fn put(lake: &Lake, key: &str, bytes: Vec<u8>) -> ObjectRef {
    lake.write_once(key, bytes.into()).await.unwrap()
}

fn run(id: &str) -> RunId {
    id.parse().unwrap()
}

fn small(family: &str) -> serde_json::Value {
    match family {
        "logistic_regression" => json!({}),
        "random_forest" => json!({"n_estimators": 40}),
        "xgboost" => json!({"n_estimators": 60}),
        _ => json!({"num_iterations": 60}),
    }
}

#[tokio::test]
async fn every_family_leaves_a_complete_candidate() {
    let world = World::new(1_500).await;
    for family in Family::ALL {
        let response = world.train(family.as_str()).await;
        assert!(!response.reused);
        let record = world.record(&response).await;
        assert_eq!((record.family.as_str(), &record.snapshot_id), (family.as_str(), &world.snapshot.id));
        assert_eq!(record.params, family.complete(small(family.as_str()).as_object().unwrap()).unwrap());
        assert_eq!((record.cv_roc_auc.len(), record.seed), (3, world.settings.seed));
        assert!(response.cv_roc_auc > 0.75 && response.test_roc_auc > 0.75, "{family}: {response:?}");
        assert!(record.cv_log_loss < 0.55, "{family}: {}", record.cv_log_loss);
        assert_eq!(record.test.threshold, record.validation.threshold);
        assert_eq!(record.test.n_rows, world.snapshot.rows_by_split["test"]);

        let model = onnx::decode(&world.lake.read(&record.model).await.unwrap()).unwrap();
        assert_eq!(model.n_features().unwrap(), world.plan.n_features());
        let texts: BTreeMap<_, _> = model.metadata_props.into_iter().map(|entry| (entry.key, entry.value)).collect();
        assert_eq!(texts["feature_fingerprint"], world.plan.fingerprint());
        assert_eq!(texts["snapshot_id"], world.snapshot.id.to_string());
        assert_eq!(world.lake.read(&record.plan).await.unwrap(), world.plan.to_json());

        let drift: DriftReference = world.lake.read_json_ref(&record.drift).await.unwrap();
        let names: Vec<&str> = drift.fields.iter().map(|field| field.name.as_str()).collect();
        assert!(world.plan.fields().iter().map(|field| field.name.as_str()).eq(names));
        let n_rows = |split: &str| world.snapshot.rows_by_split[split];
        assert!(drift.fields.iter().all(|field| field.counts.iter().sum::<u64>() == n_rows("train")));
        assert_eq!(drift.score.counts.iter().sum::<u64>(), n_rows("validation"));
    }
}

#[tokio::test]
async fn the_same_snapshot_and_seed_give_the_same_bytes() {
    let (one, other) = (World::new(900).await, World::new(900).await);
    for family in Family::ALL {
        one.train(family.as_str()).await;
        other.train(family.as_str()).await;
    }
    let files = one.candidates().await;
    assert_eq!(files.len(), 20);
    assert!(files == other.candidates().await, "two trainings of the same candidates differ");
}

#[tokio::test]
async fn a_candidate_is_trained_once_whatever_the_run() {
    let world = World::new(600).await;
    let first = world.train("logistic_regression").await;
    world.plan_run("run-2", |_| {}).await;
    let spelt_out = json!({"alpha": 1.0});
    let again = TrainRequest { run_id: run("run-2"), ..world.request("logistic_regression", &spelt_out) };
    let second = handle(&world.lake, again).await.unwrap();
    assert_eq!(second, TrainResponse { reused: true, ..first });
}

#[tokio::test]
async fn whatever_decides_the_result_is_part_of_the_key() {
    let world = World::new(600).await;
    let first = world.train("logistic_regression").await;
    let changes: [fn(&mut Settings); 3] = [
        |settings| settings.seed += 1,
        |settings| settings.training.folds = 4,
        |settings| settings.training.threshold_by = "accuracy".to_owned(),
    ];
    for (i, change) in changes.into_iter().enumerate() {
        let run_id = format!("changed-{i}");
        world.plan_run(&run_id, change).await;
        let request = TrainRequest { run_id: run(&run_id), ..world.request("logistic_regression", &json!({})) };
        let other = handle(&world.lake, request).await.unwrap();
        assert!(!other.reused && other.candidate_key != first.candidate_key);
    }
    // Gates decide what becomes of a candidate, not what it is.
    world.plan_run("gates", |settings| settings.gates.clear()).await;
    let request = TrainRequest { run_id: run("gates"), ..world.request("logistic_regression", &json!({})) };
    assert!(handle(&world.lake, request).await.unwrap().reused);
}

#[tokio::test]
async fn the_threshold_is_the_best_on_the_validation_split() {
    let world = World::new(1_200).await;
    let record = world.record(&world.train("lightgbm").await).await;
    let model = refit(&world, &record);
    let rows = world.gold.rows_of(Split::Validation);
    let p = model.model.probabilities(&world.plan.transform(&world.gold.frame, &rows).unwrap()).unwrap();
    let y: Vec<f32> = rows.iter().map(|&row| world.gold.labels[row]).collect();
    let f1_at = |threshold| metrics::Confusion::at(&y, &p, threshold).unwrap().f1();
    assert_eq!(f1_at(record.validation.threshold), record.validation.f1);
    for step in 1..100 {
        assert!(f1_at(f64::from(step) / 100.0) <= record.validation.f1);
    }
}

#[tokio::test]
async fn reference_rows_are_real_test_rows_with_the_trainers_answers() {
    let world = World::new(1_500).await;
    let record = world.record(&world.train("xgboost").await).await;
    let reference: Reference = world.lake.read_json_ref(&record.reference).await.unwrap();
    assert_eq!((reference.rows.len(), reference.probabilities.len()), (200, 200));
    assert_eq!(reference.tolerance, TOLERANCE);
    let names: Vec<&str> = world.plan.fields().iter().map(|field| field.name.as_str()).collect();
    assert_eq!(reference.fields, names);

    let model = refit(&world, &record);
    let mut x = Vec::new();
    for row in &reference.rows {
        let values: Vec<Value<'_>> = row.iter().map(value).collect();
        let mut features = vec![0.0; world.plan.n_features()];
        world.plan.transform_row(&values, &mut features).unwrap();
        x.extend(features);
    }
    let x = features::Matrix::new(x, 200, world.plan.n_features()).unwrap();
    assert_eq!(model.trainer_probabilities(&x).unwrap(), reference.probabilities);
    let test = world.plan.transform(&world.gold.frame, &world.gold.rows_of(Split::Test)).unwrap();
    assert!(x.rows().all(|row| test.rows().any(|real| real == row)), "a reference row is not in the test split");
}

fn value(json: &serde_json::Value) -> Value<'_> {
    match json {
        serde_json::Value::Number(number) => Value::Number(number.as_f64().unwrap()),
        serde_json::Value::String(level) => Value::Category(level),
        _ => Value::Missing,
    }
}

fn refit(world: &World, record: &CandidateRecord) -> training::Fitted {
    let rows = world.gold.rows_of(Split::Train);
    let x = world.plan.transform(&world.gold.frame, &rows).unwrap();
    let y: Vec<f32> = rows.iter().map(|&row| world.gold.labels[row]).collect();
    training::fit(record.family.parse().unwrap(), &record.params, &Dataset { x: &x, y: &y }, record.seed).unwrap()
}

#[tokio::test]
async fn what_lies_outside_the_training_split_changes_no_model() {
    let world = World::new(900).await;
    let model = world.record(&world.train("lightgbm").await).await.model;
    // Pairs of opposite labels are exchanged where the hash keeps either in its split, whatever its class.
    let mut rows = world.rows.clone();
    let (mut n_flipped, outside) = (0, Splitter::new(&world.rule).unwrap());
    for row in world.gold.rows_of(Split::Test).into_iter().chain(world.gold.rows_of(Split::Validation)) {
        let other = 1.0 - rows.labels[row];
        if outside.split(&rows.keys[row], None, other).unwrap() == world.gold.splits[row] {
            rows.labels[row] = other;
            n_flipped += 1;
        }
    }
    assert!(n_flipped > 100, "{n_flipped}");
    let flipped = World::with(rows, world.rule.clone(), world.settings.clone()).await;
    let other = flipped.record(&flipped.train("lightgbm").await).await;
    let (ours, theirs) = (world.lake.read(&model).await.unwrap(), flipped.lake.read(&other.model).await.unwrap());
    // The files differ in the snapshot they name, and in nothing else.
    let (ours, theirs) = (onnx::decode(&ours).unwrap(), onnx::decode(&theirs).unwrap());
    assert_ne!(ours.metadata_props, theirs.metadata_props);
    assert_eq!(ours.graph, theirs.graph);
}

#[tokio::test]
async fn a_training_killed_at_any_call_is_finished_by_the_next() {
    let world = World::new(600).await;
    let expected = world.train("logistic_regression").await;
    let files = world.candidates().await;
    for moment in [Moment::BeforeEffect, Moment::AfterEffect] {
        for call in 1.. {
            let fresh = World::with(world.rows.clone(), world.rule.clone(), world.settings.clone()).await;
            let failing = Arc::new(FailingStore::kill_at(Arc::clone(&fresh.store), call, moment));
            let dying = Lake::new(Arc::clone(&failing) as Arc<dyn Store>, "s3://bucket");
            let request = fresh.request("logistic_regression", &json!({}));
            let outcome = handle(&dying, request.clone()).await;
            if !failing.has_failed() {
                assert!(call > 8, "only {call} calls were made");
                break;
            }
            assert_eq!(outcome.unwrap_err().name(), ErrorName::Storage);
            let finished = handle(&fresh.lake, request).await.unwrap();
            assert_eq!(TrainResponse { reused: false, ..finished }, expected);
            assert!(fresh.candidates().await == files, "killed {moment:?} call {call}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_trained_has_a_name() {
    let world = World::new(600).await;
    let name = |request: TrainRequest| {
        let lake = world.lake.clone();
        async move {
            let error = handle(&lake, request).await.unwrap_err();
            (error.name(), error.to_string())
        }
    };
    let good = world.request("lightgbm", &json!({}));
    let (family, text) = name(TrainRequest { family: "catboost".to_owned(), ..good.clone() }).await;
    assert_eq!(family, ErrorName::InvalidInput);
    assert!(text.contains("catboost"), "{text}");
    let (params, text) = name(world.request("lightgbm", &json!({"num_leaves": 1}))).await;
    assert_eq!(params, ErrorName::InvalidInput);
    assert!(text.contains("`num_leaves`"), "{text}");
    let (use_case, _) = name(TrainRequest { use_case: "none".to_owned(), ..good.clone() }).await;
    assert_eq!(use_case, ErrorName::InvalidInput);
    let other = "ffffffffffffffff".parse().unwrap();
    assert_eq!(name(TrainRequest { snapshot_id: other, ..good.clone() }).await.0, ErrorName::NotFound);
    assert_eq!(name(TrainRequest { run_id: run("never"), ..good.clone() }).await.0, ErrorName::NotFound);
    world.plan_run("odd", |settings| settings.training.threshold_by = "auc".to_owned()).await;
    let (objective, text) = name(TrainRequest { run_id: run("odd"), ..good }).await;
    assert_eq!(objective, ErrorName::InvalidInput);
    assert!(text.contains("`auc`"), "{text}");
}

#[tokio::test]
async fn a_split_with_one_class_is_a_matter_of_data_quality() {
    let world = World::new(600).await;
    for (split, label) in [(Split::Test, 0.0), (Split::Train, 1.0)] {
        // Rows of the split that are of the other class lose their label, and so leave it.
        let mut rows = world.rows.clone();
        for row in world.gold.rows_of(split) {
            if rows.labels[row] != label {
                rows.labels[row] = f32::NAN;
            }
        }
        let broken = World::with(rows, world.rule.clone(), world.settings.clone()).await;
        let request = broken.request("logistic_regression", &json!({}));
        let error = handle(&broken.lake, request).await.unwrap_err();
        assert_eq!(error.name(), ErrorName::DataQuality, "{error}");
        assert!(broken.candidates().await.is_empty());
    }
}

#[tokio::test]
async fn a_snapshot_that_is_not_what_it_says_is_refused() {
    let world = World::new(600).await;
    let mut lying = world.snapshot.clone();
    lying.id = "00000000000000aa".parse().unwrap();
    lying.feature_fingerprint = "another".to_owned();
    world.lake.write_json_once(&keys::snapshot("telco", &lying.id), &lying).await.unwrap();
    let request = TrainRequest { snapshot_id: lying.id, ..world.request("lightgbm", &json!({})) };
    let error = handle(&world.lake, request).await.unwrap_err();
    assert!(matches!(error, TrainError::Snapshot { .. }), "{error}");
    assert_eq!(error.name(), ErrorName::InvalidInput);
}

#[test]
fn samples_in_the_readme_and_in_events_parse() {
    let event: TrainRequest = serde_json::from_str(include_str!("../events/request.json")).unwrap();
    let settings = &usecases::find("telco").unwrap().settings;
    Candidate::new(usecases::find("telco").unwrap(), &event, settings).unwrap();
    let blocks: Vec<&str> =
        include_str!("../README.md").split("```json").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(serde_json::from_str::<TrainRequest>(blocks[0]).unwrap(), event);
    serde_json::from_str::<TrainResponse>(blocks[1]).unwrap();
    assert_eq!(blocks.len(), 2);
}

#[test]
fn every_hyperparameter_that_the_search_samples_exists() {
    let telco = usecases::find("telco").unwrap();
    for search in &telco.searches {
        let family: Family = search.family.parse().unwrap();
        for params in usecases::search::sample(search, 20, 42) {
            let complete: Map<_, _> = family.complete(&params).unwrap();
            assert!(params.keys().all(|name| complete.contains_key(name)), "{family}: {params:?}");
        }
    }
}
