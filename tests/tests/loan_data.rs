//! Loan files from raw to gold: dates in three ways, the future, and deliveries that do not fit together.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeMap;
use std::sync::Arc;

use contracts::stage::ValidateResponse;
use etl::QualityReport;
use lake::{Lake, MemoryStore};
use serde_json::json;
use tests::local::LocalPipeline;
use usecases::loan::generate::{DateStyle, Options, Tables, generate};
use usecases::loan::{ATTRIBUTES, CLICKSTREAM, FINANCIALS, LOANS};

const TABLES: [&str; 4] = [CLICKSTREAM, ATTRIBUTES, FINANCIALS, LOANS];

/// The four files by table.
type Files = BTreeMap<&'static str, String>;

fn files(dates: DateStyle) -> Files {
    let mut files: [Vec<u8>; 4] = Default::default();
    let [clickstream, attributes, financials, loans] = &mut files;
    let options = Options { dates, ..Options::new(1_500, 7) };
    generate(&options, &mut Tables { clickstream, attributes, financials, loans }).expect("files");
    TABLES.into_iter().zip(files.map(|file| String::from_utf8(file).expect("text"))).collect()
}

async fn deliver(files: &Files) -> LocalPipeline {
    let lake = Lake::new(Arc::new(MemoryStore::new()), "memory://loan");
    let pipeline = LocalPipeline::of("loan", lake, json!({}));
    for (table, text) in files {
        pipeline.deliver_file(&format!("{table}.csv"), text.as_bytes()).await;
    }
    pipeline
}

/// Digests of the gold rows.
async fn gold(files: &Files) -> Vec<String> {
    let (_, parts) = deliver(files).await.gold_parts("run-0001").await;
    assert!(parts.iter().map(|part| part.n_rows).sum::<u64>() > 1_000);
    parts.iter().map(|part| part.data.sha256.to_string()).collect()
}

async fn report(files: &Files) -> (QualityReport, ValidateResponse) {
    let pipeline = deliver(files).await;
    let validated = pipeline.validated("run-0001").await;
    (pipeline.lake.read_json(&validated.report.key).await.expect("report"), validated)
}

/// The cells of a row of a file without quotes.
fn cells(row: &str) -> Vec<String> {
    row.split(',').map(str::to_owned).collect()
}

/// The customer of a row of the attributes or financials that no rule flags, with the month of its loan.
fn sound_customers(files: &Files) -> Vec<(String, String)> {
    let is_sound = |row: &&str| {
        let cells = cells(row);
        let financials = files[FINANCIALS].lines().find(|line| line.starts_with(&format!("{},", cells[0])));
        let age: f64 = cells[2].trim_matches('_').parse().unwrap_or(0.0);
        cells.len() == 6
            && (18.0..=100.0).contains(&age)
            && cells[3].len() == 11
            && financials.is_some_and(|row| !row.contains(",-100,") && !row.contains(",-100_,"))
    };
    files[ATTRIBUTES]
        .lines()
        .skip(1)
        .filter(is_sound)
        .map(|row| (cells(row)[0].clone(), cells(row)[5].clone()))
        .collect()
}

/// A month such as `2024-05-01`, so many later.
fn later(month: &str, months: u32) -> String {
    let year: i32 = month[..4].parse().expect("year");
    let of_year: u8 = month[5..7].parse().expect("month");
    let day = usecases::date::days(year, of_year, 1).expect("a day");
    usecases::date::iso(usecases::date::add_months(day, months))
}

#[tokio::test]
async fn dates_written_in_three_ways_give_the_same_gold_rows() {
    let iso = gold(&files(DateStyle::Iso)).await;
    assert_eq!(iso, gold(&files(DateStyle::DayFirst)).await);
    assert_eq!(iso, gold(&files(DateStyle::MonthFirst)).await);
}

#[tokio::test]
async fn nothing_that_happens_after_the_prediction_changes_a_gold_row() {
    let original = files(DateStyle::Iso);
    let mut poisoned = original.clone();
    let start_of: BTreeMap<String, String> = original[ATTRIBUTES]
        .lines()
        .skip(1)
        .map(|row| (row.split(',').next().expect("a customer").to_owned(), row[row.len() - 10..].to_owned()))
        .collect();
    let mut n_poisoned = [0; 4];
    let mut change = |table: usize, edit: &dyn Fn(&str) -> Vec<String>| {
        let text = poisoned.get_mut(TABLES[table]).expect("a table");
        let rows: Vec<Vec<String>> = text.lines().skip(1).map(edit).collect();
        n_poisoned[table] =
            rows.iter().zip(text.lines().skip(1)).filter(|(new, old)| **new != [(*old).to_owned()]).count();
        let header = text.lines().next().expect("a header").to_owned();
        *text = [header].into_iter().chain(rows.into_iter().flatten()).collect::<Vec<_>>().join("\n") + "\n";
    };
    // Clicks from the start of the loan on.
    change(0, &|row| {
        let mut cells = cells(row);
        if cells[21] >= start_of[&cells[20]] {
            cells[..20].iter_mut().for_each(|cell| *cell = "222".to_owned());
        }
        vec![cells.join(",")]
    });
    // A newer snapshot of every customer, a month after the prediction.
    for (table, old, new) in [(1, ",Lawyer,", ",Doctor,"), (2, ",Yes,", ",No,")] {
        change(table, &|row| {
            let (start, rest) = (&row[row.len() - 10..], &row[..row.len() - 10]);
            vec![row.to_owned(), format!("{}{}", rest.replace(old, new), later(start, 4))]
        });
    }
    // Installments from the prediction on, but for what the label is made of.
    change(3, &|row| {
        let mut cells = cells(row);
        let installment: u32 = cells[4].parse().expect("a number");
        if installment >= 3 {
            (cells[7], cells[9]) = ("4321.0".to_owned(), "1234.0".to_owned());
        }
        if installment > 6 {
            cells[8] = "777.0".to_owned();
        }
        vec![cells.join(",")]
    });
    assert!(n_poisoned.iter().all(|&n| n > 1_000), "{n_poisoned:?}");
    assert_eq!(gold(&original).await, gold(&poisoned).await);

    // The test can fail: a month before the start counts.
    let seen = original[CLICKSTREAM].lines().skip(1).find(|row| cells(row)[21] < start_of[&cells(row)[20]]);
    let seen = seen.expect("a month before a loan").to_owned();
    let mut changed = cells(&seen);
    changed[0] = "222".to_owned();
    poisoned.insert(CLICKSTREAM, original[CLICKSTREAM].replace(&seen, &changed.join(",")));
    assert_ne!(gold(&original).await, gold(&poisoned).await);
}

