//! The loan use case through the real machines: tables side by side, partitions, inference and monitoring.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::{collections::BTreeMap, time::Instant};

use contracts::{ModelVersion, PredictionSet, Snapshot, SnapshotId};
use lake::keys;
use serde_json::{Value, json};
use tests::{local::run, raw, stack::Stack};
use usecases::loan::{self, generate::Options};

/// Few and quick candidates: what is tried here are the machines.
fn quick() -> Value {
    json!({ "training": { "folds": 2, "candidates_per_family": 1, "families": ["logistic_regression", "lightgbm"],
        "comparisons": ["random_split"] } })
}

/// A broken table, a run, batch inference, monitoring: one after the other on one stack.
async fn whole_path(variable: &str, name: &str) {
    let stack = Stack::create(variable, name, &[]).await;
    let files = raw::loan();
    nothing_is_scored_or_monitored_before_there_is_a_model(&stack).await;
    a_broken_table_fails_by_name_and_the_others_are_not_done_again(&stack, &files).await;
    the_champion_scores_everything_delivered(&stack).await;
    monitoring_measures_what_came_true_and_draws_its_report(&stack).await;
}

async fn nothing_is_scored_or_monitored_before_there_is_a_model(stack: &Stack) {
    let execution = stack.execute("MonitoringStateMachineArn", "too-early", &json!({ "use_case": "loan" })).await;
    assert_eq!(execution.error, "NotFound", "{execution:?}");
    let execution = stack.execute("InferenceStateMachineArn", "nothing", &json!({})).await;
    assert_eq!(execution.error, "InvalidInput", "{execution:?}");
}

async fn a_broken_table_fails_by_name_and_the_others_are_not_done_again(stack: &Stack, files: &[(String, Vec<u8>)]) {
    let mut raw = Vec::new();
    for (name, bytes) in files {
        let broken = String::from_utf8_lossy(bytes).replacen("Annual_Income", "Yearly_Gain", 1).into_bytes();
        let bytes = if name.starts_with(loan::FINANCIALS) { &broken } else { bytes };
        raw.push(stack.deliver_for("loan", name, bytes).await);
    }
    let input = |raw: &[String]| json!({ "use_case": "loan", "settings": quick(), "raw": raw });
    let execution = stack.execute("DataStateMachineArn", "broken", &input(&raw)).await;
    assert_eq!(execution.error, "InvalidInput", "{execution:?}");
    assert!(execution.cause.contains("Yearly_Gain"), "{}", execution.cause);
    let (bronze, silver) = (parts(stack, "bronze").await, parts(stack, "silver").await);
    for table in [loan::CLICKSTREAM, loan::ATTRIBUTES, loan::LOANS] {
        assert!(silver.keys().any(|key| key.contains(table)), "{table}: {silver:?}");
    }
    assert!(!silver.keys().any(|key| key.contains(loan::FINANCIALS)), "{silver:?}");

    let (_, financials) = files.iter().find(|(name, _)| name.starts_with(loan::FINANCIALS)).unwrap();
    let mended = stack.deliver_for("loan", &format!("{}-mended.csv", loan::FINANCIALS), financials).await;
    raw.retain(|key| !key.contains(loan::FINANCIALS));
    raw.push(mended);
    let start = Instant::now();
    let execution = stack.execute("DataStateMachineArn", "mended", &input(&raw)).await;
    assert!(execution.succeeded, "{execution:?}");
    println!("four tables to a live model: {:.1} s", start.elapsed().as_secs_f64());
    // What was written stays, and the sound tables got nothing new but what the rules across tables leave of silver.
    let mut now = parts(stack, "bronze").await;
    now.retain(|key, _| !key.contains(loan::FINANCIALS));
    assert_eq!(now, bronze);
    let now = parts(stack, "silver").await;
    for (key, etag) in &silver {
        assert_eq!(now.get(key), Some(etag), "{key}");
    }

    let state = stack.registry_of("loan").state().await.unwrap();
    assert_eq!((state.champion, state.live), (Some(ModelVersion::first()), Some(ModelVersion::first())));
    let record: contracts::RunRecord = stack.lake.read_json(&keys::run_record("loan", &run("mended"))).await.unwrap();
    assert_eq!(record.comparisons.len(), 2, "one per family");
    assert!(record.candidates.iter().all(|candidate| candidate.comparison.is_none()));
}

