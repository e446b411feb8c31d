//! Documents that outlive the program that wrote them: their JSON form may not change by accident.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Debug;

use contracts::stage::{DeployAction, IngestRequest, PlanRequest, Purpose, ValidateRequest};
use contracts::{ObjectRef, PartOutput, PredictionResponse, Problem, Settings, Sha256, Snapshot};
use expect_test::expect;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

fn object(key: &str, text: &str) -> Value {
    json!({ "key": key, "sha256": Sha256::of(text.as_bytes()), "size_bytes": text.len() })
}

/// Reads the document, writes it, and finds the same; and refuses it with a field more or a field less.
fn check_strict<T: Serialize + DeserializeOwned + PartialEq + Debug>(document: &Value) -> T {
    let read: T = serde_json::from_value(document.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), *document);
    let mut more = document.clone();
    more["surprise"] = json!(1);
    let error = serde_json::from_value::<T>(more).unwrap_err().to_string();
    assert!(error.contains("unknown field `surprise`"), "{error}");
    let fields: Vec<_> = document.as_object().unwrap().keys().cloned().collect();
    for field in fields.iter().filter(|field| !document[field.as_str()].is_null()) {
        let mut less = document.clone();
        less.as_object_mut().unwrap().remove(field);
        assert!(serde_json::from_value::<T>(less).is_err(), "`{field}` may not be left out");
    }
    read
}

fn snapshot_json() -> Value {
    json!({
        "id": "0000000000000000",
        "use_case": "telco",
        "raw": { "customers": [object("raw/telco/a.csv", "raw")] },
        "silver": { "customers": [object("silver/0", "s0"), object("silver/1", "s1")] },
        "gold": [object("gold/x", "gold")],
        "split": { "by": "time", "validation_from": 19000, "test_from": 19100 },
        "plan": object("gold/y", "plan"),
        "feature_fingerprint": "f",
        "rows": { "rows_in": 3, "rows_out": 2, "rows_quarantined": 1 },
        "rows_by_split": { "train": 2 }
    })
}

#[test]
fn a_snapshot_keeps_its_form() {
    check_strict::<Snapshot>(&snapshot_json());
}

#[test]
fn a_snapshot_id_follows_from_contents_and_not_from_places() {
    let id = |json: Value| serde_json::from_value::<Snapshot>(json).unwrap().with_id().id;
    let original = id(snapshot_json());
    // Ids stand in keys that are already written: this one may never change.
    expect!["34458228ddaed6a0"].assert_eq(original.as_str());
    let mut moved = snapshot_json();
    moved["gold"][0]["key"] = json!("elsewhere");
    moved["id"] = json!("ffffffffffffffff");
    assert_eq!(id(moved), original);
    for (pointer, value) in [
        ("/use_case", json!("loan")),
        ("/raw/customers/0/sha256", json!(Sha256::of(b"other"))),
        ("/silver/customers/1/sha256", json!(Sha256::of(b"other"))),
        ("/silver/customers", json!([object("silver/1", "s1"), object("silver/0", "s0")])),
        ("/silver", json!({ "clients": snapshot_json()["silver"]["customers"] })),
        ("/split/test_from", json!(19_101)),
        ("/gold/0/sha256", json!(Sha256::of(b"other"))),
        ("/plan/sha256", json!(Sha256::of(b"other"))),
    ] {
        let mut changed = snapshot_json();
        *changed.pointer_mut(pointer).unwrap() = value;
        assert_ne!(id(changed), original, "{pointer} does not show in the id");
    }
}

#[test]
fn a_part_manifest_keeps_its_form() {
    let manifest = json!({
        "table": "customers",
        "part": 0,
        "source": object("raw/telco/a.csv", "raw"),
        "data": [object("bronze/0", "b0")],
        "quarantine": null,
        "rows": { "rows_in": 3, "rows_out": 2, "rows_quarantined": 1 },
        "quarantined_by_reason": { "not a number": 1 },
        "changed_cells": { "churn: respelled": 2 }
    });
    let read = check_strict::<PartOutput>(&manifest);
    assert!(read.rows.is_balanced());
    let mut with_quarantine = manifest;
    with_quarantine["quarantine"] = object("quarantine/0", "q0");
    let read: PartOutput = serde_json::from_value(with_quarantine.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), with_quarantine);
}

