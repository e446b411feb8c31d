#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use contracts::stage::{IngestRequest, RawSource};
use contracts::{ObjectRef, Quarantined, Sha256};
use expect_test::{Expect, expect};
use lake::{MemoryStore, PutWhen};

use super::*;

const KEY: &str = "raw/telco/customers.csv";
const HEADER: &str = "customer_id,tenure,monthly_charges,total_charges,contract,payment_method,internet_service,\
    senior_citizen,churn\n";

/// The bronze part of a file.
async fn bronze(file: &str) -> (Lake, PartStep) {
    let lake = Lake::new(Arc::new(MemoryStore::new()), "memory://test");
    let etag = lake.store().put(KEY, file.to_owned().into(), PutWhen::Always).await.unwrap();
    let request = IngestRequest {
        use_case: "telco".to_owned(),
        run_id: "run-1".parse().unwrap(),
        table: "customers".to_owned(),
        part: 0,
        source: RawSource { key: KEY.to_owned(), etag, size_bytes: file.len() as u64 },
        start: 0,
        end: file.len() as u64,
        n_partitions: 1,
    };
    let settings = &usecases::find("telco").unwrap().settings;
    lake.write_json_once(&keys::run_settings("telco", &request.run_id), settings).await.unwrap();
    let step = ingest::handle(&lake, request).await.unwrap();
    (lake, step)
}

/// What the step's manifest says.
async fn manifest(lake: &Lake, step: &PartStep) -> PartOutput {
    lake.read_json_ref(&step.manifest).await.unwrap()
}

/// The step with a manifest that says something else.
async fn with_manifest(lake: &Lake, step: &PartStep, output: &PartOutput) -> PartStep {
    let text = serde_json::to_vec(output).unwrap();
    let key = format!("bronze/telco/{}.json", Sha256::of(&text));
    PartStep { manifest: lake.write_once(&key, text.into()).await.unwrap(), ..step.clone() }
}

/// What becomes of these lines under [`HEADER`].
async fn check(lines: &str, expected: Expect) {
    let (lake, step) = bronze(&format!("{HEADER}{lines}")).await;
    let output = manifest(&lake, &handle(&lake, step).await.unwrap()).await;
    let mut text = format!("{:?}\n", output.rows);
    text.extend(output.changed_cells.iter().map(|(what, count)| format!("changed {what}: {count}\n")));
    text.extend(output.quarantined_by_reason.iter().map(|(why, count)| format!("set aside {why}: {count}\n")));
    if let Some(object) = &output.quarantine {
        for line in lake.read(object).await.unwrap().split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            let row: Quarantined = serde_json::from_slice(line).unwrap();
            let id: String = row.row.chars().take_while(|&c| c != ',').collect();
            text.push_str(&format!("{} line {:?} {:?} ({id}): {}\n", row.source, row.line, row.column, row.reason));
        }
    }
    expected.assert_eq(&text);
}