/// The objects of a layer, with their entity tags.
async fn parts(stack: &Stack, layer: &str) -> BTreeMap<String, String> {
    let objects = stack.lake.list(&format!("{layer}/loan/")).await.unwrap();
    objects.into_iter().map(|object| (object.key, object.etag)).collect()
}

async fn the_champion_scores_everything_delivered(stack: &Stack) {
    // The broken file is still there, and would refuse the run: only what is named is read.
    let raw: Vec<String> = stack.lake.list("raw/loan/").await.unwrap().into_iter().map(|object| object.key).collect();
    let sound: Vec<&String> = raw.iter().filter(|key| !key.ends_with(&format!("{}.csv", loan::FINANCIALS))).collect();
    let input = json!({ "use_case": "loan", "settings": quick(), "raw": sound });
    let execution = stack.execute("InferenceStateMachineArn", "daily", &input).await;
    assert!(execution.succeeded, "{execution:?}");
    let set: PredictionSet = stack.lake.read_json(&keys::prediction_set("loan", &run("daily"))).await.unwrap();
    assert_eq!(execution.output["work"]["rows"], serde_json::to_value(set.rows).unwrap());
    assert_eq!(set.model.version, ModelVersion::first());
    let snapshot: Snapshot = stack.lake.read_json(&keys::snapshot("loan", &set.snapshot_id)).await.unwrap();
    assert_eq!(set.rows.read, snapshot.rows_by_split.values().sum::<u64>());
    assert!(set.rows.scored > 1000 && set.rows.read == set.rows.scored + set.rows.not_due, "{:?}", set.rows);
    let rows = etl::predictions_from_parquet(&stack.lake.read(&set.parts[0].data).await.unwrap()).unwrap();
    assert_eq!(rows.len() as u64, set.rows.scored);
    assert!(rows.labels.iter().any(|label| *label != rows.labels[0]), "everybody gets the same label");
}

async fn monitoring_measures_what_came_true_and_draws_its_report(stack: &Stack) {
    let n_before = stack.n_executions("DataStateMachineArn").await;
    let execution = stack.execute("MonitoringStateMachineArn", "watch", &json!({ "use_case": "loan" })).await;
    assert!(execution.succeeded, "{execution:?}");
    let governance = &execution.output["work"]["governance"];
    // The champion was trained on the newest data, so there is nothing new to learn from, whatever the figures say.
    assert!(["healthy", "nothing_new"].contains(&governance["decision"].as_str().unwrap()), "{governance}");
    assert!(!governance["reasons"].as_array().unwrap().is_empty());
    assert_eq!(stack.n_executions("DataStateMachineArn").await, n_before, "nothing was started");
    for (field, magic) in [("png", &b"\x89PNG"[..]), ("html", b"<!")] {
        let object = serde_json::from_value(execution.output["work"]["report"][field].clone()).unwrap();
        let bytes = stack.lake.read(&object).await.unwrap();
        assert!(bytes.starts_with(magic) && bytes.len() > 10_000, "{field}: {} bytes", bytes.len());
    }
}

#[tokio::test]
async fn four_tables_become_predictions_that_are_monitored_on_ministack() {
    whole_path("SLUICE_TEST_MINISTACK", "loan-mini").await;
}

#[tokio::test]
async fn four_tables_become_predictions_that_are_monitored_on_localstack() {
    whole_path("SLUICE_TEST_LOCALSTACK", "loan-local").await;
}

