//! All stages in this process over a lake in memory: what they make together, and what a tampered object does.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use contracts::{CandidateRecord, ErrorName, RunRecord, Sha256, stage::RegisterRequest};
use lake::{PutWhen, keys};
use lambda_kit::Named as _;
use serde_json::{Value, json};
use tests::{
    local::{LocalPipeline, run},
    modules, raw,
};
use usecases::telco::{self, Spelling};

fn quick() -> Value {
    json!({ "training": { "folds": 2, "candidates_per_family": 1 }, "gates": { "accuracy": { "min": 0.7 }, "f1": { "min": 0.5 } } })
}

#[tokio::test]
async fn the_same_data_settings_and_seed_give_the_same_model_bytes() {
    let raw = raw::telco();
    let mut digests: Vec<Vec<Sha256>> = Vec::new();
    for lake in ["first", "second"] {
        // Two lakes, so that nothing can be found instead of made.
        let pipeline = LocalPipeline::new(quick());
        pipeline.deliver(&raw.bytes).await;
        pipeline.data(lake).await;
        let (_, trained) = pipeline.candidates(lake).await;
        let mut models = Vec::new();
        for candidate in trained {
            assert!(!candidate.reused);
            let record: CandidateRecord = pipeline.lake.read_json_ref(&candidate.record).await.unwrap();
            models.push(record.model.sha256);
        }
        digests.push(models);
    }
    assert_eq!(digests[0].len(), 4);
    assert_eq!(digests[0], digests[1]);
}

#[tokio::test]
async fn the_same_model_is_one_version_and_its_candidates_are_not_trained_again() {
    let pipeline = LocalPipeline::new(quick());
    pipeline.deliver(&raw::telco().bytes).await;
    let modules = modules();
    pipeline.data("first").await;
    let (first, registered) = pipeline.register(&modules, "first").await;
    assert!(registered.created);

    let again = pipeline.data("second").await;
    let (second, found) = pipeline.register(&modules, "second").await;
    assert_eq!(first.selected.candidate_key, second.selected.candidate_key);
    assert!(second.selected.reused);
    assert_eq!((found.version, found.created), (registered.version, false));
    let record: RunRecord = pipeline.lake.read_json_ref(&second.run).await.unwrap();
    assert_eq!(record.snapshot_id, again.snapshot_id);
}

#[tokio::test]
async fn rows_are_kept_or_quarantined_from_the_raw_file_to_gold() {
    let pipeline = LocalPipeline::new(quick());
    let text = telco::generate(2000, 5, Spelling::Ibm);
    let n_rows = text.lines().count() as u64 - 1;
    // One broken line of each kind: a number that is none, a missing cell, a blank label.
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.insert(10, lines[10].replacen(',', ",,", 1));
    let (mut number, mut label) = (lines[20].clone(), lines[30].clone());
    number =
        number.replace("Month-to-month", "Century-to-century").replace("One year", "None").replace("Two year", "None");
    label.truncate(label.rfind(',').unwrap() + 1);
    lines.extend([number, label]);
    pipeline.deliver(lines.join("\n").as_bytes()).await;
    let features = pipeline.data("rows").await;
    let snapshot: contracts::Snapshot =
        pipeline.lake.read_json(&keys::snapshot("telco", &features.snapshot_id)).await.unwrap();
    assert_eq!(snapshot.rows.rows_in, n_rows + 3);
    assert!(snapshot.rows.is_balanced(), "{:?}", snapshot.rows);
    assert!(snapshot.rows.rows_quarantined >= 3, "{:?}", snapshot.rows);
    assert_eq!(features.rows_by_split.values().sum::<u64>(), snapshot.rows.rows_out);
    let mut n_quarantined = 0;
    for object in pipeline.lake.list("quarantine/telco/").await.unwrap() {
        let (_, bytes) = pipeline.lake.read_key(&object.key).await.unwrap();
        n_quarantined += bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count() as u64;
    }
    assert_eq!(n_quarantined, snapshot.rows.rows_quarantined, "every row set aside can be read in quarantine");
}

#[tokio::test]
async fn a_model_file_that_was_tampered_with_is_never_registered() {
    let pipeline = LocalPipeline::new(quick());
    pipeline.deliver(telco::generate(1500, 9, Spelling::Ibm).as_bytes()).await;
    let modules = modules();
    pipeline.data("tampered").await;
    let (selected, _) = pipeline.register(&modules, "tampered").await;
    let record: CandidateRecord = pipeline.lake.read_json_ref(&selected.selected.record).await.unwrap();
    let mut bytes = pipeline.lake.read(&record.model).await.unwrap().to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    pipeline.lake.store().put(&record.model.key, bytes.into(), PutWhen::Always).await.unwrap();
    let request = RegisterRequest {
        use_case: "telco".into(),
        run_id: run("tampered"),
        run: selected.run,
        at: "2026-01-02T03:04:05Z".into(),
    };
    let error = register::handle(&pipeline.lake, &modules, request).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::InvalidInput, "{error}");
    assert!(error.to_string().contains("SHA-256"), "{error}");
}