#[tokio::test]
async fn sound_rows_are_kept_and_what_changed_is_counted() {
    check(
        "a,12,50.0,600.0,One year,Mailed check,DSL,0,No\n b ,0,20,,month_to_month,mailed-check,no,1,Yes\nc,0,20, ,Two year,Mailed check,No,0,0\n",
        expect![[r#"
            RowCounts { rows_in: 3, rows_out: 3, rows_quarantined: 0 }
            changed churn: respelled: 1
            changed contract: respelled: 1
            changed customer_id: trimmed: 1
            changed internet_service: respelled: 1
            changed payment_method: respelled: 1
            changed senior_citizen: respelled: 3
            changed total_charges: blank to null: 1
        "#]],
    )
    .await;
}

#[tokio::test]
async fn every_cell_that_cannot_be_read_sets_its_row_aside_with_line_column_and_text() {
    let lines = [
        "text-in-number,twelve,50.0,600.0,One year,Mailed check,DSL,0,No",
        "fraction,1.5,50.0,600.0,One year,Mailed check,DSL,0,No",
        "not-finite,12,inf,600.0,One year,Mailed check,DSL,0,No",
        "blank-number,12, ,600.0,One year,Mailed check,DSL,0,No",
        "blank-level,12,50.0,600.0,,Mailed check,DSL,0,No",
        "unknown-level,12,50.0,600.0,Ten years,Mailed check,DSL,0,No",
        "no-label,12,50.0,600.0,One year,Mailed check,DSL,0,",
        "odd-label,12,50.0,600.0,One year,Mailed check,DSL,0,maybe",
        ",12,50.0,600.0,One year,Mailed check,DSL,0,No",
        "sound,12,50.0,600.0,One year,Mailed check,DSL,0,No",
    ];
    check(
        &(lines.join("\n") + "\n"),
        expect![[r#"
        RowCounts { rows_in: 10, rows_out: 1, rows_quarantined: 9 }
        changed senior_citizen: respelled: 1
        set aside churn: missing value: 1
        set aside churn: unknown level: 1
        set aside contract: missing value: 1
        set aside contract: unknown level: 1
        set aside customer_id: missing value: 1
        set aside monthly_charges: missing value: 1
        set aside monthly_charges: not a number: 1
        set aside tenure: not a number: 1
        set aside tenure: not an integer: 1
        raw/telco/customers.csv line Some(2) Some("tenure") (text-in-number): not a number: `twelve`
        raw/telco/customers.csv line Some(3) Some("tenure") (fraction): not an integer: `1.5`
        raw/telco/customers.csv line Some(4) Some("monthly_charges") (not-finite): not a number: `inf`
        raw/telco/customers.csv line Some(5) Some("monthly_charges") (blank-number): missing value
        raw/telco/customers.csv line Some(6) Some("contract") (blank-level): missing value
        raw/telco/customers.csv line Some(7) Some("contract") (unknown-level): unknown level: `Ten years`
        raw/telco/customers.csv line Some(8) Some("churn") (no-label): missing value
        raw/telco/customers.csv line Some(9) Some("churn") (odd-label): unknown level: `maybe`
        raw/telco/customers.csv line Some(10) Some("customer_id") (): missing value
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_part_that_was_cleaned_is_found() {
    let (lake, step) = bronze(&format!("{HEADER}a,12,50.0,600.0,One year,Mailed check,DSL,0,No\n")).await;
    let first = handle(&lake, step.clone()).await.unwrap();
    let objects = lake.list("").await.unwrap();
    assert_eq!(handle(&lake, step).await.unwrap(), first);
    assert_eq!(lake.list("").await.unwrap(), objects);
    let output = manifest(&lake, &first).await;
    assert!(output.data[0].key.starts_with("silver/telco/customers/"), "{}", output.data[0].key);
    assert_eq!(output.source.key.split('/').next(), Some("bronze"));
}

#[tokio::test]
async fn truncated_parquet_is_invalid_input_that_names_the_object() {
    let (lake, step) = bronze(&format!("{HEADER}a,12,50.0,600.0,One year,Mailed check,DSL,0,No\n")).await;
    let mut output = manifest(&lake, &step).await;
    let whole = lake.read(&output.data[0]).await.unwrap();
    let half = whole.slice(..whole.len() / 2);
    let key = output.data[0].key.clone();
    lake.store().put(&key, half.clone(), PutWhen::Always).await.unwrap();
    let corrupt = handle(&lake, step.clone()).await.unwrap_err();
    assert_eq!(corrupt.name(), ErrorName::InvalidInput);
    assert!(corrupt.to_string().contains(&key) && corrupt.to_string().contains("SHA-256"), "{corrupt}");
    // Even when the digest is that of the broken bytes.
    output.data[0] = ObjectRef { key: key.clone(), sha256: Sha256::of(&half), size_bytes: half.len() as u64 };
    let broken = handle(&lake, with_manifest(&lake, &step, &output).await).await.unwrap_err();
    assert_eq!(broken.name(), ErrorName::InvalidInput);
    assert!(broken.to_string().starts_with(&format!("{key} is not the Parquet file expected")), "{broken}");
}

#[tokio::test]
async fn a_request_for_what_does_not_exist_is_refused() {
    let (lake, step) = bronze(&format!("{HEADER}a,12,50.0,600.0,One year,Mailed check,DSL,0,No\n")).await;
    let error = handle(&lake, PartStep { use_case: "lottery".to_owned(), ..step.clone() }).await.unwrap_err();
    assert_eq!(
        (error.name(), error.to_string()),
        (ErrorName::InvalidInput, "request: there is no use case `lottery`".to_owned())
    );
    let mut output = manifest(&lake, &step).await;
    output.data[0].key = "bronze/telco/customers/none/part-000000.parquet".to_owned();
    output.data[0].sha256 = Sha256::of(b"none");
    let lost = with_manifest(&lake, &step, &output).await;
    assert_eq!(handle(&lake, lost).await.unwrap_err().name(), ErrorName::NotFound);
    for n_partitions in [0, parts::MAX_PARTITIONS + 1] {
        let error = handle(&lake, PartStep { n_partitions, ..step.clone() }).await.unwrap_err();
        assert_eq!(error.to_string(), format!("request: {n_partitions} partitions are not between 1 and 256"));
    }
    let silver = handle(&lake, PartStep { n_partitions: 2, ..step.clone() }).await.unwrap();
    let error = handle(&lake, silver).await.unwrap_err();
    assert!(error.to_string().ends_with("is not the manifest of a bronze part"), "{error}");
}

#[test]
fn the_sample_and_the_json_in_the_readme_are_requests_and_answers() {
    let sample: PartStep = serde_json::from_str(include_str!("../events/request.json")).unwrap();
    let blocks: Vec<&str> =
        include_str!("../README.md").split("```").filter_map(|block| block.strip_prefix("json\n")).collect();
    assert_eq!(serde_json::from_str::<PartStep>(blocks[0]).unwrap(), sample);
    let answer: PartStep = serde_json::from_str(blocks[1]).unwrap();
    assert_eq!((answer.table, answer.n_partitions), (sample.table, sample.n_partitions));
    let manifest: PartOutput = serde_json::from_str(blocks[2]).unwrap();
    assert!(manifest.rows.is_balanced());
}

mod loan;
