//! Scoring with real models: against the endpoint's own answers, killed at every call, and told wrong things.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "../../../crates/serving/tests/support/mod.rs"]
mod support;

use std::sync::Arc;

use contracts::{
    ErrorName, PredictionSet, RowCounts, Snapshot, SnapshotId, SplitRule,
    stage::{RetrievedModel, ScoreRequest, ScoredPart, ScoredRows, StoredPredictions},
};
use etl::GoldRows;
use features::{Column, Field, Frame, Kind};
use inference::Modules;
use lake::{FailingStore, Lake, Moment, Store, keys};
use lambda_kit::Named as _;
use score::{ScoreError, ScoreResponse};
use serde_json::{Value, json};
use support::{World, modules};

const AT: &str = "2024-03-10T03:00:00Z";
/// 2024-03-10, counted from 1970-01-01.
const TODAY: i32 = 19_792;

/// A registry with a champion, and a snapshot of the world's rows in two partitions.
struct Bench {
    world: World,
    modules: Modules,
    snapshot: Snapshot,
}

impl Bench {
    async fn new() -> Self {
        let world = World::new();
        let bench = Self { modules: modules(), snapshot: snapshot(&world).await, world };
        bench.promote(1).await;
        bench
    }

    async fn promote(&self, flavour: u32) {
        let version = self.world.go_live(flavour).await;
        self.world.registry.promote(version, &self.world.change()).await.unwrap();
    }

    /// The only place where these tests call `handle`.
    async fn ask(&self, lake: &Lake, request: Value) -> Result<ScoreResponse, ScoreError> {
        let request: ScoreRequest = serde_json::from_value(request).unwrap();
        score::handle(lake, &self.modules, request).await
    }

    async fn retrieve(&self, lake: &Lake) -> Result<RetrievedModel, ScoreError> {
        match self.ask(lake, json!({ "step": "retrieve", "use_case": "telco", "run_id": "r1" })).await? {
            ScoreResponse::Retrieved(model) => Ok(model),
            other => panic!("{other:?}"),
        }
    }

    async fn predict(&self, lake: &Lake, model: &RetrievedModel, partition: u32) -> Result<ScoredPart, ScoreError> {
        let request = json!({ "step": "predict", "use_case": "telco", "run_id": "r1", "at": AT, "model": model,
            "snapshot_id": self.snapshot.id, "partition": partition });
        match self.ask(lake, request).await? {
            ScoreResponse::Scored(part) => Ok(part),
            other => panic!("{other:?}"),
        }
    }

    async fn store(
        &self,
        lake: &Lake,
        run: (&str, &str),
        parts: &[ScoredPart],
    ) -> Result<StoredPredictions, ScoreError> {
        let request = json!({ "step": "store", "use_case": "telco", "run_id": run.0, "at": run.1, "parts": parts,
            "snapshot_id": self.snapshot.id, "model": self.retrieve(lake).await? });
        match self.ask(lake, request).await? {
            ScoreResponse::Stored(stored) => Ok(stored),
            other => panic!("{other:?}"),
        }
    }

    /// What the machine does.
    async fn all(&self, lake: &Lake) -> Result<StoredPredictions, ScoreError> {
        let model = self.retrieve(lake).await?;
        let parts = [self.predict(lake, &model, 0).await?, self.predict(lake, &model, 1).await?];
        self.store(lake, ("r1", AT), &parts).await
    }
}

