//! A feature drifts: the `sluice` command sees it, training starts by itself, and what is better is promoted.
//!
//! All rows are generated: the drill needs customers whose figures change on a known day.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::path::Path;

use serde_json::{Value, json};
use tests::{command::Sluice, stack::Stack};

/// One family and no comparison: what is tried here is the way from a drift to a promoted version.
const QUICK: [&str; 4] = [
    "training.folds=2",
    "training.candidates_per_family=1",
    "training.families=[\"lightgbm\"]",
    "training.comparisons=[]",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drifted_feature_leads_to_a_better_version_once() {
    let stack = Stack::create("SLUICE_TEST_MINISTACK", "drift-drill", &[]).await;
    let folder = tempfile::tempdir().unwrap();
    tokio::task::block_in_place(|| {
        let sluice = Sluice(&stack);
        a_model_goes_live(&sluice, folder.path());
        while_nothing_changes_there_is_nothing_to_do(&sluice);
        newer_customers_are_measured_differently(&sluice, folder.path());
        let started = the_drift_starts_a_training(&sluice);
        a_second_look_starts_nothing(&sluice);
        the_new_version_is_promoted(&sluice, &started);
    });
}

fn a_model_goes_live(sluice: &Sluice<'_>, folder: &Path) {
    let base = folder.join("base");
    let base = base.to_str().unwrap();
    sluice.done(&["generate", "loan", "--rows", "3000", "--months", "12", "--out", base]);
    let words = [&["run", "loan", "--json", "--file", base, "--settings"], &QUICK[..]].concat();
    assert_eq!(sluice.json(&words)["status"], "SUCCEEDED");
    assert_eq!(sluice.json(&["live", "loan", "--json"])[0]["live"], "v1");
}

fn while_nothing_changes_there_is_nothing_to_do(sluice: &Sluice<'_>) {
    let scored = sluice.json(&["score", "loan", "--json"]);
    assert_eq!(scored["predictions"]["version"], "v1");
    let report = sluice.json(&["monitor", "loan", "--json"]);
    assert_ne!(report["decision"], "retrain", "{:?}", report["reasons"]);
    assert!(report.get("retraining").is_none());
}

/// More of them than there were before: of all rows by date, the newest 40 % choose the threshold and test, so that
/// some of the new ones must be left to learn from.
fn newer_customers_are_measured_differently(sluice: &Sluice<'_>, folder: &Path) {
    let newer = folder.join("newer");
    let newer = newer.to_str().unwrap();
    let drift = "interest_rate:12:2024-01";
    let when = ["--first-customer", "3000", "--first-month", "2024-01", "--months", "12", "--drift", drift];
    sluice.done(&[&["generate", "loan", "--rows", "4000", "--out", newer], &when[..]].concat());
    sluice.done(&["deliver", "loan", newer]);
    let scored = sluice.json(&["score", "loan", "--json"]);
    assert_eq!(scored["predictions"]["version"], "v1");
}

/// Answers the name of the training.
fn the_drift_starts_a_training(sluice: &Sluice<'_>) -> String {
    let words = [&["monitor", "loan", "--json", "--no-wait", "--settings"], &QUICK[..]].concat();
    let report = sluice.json(&words);
    assert_eq!(report["decision"], "retrain", "{:?}", report["reasons"]);
    let fields = report["record"]["drift"]["fields"].as_array().unwrap();
    let rate = fields.iter().find(|field| field["name"] == "interest_rate").unwrap();
    assert!(rate["psi"].as_f64().unwrap() > 0.2 && rate["drifted"] == json!(true), "{rate}");
    println!("psi of the shifted feature: {}", rate["psi"]);
    let governance = &report["machines"][0]["output"]["work"]["governance"];
    governance["retrain_as"].as_str().unwrap().to_owned()
}

fn a_second_look_starts_nothing(sluice: &Sluice<'_>) {
    let report = sluice.json(&["monitor", "loan", "--json"]);
    let decision = report["decision"].as_str().unwrap();
    assert!(["cooling_down", "nothing_new"].contains(&decision), "{decision}: {:?}", report["reasons"]);
    assert!(report.get("retraining").is_none());
}

fn the_new_version_is_promoted(sluice: &Sluice<'_>, started: &str) {
    let live = || sluice.json(&["live", "loan", "--json"])[0]["live"].clone();
    for _ in 0..300 {
        if live() == "v2" {
            break;
        }
        std::thread::sleep(std::time::Duration::from_secs(1));
    }
    assert_eq!(live(), "v2", "{started}");
    let run: Value = sluice.json(&["runs", "loan", started, "--json"]);
    let (challenger, champion) = (&run["candidates"][0]["test"]["roc_auc"], &run["champion"]["test"]["roc_auc"]);
    println!("on the same newest rows: champion {champion}, challenger {challenger}");
    assert!(challenger.as_f64().unwrap() > champion.as_f64().unwrap());
}
