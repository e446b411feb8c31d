use usecases::loan::{ATTRIBUTES, CLICKSTREAM, LOANS};

use super::*;

const ATTRIBUTES_HEADER: &str = "Customer_ID,Name,Age,SSN,Occupation,snapshot_date\n";
const LOANS_HEADER: &str = "loan_id,Customer_ID,loan_start_date,tenure,installment_num,loan_amt,due_amt,paid_amt,overdue_amt,balance,\
     snapshot_date\n";

/// The bronze part of a file of a table.
async fn bronze_of(table: &str, file: &str, n_partitions: u32) -> (Lake, PartStep) {
    let lake = Lake::new(Arc::new(MemoryStore::new()), "memory://test");
    let key = format!("raw/loan/{table}.csv");
    let etag = lake.store().put(&key, file.to_owned().into(), PutWhen::Always).await.unwrap();
    let request = IngestRequest {
        use_case: "loan".to_owned(),
        run_id: "run-1".parse().unwrap(),
        table: table.to_owned(),
        part: 0,
        source: RawSource { key, etag, size_bytes: file.len() as u64 },
        start: 0,
        end: file.len() as u64,
        n_partitions,
    };
    let settings = &usecases::find("loan").unwrap().settings;
    lake.write_json_once(&keys::run_settings("loan", &request.run_id), settings).await.unwrap();
    let step = ingest::handle(&lake, request).await.unwrap();
    (lake, step)
}

/// What becomes of these lines: counts, changes and rows set aside, or the error.
async fn check_table(table: &str, header: &str, lines: &str, expected: Expect) {
    let (lake, step) = bronze_of(table, &format!("{header}{lines}"), 1).await;
    let text = match handle(&lake, step).await {
        Ok(step) => {
            let output = manifest(&lake, &step).await;
            let mut text = format!("{:?} {:?}\n", output.rows, output.changed_cells);
            if let Some(object) = &output.quarantine {
                let lines = lake.read(object).await.unwrap();
                for line in lines.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
                    let row: Quarantined = serde_json::from_slice(line).unwrap();
                    text.push_str(&format!("{:?} {} <- {}\n", row.line.unwrap(), row.reason, row.row));
                }
            }
            text
        }
        Err(error) => format!("{}: {error}\n", error.name()),
    };
    expected.assert_eq(&text);
}

