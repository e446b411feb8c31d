#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::sync::Arc;

use contracts::stage::{IngestRequest, RawSource, ValidateRequest};
use contracts::{RowCounts, RunId};
use lake::{FailingStore, MemoryStore, Moment, PutWhen, Store};
use usecases::telco::{Spelling, generate};

use super::*;

/// A lake over `store` with this raw file and a planned run.
async fn planned(store: Arc<dyn Store>, key: &str, file: &str, run: &str) -> (Lake, IngestRequest) {
    let lake = Lake::new(store, "memory://test");
    let etag = lake.store().put(key, file.to_owned().into(), PutWhen::Always).await.unwrap();
    let run_id: RunId = run.parse().unwrap();
    let mut settings = usecases::find("telco").unwrap().settings.clone();
    settings.quality.max_fraction.insert("customer_id_is_unique".to_owned(), 0.02);
    lake.write_json_once(&keys::run_settings("telco", &run_id), &settings).await.unwrap();
    let request = IngestRequest {
        use_case: "telco".to_owned(),
        run_id,
        table: "customers".to_owned(),
        part: 0,
        source: RawSource { key: key.to_owned(), etag, size_bytes: file.len() as u64 },
        start: 0,
        end: file.len() as u64,
    };
    (lake, request)
}

/// The way from a raw file to a request for this stage.
async fn validated(lake: &Lake, request: IngestRequest) -> Result<ValidateResponse, String> {
    let (use_case, run_id) = (request.use_case.clone(), request.run_id.clone());
    let bronze = ingest::handle(lake, request).await.map_err(|error| error.to_string())?;
    let silver = clean::handle(lake, bronze).await.map_err(|error| error.to_string())?;
    let request = ValidateRequest { use_case, run_id, parts: vec![silver] };
    validate::handle(lake, request).await.map_err(|error| error.to_string())
}

/// The whole way from a raw file to a snapshot.
async fn run(lake: &Lake, request: IngestRequest) -> Result<FeaturesResponse, String> {
    handle(lake, validated(lake, request).await?).await.map_err(|error| error.to_string())
}

/// From a raw file in a lake of its own to a snapshot.
async fn made(file: &str) -> (Lake, FeaturesResponse, Snapshot) {
    let (lake, request) = planned(Arc::new(MemoryStore::new()), "raw/telco/a.csv", file, "run-1").await;
    let answer = run(&lake, request).await.unwrap();
    let snapshot = lake.read_json(&keys::snapshot("telco", &answer.snapshot_id)).await.unwrap();
    (lake, answer, snapshot)
}

/// 600 customers, of whom some are unreadable, incomplete or there twice.
fn dirty() -> String {
    let text = generate(600, 12, Spelling::Ibm);
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.push("short,record".to_owned());
    lines[7] = lines[7].replace(",Yes,", ",Perhaps,").replace(",No,", ",Perhaps,");
    lines.push(lines[9].clone());
    lines.join("\n") + "\n"
}

#[tokio::test]
async fn a_snapshot_names_everything_from_raw_file_to_feature_plan() {
    let (lake, answer, snapshot) = made(&dirty()).await;
    assert_eq!(snapshot.rows, RowCounts { rows_in: 602, rows_out: 599, rows_quarantined: 3 });
    assert_eq!(snapshot.clone().with_id().id, snapshot.id);
    assert_eq!(snapshot.raw["customers"][0].key, "raw/telco/a.csv");
    assert_eq!(snapshot.gold.key, format!("gold/telco/{}/gold.parquet", snapshot.id));
    let gold = etl::gold_frame(&lake.read(&snapshot.gold).await.unwrap()).unwrap();
    assert_eq!(gold.rows_by_split(), answer.rows_by_split);
    assert_eq!(answer.rows_by_split.values().sum::<u64>(), 599);
    let plan = FeaturePlan::from_json(&lake.read(&snapshot.plan).await.unwrap()).unwrap();
    assert_eq!(plan.fingerprint(), answer.feature_fingerprint);
    assert_eq!(
        plan.transform(&gold.frame, &gold.rows_of(Split::Test)).unwrap().n_rows as u64,
        answer.rows_by_split["test"]
    );
    let newest: SnapshotId = lake.read_json(&keys::newest_snapshot("telco")).await.unwrap();
    assert_eq!(newest, answer.snapshot_id);
}

#[tokio::test]
async fn the_plan_sees_training_rows_only() {
    let file = generate(600, 13, Spelling::Ibm);
    let (lake, answer, snapshot) = made(&file).await;
    let gold = etl::gold_frame(&lake.read(&snapshot.gold).await.unwrap()).unwrap();
    // Another tenure and other charges in every row of one split; a split follows from keys and labels alone.
    let poisoned = |split: Split| {
        let keys: Vec<&String> = gold.rows_of(split).into_iter().map(|row| &gold.keys[row]).collect();
        let change = |(row, line): (usize, &str)| {
            let mut cells: Vec<&str> = line.split(',').collect();
            let monthly = 60.0 + row as f64 / 20.0;
            let (monthly, total) = (monthly.to_string(), (70.0 * monthly).to_string());
            if keys.iter().any(|key| key.as_str() == cells[0]) {
                (cells[5], cells[18], cells[19]) = ("70", &monthly, &total);
            }
            cells.join(",") + "\n"
        };
        file.lines().enumerate().map(change).collect::<String>()
    };
    for split in [Split::Validation, Split::Test] {
        let (_, poisoned, _) = made(&poisoned(split)).await;
        assert_eq!(poisoned.feature_fingerprint, answer.feature_fingerprint, "{split}");
        assert_ne!(poisoned.snapshot_id, answer.snapshot_id);
    }
    let (_, poisoned, _) = made(&poisoned(Split::Train)).await;
    assert_ne!(poisoned.feature_fingerprint, answer.feature_fingerprint);
}

