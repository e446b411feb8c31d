#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use contracts::stage::{IngestRequest, RawSource};
use contracts::{Quarantined, RunId};
use expect_test::{Expect, expect};
use lake::{MemoryStore, PutWhen};
use usecases::telco::{Spelling, generate};

use super::*;

fn run_id() -> RunId {
    "run-1".parse().unwrap()
}

/// A lake in which these files went through `ingest` and `clean`, under settings changed by `change`.
async fn cleaned(files: &[(&str, &str)], change: impl FnOnce(&mut Settings)) -> (Lake, ValidateRequest) {
    let lake = Lake::new(Arc::new(MemoryStore::new()), "memory://test");
    let mut settings = usecases::find("telco").unwrap().settings.clone();
    change(&mut settings);
    lake.write_json_once(&keys::run_settings("telco", &run_id()), &settings).await.unwrap();
    let mut parts = Vec::new();
    for (name, text) in files {
        let key = keys::raw("telco", name);
        let etag = lake.store().put(&key, (*text).to_owned().into(), PutWhen::Always).await.unwrap();
        let request = IngestRequest {
            use_case: "telco".to_owned(),
            run_id: run_id(),
            table: "customers".to_owned(),
            part: 0,
            source: RawSource { key, etag, size_bytes: text.len() as u64 },
            start: 0,
            end: text.len() as u64,
        };
        parts.push(clean::handle(&lake, ingest::handle(&lake, request).await.unwrap()).await.unwrap());
    }
    (lake, ValidateRequest { use_case: "telco".to_owned(), run_id: run_id(), parts })
}

async fn report(lake: &Lake) -> QualityReport {
    lake.read_json("runs/telco/run-1/validate.json").await.unwrap()
}

/// The rows that this stage set aside: file, line, reason.
async fn set_aside(lake: &Lake) -> Vec<String> {
    let mut rows = Vec::new();
    for meta in lake.list("quarantine/").await.unwrap().iter().filter(|meta| meta.key.contains("/validate-part-")) {
        let (_, bytes) = lake.read_key(&meta.key).await.unwrap();
        for line in bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            let row: Quarantined = serde_json::from_slice(line).unwrap();
            rows.push(format!("{} line {}: {}", row.source, row.line.unwrap(), row.reason));
        }
    }
    rows.sort();
    rows
}

/// A telco file with every line passed through `change`, which sees the number of the row from 0.
fn telco(n_rows: usize, change: impl Fn(usize, &str) -> String) -> String {
    let text = generate(n_rows, 11, Spelling::Ibm);
    let (header, rows) = text.split_once('\n').unwrap();
    let rows: String = rows.lines().enumerate().map(|(row, line)| change(row, line) + "\n").collect();
    format!("{header}\n{rows}")
}

fn same(_: usize, line: &str) -> String {
    line.to_owned()
}

/// The line with the cell at `place` (from 0) replaced.
fn with_cell(line: &str, place: usize, cell: &str) -> String {
    let mut cells: Vec<&str> = line.split(',').collect();
    cells[place] = cell;
    cells.join(",")
}

/// What failed, in words; the report must say the same.
async fn check_failure(files: &[(&str, &str)], change: impl FnOnce(&mut Settings), expected: Expect) -> Lake {
    let (lake, request) = cleaned(files, change).await;
    let error = handle(&lake, request.clone()).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::DataQuality);
    expected.assert_eq(&error.to_string());
    let report = report(&lake).await;
    assert!(!report.passed);
    for check in report.checks.iter().filter(|check| !check.passed).take(MAX_NAMED_CHECKS) {
        assert!(error.to_string().contains(&check.name), "{} is not named", check.name);
    }
    let again = handle(&lake, request).await.unwrap_err();
    assert_eq!(again.to_string(), error.to_string(), "asked again it says the same");
    lake
}

