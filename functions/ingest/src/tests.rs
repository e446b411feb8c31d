#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use contracts::{PartOutput, Quarantined, Sha256, stage::RawSource};
use expect_test::{Expect, expect};
use lake::{MemoryStore, PutWhen};
use usecases::telco::{Spelling, generate};

use super::*;

const KEY: &str = "raw/telco/customers.csv";
const HEADER: &str = "tenure,monthly_charges,total_charges,contract_type,payment_method,internet_service,\
    online_security,online_backup,device_protection,tech_support,streaming_tv,streaming_movies,paperless_billing,\
    senior_citizen,churn\n";
const ROW: &str = "12,50.0,600.0,month_to_month,electronic_check,dsl,0,0,0,0,0,0,1,0,0\n";

/// A lake with this raw file and a planned run, and the request for the whole file.
async fn planned(file: &[u8]) -> (Lake, IngestRequest) {
    let lake = Lake::new(Arc::new(MemoryStore::new()), "memory://test");
    let etag = lake.store().put(KEY, file.to_vec().into(), PutWhen::Always).await.unwrap();
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
    (lake, request)
}

/// One request per `bytes_per_part` of the file.
fn cut(request: &IngestRequest, bytes_per_part: u64) -> Vec<IngestRequest> {
    let size = request.source.size_bytes;
    let starts = (0..size).step_by(usize::try_from(bytes_per_part).unwrap());
    (0..)
        .zip(starts)
        .map(|(part, start)| IngestRequest { part, start, end: size.min(start + bytes_per_part), ..request.clone() })
        .collect()
}

/// What the step's manifest says.
async fn manifest(lake: &Lake, step: &PartStep) -> PartOutput {
    lake.read_json_ref(&step.manifest).await.unwrap()
}

