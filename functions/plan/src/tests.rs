#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use contracts::{ErrorName, ObjectRef, RowCounts, Sha256, Snapshot, SnapshotId, SplitRule};
use expect_test::{Expect, expect};
use lake::{FailingStore, MemoryStore, Moment, PutWhen, Store};
use lambda_kit::Named as _;
use serde_json::{Value, json};

use super::*;

const DATA_EVENT: &str = include_str!("../events/data.json");
const TRAINING_EVENT: &str = include_str!("../events/training.json");

fn lake() -> Lake {
    Lake::new(Arc::new(MemoryStore::new()), "memory://plan")
}

async fn deliver(lake: &Lake, key: &str, n_bytes: usize) {
    lake.store().put(key, vec![b'x'; n_bytes].into(), PutWhen::Always).await.unwrap();
}

/// Stores an otherwise empty snapshot and makes it the newest.
async fn snapshot(lake: &Lake, gold: &str) -> SnapshotId {
    snapshot_of(lake, "telco", gold).await
}

async fn snapshot_of(lake: &Lake, use_case: &str, gold: &str) -> SnapshotId {
    let object = |text: &str| ObjectRef { key: text.to_owned(), sha256: Sha256::of(text.as_bytes()), size_bytes: 1 };
    let snapshot = Snapshot {
        id: "0000000000000000".parse().unwrap(),
        use_case: use_case.to_owned(),
        raw: [].into(),
        silver: [].into(),
        gold: vec![object(gold)],
        split: SplitRule::Time { validation_from: 1, test_from: 2 },
        plan: object("plan"),
        feature_fingerprint: "f".to_owned(),
        rows: RowCounts::default(),
        rows_by_split: [].into(),
    }
    .with_id();
    lake.write_json_once(&keys::snapshot(use_case, &snapshot.id), &snapshot).await.unwrap();
    let id = snapshot.id.clone();
    lake.update_json(&keys::newest_snapshot(use_case), |_| Some(id.clone())).await.unwrap();
    snapshot.id
}

/// The sample event with some fields changed; a field set to null counts as left out.
fn request(event: &str, changes: Value) -> PlanRequest {
    let mut request: Value = serde_json::from_str(event).unwrap();
    for (name, value) in changes.as_object().unwrap() {
        request[name] = value.clone();
    }
    serde_json::from_value(request).unwrap()
}

async fn plan(lake: &Lake, event: &str, changes: Value) -> Result<PlanResponse, PlanError> {
    handle(lake, request(event, changes)).await
}

/// Checks the answer, or the error with its name.
async fn check(lake: &Lake, event: &str, changes: Value, expected: Expect) {
    let text = match plan(lake, event, changes).await {
        Ok(response) => {
            let parts = response
                .tables
                .iter()
                .flat_map(|table| &table.parts)
                .map(|p| format!("{} {}: {}..{}", p.source.key, p.part, p.start, p.end));
            let candidates =
                response.candidates.iter().map(|c| format!("{} {}", c.family, Value::from(c.params.clone())));
            parts.chain(candidates).collect::<Vec<_>>().join("\n")
        }
        Err(error) => format!("{}: {error}", error.name()),
    };
    expected.assert_eq(&text);
}

fn small_parts() -> Value {
    json!({ "settings": { "reading": { "bytes_per_part": 400 } } })
}

