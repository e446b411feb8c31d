#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;

use contracts::{Monitoring, Quality, Reading, RunRecord, Settings, Split, SplitBy, Training, run_name};
use lake::{Lake, keys};

use crate::{runs, testing::*};

fn settings() -> Settings {
    Settings {
        seed: 42,
        reading: Reading {
            bytes_per_part: 1,
            bytes_per_partition: 1,
            max_record_bytes: 1,
            max_quarantined_fraction: 0.1,
        },
        quality: Quality { min_rows: 1, min_score: 0.9, max_fraction: BTreeMap::new(), default_max_fraction: 0.0 },
        split: Split { by: SplitBy::Random, validation: 0.2, test: 0.2 },
        training: Training {
            folds: 5,
            candidates_per_family: 1,
            families: vec!["lightgbm".to_owned()],
            comparisons: vec![],
            rank_by: "roc_auc".to_owned(),
            threshold_by: "f1".to_owned(),
        },
        gates: BTreeMap::new(),
        champion_tolerance: 0.0,
        monitoring: Monitoring {
            min_rows: 1,
            min_labelled_rows: 1,
            min_roc_auc: 0.7,
            max_psi: 0.2,
            psi_confidence: 0.95,
            cool_down_hours: 24,
        },
    }
}

fn record(run: &str, started_at: &str) -> RunRecord {
    RunRecord {
        run_id: run_id(run),
        run_name: run_name(&run_id(run)),
        use_case: "telco".to_owned(),
        started_at: started_at.to_owned(),
        selected_at: started_at.to_owned(),
        snapshot_id: "00112233aabbccdd".parse().unwrap(),
        candidates: vec![],
        comparisons: vec![],
        selected: "key".to_owned(),
        gates: vec![],
        champion: None,
        settings: settings(),
    }
}

#[tokio::test]
async fn runs_are_listed_newest_first_by_the_time_they_started() {
    let lake = Lake::new(memory(), "memory://test");
    let runs_by_time = [
        ("b-middle", "2026-11-21T12:00:00Z"),
        ("a-newest", "2026-11-21T13:00:00Z"),
        // An hour before noon in UTC, though its text sorts last.
        ("c-oldest", "2026-11-21T14:00:00+03:00"),
    ];
    for (run, started_at) in runs_by_time {
        lake.write_json_once(&keys::run_record("telco", &run_id(run)), &record(run, started_at)).await.unwrap();
        lake.write_json_once(&keys::run_settings("telco", &run_id(run)), &settings()).await.unwrap();
    }
    // A run that is under way has settings and no record.
    lake.write_json_once(&keys::run_settings("telco", &run_id("running")), &settings()).await.unwrap();
    lake.write_json_once(&keys::run_record("loan", &run_id("other")), &record("other", "2026-11-21T12:00:00Z"))
        .await
        .unwrap();
    let found: Vec<_> = runs(&lake, "telco").await.unwrap().into_iter().map(|run| run.run_id.to_string()).collect();
    assert_eq!(found, ["a-newest", "b-middle", "c-oldest"]);
}

#[tokio::test]
async fn no_runs_are_an_empty_list_and_a_broken_record_is_an_error() {
    let lake = Lake::new(memory(), "memory://test");
    assert_eq!(runs(&lake, "telco").await.unwrap(), vec![]);
    lake.write_once(&keys::run_record("telco", &run_id("r")), "{}".into()).await.unwrap();
    let error = runs(&lake, "telco").await.unwrap_err().to_string();
    assert!(error.contains("runs/telco/r/run.json"), "{error}");
}
