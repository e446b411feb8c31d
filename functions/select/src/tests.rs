#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use contracts::{BinaryMetrics, ModelVersion, ObjectRef, RunId, Sha256, SnapshotId};
use lake::MemoryStore;
use serde_json::{Map, Value, json};

use super::*;

const AT: &str = "2026-01-02T03:04:05Z";

struct Fixture {
    lake: Lake,
    modules: Modules,
    request: SelectRequest,
}

fn metrics(roc_auc: f64, f1: f64) -> BinaryMetrics {
    BinaryMetrics {
        n_rows: 100,
        n_positive: 30,
        threshold: 0.3,
        accuracy: 0.8,
        precision: 0.6,
        recall: 0.6,
        f1,
        roc_auc,
        log_loss: 0.4,
    }
}

fn object(name: &str) -> ObjectRef {
    ObjectRef { key: name.to_owned(), sha256: Sha256::of(name.as_bytes()), size_bytes: 1 }
}

fn candidate(key: &str, cv_roc_auc: f64, cv_log_loss: f64, test: BinaryMetrics) -> CandidateRecord {
    CandidateRecord {
        candidate_key: key.to_owned(),
        family: "lightgbm".to_owned(),
        params: Map::new(),
        comparison: None,
        snapshot_id: snapshot_id(),
        seed: 1,
        cv_roc_auc: vec![cv_roc_auc],
        cv_log_loss,
        validation: test,
        test,
        model: object("model"),
        plan: object("plan"),
        feature_fingerprint: "f".to_owned(),
        reference: object("reference"),
        drift: object("drift"),
    }
}

fn snapshot_id() -> SnapshotId {
    "0123456789abcdef".parse().unwrap()
}

fn run_id() -> RunId {
    "run-1".parse().unwrap()
}

/// A planned run with these candidates trained.
async fn fixture(settings: Value, candidates: &[CandidateRecord]) -> Fixture {
    let lake = Lake::new(Arc::new(MemoryStore::new()), "memory://select");
    let Value::Object(overrides) = settings else { panic!("settings are an object") };
    let settings = usecases::find("telco").unwrap().settings.with_overrides(&overrides).unwrap();
    lake.write_json_once(&keys::run_settings("telco", &run_id()), &settings).await.unwrap();
    let snapshot = Snapshot {
        id: snapshot_id(),
        use_case: "telco".to_owned(),
        raw: [].into(),
        silver: [].into(),
        gold: vec![object("gold")],
        split: contracts::SplitRule::Time { validation_from: 1, test_from: 2 },
        plan: object("plan"),
        feature_fingerprint: "f".to_owned(),
        rows: contracts::RowCounts::default(),
        rows_by_split: [].into(),
    };
    lake.write_json_once(&keys::snapshot("telco", &snapshot_id()), &snapshot).await.unwrap();
    let mut trained = Vec::new();
    for candidate in candidates {
        let key = format!("candidates/telco/{}/record.json", candidate.candidate_key);
        trained.push(TrainResponse {
            family: candidate.family.clone(),
            candidate_key: candidate.candidate_key.clone(),
            record: lake.write_json_once(&key, candidate).await.unwrap(),
            cv_roc_auc: candidate.cv_roc_auc_mean(),
            test_roc_auc: candidate.test.roc_auc,
            reused: false,
            comparison: candidate.comparison.clone(),
        });
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("wasm.json"), "{}").unwrap();
    let request = SelectRequest {
        use_case: "telco".to_owned(),
        run_id: run_id(),
        snapshot_id: snapshot_id(),
        started_at: AT.to_owned(),
        at: AT.to_owned(),
        candidates: trained,
    };
    Fixture { lake, modules: Modules::open(folder.path()).unwrap(), request }
}

async fn select(fixture: &Fixture) -> Result<SelectResponse, SelectError> {
    handle(&fixture.lake, &fixture.modules, fixture.request.clone()).await
}

/// Registers a champion that was trained on the snapshot of the fixture.
async fn crown(lake: &Lake, test: BinaryMetrics) {
    let files = registry::ModelFiles {
        model: "model".into(),
        plan: "plan".into(),
        signature: "signature".into(),
        reference: "reference".into(),
        drift: "drift".into(),
    };
    let new = registry::NewVersion {
        run_id: run_id(),
        snapshot_id: snapshot_id(),
        candidate_key: "champion".to_owned(),
        family: "lightgbm".to_owned(),
        test,
        cv_roc_auc: test.roc_auc,
        feature_fingerprint: "f".to_owned(),
        build: contracts::WasmBuild::Compact,
        max_abs_difference: [].into(),
        files,
    };
    let change = registry::Change { who: "test".into(), why: "test".into(), at: AT.into(), run_id: None };
    let registry = registry::Registry::new(lake, "telco", "telco-churn");
    registry.register(&new, |_, _| "card".to_owned(), &change).await.unwrap();
    let v1 = ModelVersion::first();
    registry.stage(v1, &change).await.unwrap();
    registry.go_live(v1, &change).await.unwrap();
    registry.promote(v1, &change).await.unwrap();
}