#[tokio::test]
async fn every_file_of_a_table_is_cut_into_parts() {
    let lake = lake();
    deliver(&lake, "raw/telco/b.csv", 1_000).await;
    deliver(&lake, "raw/telco/a.csv", 400).await;
    deliver(&lake, "raw/telco/readme.txt", 10).await;
    deliver(&lake, "raw/loan/c.csv", 10).await;
    let expected = expect![[r"
        raw/telco/a.csv 0: 0..400
        raw/telco/b.csv 0: 0..400
        raw/telco/b.csv 1: 400..800
        raw/telco/b.csv 2: 800..1000"]];
    check(&lake, DATA_EVENT, small_parts(), expected).await;
}

#[tokio::test]
async fn a_part_names_the_file_as_it_was() {
    let lake = lake();
    deliver(&lake, "raw/telco/a.csv", 5).await;
    let response = plan(&lake, DATA_EVENT, json!({})).await.unwrap();
    let meta = lake.store().head("raw/telco/a.csv").await.unwrap();
    assert_eq!(
        (&response.tables[0].parts[0].source.etag, response.tables[0].parts[0].source.size_bytes),
        (&meta.etag, 5)
    );
    assert_eq!(response.tables[0].parts[0].table, "customers");
    assert_eq!((response.candidates.len(), response.snapshot_id), (0, None));
}

#[tokio::test]
async fn only_the_named_files_are_read() {
    let lake = lake();
    deliver(&lake, "raw/telco/a.csv", 5).await;
    deliver(&lake, "raw/telco/b.csv", 6).await;
    let named = |keys: Value| json!({ "raw": keys, "run_id": format!("run-{}", Sha256::of(keys.to_string().as_bytes()).short(8)) });
    check(&lake, DATA_EVENT, named(json!(["raw/telco/b.csv"])), expect!["raw/telco/b.csv 0: 0..6"]).await;
    for (keys, expected) in [
        (json!(["raw/telco/c.csv"]), expect!["NotFound: a file named in the request does not exist: raw/telco/c.csv"]),
        (
            json!(["raw/loan/a.csv"]),
            expect!["InvalidInput: request: `raw` names raw/loan/a.csv, which does not begin with raw/telco/"],
        ),
        (json!(["raw/telco/a.csv", "raw/telco/a.csv"]), expect!["InvalidInput: request: `raw` names a file twice"]),
        (
            json!(["raw/telco/a.txt"]),
            expect!["InvalidInput: file raw/telco/a.txt belongs to no table of `telco`; its files are raw/telco/*.csv"],
        ),
        (json!([]), expect!["InvalidInput: table `customers` has no file; one must lie at raw/telco/*.csv"]),
    ] {
        check(&lake, DATA_EVENT, named(keys), expected).await;
    }
}

#[tokio::test]
async fn a_table_without_a_file_is_named_with_the_key_it_needs() {
    let lake = lake();
    deliver(&lake, "raw/telco/a.tsv", 5).await;
    let expected = expect!["InvalidInput: table `customers` has no file; one must lie at raw/telco/*.csv"];
    check(&lake, DATA_EVENT, json!({}), expected).await;
}

#[tokio::test]
async fn an_empty_file_is_named() {
    let lake = lake();
    deliver(&lake, "raw/telco/a.csv", 5).await;
    deliver(&lake, "raw/telco/b.csv", 0).await;
    let expected = expect!["InvalidInput: file raw/telco/b.csv of table `customers` is empty"];
    check(&lake, DATA_EVENT, json!({}), expected).await;
}

#[tokio::test]
async fn an_unknown_use_case_is_named_with_those_that_exist() {
    let expected = expect!["InvalidInput: there is no use case `lottery`; known are telco, loan"];
    check(&lake(), DATA_EVENT, json!({ "use_case": "lottery" }), expected).await;
}

#[tokio::test]
async fn a_setting_that_cannot_be_used_is_named_and_nothing_is_stored() {
    let lake = lake();
    deliver(&lake, "raw/telco/a.csv", 5).await;
    for (settings, expected) in [
        (
            json!({ "training": { "folds": 1 } }),
            expect!["InvalidInput: setting `training.folds`: 1 is not between 2 and 50"],
        ),
        (
            json!({ "gates": {"f2": {"min": 0.1}} }),
            expect!["InvalidInput: setting `gates.f2`: there is no such metric"],
        ),
        (
            json!({ "split": { "test": 0.9 } }),
            expect![
                "InvalidInput: setting `split`: validation and test take 1.1 of the rows and leave none to train on"
            ],
        ),
        (json!({ "seed": "x" }), expect![[r#"InvalidInput: setting `seed`: invalid type: string "x", expected u64"#]]),
    ] {
        check(&lake, DATA_EVENT, json!({ "settings": settings }), expected).await;
    }
    assert!(lake.list("runs/").await.unwrap().is_empty());
}

#[tokio::test]
async fn the_settings_of_the_run_are_stored_with_what_the_request_changed() {
    let lake = lake();
    deliver(&lake, "raw/telco/a.csv", 5).await;
    let response = plan(&lake, DATA_EVENT, small_parts()).await.unwrap();
    let settings: Settings = lake.read_json_ref(&response.settings).await.unwrap();
    assert_eq!(settings.reading.bytes_per_part, 400);
    assert_eq!(settings.training, usecases::find("telco").unwrap().settings.training);
    let run_id = request(DATA_EVENT, json!({})).run_id;
    assert_eq!(lambda_kit::settings(&lake, "telco", &run_id).await.unwrap(), settings);
    assert_eq!(response.run_name, run_name(&run_id));
}

#[tokio::test]
async fn each_family_has_its_defaults_and_sampled_candidates() {
    let lake = lake();
    let id = snapshot(&lake, "gold").await;
    let settings =
        json!({ "training": { "candidates_per_family": 2, "families": ["logistic_regression", "lightgbm"] } });
    let response = plan(&lake, TRAINING_EVENT, json!({ "settings": settings })).await.unwrap();
    assert_eq!(response.snapshot_id, Some(id.clone()));
    let candidates: Vec<_> = response.candidates.iter().map(|c| (c.family.as_str(), c.params.len())).collect();
    assert_eq!(candidates, [("logistic_regression", 0), ("logistic_regression", 1), ("lightgbm", 0), ("lightgbm", 6)]);
    assert!(response.candidates.iter().all(|candidate| candidate.snapshot_id == id));
    assert!(response.tables.is_empty() && response.partitions.is_empty());
}

#[tokio::test]
async fn candidates_follow_from_the_seed() {
    let lake = lake();
    snapshot(&lake, "gold").await;
    let mut plans = Vec::new();
    for (run_id, seed) in [("a", 1), ("b", 1), ("c", 2)] {
        let changes = json!({ "run_id": run_id, "settings": { "seed": seed } });
        let params = plan(&lake, TRAINING_EVENT, changes).await.unwrap().candidates.into_iter().map(|c| c.params);
        plans.push(params.collect::<Vec<_>>());
    }
    assert_eq!(plans[0], plans[1]);
    assert_ne!(plans[0], plans[2]);
}

#[tokio::test]
async fn training_takes_the_newest_snapshot_or_the_one_asked_for() {
    let lake = lake();
    let expected = expect!["NotFound: `telco` has no snapshot yet; run the data machine first"];
    check(&lake, TRAINING_EVENT, json!({}), expected).await;
    let old = snapshot(&lake, "old gold").await;
    let new = snapshot(&lake, "new gold").await;
    assert_ne!(old, new);
    let newest = plan(&lake, TRAINING_EVENT, json!({ "run_id": "a" })).await.unwrap();
    assert_eq!(newest.snapshot_id, Some(new));
    let asked = plan(&lake, TRAINING_EVENT, json!({ "run_id": "b", "snapshot_id": old })).await.unwrap();
    assert_eq!(asked.snapshot_id, Some(old));
    let absent = json!({ "run_id": "c", "snapshot_id": "0123456789abcdef" });
    let expected = expect!["NotFound: the snapshot does not exist: snapshots/telco/0123456789abcdef.json"];
    check(&lake, TRAINING_EVENT, absent, expected).await;
}

#[tokio::test]
async fn fields_of_the_other_machine_are_refused() {
    let lake = lake();
    deliver(&lake, "raw/telco/a.csv", 5).await;
    snapshot(&lake, "gold").await;
    let expected =
        expect!["InvalidInput: request: `snapshot_id` is only for training: data makes a snapshot and takes none"];
    check(&lake, DATA_EVENT, json!({ "snapshot_id": "0123456789abcdef" }), expected).await;
    let expected = expect!["InvalidInput: request: `raw` is only for data: training reads a snapshot"];
    check(&lake, TRAINING_EVENT, json!({ "raw": ["raw/telco/a.csv"] }), expected).await;
}

#[tokio::test]
async fn the_same_request_again_finds_the_plan_whatever_was_delivered_since() {
    let lake = lake();
    deliver(&lake, "raw/telco/a.csv", 5).await;
    let first = plan(&lake, DATA_EVENT, json!({})).await.unwrap();
    deliver(&lake, "raw/telco/b.csv", 5).await;
    assert_eq!(plan(&lake, DATA_EVENT, json!({})).await.unwrap(), first);
    let run_id = first.run_id;
    let expected = format!("run `{run_id}` was planned by another request; start a run with another id");
    assert_eq!(plan(&lake, DATA_EVENT, small_parts()).await.unwrap_err().to_string(), expected);
}

#[tokio::test]
async fn training_in_the_run_of_its_data_uses_the_settings_of_that_run() {
    let lake = lake();
    deliver(&lake, "raw/telco/a.csv", 5).await;
    let settings = json!({ "settings": { "seed": 7, "training": { "candidates_per_family": 1 } } });
    let data = plan(&lake, DATA_EVENT, settings).await.unwrap();
    snapshot(&lake, "gold").await;
    let training = plan(&lake, TRAINING_EVENT, json!({ "run_id": data.run_id, "settings": {} })).await.unwrap();
    assert_eq!(training.settings, data.settings);
    assert_eq!(training.candidates.len(), 4, "one for each of four families");
}

#[tokio::test]
async fn a_run_never_has_two_settings() {
    let lake = lake();
    deliver(&lake, "raw/telco/a.csv", 5).await;
    snapshot(&lake, "gold").await;
    let data = plan(&lake, DATA_EVENT, json!({})).await.unwrap();
    let other = json!({ "run_id": data.run_id, "settings": { "seed": 9 } });
    let error = plan(&lake, TRAINING_EVENT, other).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::InvalidInput);
    assert!(error.to_string().contains("has other settings already"), "{error}");
}

#[tokio::test]
async fn a_plan_too_long_for_the_machine_names_the_setting() {
    let lake = lake();
    deliver(&lake, "raw/telco/a.csv", 100_000).await;
    let tiny = json!({ "settings": { "reading": { "bytes_per_part": 1 } } });
    let error = plan(&lake, DATA_EVENT, tiny).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::InvalidInput);
    assert!(error.to_string().ends_with("change setting `reading.bytes_per_part`"), "{error}");
    assert!(lake.list("runs/").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_plan_killed_at_any_call_is_made_whole_by_the_next_attempt() {
    let expected = {
        let lake = lake();
        deliver(&lake, "raw/telco/a.csv", 5).await;
        plan(&lake, DATA_EVENT, json!({})).await.unwrap()
    };
    for moment in [Moment::BeforeEffect, Moment::AfterEffect] {
        for call in 1.. {
            let memory: Arc<dyn Store> = Arc::new(MemoryStore::new());
            let whole = Lake::new(Arc::clone(&memory), "memory://plan");
            deliver(&whole, "raw/telco/a.csv", 5).await;
            let failing = Arc::new(FailingStore::kill_at(memory, call, moment));
            let failed = plan(&Lake::new(Arc::clone(&failing) as _, "memory://plan"), DATA_EVENT, json!({})).await;
            if !failing.has_failed() {
                assert_eq!(failed.unwrap(), expected);
                assert!(call > 5, "reads plan and settings, lists files, writes settings and plan");
                break;
            }
            assert_eq!(failed.unwrap_err().name(), ErrorName::Storage);
            assert_eq!(plan(&whole, DATA_EVENT, json!({})).await.unwrap(), expected, "killed at call {call}");
        }
    }
}

mod tables;
