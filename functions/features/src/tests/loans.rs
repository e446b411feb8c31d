use contracts::ObjectRef;
use etl::GoldRows;
use features::Column;
use usecases::loan::generate::{Options, Tables};

use super::*;

/// The four loan tables of so many synthetic customers.
fn loans(n_customers: u64) -> [Vec<u8>; 4] {
    let mut files: [Vec<u8>; 4] = Default::default();
    let [clickstream, attributes, financials, loans] = &mut files;
    let options = Options::new(n_customers, 42);
    usecases::loan::generate::generate(&options, &mut Tables { clickstream, attributes, financials, loans }).unwrap();
    files
}

/// A run over these loan tables.
async fn planned_loans(files: &[Vec<u8>; 4], n_partitions: u32) -> Planned {
    use usecases::loan::{ATTRIBUTES, CLICKSTREAM, FINANCIALS, LOANS};
    let names = [CLICKSTREAM, ATTRIBUTES, FINANCIALS, LOANS];
    let keys = names.map(|name| format!("raw/loan/{name}.csv"));
    let files: Vec<_> = (0..4).map(|i| (names[i], keys[i].as_str(), files[i].as_slice())).collect();
    Planned::new(Arc::new(MemoryStore::new()), "loan", "run-1", &files, n_partitions).await
}

#[tokio::test]
async fn gold_of_four_partitions_is_that_of_one_in_another_order() {
    let files = loans(600);
    let mut found = Vec::new();
    for n_partitions in [1, 4] {
        let planned = planned_loans(&files, n_partitions).await;
        let request = planned.gold().await.unwrap();
        assert_eq!(request.gold.len() as u32, n_partitions);
        let objects: Vec<ObjectRef> = request.gold.iter().map(|part| part.data.clone()).collect();
        let fields = usecases::find("loan").unwrap().gold.fields();
        let gold = parts::gold_rows(&planned.lake, &objects, &fields).await.unwrap().unwrap();
        assert_eq!(gold.len() as u64, request.gold.iter().map(|part| part.n_rows).sum::<u64>());
        let answer = planned.run().await.unwrap();
        let snapshot = planned.snapshot(&answer).await;
        assert!(answer.rows_by_split["test"] > 30 && answer.rows_by_split["unlabelled"] == 0, "{answer:?}");
        found.push((in_order(&gold), answer.feature_fingerprint, answer.rows_by_split, snapshot.split, snapshot.rows));
    }
    assert!(found[0] == found[1], "partitions show in gold, plan or split");
}

/// Every cell of gold by key, with its bits.
fn in_order(gold: &GoldRows) -> BTreeMap<String, Vec<String>> {
    let cell = |name: &str, row: usize| match gold.frame.column(name).unwrap() {
        Column::Number(numbers) => format!("{:x}", numbers[row].to_bits()),
        Column::Category(levels) => format!("{:?}", levels[row]),
    };
    let line = |row: usize| {
        let mut line = vec![format!("{:?} {}", gold.dates[row], gold.labels[row])];
        line.extend(gold.frame.names().map(|name| cell(name, row)));
        (gold.keys[row].clone(), line)
    };
    (0..gold.len()).map(line).collect()
}

#[tokio::test]
async fn what_happens_after_the_prediction_changes_no_byte_of_gold() {
    let files = loans(300);
    let text = |file: &[u8]| String::from_utf8(file.to_vec()).unwrap();
    let starts: BTreeMap<String, String> = text(&files[3])
        .lines()
        .skip(1)
        .map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>())
        .map(|cells| (cells[1].clone(), cells[2].clone()))
        .collect();
    // Paid and overdue amounts from installment 3 on: the label itself stays, as overdue stays above or at 0.
    let mut poisoned = files.clone();
    let mut n_changed = 0;
    let mut change = |line: &str, is_late: bool, columns: &[usize]| {
        let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        if is_late {
            n_changed += 1;
            for &column in columns {
                cells[column] = cells[column].parse::<f64>().map_or(cells[column].clone(), |n| (n * 3.0).to_string());
            }
        }
        cells.join(",") + "\n"
    };
    let header = |file: &str| file.lines().next().unwrap().split(',').map(str::to_owned).collect::<Vec<_>>();
    let place = |header: &[String], name: &str| header.iter().position(|column| column == name).unwrap();
    let loans = text(&files[3]);
    let names = header(&loans);
    let columns = ["paid_amt", "overdue_amt", "balance"].map(|name| place(&names, name));
    let step = place(&names, "installment_num");
    poisoned[3] = loans
        .lines()
        .enumerate()
        .map(|(i, line)| {
            change(line, i > 0 && line.split(',').nth(step).unwrap().parse::<u32>().unwrap() >= 3, &columns)
        })
        .collect::<String>()
        .into();
    let clicks = text(&files[0]);
    let names = header(&clicks);
    let (customer, date) = (place(&names, "Customer_ID"), place(&names, "snapshot_date"));
    let columns: Vec<usize> = (1..=20).map(|i| place(&names, &format!("fe_{i}"))).collect();
    poisoned[0] = clicks
        .lines()
        .enumerate()
        .map(|(i, line)| {
            let cells: Vec<&str> = line.split(',').collect();
            // ISO dates are in the order of their texts.
            change(line, i > 0 && cells[date] >= starts[cells[customer]].as_str(), &columns)
        })
        .collect::<String>()
        .into();
    assert!(n_changed > 2_000, "{n_changed}");
    let gold = async |files: &[Vec<u8>; 4]| {
        let planned = planned_loans(files, 2).await;
        let request = planned.gold().await.unwrap();
        request.gold.into_iter().map(|part| part.data.sha256).collect::<Vec<_>>()
    };
    assert_eq!(gold(&poisoned).await, gold(&files).await);
    // What comes before is seen.
    let mut earlier = files.clone();
    earlier[0] = clicks.replacen(",-", ",", 400).into();
    assert_ne!(gold(&earlier).await, gold(&files).await);
}

#[tokio::test]
async fn a_request_that_does_not_add_up_is_refused() {
    let planned = planned_loans(&loans(300), 2).await;
    let request = planned.gold().await.unwrap();
    let name = async |request: FitRequest| {
        let error = handle(&planned.lake, FeaturesRequest::Fit(request)).await.unwrap_err();
        (error.name(), error.to_string())
    };
    let mut fewer = request.clone();
    fewer.gold.pop();
    assert_eq!(name(fewer).await.0, ErrorName::InvalidInput);
    let mut half = request.clone();
    half.gold.pop();
    half.verdicts.pop();
    let (error, text) = name(half).await;
    assert_eq!(error, ErrorName::InvalidInput);
    assert!(text.contains("1 partitions are named, and there are 2"), "{text}");
    let mut twice = request.clone();
    twice.gold[1] = twice.gold[0].clone();
    assert_eq!(name(twice).await.0, ErrorName::InvalidInput);
    let mut miscounted = request.clone();
    miscounted.gold[1].n_rows += 1;
    assert_eq!(name(miscounted).await.0, ErrorName::Internal);
    let mut unknown = request.clone();
    unknown.use_case = "lottery".to_owned();
    assert_eq!(name(unknown).await.0, ErrorName::InvalidInput);
    let none = FitRequest { verdicts: vec![], gold: vec![], ..request.clone() };
    assert_eq!(name(none).await.0, ErrorName::InvalidInput);
    let mut swapped = request;
    swapped.verdicts.swap(0, 1);
    swapped.gold.swap(0, 1);
    assert!(handle(&planned.lake, FeaturesRequest::Fit(swapped)).await.is_ok(), "order does not matter");
}
