//! The `sluice` command on a real stack: what a user types, what comes back, and the exit codes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::path::PathBuf;

use serde_json::{Value, json};
use tests::{command::Sluice, stack::Stack};
use usecases::telco::{self, Spelling};

/// Settings under which one quick candidate goes through.
const QUICK: [&str; 5] = [
    "training.folds=2",
    "training.candidates_per_family=1",
    "training.families=[\"logistic_regression\"]",
    "gates.accuracy.min=0.5",
    "gates.f1.min=0.2",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_runs_asks_takes_back_and_promotes() {
    let stack = Stack::create("SLUICE_TEST_MINISTACK", "command", &[]).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("customers.csv");
    std::fs::write(&file, telco::generate(2000, 5, Spelling::Ibm)).unwrap();
    // Everything blocks from here on, as a user does.
    tokio::task::block_in_place(|| {
        let sluice = Sluice(&stack);
        let file = file.to_str().unwrap();
        nothing_is_there_at_first(&sluice);
        a_run_goes_from_a_file_to_a_live_version(&sluice, file);
        the_live_version_answers(&sluice);
        taking_back_the_first_version_leaves_nothing_live(&sluice);
        promoting_it_makes_it_live_again(&sluice);
        a_file_that_cannot_be_read_ends_the_run_with_its_reason(&sluice, folder.path().join("wrong.csv"));
    });
}

fn nothing_is_there_at_first(sluice: &Sluice<'_>) {
    assert_eq!(sluice.json(&["models", "telco", "--json"]), json!([]));
    assert_eq!(sluice.json(&["runs", "telco", "--json"]), json!([]));
    let (code, said) = sluice.refusal(&["predict", "telco", "--json", "{}"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("503"), "{said}");
    let (code, said) = sluice.refusal(&["run", "lottery"]);
    assert_eq!((code, said.contains("known: telco")), (Some(1), true), "{said}");
    let (code, _) = sluice.refusal(&["run"]);
    assert_eq!(code, Some(2));
}

fn a_run_goes_from_a_file_to_a_live_version(sluice: &Sluice<'_>, file: &str) {
    let words = [&["run", "telco", "--json", "--file", file, "--settings"], &QUICK[..]].concat();
    let report = sluice.json(&words);
    assert_eq!(report["status"], "SUCCEEDED");
    let machines: Vec<&str> =
        report["machines"].as_array().unwrap().iter().map(|m| m["machine"].as_str().unwrap()).collect();
    assert_eq!(machines, ["data", "training", "deployment"]);
    let states = |n: usize| {
        let steps = report["machines"][n]["steps"].as_array().unwrap();
        steps.iter().map(|step| step["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(states(2), ["IntegrationTest", "GoLive", "SmokeTest", "Promote"]);
    for state in ["ProcessTables", "QualityControl", "QualityGate", "Gold", "Features"] {
        assert!(states(0).contains(&state.to_owned()), "{state}: {:?}", states(0));
    }

    let models = sluice.json(&["models", "telco", "--json"]);
    assert_eq!((&models[0]["version"], &models[0]["stage"]), (&json!("v1"), &json!("Production")));
    let runs = sluice.json(&["runs", "telco", "--json"]);
    assert_eq!(runs[0]["run_id"], report["run_id"]);
    let run = sluice.json(&["runs", "telco", report["run_id"].as_str().unwrap(), "--json"]);
    assert_eq!(run["candidates"].as_array().unwrap().len(), 1);
}

fn the_live_version_answers(sluice: &Sluice<'_>) {
    let customer = json!({
        "gender": "Female", "SeniorCitizen": 0, "Partner": "No", "Dependents": "No", "tenure": 2, "PhoneService": "Yes",
        "MultipleLines": "No", "InternetService": "Fiber optic", "OnlineSecurity": "No", "OnlineBackup": "No",
        "DeviceProtection": "No", "TechSupport": "No", "StreamingTV": "Yes", "StreamingMovies": "No",
        "Contract": "Month-to-month", "PaperlessBilling": "Yes", "PaymentMethod": "Electronic check",
        "MonthlyCharges": 80.5, "TotalCharges": 161.0
    });
    let answer = sluice.json(&["--json", "predict", "telco", "--json", &customer.to_string()]);
    assert_eq!((&answer["model_version"], &answer["model_stage"]), (&json!("v1"), &json!("Production")));
    let shown = sluice.run(&["predict", "telco", "--json", &customer.to_string()]);
    assert!(String::from_utf8_lossy(&shown.stdout).contains("telco-churn v1 (Production)"));
    let (code, said) = sluice.refusal(&["predict", "telco", "--json", "{\"tenure\": \"long\"}"]);
    assert_eq!((code, said.contains("422")), (Some(1), true), "{said}");
}

fn taking_back_the_first_version_leaves_nothing_live(sluice: &Sluice<'_>) {
    let (code, said) = sluice.refusal(&["rollback", "telco", "--reason", " "]);
    assert_eq!((code, said.contains("--reason is empty")), (Some(1), true), "{said}");
    let moved = sluice.json(&["rollback", "telco", "--reason", "too many false alarms", "--json"]);
    assert_eq!((&moved["taken_back"], &moved["live"]), (&json!("v1"), &Value::Null));
    let log = sluice.json(&["log", "telco", "--json"]);
    let last = log.as_array().unwrap().last().unwrap();
    assert_eq!((&last["who"], &last["why"]), (&json!("ada"), &json!("too many false alarms")));
    assert_eq!(sluice.json(&["live", "telco", "--at", "2020-01-01", "--json"])[0]["live"], Value::Null);
}

fn promoting_it_makes_it_live_again(sluice: &Sluice<'_>) {
    let report = sluice.json(&["promote", "telco", "v1", "--reason", "it was not the model", "--json"]);
    assert_eq!(report["status"], "SUCCEEDED");
    assert_eq!(sluice.json(&["live", "telco", "--json"])[0]["live"], "v1");
    let (code, said) = sluice.refusal(&["archive", "telco", "v1", "--reason", "tidying up"]);
    assert_eq!((code, said.contains("Production")), (Some(1), true), "{said}");
}

fn a_file_that_cannot_be_read_ends_the_run_with_its_reason(sluice: &Sluice<'_>, file: PathBuf) {
    std::fs::write(&file, "who,knows\n1,2\n").unwrap();
    let (code, said) = sluice.refusal(&["run", "telco", "--file", file.to_str().unwrap()]);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("machine data in state ProcessTables: InvalidInput"), "{said}");
    assert!(said.contains("`who`"), "{said}");
}
