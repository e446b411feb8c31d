//! The real state machines with the real functions on both emulators.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::time::Instant;

use contracts::{ModelVersion, RunRecord, Snapshot};
use lake::keys;
use registry::Stage;
use serde_json::{Value, json};
use tests::{local::run, raw, stack::Stack};
use usecases::telco::{self, Spelling};

/// Few and quick candidates: what is tried here is the pipeline.
fn quick() -> Value {
    json!({ "training": { "folds": 2, "candidates_per_family": 1 } })
}

fn customer() -> Value {
    json!({
        "gender": "Female", "senior_citizen": "No", "partner": "Yes", "dependents": "No", "tenure": 1,
        "phone_service": "No", "multiple_lines": "No phone service", "internet_service": "DSL",
        "online_security": "No", "online_backup": "Yes", "device_protection": "No", "tech_support": "No",
        "streaming_tv": "No", "streaming_movies": "No", "contract": "Month-to-month", "paperless_billing": "Yes",
        "payment_method": "Electronic check", "monthly_charges": 29.85, "total_charges": 29.85
    })
}

/// Raw file → live prediction, a second run, a refused file, a deployment that fails and rolls back.
async fn whole_path(variable: &str, name: &str) {
    let stack = Stack::create(variable, name, &[]).await;
    answers_that_there_is_no_model_yet(&stack).await;
    makes_a_live_prediction_of_a_raw_file(&stack).await;
    finds_the_same_version_when_run_again(&stack).await;
    halts_on_data_that_fails_its_checks(&stack).await;
    names_the_column_of_a_wrong_header(&stack).await;
    rolls_back_when_a_smoke_test_fails(&stack).await;
}

async fn answers_that_there_is_no_model_yet(stack: &Stack) {
    let error = stack.predict(customer()).await.unwrap_err();
    assert_eq!(error.status(), Some(503), "{error}");
}

async fn makes_a_live_prediction_of_a_raw_file(stack: &Stack) {
    let raw = stack.deliver("customers.csv", &raw::telco().bytes).await;
    let start = Instant::now();
    let input = json!({ "use_case": "telco", "settings": quick(), "raw": [raw] });
    let execution = stack.execute("DataStateMachineArn", "first", &input).await;
    assert!(execution.succeeded, "{execution:?}");
    println!("raw file to live endpoint: {:.1} s", start.elapsed().as_secs_f64());

    let record: RunRecord = stack.lake.read_json(&keys::run_record("telco", &run("first"))).await.unwrap();
    assert_eq!(record.candidates.len(), 4, "one candidate per family");
    let snapshot: Snapshot = stack.lake.read_json(&keys::snapshot("telco", &record.snapshot_id)).await.unwrap();
    assert!(snapshot.rows.is_balanced() && snapshot.rows.rows_in > 7000, "{:?}", snapshot.rows);
    assert_eq!(snapshot.rows_by_split.values().sum::<u64>(), snapshot.rows.rows_out);

    let state = stack.registry().state().await.unwrap();
    let v1 = ModelVersion::first();
    assert_eq!((state.live, state.champion), (Some(v1), Some(v1)));
    assert_eq!(state.versions[&v1].stage, Stage::Production);

    let body = json!({ "records": [customer(), customer()] });
    let answer = stack.predict_until(&body, |answer| answer.provenance.model_stage == "Production").await;
    assert_eq!(answer.num_samples, 2);
    assert!(answer.predictions[0].probability > 0.3, "a new customer on a monthly contract often leaves");
    assert_eq!(answer.predictions[0], answer.predictions[1]);
    let provenance = &answer.provenance;
    assert_eq!(provenance.model_version, v1);
    assert_eq!(provenance.run_id, run("first"));
    assert_eq!(provenance.run_name, record.run_name);
    assert_eq!(provenance.feature_fingerprint, snapshot.feature_fingerprint);
    assert!(provenance.artifact_uri.starts_with("s3://") && provenance.artifact_uri.ends_with("/v000001/model.onnx"));
}

async fn finds_the_same_version_when_run_again(stack: &Stack) {
    let input = json!({ "use_case": "telco", "settings": quick(), "raw": [keys::raw("telco", "customers.csv")] });
    let execution = stack.execute("DataStateMachineArn", "second", &input).await;
    assert!(execution.succeeded, "{execution:?}");
    let first: RunRecord = stack.lake.read_json(&keys::run_record("telco", &run("first"))).await.unwrap();
    let second: RunRecord = stack.lake.read_json(&keys::run_record("telco", &run("second"))).await.unwrap();
    assert_eq!(first.snapshot_id, second.snapshot_id);
    assert_eq!(first.selected, second.selected);
    assert_eq!(stack.registry().state().await.unwrap().versions.len(), 1);
}

