//! The loan use case in this process: four tables in several partitions, comparisons, a champion and its challenger.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::sync::Arc;

use contracts::{DriftReference, ModelSignature, ModelVersion, RunRecord, SplitRule};
use lake::{Lake, MemoryStore};
use registry::{Change, Registry};
use serde_json::json;
use tests::{local::LocalPipeline, modules};
use usecases::loan::generate::{Month, Options, Tables, generate};
use usecases::loan::{ATTRIBUTES, CLICKSTREAM, FINANCIALS, LOANS};

async fn deliver(pipeline: &LocalPipeline, name: &str, options: &Options) {
    let mut files: [Vec<u8>; 4] = Default::default();
    let [clickstream, attributes, financials, loans] = &mut files;
    generate(options, &mut Tables { clickstream, attributes, financials, loans }).unwrap();
    for (table, bytes) in [CLICKSTREAM, ATTRIBUTES, FINANCIALS, LOANS].into_iter().zip(&files) {
        // Nobody whose loan starts in July 2024 or later has a clickstream, and a file without a row is refused.
        if bytes.iter().filter(|&&byte| byte == b'\n').count() > 1 {
            pipeline.deliver_file(&format!("{table}_{name}.csv"), bytes).await;
        }
    }
}

async fn promote(lake: &Lake, version: ModelVersion) {
    let registry = Registry::new(lake, "loan", "loan-default");
    let change = Change { who: "tester".into(), why: "test".into(), at: "2026-01-02T03:04:05Z".into(), run_id: None };
    registry.stage(version, &change).await.unwrap();
    registry.go_live(version, &change).await.unwrap();
    registry.promote(version, &change).await.unwrap();
}

#[tokio::test]
async fn loans_become_a_version_and_a_challenger_meets_it_on_the_newest_loans() {
    let settings = json!({
        "reading": { "bytes_per_partition": 1_500_000 },
        "training": {
            "folds": 2,
            "candidates_per_family": 1,
            "families": ["logistic_regression", "lightgbm"],
            "comparisons": ["random_split", "with_loan_history"],
        },
        // Few synthetic customers: what matters here is who is compared with whom, and on what.
        "champion_tolerance": 0.5,
        "gates": { "roc_auc": { "min": 0.55 } },
    });
    let pipeline = LocalPipeline::of("loan", Lake::new(Arc::new(MemoryStore::new()), "memory://loans"), settings);
    let modules = modules();
    deliver(&pipeline, "first", &Options::new(1_500, 42)).await;
    let features = pipeline.data("first").await;
    let first = pipeline.snapshot(&features).await;
    assert!(first.gold.len() > 1 && matches!(first.split, SplitRule::Time { .. }), "{first:?}");
    assert!(first.rows.is_balanced());

    let (selected, registered) = pipeline.register(&modules, "first").await;
    let record: RunRecord = pipeline.lake.read_json_ref(&selected.run).await.unwrap();
    assert_eq!((record.candidates.len(), record.champion.is_none()), (2, true));
    let compared: Vec<_> = record.comparisons.iter().map(|one| one.comparison.as_deref().unwrap()).collect();
    assert_eq!(compared, ["random_split", "random_split", "with_loan_history", "with_loan_history"]);
    assert!(record.candidates.iter().all(|candidate| candidate.comparison.is_none()));
    // The near-leak wins by far, and is not selected for it.
    let best = record.candidates.iter().map(|candidate| candidate.test.roc_auc).fold(0.0, f64::max);
    assert!(record.comparisons[2].test.roc_auc > best);

    let manifest = Registry::new(&pipeline.lake, "loan", "loan-default").manifest(registered.version).await.unwrap();
    let drift: DriftReference = pipeline.lake.read_json_ref(&manifest.drift).await.unwrap();
    assert!(drift.fields.iter().any(|field| field.name == "outstanding_debt"));
    let signature: ModelSignature = pipeline.lake.read_json_ref(&manifest.signature).await.unwrap();
    assert_eq!(signature.classes, ["repaid", "default"]);
    assert!(signature.fields.iter().all(|field| !field.name.starts_with("fe_") && !field.name.starts_with("hist_")));
    let card = String::from_utf8(pipeline.lake.read(&manifest.model_card).await.unwrap().to_vec()).unwrap();
    assert!(card.contains("`overdue_amt` exceeds 0") && card.contains("| with_loan_history | lightgbm |"), "{card}");

    promote(&pipeline.lake, registered.version).await;
    let newer = Options {
        first_customer: 1_500,
        first_month: Month::new(2024, 10).unwrap(),
        n_months: 4,
        ..Options::new(700, 43)
    };
    deliver(&pipeline, "second", &newer).await;
    let features = pipeline.data("second").await;
    let second = pipeline.snapshot(&features).await;
    let (SplitRule::Time { test_from: before, .. }, SplitRule::Time { test_from: after, .. }) =
        (&first.split, &second.split)
    else {
        panic!("both are split by time");
    };
    assert!(after > before, "the newest loans test");
    let (selected, _) = pipeline.register(&modules, "second").await;
    let record: RunRecord = pipeline.lake.read_json_ref(&selected.run).await.unwrap();
    let champion = record.champion.unwrap();
    assert_eq!(champion.version, registered.version);
    assert_eq!(champion.test.n_rows, features.rows_by_split["test"]);
    assert_eq!(champion.test.n_rows, record.candidates[0].test.n_rows);
    assert!(record.gates.iter().any(|gate| gate.metric == "roc_auc_against_champion" && gate.passed));
}