#[test]
fn an_ingest_request_keeps_its_form() {
    check_strict::<IngestRequest>(&json!({
        "use_case": "telco",
        "run_id": "run-1",
        "table": "customers",
        "part": 1,
        "source": { "key": "raw/telco/a.csv", "etag": "\"e\"", "size_bytes": 100 },
        "start": 50,
        "end": 100,
        "n_partitions": 4
    }));
}

#[test]
fn a_request_of_several_steps_names_its_step_and_refuses_fields_of_another() {
    let gate = json!({ "step": "gate", "use_case": "telco", "run_id": "run-1", "verdicts": [] });
    let read: ValidateRequest = serde_json::from_value(gate.clone()).unwrap();
    assert!(matches!(read, ValidateRequest::Gate(_)));
    assert_eq!(serde_json::to_value(&read).unwrap(), gate);
    let mut strange = gate.clone();
    strange["partition"] = json!(0);
    let error = serde_json::from_value::<ValidateRequest>(strange).unwrap_err().to_string();
    assert!(error.contains("unknown field `partition`"), "{error}");
    let mut without = gate;
    without.as_object_mut().unwrap().remove("step");
    assert!(serde_json::from_value::<ValidateRequest>(without).is_err());
}

#[test]
fn a_plan_request_needs_only_use_case_run_and_purpose() {
    let request: PlanRequest =
        serde_json::from_value(json!({ "use_case": "telco", "run_id": "run-1", "purpose": "training" })).unwrap();
    assert_eq!(request.purpose, Purpose::Training);
    assert!(request.settings.is_empty() && request.raw.is_none() && request.snapshot_id.is_none());
    // A state machine sends null for what its caller left out.
    let nulls = json!({ "use_case": "telco", "run_id": "run-1", "purpose": "data", "raw": null, "snapshot_id": null });
    assert!(serde_json::from_value::<PlanRequest>(nulls).is_ok());
    let wrong = json!({ "use_case": "telco", "run_id": "run 1", "purpose": "data" });
    let error = serde_json::from_value::<PlanRequest>(wrong).unwrap_err().to_string();
    assert!(error.contains("`run 1` is not a run id"), "{error}");
}