async fn quarantined(lake: &Lake, step: &PartStep) -> Vec<Quarantined> {
    let Some(object) = &manifest(lake, step).await.quarantine else { return Vec::new() };
    let lines = lake.read(object).await.unwrap();
    lines
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

/// What becomes of a file: the counts and the rows set aside, or the name and text of the error.
async fn check(file: &[u8], expected: Expect) {
    let (lake, request) = planned(file).await;
    let text = match handle(&lake, request).await {
        Ok(step) => {
            let output = manifest(&lake, &step).await;
            let mut text =
                format!("{:?} {:?} changed {:?}\n", output.rows, output.quarantined_by_reason, output.changed_cells);
            for row in quarantined(&lake, &step).await {
                let shown: String = row.row.chars().take(30).collect();
                text.push_str(&format!(
                    "{} line {:?} {:?}: {} <- {shown:?}\n",
                    row.source, row.line, row.column, row.reason
                ));
            }
            text
        }
        Err(error) => {
            assert_eq!(lake.list("bronze/").await.unwrap(), [], "an error leaves nothing behind");
            format!("{}: {error}\n", error.name())
        }
    };
    expected.assert_eq(&text);
}

#[tokio::test]
async fn a_sound_file_becomes_one_part_and_is_found_when_asked_again() {
    let file = generate(500, 1, Spelling::Ibm);
    let (lake, request) = planned(file.as_bytes()).await;
    let step = handle(&lake, request.clone()).await.unwrap();
    let output = manifest(&lake, &step).await;
    assert_eq!(output.rows, contracts::RowCounts { rows_in: 500, rows_out: 500, rows_quarantined: 0 });
    assert_eq!(output.source.sha256, Sha256::of(file.as_bytes()));
    let objects = lake.list("").await.unwrap();
    let keys: Vec<&str> = objects.iter().map(|meta| meta.key.as_str()).collect();
    assert_eq!(keys.len(), 4, "raw, settings, part and manifest: {keys:?}");
    assert!(keys[0].starts_with("bronze/telco/customers/") && keys[0].ends_with("/part-000000.manifest.json"));
    assert_eq!(handle(&lake, request).await.unwrap(), step);
    assert_eq!(lake.list("").await.unwrap(), objects);
}

#[tokio::test]
async fn a_file_read_in_many_parts_gives_the_rows_of_the_file_read_in_one() {
    let file = generate(400, 2, Spelling::Ibm);
    let (lake, request) = planned(file.as_bytes()).await;
    let whole = handle(&lake, request.clone()).await.unwrap();
    let (mut rows, mut n_bytes) = (contracts::RowCounts::default(), 0);
    for part in cut(&request, 10_007) {
        let step = handle(&lake, part).await.unwrap();
        let output = manifest(&lake, &step).await;
        rows = rows.plus(output.rows);
        n_bytes += output.source.size_bytes;
    }
    assert_eq!((rows, n_bytes), (manifest(&lake, &whole).await.rows, file.len() as u64));
}

#[tokio::test]
async fn a_header_that_is_not_the_tables_is_refused_with_file_and_columns() {
    check(HEADER.replace("churn", "left").as_bytes(), expect![[r#"
        InvalidInput: raw/telco/customers.csv: column 15 of the header, `left`, is not known; did you mean one of the missing `customer_id`, `gender`, `partner`, `dependents`, `phone_service`, `multiple_lines`, `churn`?
    "#]]).await;
    check(
        format!("{}{ROW}", HEADER.replace(",churn", "")).as_bytes(),
        expect![[r#"
        InvalidInput: raw/telco/customers.csv: the header lacks `churn`
    "#]],
    )
    .await;
    check(format!("{}{ROW}", HEADER.replace(",churn", ",churn,region")).as_bytes(), expect![[r#"
        InvalidInput: raw/telco/customers.csv: column 16 of the header, `region`, is not known; did you mean one of the missing `customer_id`, `gender`, `partner`, `dependents`, `phone_service`, `multiple_lines`?
    "#]]).await;
    check(
        format!("{}{ROW}", HEADER.replace(",churn", ",churn,Churned")).as_bytes(),
        expect![[r#"
        InvalidInput: raw/telco/customers.csv: columns 15 and 16 of the header both mean `churn`
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_file_without_rows_is_refused() {
    check(
        b"",
        expect![[r#"
        InvalidInput: raw/telco/customers.csv: the file is empty; a header and rows were expected
    "#]],
    )
    .await;
    check(
        HEADER.as_bytes(),
        expect![[r#"
        InvalidInput: raw/telco/customers.csv: there is a header and no row
    "#]],
    )
    .await;
    check(
        HEADER.trim_end().as_bytes(),
        expect![[r#"
        InvalidInput: raw/telco/customers.csv: there is a header and no row
    "#]],
    )
    .await;
    check(
        format!("{HEADER}\n\n").as_bytes(),
        expect![[r#"
        InvalidInput: raw/telco/customers.csv: there is a header and no row
    "#]],
    )
    .await;
}

#[tokio::test]
async fn records_that_cannot_be_read_are_set_aside_with_line_and_reason() {
    let mut file = format!("{HEADER}{ROW}12,50.0\n").into_bytes();
    file.extend(b"12,50.0,600.0,month\xFF_to_month,electronic_check,dsl,0,0,0,0,0,0,1,0,0\n");
    file.extend(format!("\"{ROW}{ROW}").bytes());
    check(&file, expect![[r#"
        RowCounts { rows_in: 5, rows_out: 2, rows_quarantined: 3 } {"contract: invalid utf-8": 1, "tenure: broken quote": 1, "wrong field count": 1} changed {}
        raw/telco/customers.csv line Some(3) None: wrong field count: 2 where 15 were expected <- "12,50.0"
        raw/telco/customers.csv line Some(4) Some("contract"): invalid utf-8: at byte 19 of the line <- "12,50.0,600.0,month�_to_month,"
        raw/telco/customers.csv line Some(5) Some("tenure"): broken quote: quote is not closed at the end of the line <- "\"12,50.0,600.0,month_to_month,"
    "#]]).await;
}

#[tokio::test]
async fn a_line_of_100_mb_costs_one_row_and_no_memory() {
    let mut file = format!("{HEADER}{ROW}").into_bytes();
    file.resize(file.len() + 100_000_000, b'7');
    file.extend(format!("\n{ROW}{ROW}").bytes());
    let (lake, request) = planned(&file).await;
    drop(file);
    let mut rows = contracts::RowCounts::default();
    for part in cut(&request, 8 << 20) {
        let step = handle(&lake, part).await.unwrap();
        rows = rows.plus(manifest(&lake, &step).await.rows);
        for row in quarantined(&lake, &step).await {
            assert_eq!(row.reason, "record too long: 100000000 bytes where 65536 are allowed");
            assert_eq!((row.line, row.offset), (Some(3), (HEADER.len() + ROW.len()) as u64));
            assert!(row.row.len() <= 4096);
        }
    }
    assert_eq!(rows, contracts::RowCounts { rows_in: 4, rows_out: 3, rows_quarantined: 1 });
}

#[tokio::test]
async fn a_table_of_many_with_a_renamed_column_or_without_rows_is_refused_by_name() {
    let lake = Lake::new(Arc::new(MemoryStore::new()), "memory://test");
    let run_id: contracts::RunId = "run-1".parse().unwrap();
    let settings = &usecases::find("loan").unwrap().settings;
    lake.write_json_once(&keys::run_settings("loan", &run_id), settings).await.unwrap();
    let mut found = Vec::new();
    for file in [
        "Customer_ID,Name,Years,SSN,Occupation,snapshot_date\nCUS_0x1,A,20,1,Lawyer,2023-05-01\n",
        "Customer_ID,Name,Age,SSN,Occupation,snapshot_date\n",
    ] {
        let key = "raw/loan/features_attributes.csv".to_owned();
        let etag = lake.store().put(&key, file.to_owned().into(), PutWhen::Always).await.unwrap();
        let request = IngestRequest {
            use_case: "loan".to_owned(),
            run_id: run_id.clone(),
            table: "features_attributes".to_owned(),
            part: 0,
            source: RawSource { key, etag, size_bytes: file.len() as u64 },
            start: 0,
            end: file.len() as u64,
            n_partitions: 1,
        };
        let error = handle(&lake, request).await.unwrap_err();
        found.push(format!("{}: {error}", error.name()));
    }
    expect![[r#"
        InvalidInput: raw/loan/features_attributes.csv: column 3 of the header, `Years`, is not known; did you mean one of the missing `age`?
        InvalidInput: raw/loan/features_attributes.csv: there is a header and no row"#]].assert_eq(&found.join("\n"));
}

#[tokio::test]
async fn a_file_that_was_changed_after_planning_is_a_conflict() {
    let (lake, request) = planned(format!("{HEADER}{ROW}").as_bytes()).await;
    lake.store().put(KEY, format!("{HEADER}{ROW}{ROW}").into(), PutWhen::Always).await.unwrap();
    let error = handle(&lake, request).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::Conflict);
    assert_eq!(error.to_string(), "raw/telco/customers.csv was changed after the run was planned; start a new run");
    assert_eq!(lake.list("bronze/").await.unwrap(), []);
}

#[tokio::test]
async fn a_request_for_what_does_not_exist_is_refused() {
    let (lake, request) = planned(format!("{HEADER}{ROW}").as_bytes()).await;
    let refuse = |request: IngestRequest| {
        let lake = lake.clone();
        async move {
            handle(&lake, request).await.map(|_| ()).map_err(|error| (error.name(), error.to_string())).unwrap_err()
        }
    };
    let no_use_case = refuse(IngestRequest { use_case: "lottery".to_owned(), ..request.clone() }).await;
    assert_eq!(no_use_case, (ErrorName::InvalidInput, "request: there is no use case `lottery`".to_owned()));
    let no_table = refuse(IngestRequest { table: "calls".to_owned(), ..request.clone() }).await;
    assert_eq!(no_table, (ErrorName::InvalidInput, "request: use case `telco` has no table `calls`".to_owned()));
    let no_range = refuse(IngestRequest { start: 9, end: 5, ..request.clone() }).await;
    assert_eq!(no_range.0, ErrorName::InvalidInput);
    let no_run = refuse(IngestRequest { run_id: "run-2".parse().unwrap(), ..request.clone() }).await;
    assert_eq!(no_run.0, ErrorName::NotFound);
    let source = RawSource { key: "raw/telco/other.csv".to_owned(), ..request.source.clone() };
    assert_eq!(refuse(IngestRequest { source, ..request.clone() }).await.0, ErrorName::NotFound);
    let size_bytes = request.source.size_bytes + 10;
    let source = RawSource { size_bytes, ..request.source.clone() };
    let longer = refuse(IngestRequest { source, end: size_bytes, ..request }).await;
    assert_eq!(longer.0, ErrorName::InvalidInput, "{}", longer.1);
}

#[test]
fn the_sample_and_the_json_in_the_readme_are_requests_and_answers() {
    let sample: IngestRequest = serde_json::from_str(include_str!("../events/request.json")).unwrap();
    let blocks: Vec<&str> =
        include_str!("../README.md").split("```").filter_map(|block| block.strip_prefix("json\n")).collect();
    assert_eq!(serde_json::from_str::<IngestRequest>(blocks[0]).unwrap(), sample);
    let answer: PartStep = serde_json::from_str(blocks[1]).unwrap();
    assert_eq!((answer.table, answer.n_partitions), (sample.table, sample.n_partitions));
    let manifest: PartOutput = serde_json::from_str(blocks[2]).unwrap();
    assert!(manifest.rows.is_balanced() && manifest.data.len() == 1);
}