#[tokio::test]
async fn tables_that_do_not_fit_together_are_counted_row_by_row() {
    let original = files(DateStyle::Iso);
    let (before, _) = report(&original).await;
    let mut broken = original.clone();
    let customers = sound_customers(&original);
    let without = |text: &str, customer: &str| -> String {
        let is_his = |line: &&str| !line.contains(&format!("{customer},"));
        text.lines().filter(is_his).map(|line| format!("{line}\n")).collect()
    };
    let row_of = |table: &str, customer: &str| {
        let row = original[table].lines().find(|line| line.starts_with(&format!("{customer},")));
        row.expect("a row").to_owned()
    };
    // One customer without attributes, one without a loan, one with two snapshots of one day that contradict each
    // other, one with a snapshot of the future beside the sound one, one whose row is delivered twice.
    let [lacks_attributes, lacks_loan, contradicts, future, twice] = [0, 1, 2, 3, 4].map(|i| customers[i].0.clone());
    let attributes = without(&original[ATTRIBUTES], &lacks_attributes);
    let other_age = {
        let mut cells = cells(&row_of(ATTRIBUTES, &contradicts));
        cells[2] = "77".to_owned();
        cells.join(",")
    };
    let in_2030 = {
        let mut cells = cells(&row_of(ATTRIBUTES, &future));
        cells[5] = "2030-01-01".to_owned();
        cells.join(",")
    };
    broken.insert(ATTRIBUTES, format!("{attributes}{other_age}\n{in_2030}\n{}\n", row_of(ATTRIBUTES, &twice)));
    broken.insert(LOANS, without(&original[LOANS], &lacks_loan));
    let (after, validated) = report(&broken).await;
    assert!(validated.rows.is_balanced());
    let more = |reason: &str| {
        let count = |report: &QualityReport| report.quarantined_by_reason.get(reason).copied().unwrap_or(0);
        count(&after) - count(&before)
    };
    assert_eq!(more("validate: one_attributes_per_customer_and_day"), 3, "both that contradict, and the repeated row");
    assert_eq!(more("validate: attributes_not_in_future"), 1);
    let failed = |name: &str| {
        let of =
            |report: &QualityReport| report.checks.iter().find(|check| check.name == name).and_then(|c| c.rows_failed);
        of(&after).expect("a rule") - of(&before).expect("a rule")
    };
    assert_eq!(failed("loan_has_attributes"), 22, "eleven installments of each of two customers without attributes");
    assert_eq!(failed("attributes_have_a_loan"), 1);
    assert_eq!(failed("financials_have_a_loan"), 1);
    let of_both = |table: &str| {
        let is_theirs =
            |line: &&str| line.contains(&format!("{lacks_attributes},")) || line.contains(&format!("{contradicts},"));
        original[table].lines().filter(is_theirs).count() as u64
    };
    let expected = of_both(LOANS) + of_both(FINANCIALS) + of_both(CLICKSTREAM);
    assert_eq!(more("validate: flagged: loan_has_attributes"), expected, "their rows in every table");
}

#[tokio::test]
async fn a_loan_without_the_installments_of_the_label_is_scored_and_not_learnt_from() {
    let original = files(DateStyle::Iso);
    let (customer, _) = sound_customers(&original).remove(0);
    let is_kept = |line: &&str| {
        let cells = cells(line);
        cells[1] != customer || cells[4].parse::<u32>().is_ok_and(|installment| installment < 5)
    };
    let mut cut = original.clone();
    cut.insert(LOANS, original[LOANS].lines().filter(is_kept).map(|line| format!("{line}\n")).collect());
    let (before, after) = (deliver(&original).await.data("run-0001").await, deliver(&cut).await.data("run-0001").await);
    let rows = |answer: &contracts::stage::FeaturesResponse, split: &str| {
        answer.rows_by_split.get(split).copied().unwrap_or(0)
    };
    assert_eq!((rows(&before, "unlabelled"), rows(&after, "unlabelled")), (0, 1));
    let all = |answer: &contracts::stage::FeaturesResponse| answer.rows_by_split.values().sum::<u64>();
    assert_eq!(all(&before), all(&after));
}