#[tokio::test]
async fn personal_values_end_at_bronze_and_are_masked_where_a_row_is_set_aside() {
    let lines = "CUS_0x1000,Alistair Barrf,18_,913-74-1218,Lawyer,2023-05-01\n\
                 CUS_0x1009,Arunah,26,#F%$D@*&8,_______,2025-01-01\n\
                 CUS_0x1011,Schneyerh,young,793-05-8223,Lawyer,2023-11-01\n\
                 CUS_0x1013,,24,,Lawyer,2023-12-01\n";
    check_table(ATTRIBUTES, ATTRIBUTES_HEADER, lines, expect![[r#"
        RowCounts { rows_in: 4, rows_out: 2, rows_quarantined: 2 } {"age: stripped": 1, "occupation: placeholder to null": 1}
        4 not a number: `young` <- CUS_0x1011,***,young,***,Lawyer,2023-11-01
        5 missing value <- CUS_0x1013,,24,,Lawyer,2023-12-01
    "#]]).await;
    let (lake, step) = bronze_of(ATTRIBUTES, &format!("{ATTRIBUTES_HEADER}{lines}"), 1).await;
    handle(&lake, step).await.unwrap();
    for layer in ["silver/", "quarantine/"] {
        let objects = lake.list(layer).await.unwrap();
        assert!(!objects.is_empty());
        for meta in objects {
            let (_, bytes) = lake.read_key(&meta.key).await.unwrap();
            for personal in ["name", "Alistair", "Schneyerh", "913-74-1218", "793-05-8223", "#F%$D@"] {
                assert!(memmem(&bytes, personal.as_bytes()).is_none(), "{} holds {personal}", meta.key);
            }
        }
    }
}

fn memmem(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

#[tokio::test]
async fn a_slash_date_is_read_by_what_settles_it_and_a_date_that_contradicts_its_id_is_set_aside() {
    let row = |id: &str, start: &str, day: &str| format!("{id},CUS_0x1,{start},10,0,10000,0,0,0,10000,{day}\n");
    let day_first =
        row("CUS_0x1_2023_05_01", "1/5/2023", "1/5/2023") + &row("CUS_0x1_2023_01_01", "1/1/2023", "1/2/2023");
    check_table(LOANS, LOANS_HEADER, &day_first, expect![[r#"
        RowCounts { rows_in: 2, rows_out: 2, rows_quarantined: 0 } {"loan_start_date: read as day/month/year": 2, "snapshot_date: read as day/month/year": 2}
    "#]]).await;
    let month_first =
        row("CUS_0x1_2023_05_01", "5/1/2023", "5/1/2023") + &row("CUS_0x1_2023_06_01", "7/1/2023", "6/1/2023");
    check_table(LOANS, LOANS_HEADER, &month_first, expect![[r#"
        RowCounts { rows_in: 2, rows_out: 1, rows_quarantined: 1 } {"loan_start_date: read as month/day/year": 1, "snapshot_date: read as month/day/year": 1}
        3 date contradicts its id: `7/1/2023` <- CUS_0x1_2023_06_01,CUS_0x1,7/1/2023,10,0,10000,0,0,0,10000,6/1/2023
    "#]]).await;
    // The id says what the first of a month does not.
    let by_id = row("CUS_0x1_2023_05_03", "3/5/2023", "3/6/2023");
    check_table(LOANS, LOANS_HEADER, &by_id, expect![[r#"
        RowCounts { rows_in: 1, rows_out: 1, rows_quarantined: 0 } {"loan_start_date: read as day/month/year": 1, "snapshot_date: read as day/month/year": 1}
    "#]]).await;
    let same_either_way = row("CUS_0x1_2023_01_01", "1/1/2023", "1/1/2023");
    check_table(LOANS, LOANS_HEADER, &same_either_way, expect![[r#"
        RowCounts { rows_in: 1, rows_out: 1, rows_quarantined: 0 } {"loan_start_date: read with slashes": 1, "snapshot_date: read with slashes": 1}
    "#]]).await;
}

#[tokio::test]
async fn dates_that_nothing_settles_or_that_contradict_each_other_are_refused_with_file_column_and_lines() {
    let header = format!("{}Customer_ID,snapshot_date\n", (1..=20).map(|n| format!("fe_{n},")).collect::<String>());
    let row = |day: &str| format!("{}CUS_0x1,{day}\n", "1,".repeat(20));
    let open = row("2023-01-01") + &row("3/5/2023") + &row("4/5/2023");
    check_table(CLICKSTREAM, &header, &open, expect![[r#"
        InvalidInput: raw/loan/feature_clickstream.csv: `3/5/2023` in column `snapshot_date` (line 3), `4/5/2023` in column `snapshot_date` (line 4) may be day/month/year or month/day/year, and nothing in this part of the file settles it
    "#]]).await;
    let mixed = row("1/5/2023") + &row("5/1/2023");
    check_table(CLICKSTREAM, &header, &mixed, expect![[r#"
        InvalidInput: raw/loan/feature_clickstream.csv: its dates are written in two orders: `1/5/2023` in column `snapshot_date` (line 2) is day/month/year, `5/1/2023` in column `snapshot_date` (line 3) is month/day/year
    "#]]).await;
    let nonsense = row("1/13/2023") + &row("13/13/2023") + &row("2023-02-30") + &row("May 2023");
    check_table(
        CLICKSTREAM,
        &header,
        &nonsense,
        expect![[r#"
        RowCounts { rows_in: 4, rows_out: 0, rows_quarantined: 4 } {}
        2 not a date: `1/13/2023` <- 1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,CUS_0x1,1/13/2023
        3 not a date: `13/13/2023` <- 1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,CUS_0x1,13/13/2023
        4 not a date: `2023-02-30` <- 1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,CUS_0x1,2023-02-30
        5 not a date: `May 2023` <- 1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,CUS_0x1,May 2023
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_divided_part_has_every_customer_in_the_partition_of_the_customer() {
    let ids: Vec<String> = (0..200).map(|n| format!("CUS_0x{n:x}")).collect();
    let lines: String = ids.iter().map(|id| format!("{id},N,30,913-74-1218,Lawyer,2023-05-01\n")).collect();
    let (lake, step) = bronze_of(ATTRIBUTES, &format!("{ATTRIBUTES_HEADER}{lines}"), 4).await;
    let silver = manifest(&lake, &handle(&lake, step).await.unwrap()).await;
    assert_eq!((silver.rows.rows_out, silver.data.len()), (200, 4));
    for (partition, object) in (0..).zip(&silver.data) {
        let whole = lake.read(object).await.unwrap();
        let here: Vec<&String> = ids.iter().filter(|id| etl::partition_of(id, 4) == partition).collect();
        assert!(here.len() > 20, "{}", here.len());
        assert!(object.key.ends_with(&format!("/partition=00{partition}/part-000000.parquet")), "{}", object.key);
        assert!(memmem(&whole, b"PAR1").is_some());
    }
}