/// The rows of the world as gold: the second half lies tomorrow, but for one that has no date.
async fn snapshot(world: &World) -> Snapshot {
    let fields = usecases::find("telco").unwrap().gold.features.fields.clone();
    let n = world.n_rows();
    let date = |row: usize| if row == n - 1 { None } else { Some(TODAY + i32::from(row >= n / 2)) };
    let mut gold = Vec::new();
    for (partition, rows) in [(0, 0..n / 3), (1, n / 3..n)] {
        let part = GoldRows {
            keys: rows.clone().map(|row| format!("customer-{row:03}")).collect(),
            dates: rows.clone().map(date).collect(),
            labels: rows.clone().map(|_| f32::NAN).collect(),
            frame: Frame::new(fields.iter().map(|field| column(world, field, rows.clone())).collect()).unwrap(),
        };
        let key = keys::gold_part("telco", "0123", partition);
        gold.push(world.lake.write_once(&key, part.to_parquet().unwrap().into()).await.unwrap());
    }
    let snapshot = Snapshot {
        id: "0000000000000000".parse::<SnapshotId>().unwrap(),
        use_case: "telco".to_owned(),
        raw: [].into(),
        silver: [].into(),
        plan: gold[0].clone(),
        gold,
        split: SplitRule::Time { validation_from: 0, test_from: 1 },
        feature_fingerprint: "f".to_owned(),
        rows: RowCounts::default(),
        rows_by_split: [].into(),
    }
    .with_id();
    world.lake.write_json_once(&keys::snapshot("telco", &snapshot.id), &snapshot).await.unwrap();
    snapshot
}

fn column(world: &World, field: &Field, rows: std::ops::Range<usize>) -> (String, Column) {
    let values = rows.map(|row| world.record(row)[&field.name].clone());
    let column = match field.kind {
        Kind::Number => Column::Number(values.map(|value| value.as_f64().unwrap_or(f64::NAN)).collect()),
        Kind::Category => Column::Category(values.map(|value| value.as_str().map(str::to_owned)).collect()),
    };
    (field.name.clone(), column)
}

#[tokio::test]
async fn batch_predictions_are_the_endpoints_answers_for_the_rows_whose_day_has_come() {
    let bench = Bench::new().await;
    let lake = &bench.world.lake;
    let stored = bench.all(lake).await.unwrap();
    let n = bench.world.n_rows();
    let scored = (n / 2 + 1) as u64;
    assert_eq!(stored.rows, ScoredRows { read: n as u64, scored, not_due: n as u64 - scored });

    let set: PredictionSet = lake.read_json_ref(&stored.predictions).await.unwrap();
    let mut predictions = etl::Predictions::default();
    for part in &set.parts {
        predictions.append(etl::predictions_from_parquet(&lake.read(&part.data).await.unwrap()).unwrap());
    }
    assert_eq!(predictions.len() as u64, scored);
    let server = bench.world.server();
    for (i, key) in predictions.keys.iter().enumerate() {
        let row: usize = key.trim_start_matches("customer-").parse().unwrap();
        assert!(row < n / 2 || row == n - 1, "{key} is not due");
        assert_eq!(predictions.dates[i], TODAY);
        let reply = server.predict(&json!({ "records": [bench.world.record(row)] })).await;
        let answer = &reply.body["predictions"][0];
        let probability: f32 = serde_json::from_value(answer["probability"].clone()).unwrap();
        assert_eq!(predictions.probabilities[i], f64::from(probability), "{key}");
        assert_eq!(predictions.labels[i], answer["label"].as_str().unwrap());
        assert_eq!(predictions.versions[i], stored.version);
    }
    let newest: String = lake.read_json(&keys::newest_predictions("telco")).await.unwrap();
    assert_eq!(newest, stored.predictions.key);
}

#[tokio::test]
async fn without_a_champion_nothing_is_scored_and_the_advice_is_to_train() {
    let world = World::new();
    let snapshot = snapshot(&world).await;
    let bench = Bench { modules: modules(), snapshot, world };
    // A version that is live and not yet promoted is no champion.
    bench.world.go_live(1).await;
    let error = bench.retrieve(&bench.world.lake).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::NotFound);
    assert!(error.to_string().contains("sluice run telco"), "{error}");
}

#[tokio::test]
async fn a_newer_champion_does_not_change_what_a_run_has_retrieved() {
    let bench = Bench::new().await;
    let lake = &bench.world.lake;
    let model = bench.retrieve(lake).await.unwrap();
    let first = bench.predict(lake, &model, 0).await.unwrap();
    bench.promote(2).await;
    assert_ne!(bench.retrieve(lake).await.unwrap().version, model.version);
    assert_eq!(bench.predict(lake, &model, 0).await.unwrap(), first);
}

