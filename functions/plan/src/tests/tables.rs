use super::*;

const LOAN_FILES: [&str; 4] = ["feature_clickstream", "features_attributes", "features_financials", "lms_loan_daily"];

/// A data request for the loan use case with these limits of reading.
fn loan(bytes_per_part: u64, bytes_per_partition: u64) -> Value {
    let reading = json!({ "bytes_per_part": bytes_per_part, "bytes_per_partition": bytes_per_partition });
    let run_id = format!("run-{bytes_per_part}-{bytes_per_partition}");
    json!({ "use_case": "loan", "run_id": run_id, "settings": { "reading": reading } })
}

#[tokio::test]
async fn every_table_has_its_own_list_and_all_are_divided_alike() {
    let lake = lake();
    for (name, n_bytes) in LOAN_FILES.iter().zip([1_000, 100, 200, 700]) {
        deliver(&lake, &format!("raw/loan/{name}.csv"), n_bytes).await;
    }
    let response = plan(&lake, DATA_EVENT, loan(500, 600)).await.unwrap();
    let tables: Vec<_> = response.tables.iter().map(|table| (table.table.as_str(), table.parts.len())).collect();
    assert_eq!(tables, LOAN_FILES.into_iter().zip([2, 1, 1, 2]).collect::<Vec<_>>());
    assert_eq!(response.partitions, [0, 1, 2, 3], "2,000 bytes in quarters of at most 600");
    let parts = || response.tables.iter().flat_map(|table| &table.parts);
    assert!(parts().all(|part| part.n_partitions == 4));
    assert!(response.tables.iter().all(|table| table.parts.iter().all(|part| part.table == table.table)));
}

#[tokio::test]
async fn partitions_are_the_smallest_power_of_two_that_keeps_the_bound() {
    let lake = lake();
    for name in LOAN_FILES {
        deliver(&lake, &format!("raw/loan/{name}.csv"), 250).await;
    }
    for (bytes_per_partition, n) in [(1_001, 1), (1_000, 1), (999, 2), (500, 2), (499, 4), (4, 256)] {
        let response = plan(&lake, DATA_EVENT, loan(250, bytes_per_partition)).await.unwrap();
        assert_eq!(response.partitions, (0..n).collect::<Vec<u32>>(), "{bytes_per_partition} bytes");
    }
    let expected = expect![
        "InvalidInput: 1000 bytes of raw files need more than 256 partitions of 3 bytes; raise setting \
         `reading.bytes_per_partition`"
    ];
    check(&lake, DATA_EVENT, loan(250, 3), expected).await;
}

#[tokio::test]
async fn one_missing_table_of_four_is_named() {
    let lake = lake();
    for name in LOAN_FILES.iter().filter(|&&name| name != "features_financials") {
        deliver(&lake, &format!("raw/loan/{name}.csv"), 10).await;
    }
    let expected = expect![[r"
        InvalidInput: table `features_financials` has no file; one must lie at raw/loan/features_financials*.csv"]];
    check(&lake, DATA_EVENT, loan(100, 100), expected).await;
}

#[tokio::test]
async fn a_large_delivery_of_many_tables_fits_into_one_answer() {
    let lake = lake();
    // 46 times the original, in the parts and partitions that ship with the use case, at one thousandth of the size.
    for (name, n_bytes) in LOAN_FILES.iter().zip([970_000, 33_000, 150_000, 520_000]) {
        deliver(&lake, &format!("raw/loan/{name}.csv"), n_bytes).await;
    }
    let Settings { reading, .. } = usecases::find("loan").unwrap().settings;
    let request = loan(reading.bytes_per_part / 1_000, reading.bytes_per_partition / 1_000);
    let response = plan(&lake, DATA_EVENT, request).await.unwrap();
    let n_parts: usize = response.tables.iter().map(|table| table.parts.len()).sum();
    assert!((150..600).contains(&n_parts), "{n_parts}");
    assert_eq!(response.partitions.len(), 32);
}

#[tokio::test]
async fn comparisons_are_trained_after_the_candidates_with_what_every_search_starts_with() {
    let lake = lake();
    let id = snapshot_of(&lake, "loan", "gold").await;
    let settings = json!({ "training": {
        "candidates_per_family": 2,
        "families": ["logistic_regression", "lightgbm"],
        "comparisons": ["random_split", "with_clickstream"],
    } });
    let changes = json!({ "use_case": "loan", "settings": settings });
    let response = plan(&lake, TRAINING_EVENT, changes).await.unwrap();
    let loan = usecases::find("loan").unwrap();
    assert!(!loan.search("lightgbm").unwrap().first.is_empty());
    let asked: Vec<_> = response
        .candidates
        .iter()
        .map(|train| {
            let is_first = train.params == loan.search(&train.family).unwrap().first;
            (train.comparison.as_deref().unwrap_or("-"), train.family.as_str(), is_first)
        })
        .collect();
    assert_eq!(
        asked,
        [
            ("-", "logistic_regression", true),
            ("-", "logistic_regression", false),
            ("-", "lightgbm", true),
            ("-", "lightgbm", false),
            ("random_split", "logistic_regression", true),
            ("random_split", "lightgbm", true),
            ("with_clickstream", "logistic_regression", true),
            ("with_clickstream", "lightgbm", true),
        ]
    );
    assert!(response.candidates.iter().all(|train| train.snapshot_id == id));
}