#[tokio::test]
async fn sound_data_passes_on_as_it_is_with_every_check_reported() {
    let (lake, request) = cleaned(&[("a.csv", &telco(600, same))], |_| {}).await;
    let silver = request.parts[0].output.data.clone();
    let answer = handle(&lake, request.clone()).await.unwrap();
    assert_eq!(answer.silver["customers"], [silver]);
    assert_eq!(answer.raw["customers"][0].key, "raw/telco/a.csv");
    assert_eq!(answer.rows, RowCounts { rows_in: 600, rows_out: 600, rows_quarantined: 0 });
    let report = report(&lake).await;
    assert!(report.passed && report.data_quality_score > 0.99, "{}", report.data_quality_score);
    let names: Vec<&str> = report.checks.iter().map(|check| check.name.as_str()).collect();
    for rule in &usecases::find("telco").unwrap().rules {
        assert!(names.contains(&rule.name.as_str()), "{} is not reported", rule.name);
    }
    assert!(report.checks.iter().all(|check| check.passed && check.rows_checked > 0));
    assert_eq!(set_aside(&lake).await, [""; 0]);
    assert_eq!(handle(&lake, request).await.unwrap(), answer);
}

#[tokio::test]
async fn duplicate_keys_across_files_are_set_aside_and_the_part_is_written_again() {
    let text = telco(600, same);
    let lines: Vec<&str> = text.lines().collect();
    // The second file repeats row 10 as it is, and row 20 with another tenure.
    let second = format!("{}\n{}\n{}\n", lines[0], lines[10], with_cell(lines[20], 5, "71"));
    let loose = |settings: &mut Settings| {
        settings.quality.max_fraction.insert("customer_id_is_unique".to_owned(), 0.01);
    };
    let (lake, request) = cleaned(&[("a.csv", &text), ("b.csv", &second)], loose).await;
    let answer = handle(&lake, request.clone()).await.unwrap();
    expect![[r#"
        raw/telco/a.csv line 21: customer_id_is_unique: several rows with this key contradict each other
        raw/telco/b.csv line 2: customer_id_is_unique: an earlier row is the same in every column
        raw/telco/b.csv line 3: customer_id_is_unique: several rows with this key contradict each other"#]]
    .assert_eq(&set_aside(&lake).await.join("\n"));
    assert_eq!(answer.rows, RowCounts { rows_in: 602, rows_out: 599, rows_quarantined: 3 });
    for (object, part) in answer.silver["customers"].iter().zip(&request.parts) {
        assert_ne!(object, &part.output.data);
        let manifest = parts::manifest_of(&lake, &object.key).await.unwrap();
        assert_eq!((manifest.data, manifest.source), (object.clone(), part.output.data.clone()));
        assert!(manifest.rows.is_balanced());
    }
    assert_eq!(handle(&lake, request).await.unwrap(), answer);
}

#[tokio::test]
async fn the_order_of_the_answers_does_not_matter() {
    let (lake, mut request) =
        cleaned(&[("a.csv", &telco(300, same)), ("b.csv", &telco(300, |_, line| format!("x{line}")))], |settings| {
            settings.quality.max_fraction.clear();
            settings.quality.default_max_fraction = 1.0;
            settings.quality.min_score = 0.0;
        })
        .await;
    let first = handle(&lake, request.clone()).await;
    request.parts.reverse();
    let second = handle(&lake, request).await;
    assert_eq!(first.map_err(|error| error.to_string()), second.map_err(|error| error.to_string()));
}

#[tokio::test]
async fn rows_that_cannot_be_true_halt_the_machine_after_they_are_set_aside() {
    let text = telco(600, |row, line| if row < 30 { with_cell(line, 18, "-5") } else { line.to_owned() });
    let lake = check_failure(&[("a.csv", &text)], |_| {}, expect!["1 of 32 checks failed: monthly_charges_in_range is broken by 30 of 600 rows (0.05), must be at most 0.01; 30 rows are quarantined; see runs/telco/run-1/validate.json"]).await;
    let rows = set_aside(&lake).await;
    assert_eq!(rows.len(), 30);
    assert_eq!(rows[0], "raw/telco/a.csv line 10: monthly_charges_in_range: -5 is below 0");
}

#[tokio::test]
async fn a_file_of_one_class_halts_the_machine() {
    let text = telco(600, |_, line| with_cell(line, 20, "No"));
    check_failure(&[("a.csv", &text)], |_| {}, expect!["1 of 32 checks failed: churn_rate_plausible is 0, must be 0.05 to 0.6; 0 rows are quarantined; see runs/telco/run-1/validate.json"]).await;
}

#[tokio::test]
async fn too_many_rows_set_aside_before_halt_the_machine() {
    let text = telco(600, |row, line| if row % 10 == 0 { with_cell(line, 5, "many") } else { line.to_owned() });
    let lake = check_failure(&[("a.csv", &text)], |_| {}, expect!["1 of 32 checks failed: quarantined_fraction counts 60 of 600 rows (0.1), must be at most 0.02; 60 rows are quarantined; see runs/telco/run-1/validate.json"]).await;
    let report = report(&lake).await;
    assert_eq!(report.quarantined_by_reason["clean: tenure: not a number"], 60);
    assert!(report.rows.is_balanced());
}

#[tokio::test]
async fn too_few_rows_and_no_rows_halt_the_machine() {
    check_failure(&[("a.csv", &telco(150, same))], |_| {}, expect!["1 of 32 checks failed: min_rows is 150, must be at least 200; 0 rows are quarantined; see runs/telco/run-1/validate.json"]).await;
    let lake = check_failure(&[], |_| {}, expect!["31 of 32 checks failed: customer_id_is_unique had nothing to measure, must be at most 0.001; tenure_in_range had nothing to measure, must be at most 0.01; monthly_charges_in_range had nothing to measure, must be at most 0.01; total_charges_not_negative had nothing to measure, must be at most 0.01; total_charges_missing_only_for_new_customers had nothing to measure, must be at most 0.01; churn_is_known had nothing to measure, must be at most 0.01; total_is_tenure_times_monthly had nothing to measure, must be at most 0.05; no_lines_without_phone had nothing to measure, must be at most 0.01; 23 more; 0 rows are quarantined; see runs/telco/run-1/validate.json"]).await;
    assert_eq!(report(&lake).await.data_quality_score, 0.0);
}

#[tokio::test]
async fn a_bound_for_a_rule_that_does_not_exist_halts_the_machine() {
    let misspelt = |settings: &mut Settings| {
        settings.quality.max_fraction.insert("tenure_in_rang".to_owned(), 0.5);
    };
    check_failure(&[("a.csv", &telco(600, same))], misspelt, expect!["1 of 33 checks failed: tenure_in_rang has a bound in the settings and is no rule; 0 rows are quarantined; see runs/telco/run-1/validate.json"]).await;
}

#[tokio::test]
async fn a_request_for_what_does_not_exist_is_refused() {
    let (lake, request) = cleaned(&[("a.csv", &telco(300, same))], |_| {}).await;
    let name_of = |request: ValidateRequest| async { handle(&lake, request).await.unwrap_err().name() };
    assert_eq!(
        name_of(ValidateRequest { use_case: "lottery".to_owned(), ..request.clone() }).await,
        ErrorName::InvalidInput
    );
    assert_eq!(
        name_of(ValidateRequest { run_id: "run-2".parse().unwrap(), ..request.clone() }).await,
        ErrorName::NotFound
    );
    let mut other = request.clone();
    other.parts[0].output.table = "calls".to_owned();
    assert_eq!(name_of(other).await, ErrorName::InvalidInput);
    let mut miscounted = request;
    miscounted.parts[0].output.rows.rows_out += 1;
    assert_eq!(name_of(miscounted).await, ErrorName::Internal);
}

#[test]
fn the_sample_and_the_json_in_the_readme_are_requests_and_answers() {
    let sample: ValidateRequest = serde_json::from_str(include_str!("../events/request.json")).unwrap();
    let blocks: Vec<&str> =
        include_str!("../README.md").split("```").filter_map(|block| block.strip_prefix("json\n")).collect();
    assert_eq!(serde_json::from_str::<ValidateRequest>(blocks[0]).unwrap(), sample);
    let answer: ValidateResponse = serde_json::from_str(blocks[1]).unwrap();
    assert!(answer.rows.is_balanced());
    let report: CheckOutcome = serde_json::from_str(blocks[2]).unwrap();
    assert!(!report.passed);
}