#[tokio::test]
async fn killed_at_any_call_and_asked_again_it_leaves_the_same_predictions() {
    let whole = Bench::new().await;
    let expected = whole.all(&whole.world.lake).await.unwrap();
    for moment in [Moment::BeforeEffect, Moment::AfterEffect] {
        for call in 1.. {
            assert!(call < 100, "the work never ends");
            let bench = Bench::new().await;
            let store = Arc::clone(&bench.world.store) as Arc<dyn Store>;
            let failing = Arc::new(FailingStore::kill_at(store, call, moment));
            let lake = Lake::new(Arc::clone(&failing) as Arc<dyn Store>, "s3://lake");
            let outcome = bench.all(&lake).await;
            if !failing.has_failed() {
                assert_eq!(outcome.unwrap(), expected);
                break;
            }
            assert_eq!(outcome.unwrap_err().name(), ErrorName::Storage, "call {call}, {moment:?}");
            assert_eq!(bench.all(&bench.world.lake).await.unwrap(), expected, "call {call}, {moment:?}");
        }
    }
}

#[tokio::test]
async fn an_older_run_that_is_repeated_does_not_become_the_newest_again() {
    let bench = Bench::new().await;
    let lake = &bench.world.lake;
    let first = bench.all(lake).await.unwrap();
    let set: PredictionSet = lake.read_json_ref(&first.predictions).await.unwrap();
    let second = bench.store(lake, ("r2", "2024-03-11T03:00:00Z"), &set.parts).await.unwrap();
    assert_eq!(bench.all(lake).await.unwrap(), first);
    let newest: String = lake.read_json(&keys::newest_predictions("telco")).await.unwrap();
    assert_eq!(newest, second.predictions.key);
}

#[tokio::test]
async fn parts_that_are_missing_doubled_or_have_lost_rows_are_not_sealed() {
    let bench = Bench::new().await;
    let lake = &bench.world.lake;
    let model = bench.retrieve(lake).await.unwrap();
    let (one, other) = (bench.predict(lake, &model, 0).await.unwrap(), bench.predict(lake, &model, 1).await.unwrap());
    let mut leaky = other.clone();
    leaky.rows.scored -= 1;
    for (parts, name) in [
        (vec![], ErrorName::InvalidInput),
        (vec![one.clone()], ErrorName::InvalidInput),
        (vec![one.clone(), one.clone()], ErrorName::InvalidInput),
        (vec![one.clone(), leaky], ErrorName::Internal),
    ] {
        let error = bench.store(lake, ("r1", AT), &parts).await.unwrap_err();
        assert_eq!(error.name(), name, "{error}");
    }
    assert!(lake.find_json::<String>(&keys::newest_predictions("telco")).await.unwrap().is_none());
    // The order in which they come does not matter.
    bench.store(lake, ("r1", AT), &[other, one]).await.unwrap();
}

#[tokio::test]
async fn wrong_requests_are_named() {
    let bench = Bench::new().await;
    let lake = &bench.world.lake;
    let mut model = bench.retrieve(lake).await.unwrap();
    let error = bench.predict(lake, &model, 2).await.unwrap_err();
    assert_eq!((error.name(), error.to_string().contains("no number 2")), (ErrorName::InvalidInput, true), "{error}");
    model.version = model.version.next();
    let error = bench.predict(lake, &model, 0).await.unwrap_err();
    assert_eq!((error.name(), error.to_string().contains("v1")), (ErrorName::InvalidInput, true), "{error}");
    let unknown = json!({ "step": "retrieve", "use_case": "lottery", "run_id": "r1" });
    assert_eq!(bench.ask(lake, unknown).await.unwrap_err().name(), ErrorName::InvalidInput);
}

#[tokio::test]
async fn a_tampered_model_scores_nothing() {
    let bench = Bench::new().await;
    let lake = &bench.world.lake;
    let model = bench.retrieve(lake).await.unwrap();
    bench.world.overwrite(&model.manifest.key.replace("manifest.json", "model.onnx"), "hostile").await;
    let error = bench.predict(lake, &model, 0).await.unwrap_err();
    assert!(error.to_string().contains("SHA-256"), "{error}");
    assert!(lake.list("predictions/").await.unwrap().is_empty());
}
