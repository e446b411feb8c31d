use expect_test::{Expect, expect};
use usecases::telco::{Spelling, generate};

use super::*;
use crate::error::MAX_NAMED_CHECKS;

/// These files in one partition, each in one part.
async fn customers(files: &[(&str, &str)], change: impl FnOnce(&mut Settings)) -> Cleaned {
    cleaned("telco", files, (usize::MAX / 2, 1), change).await
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
async fn check_failure(files: &[(&str, &str)], change: impl FnOnce(&mut Settings), expected: Expect) -> Cleaned {
    let cleaned = customers(files, change).await;
    let error = cleaned.validate().await.unwrap_err();
    assert_eq!(error.name(), ErrorName::DataQuality);
    expected.assert_eq(&error.to_string());
    let report = cleaned.report().await;
    assert!(!report.passed);
    for check in report.checks.iter().filter(|check| !check.passed).take(MAX_NAMED_CHECKS) {
        assert!(error.to_string().contains(&check.name), "{} is not named", check.name);
    }
    let again = cleaned.validate().await.unwrap_err();
    assert_eq!(again.to_string(), error.to_string(), "asked again it says the same");
    cleaned
}

#[tokio::test]
async fn sound_data_passes_on_as_it_is_with_every_check_reported() {
    let cleaned = customers(&[("a.csv", &telco(600, same))], |_| {}).await;
    let silver = cleaned.manifest(&cleaned.steps[0]).await.data;
    let answer = cleaned.validate().await.unwrap();
    assert_eq!(cleaned.silver(&answer, "customers").await, silver);
    let findings = cleaned.findings(&answer.verdicts[0]).await;
    assert_eq!(findings.tables[0].raw[0].key, "raw/telco/a.csv");
    assert_eq!(answer.rows, RowCounts { rows_in: 600, rows_out: 600, rows_quarantined: 0 });
    let report = cleaned.report().await;
    assert!(report.passed && report.data_quality_score > 0.99, "{}", report.data_quality_score);
    let names: Vec<&str> = report.checks.iter().map(|check| check.name.as_str()).collect();
    for rule in &usecases::find("telco").unwrap().rules {
        assert!(names.contains(&rule.name.as_str()), "{} is not reported", rule.name);
    }
    assert!(report.checks.iter().all(|check| check.passed && check.rows_checked > 0));
    assert_eq!(report.flagged, None, "no rule flags customers");
    assert_eq!(cleaned.set_aside().await, [""; 0]);
    assert_eq!(cleaned.validate().await.unwrap(), answer);
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
    let cleaned = customers(&[("a.csv", &text), ("b.csv", &second)], loose).await;
    let answer = cleaned.validate().await.unwrap();
    expect![[r#"
        raw/telco/a.csv line 21: customer_id_is_unique: several rows with this key contradict each other
        raw/telco/b.csv line 2: customer_id_is_unique: an earlier row is the same in every column
        raw/telco/b.csv line 3: customer_id_is_unique: several rows with this key contradict each other"#]]
    .assert_eq(&cleaned.set_aside().await.join("\n"));
    assert_eq!(answer.rows, RowCounts { rows_in: 602, rows_out: 599, rows_quarantined: 3 });
    for (object, step) in cleaned.silver(&answer, "customers").await.iter().zip(&cleaned.steps) {
        let silver = cleaned.manifest(step).await.data;
        assert_ne!(*object, silver[0]);
        let manifest = parts::manifest_of(&cleaned.lake, &object.key).await.unwrap();
        assert_eq!((manifest.data.as_slice(), manifest.source), ([object.clone()].as_slice(), silver[0].clone()));
        assert!(manifest.rows.is_balanced());
    }
    assert_eq!(cleaned.validate().await.unwrap(), answer);
}

#[tokio::test]
async fn the_order_of_the_answers_does_not_matter() {
    let mut cleaned =
        customers(&[("a.csv", &telco(300, same)), ("b.csv", &telco(300, |_, line| format!("x{line}")))], |settings| {
            settings.quality.max_fraction.clear();
            settings.quality.default_max_fraction = 1.0;
            settings.quality.min_score = 0.0;
        })
        .await;
    let first = cleaned.validate().await;
    cleaned.steps.reverse();
    let second = cleaned.validate().await;
    assert_eq!(first.map_err(|error| error.to_string()), second.map_err(|error| error.to_string()));
}

#[tokio::test]
async fn rows_that_cannot_be_true_halt_the_machine_after_they_are_set_aside() {
    let text = telco(600, |row, line| if row < 30 { with_cell(line, 18, "-5") } else { line.to_owned() });
    let cleaned = check_failure(&[("a.csv", &text)], |_| {}, expect!["1 of 32 checks failed: monthly_charges_in_range is broken by 30 of 600 rows (0.05), must be at most 0.01; 30 rows are quarantined; see runs/telco/run-1/validate.json"]).await;
    let rows = cleaned.set_aside().await;
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
    let cleaned = check_failure(&[("a.csv", &text)], |_| {}, expect!["1 of 32 checks failed: quarantined_fraction counts 60 of 600 rows (0.1), must be at most 0.02; 60 rows are quarantined; see runs/telco/run-1/validate.json"]).await;
    let report = cleaned.report().await;
    assert_eq!(report.quarantined_by_reason["clean: tenure: not a number"], 60);
    assert!(report.rows.is_balanced());
}

#[tokio::test]
async fn too_few_rows_and_no_rows_halt_the_machine() {
    check_failure(&[("a.csv", &telco(150, same))], |_| {}, expect!["1 of 32 checks failed: min_rows is 150, must be at least 200; 0 rows are quarantined; see runs/telco/run-1/validate.json"]).await;
    let cleaned = check_failure(&[], |_| {}, expect!["31 of 32 checks failed: customer_id_is_unique had nothing to measure, must be at most 0.001; tenure_in_range had nothing to measure, must be at most 0.01; monthly_charges_in_range had nothing to measure, must be at most 0.01; total_charges_not_negative had nothing to measure, must be at most 0.01; total_charges_missing_only_for_new_customers had nothing to measure, must be at most 0.01; churn_is_known had nothing to measure, must be at most 0.01; total_is_tenure_times_monthly had nothing to measure, must be at most 0.05; no_lines_without_phone had nothing to measure, must be at most 0.01; 23 more; 0 rows are quarantined; see runs/telco/run-1/validate.json"]).await;
    assert_eq!(cleaned.report().await.data_quality_score, 0.0);
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
    let cleaned = customers(&[("a.csv", &telco(300, same))], |_| {}).await;
    let name_of = |request: PartitionCheck| async { checked(&cleaned.lake, request).await.unwrap_err().name() };
    let request = cleaned.check(0);
    for strange in [
        PartitionCheck { use_case: "lottery".to_owned(), ..request.clone() },
        PartitionCheck { use_case: "loan".to_owned(), ..request.clone() },
        PartitionCheck { partition: 1, ..request.clone() },
        PartitionCheck { at: "yesterday".to_owned(), ..request.clone() },
    ] {
        assert_eq!(name_of(strange).await, ErrorName::InvalidInput);
    }
    let mut other = request.clone();
    other.parts[0][0].table = "calls".to_owned();
    assert_eq!(name_of(other).await, ErrorName::InvalidInput);
    let mut divided = request.clone();
    divided.parts[0][0].n_partitions = 2;
    assert_eq!(name_of(divided).await, ErrorName::InvalidInput);
    let step = &request.parts[0][0];
    let mut manifest = cleaned.manifest(step).await;
    manifest.rows.rows_in += 1;
    let wrong = cleaned.lake.write_json_once("silver/telco/wrong.json", &manifest).await.unwrap();
    let mut miscounted = request.clone();
    miscounted.parts[0][0].manifest = wrong;
    assert_eq!(name_of(miscounted).await, ErrorName::Internal);

    let verdicts = cleaned.verdicts().await;
    let gate = QualityGate { use_case: "telco".to_owned(), run_id: run_id(), verdicts };
    let name_of = |request: QualityGate| async { judged(&cleaned.lake, request).await.unwrap_err().name() };
    let of = |use_case: &str| QualityGate { use_case: use_case.to_owned(), ..gate.clone() };
    assert_eq!(name_of(of("lottery")).await, ErrorName::InvalidInput);
    let unplanned = QualityGate { run_id: "run-2".parse().unwrap(), ..gate.clone() };
    assert_eq!(name_of(unplanned).await, ErrorName::NotFound);
    assert_eq!(name_of(QualityGate { verdicts: Vec::new(), ..gate.clone() }).await, ErrorName::Internal);
    let mut renamed = gate.clone();
    renamed.verdicts[0].partition = 1;
    assert_eq!(name_of(renamed).await, ErrorName::InvalidInput);
    let twice = QualityGate { verdicts: [gate.verdicts.clone(), gate.verdicts.clone()].concat(), ..gate };
    assert_eq!(name_of(twice).await, ErrorName::Internal);
}
