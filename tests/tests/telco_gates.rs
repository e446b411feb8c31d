//! The gates that telco ships with let an honest model through, on every kind of file it reads.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use contracts::{CandidateRecord, Gate};
use serde_json::json;
use tests::{local::LocalPipeline, raw};
use usecases::telco::{self, Spelling};

/// The best of two quick families, at the settings that ship otherwise.
async fn best_candidate(file: &[u8]) -> CandidateRecord {
    let families = json!(["logistic_regression", "lightgbm"]);
    let pipeline = LocalPipeline::new(json!({ "training": { "candidates_per_family": 1, "families": families } }));
    pipeline.deliver(file).await;
    pipeline.data("gates").await;
    let (_, trained) = pipeline.candidates("gates").await;
    let best = trained.into_iter().max_by(|a, b| a.cv_roc_auc.total_cmp(&b.cv_roc_auc)).unwrap();
    pipeline.lake.read_json_ref(&best.record).await.unwrap()
}

async fn check(name: &str, file: &[u8]) {
    let settings = &usecases::find("telco").unwrap().settings;
    let best = best_candidate(file).await;
    println!("{name}, {}: {:?}", best.family, best.test);
    for outcome in Gate::apply_all(&settings.gates, &best.test) {
        assert!(outcome.passed, "{name}: {outcome:?}");
    }
}

#[tokio::test]
async fn on_the_file_at_hand() {
    let raw = raw::telco();
    check(if raw.is_real { "real" } else { "generated" }, &raw.bytes).await;
}

#[tokio::test]
async fn on_generated_rows_in_either_spelling() {
    check("IBM spelling", telco::generate(5000, 3, Spelling::Ibm).as_bytes()).await;
    check("snake case", telco::generate(5000, 3, Spelling::SnakeCase).as_bytes()).await;
}