#[tokio::test]
async fn the_best_cross_validated_auc_wins_and_log_loss_breaks_ties() {
    let good = metrics(0.85, 0.62);
    let candidates = [
        candidate("c", 0.84, 0.40, metrics(0.99, 0.9)),
        candidate("b", 0.85, 0.42, good),
        candidate("a", 0.85, 0.41, good),
        candidate("nan", f64::NAN, 0.1, metrics(0.99, 0.9)),
    ];
    let fixture = fixture(json!({}), &candidates[..3]).await;
    let answer = select(&fixture).await.unwrap();
    assert_eq!(answer.selected.candidate_key, "a");
    let record: RunRecord = fixture.lake.read_json_ref(&answer.run).await.unwrap();
    let order: Vec<&str> = record.candidates.iter().map(|candidate| candidate.candidate_key.as_str()).collect();
    assert_eq!(order, ["a", "b", "c"]);
    assert_eq!(ranked(candidates.to_vec()).last().unwrap().candidate_key, "nan");
}

#[tokio::test]
async fn a_comparison_is_reported_and_never_selected() {
    let compared = |key: &str, name: &str| CandidateRecord {
        comparison: Some(name.to_owned()),
        ..candidate(key, 0.99, 0.1, metrics(0.99, 0.9))
    };
    let proper = candidate("proper", 0.85, 0.4, metrics(0.85, 0.62));
    let all = [compared("z", "a_variant"), proper, compared("y", "variant"), compared("x", "a_variant")];
    let with = fixture(json!({}), &all).await;
    let answer = select(&with).await.unwrap();
    assert_eq!((answer.selected.candidate_key.as_str(), &answer.selected.comparison), ("proper", &None));
    let record: RunRecord = with.lake.read_json_ref(&answer.run).await.unwrap();
    assert_eq!((record.candidates.len(), record.selected.as_str()), (1, "proper"));
    let order: Vec<&str> = record.comparisons.iter().map(|compared| compared.candidate_key.as_str()).collect();
    assert_eq!(order, ["x", "z", "y"]);

    let without = fixture(json!({}), &[compared("z", "a_variant")]).await;
    assert_eq!(select(&without).await.unwrap_err().name(), ErrorName::InvalidInput);
}

#[tokio::test]
async fn asked_again_it_answers_the_same() {
    let fixture = fixture(json!({}), &[candidate("a", 0.85, 0.4, metrics(0.85, 0.62))]).await;
    let mut again = fixture.request.clone();
    again.at = "2026-05-05T05:05:05Z".to_owned();
    let first = select(&fixture).await.unwrap();
    assert_eq!(handle(&fixture.lake, &fixture.modules, again).await.unwrap(), first);
}

#[tokio::test]
async fn a_failed_gate_names_value_and_bound_and_leaves_a_record() {
    let fixture = fixture(json!({}), &[candidate("a", 0.85, 0.4, metrics(0.85, 0.51))]).await;
    let error = select(&fixture).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::PerformanceGate);
    expect_test::expect!["lightgbm candidate a fails f1 0.5100 (min 0.6); see runs/telco/run-1/run.json"]
        .assert_eq(&error.to_string());
    let record: RunRecord = fixture.lake.read_json("runs/telco/run-1/run.json").await.unwrap();
    assert!(record.gates.iter().any(|gate| gate.metric == "f1" && !gate.passed));
}

#[tokio::test]
async fn without_a_single_gate_nothing_passes() {
    let fixture = fixture(json!({}), &[candidate("a", 0.85, 0.4, metrics(0.85, 0.62))]).await;
    let mut settings = usecases::find("telco").unwrap().settings.clone();
    settings.gates.clear();
    let mut request = fixture.request.clone();
    request.run_id = "run-2".parse().unwrap();
    fixture.lake.write_json_once(&keys::run_settings("telco", &request.run_id), &settings).await.unwrap();
    let error = handle(&fixture.lake, &fixture.modules, request).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::PerformanceGate);
}

#[tokio::test]
async fn a_challenger_worse_than_the_champion_is_refused() {
    let challenger = [candidate("a", 0.85, 0.4, metrics(0.84, 0.62))];
    let worse = fixture(json!({ "champion_tolerance": 0.005 }), &challenger).await;
    crown(&worse.lake, metrics(0.85, 0.62)).await;
    let error = select(&worse).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::PerformanceGate);
    assert!(error.to_string().contains("roc_auc_against_champion 0.8400 (min 0.845)"), "{error}");

    let within = fixture(json!({ "champion_tolerance": 0.02 }), &challenger).await;
    crown(&within.lake, metrics(0.85, 0.62)).await;
    assert_eq!(select(&within).await.unwrap().selected.candidate_key, "a");
}

#[tokio::test]
async fn a_run_without_candidates_is_invalid() {
    let fixture = fixture(json!({}), &[]).await;
    assert_eq!(select(&fixture).await.unwrap_err().name(), ErrorName::InvalidInput);
}