async fn halts_on_data_that_fails_its_checks(stack: &Stack) {
    // Every third contract lasts a negative number of months.
    let text = telco::generate(900, 3, Spelling::SnakeCase);
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let tenure = lines[0].split(',').position(|name| name == "tenure").unwrap();
    for line in lines.iter_mut().skip(1).step_by(3) {
        let mut cells: Vec<&str> = line.split(',').collect();
        cells[tenure] = "-5";
        *line = cells.join(",");
    }
    let raw = stack.deliver("negative-tenure.csv", lines.join("\n").as_bytes()).await;
    let input = json!({ "use_case": "telco", "settings": quick(), "raw": [raw] });
    let execution = stack.execute("DataStateMachineArn", "refused", &input).await;
    assert!(!execution.succeeded);
    assert_eq!(execution.error, "DataQuality", "{}", execution.cause);
    assert!(execution.cause.contains("tenure"), "the cause names the check: {}", execution.cause);
    assert_eq!(stack.registry().state().await.unwrap().live, Some(ModelVersion::first()), "the endpoint keeps serving");
}

async fn names_the_column_of_a_wrong_header(stack: &Stack) {
    let text = telco::generate(50, 3, Spelling::Ibm).replacen("Contract", "Kontrakt", 1);
    let raw = stack.deliver("wrong-header.csv", text.as_bytes()).await;
    let input = json!({ "use_case": "telco", "raw": [raw] });
    let execution = stack.execute("DataStateMachineArn", "wrong-header", &input).await;
    assert_eq!(execution.error, "InvalidInput", "{}", execution.cause);
    assert!(
        execution.cause.contains("Kontrakt") && execution.cause.contains("wrong-header.csv"),
        "{}",
        execution.cause
    );
}

async fn rolls_back_when_a_smoke_test_fails(stack: &Stack) {
    // Another seed gives another model, hence version 2.
    let settings =
        json!({ "seed": 7, "training": { "folds": 2, "candidates_per_family": 1 }, "champion_tolerance": 0.5 });
    let input = json!({ "use_case": "telco", "settings": settings, "cascade": false,
                        "raw": [keys::raw("telco", "customers.csv")] });
    let execution = stack.execute("DataStateMachineArn", "third", &input).await;
    assert!(execution.succeeded, "{execution:?}");
    let input = json!({ "use_case": "telco", "run_id": "third", "settings": settings, "cascade": false });
    let execution = stack.execute("TrainingStateMachineArn", "third", &input).await;
    assert!(execution.succeeded, "{execution:?}");
    let v2 = ModelVersion::first().next();
    assert!(stack.registry().state().await.unwrap().versions.contains_key(&v2));

    // The endpoint loses its lake between the tests of the candidate and those of the live endpoint.
    let bucket = stack.set_variable("predict", "SLUICE_BUCKET", "no-such-bucket");
    let input = json!({ "use_case": "telco", "run_id": "third", "version": "v2" });
    let execution = stack.execute("DeploymentStateMachineArn", "third", &input).await;
    stack.set_variable("predict", "SLUICE_BUCKET", &bucket);
    assert!(!execution.succeeded);
    assert_eq!(execution.error, "SmokeTest", "{}", execution.cause);
    let state = stack.registry().state().await.unwrap();
    assert_eq!(state.live, Some(ModelVersion::first()), "live points back at the version before");
    assert_ne!(state.versions[&v2].stage, Stage::Production);
    stack.predict_until(&customer(), |answer| answer.provenance.model_version == ModelVersion::first()).await;

    // The same version deploys once the endpoint is whole again.
    let execution = stack.execute("DeploymentStateMachineArn", "third-again", &input).await;
    assert!(execution.succeeded, "{execution:?}");
    let state = stack.registry().state().await.unwrap();
    assert_eq!((state.live, state.versions[&ModelVersion::first()].stage), (Some(v2), Stage::Archived));
}

#[tokio::test]
async fn a_raw_file_becomes_a_live_prediction_on_ministack() {
    whole_path("SLUICE_TEST_MINISTACK", "whole-mini").await;
}

#[tokio::test]
async fn a_raw_file_becomes_a_live_prediction_on_localstack() {
    whole_path("SLUICE_TEST_LOCALSTACK", "whole-local").await;
}

#[tokio::test]
async fn the_lake_may_lie_on_another_s3_server() {
    let second = tests::from_xtask("SLUICE_TEST_SECOND_S3_ENDPOINT");
    let parameter = format!("S3Endpoint={second}");
    let stack = Stack::create("SLUICE_TEST_MINISTACK", "other-lake", &[&parameter]).await;
    let raw = stack.deliver("customers.csv", telco::generate(1500, 11, Spelling::Ibm).as_bytes()).await;
    let input = json!({ "use_case": "telco", "settings": quick(), "raw": [raw], "cascade": false });
    let execution = stack.execute("DataStateMachineArn", "elsewhere", &input).await;
    assert!(execution.succeeded, "{execution:?}");
    let gold = stack.lake.list("gold/telco/").await.unwrap();
    assert_eq!(gold.len(), 2, "the second server holds the gold rows and the plan: {gold:?}");
}