#[tokio::test]
async fn several_parts_and_partitions_give_the_gold_rows_of_one() {
    let stack = Stack::create("SLUICE_TEST_MINISTACK", "loan-partitions", &[]).await;
    for (name, bytes) in raw::generated_loan(&Options::new(1500, 3)) {
        stack.deliver_for("loan", &name, &bytes).await;
    }
    let mut snapshots = Vec::new();
    for (run_id, reading) in
        [("whole", json!({})), ("divided", json!({ "bytes_per_part": 400_000, "bytes_per_partition": 1_000_000 }))]
    {
        let input = json!({ "use_case": "loan", "settings": { "reading": reading }, "cascade": false });
        let execution = stack.execute("DataStateMachineArn", run_id, &input).await;
        assert!(execution.succeeded, "{execution:?}");
        let id: SnapshotId = serde_json::from_value(execution.output["work"]["snapshot_id"].clone()).unwrap();
        snapshots.push(stack.lake.read_json::<Snapshot>(&keys::snapshot("loan", &id)).await.unwrap());
    }
    let [whole, divided] = &snapshots[..] else { panic!("two runs") };
    assert_eq!(whole.gold.len(), 1);
    assert!(divided.gold.len() > 1 && divided.silver.values().any(|parts| parts.len() > divided.gold.len()));
    assert_eq!(whole.rows, divided.rows);
    assert_eq!((&whole.rows_by_split, &whole.split), (&divided.rows_by_split, &divided.split));
    assert_eq!(whole.feature_fingerprint, divided.feature_fingerprint, "the same plan is fitted");
}

#[tokio::test]
async fn too_little_data_fails_the_gate_and_the_report_is_drawn_all_the_same() {
    let stack = Stack::create("SLUICE_TEST_MINISTACK", "too-little", &[]).await;
    let settings = json!({
        "training": { "folds": 2, "candidates_per_family": 1, "families": ["logistic_regression"] },
        "gates": { "accuracy": { "min": 0.5 }, "f1": { "min": 0.2 } }, "monitoring": { "min_rows": 1_000_000 }
    });
    let bytes = usecases::telco::generate(1500, 11, usecases::telco::Spelling::Ibm);
    stack.deliver("customers.csv", bytes.as_bytes()).await;
    let input = json!({ "use_case": "telco", "settings": settings });
    for (machine, run_id) in [("DataStateMachineArn", "train"), ("InferenceStateMachineArn", "score")] {
        let execution = stack.execute(machine, run_id, &input).await;
        assert!(execution.succeeded, "{machine}: {execution:?}");
    }
    let execution = stack.execute("MonitoringStateMachineArn", "watch", &json!({ "use_case": "telco" })).await;
    assert_eq!(execution.error, "InsufficientData", "{execution:?}");
    assert!(execution.cause.contains("1,000,000"), "{}", execution.cause);
    let drawn = stack.lake.list(&keys::report("telco", &run("watch"), "")).await.unwrap();
    assert_eq!(drawn.len(), 2, "{drawn:?}");
}

#[tokio::test]
async fn schedules_are_there_and_off_unless_asked_for() {
    for (name, parameters, state) in
        [("scheduled-off", &[][..], "DISABLED"), ("scheduled-on", &["Schedules=ENABLED"][..], "ENABLED")]
    {
        let stack = Stack::create("SLUICE_TEST_MINISTACK", name, parameters).await;
        let input = json!({ "use_case": "loan" });
        let schedule =
            |when: &str, machine: &str| json!({ "when": when, "state": state, "machine": machine, "input": input });
        let expected = json!({
            "weekly-training": schedule("cron(0 2 ? * SUN *)", "data"),
            "daily-inference": schedule("cron(0 3 * * ? *)", "inference"),
            "daily-monitoring": schedule("cron(0 4 * * ? *)", "monitoring"),
        });
        assert_eq!(stack.schedules(), expected);
    }
}