#[test]
fn actions_are_spelled_as_the_state_machine_spells_them() {
    use DeployAction::{GoLive, IntegrationTest, Promote, RollBack, SmokeTest};
    let spelled = serde_json::to_string(&[IntegrationTest, GoLive, SmokeTest, Promote, RollBack]).unwrap();
    assert_eq!(spelled, r#"["integration_test","go_live","smoke_test","promote","roll_back"]"#);
}

#[test]
fn an_answer_holds_its_provenance_beside_the_predictions() {
    let answer = json!({
        "predictions": [{ "label": "Yes", "predicted": 1, "probability": 0.75 }],
        "num_samples": 1,
        "threshold": 0.5,
        "request_id": "r",
        "use_case": "telco",
        "model_name": "telco-churn",
        "model_version": "v3",
        "model_stage": "Production",
        "run_id": "run-1",
        "run_name": "lucky-otter-948",
        "artifact_uri": "s3://bucket/key",
        "feature_fingerprint": "f"
    });
    let read: PredictionResponse = serde_json::from_value(answer.clone()).unwrap();
    assert_eq!(read.provenance.model_version.number(), 3);
    assert_eq!(serde_json::to_value(&read).unwrap(), answer);
}

#[test]
fn a_problem_has_the_members_of_rfc_9457_and_no_empty_ones() {
    let problem = Problem {
        kind: "/problems/invalid-field".into(),
        title: "a field is invalid".into(),
        status: 422,
        detail: "`tenure` must be a number".into(),
        field: Some("tenure".into()),
        row: Some(0),
        request_id: None,
    };
    expect![[r#"{"type":"/problems/invalid-field","title":"a field is invalid","status":422,"detail":"`tenure` must be a number","field":"tenure","row":0}"#]]
        .assert_eq(&serde_json::to_string(&problem).unwrap());
}

fn settings_json() -> Value {
    json!({
        "seed": 42,
        "reading": {
            "bytes_per_part": 100,
            "bytes_per_partition": 1000,
            "max_record_bytes": 10,
            "max_quarantined_fraction": 0.02
        },
        "quality": { "min_rows": 1, "min_score": 0.9, "max_fraction": { "a": 0.1 }, "default_max_fraction": 0.01 },
        "split": { "by": "random", "validation": 0.2, "test": 0.2 },
        "training": {
            "folds": 5,
            "candidates_per_family": 2,
            "families": ["lightgbm", "xgboost"],
            "comparisons": [],
            "rank_by": "roc_auc",
            "threshold_by": "f1"
        },
        "gates": { "f1": { "min": 0.6 } },
        "champion_tolerance": 0.005,
        "monitoring": {
            "min_rows": 100,
            "min_labelled_rows": 50,
            "min_roc_auc": 0.7,
            "max_psi": 0.2,
            "psi_confidence": 0.95,
            "cool_down_hours": 24
        }
    })
}

/// The settings with overrides, or the error.
fn overridden(overrides: Value) -> Result<Value, String> {
    let settings: Settings = serde_json::from_value(settings_json()).unwrap();
    let result = settings.with_overrides(overrides.as_object().unwrap());
    result.map(|settings| serde_json::to_value(settings).unwrap()).map_err(|error| error.to_string())
}

#[test]
fn settings_keep_their_form() {
    check_strict::<Settings>(&settings_json());
}

#[test]
fn overrides_merge_into_objects_and_replace_everything_else() {
    let changes = json!({
        "seed": 7,
        "quality": { "max_fraction": { "b": 0.2 } },
        "training": { "families": ["lightgbm"] },
        "gates": { "f1": { "max": 0.9 }, "recall": { "min": 0.5 } }
    });
    let mut expected = settings_json();
    expected["seed"] = json!(7);
    expected["quality"]["max_fraction"]["b"] = json!(0.2);
    expected["training"]["families"] = json!(["lightgbm"]);
    expected["gates"] = json!({ "f1": { "min": 0.6, "max": 0.9 }, "recall": { "min": 0.5 } });
    assert_eq!(overridden(changes), Ok(expected));
    assert_eq!(overridden(json!({})), Ok(settings_json()));
}

#[test]
fn an_override_that_does_not_fit_is_named() {
    for (overrides, message) in [
        (json!({ "sed": 1 }), "setting `sed`: unknown field `sed`"),
        (json!({ "seed": 1, "training": { "folds": 3, "fold": 3 } }), "setting `training.fold`: unknown field"),
        (json!({ "training": { "folds": -1 } }), "setting `training.folds`: invalid value"),
        (json!({ "training": 5 }), "setting `training`: invalid type"),
        (json!({ "training": null }), "setting `training`: invalid type"),
        (json!({ "gates": { "f1": { "at_least": 0.5 } } }), "setting `gates.f1.at_least`: unknown field"),
        (json!({ "reading": { "bytes_per_part": { "a": 1 } } }), "setting `reading.bytes_per_part.a`: invalid type"),
    ] {
        let error = overridden(overrides).unwrap_err();
        assert!(error.starts_with(message), "`{error}` should begin with `{message}`");
    }
}

#[test]
fn an_object_reference_with_a_broken_digest_is_refused() {
    let broken = json!({ "key": "a", "sha256": "abc", "size_bytes": 1 });
    let error = serde_json::from_value::<ObjectRef>(broken).unwrap_err().to_string();
    assert!(error.contains("is not a SHA-256: 64 lower-case hex digits"), "{error}");
}