#[tokio::test]
async fn the_same_data_is_the_same_snapshot_in_another_run_and_under_another_key() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let file = dirty();
    let (lake, first) = planned(Arc::clone(&store), "raw/telco/a.csv", &file, "run-1").await;
    let first = run(&lake, first).await.unwrap();
    let (lake, second) = planned(Arc::clone(&store), "raw/telco/a.csv", &file, "run-2").await;
    let second = run(&lake, second).await.unwrap();
    let (lake, third) = planned(store, "raw/telco/renamed.csv", &file, "run-3").await;
    let third = run(&lake, third).await.unwrap();
    assert_eq!((&second.snapshot_id, &third.snapshot_id), (&first.snapshot_id, &first.snapshot_id));
    assert_eq!(lake.list("snapshots/").await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_run_asked_again_answers_the_same_and_leaves_the_newest_snapshot_alone() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let (lake, old) = planned(Arc::clone(&store), "raw/telco/a.csv", &dirty(), "run-1").await;
    let answer = run(&lake, old.clone()).await.unwrap();
    let (lake, new) = planned(store, "raw/telco/b.csv", &generate(600, 14, Spelling::Ibm), "run-2").await;
    let newer = run(&lake, new).await.unwrap();
    assert_eq!(run(&lake, old).await.unwrap(), answer);
    let newest: SnapshotId = lake.read_json(&keys::newest_snapshot("telco")).await.unwrap();
    assert_eq!(newest, newer.snapshot_id);
}

#[tokio::test]
async fn silver_that_is_not_what_validation_let_through_is_refused() {
    let (lake, request) = planned(Arc::new(MemoryStore::new()), "raw/telco/a.csv", &dirty(), "run-1").await;
    let request = validated(&lake, request).await.unwrap();
    let mut fewer = request.clone();
    fewer.rows.rows_out -= 1;
    assert_eq!(handle(&lake, fewer).await.unwrap_err().name(), ErrorName::Internal);
    let none = ValidateResponse { silver: BTreeMap::new(), ..request.clone() };
    assert_eq!(handle(&lake, none).await.unwrap_err().name(), ErrorName::DataQuality);
    let key = &request.silver["customers"][0].key;
    let half = lake.read(&request.silver["customers"][0]).await.unwrap();
    lake.store().put(key, half.slice(..half.len() / 2), PutWhen::Always).await.unwrap();
    let error = handle(&lake, request.clone()).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::InvalidInput);
    assert!(error.to_string().contains(key), "{error}");
    let unknown = ValidateResponse { use_case: "lottery".to_owned(), ..request };
    assert_eq!(handle(&lake, unknown).await.unwrap_err().name(), ErrorName::InvalidInput);
}

/// Every object with its bytes.
async fn contents(store: &MemoryStore) -> BTreeMap<String, Sha256> {
    let mut contents = BTreeMap::new();
    for meta in store.list("", None).await.unwrap() {
        contents.insert(meta.key.clone(), Sha256::of(&store.get(&meta.key).await.unwrap().bytes));
    }
    contents
}

#[tokio::test]
async fn killed_at_any_call_and_run_again_it_leaves_the_same_objects() {
    let file = dirty();
    let sound = Arc::new(MemoryStore::new());
    let (lake, request) = planned(Arc::clone(&sound) as Arc<dyn Store>, "raw/telco/a.csv", &file, "run-1").await;
    let answer = run(&lake, request).await.unwrap();
    let expected = contents(&sound).await;
    for moment in [Moment::BeforeEffect, Moment::AfterEffect] {
        for call in 1.. {
            let store = Arc::new(MemoryStore::new());
            let (lake, request) =
                planned(Arc::clone(&store) as Arc<dyn Store>, "raw/telco/a.csv", &file, "run-1").await;
            let failing = Arc::new(FailingStore::kill_at(Arc::clone(&store) as Arc<dyn Store>, call, moment));
            let killed =
                run(&Lake::new(Arc::clone(&failing) as Arc<dyn Store>, "memory://test"), request.clone()).await;
            assert_eq!(killed.is_err(), failing.has_failed(), "call {call}");
            assert_eq!(run(&lake, request).await.unwrap(), answer, "call {call}, {moment:?}");
            assert_eq!(contents(&store).await, expected, "call {call}, {moment:?}");
            if !failing.has_failed() {
                assert!(call > 25, "only {call} calls: is every stage in the test?");
                break;
            }
        }
    }
}

#[test]
fn the_sample_and_the_json_in_the_readme_are_requests_and_answers() {
    let sample: ValidateResponse = serde_json::from_str(include_str!("../events/request.json")).unwrap();
    let blocks: Vec<&str> =
        include_str!("../README.md").split("```").filter_map(|block| block.strip_prefix("json\n")).collect();
    assert_eq!(serde_json::from_str::<ValidateResponse>(blocks[0]).unwrap(), sample);
    serde_json::from_str::<FeaturesResponse>(blocks[1]).unwrap();
}
