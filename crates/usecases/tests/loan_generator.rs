//! The generator of loans against the figures of the original and against the declaration.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use usecases::Cell;
use usecases::date::{DateOrder, WrittenDate};
use usecases::loan::generate::{DateStyle, Drift, GenerateError, Month, Options, Tables, generate};
use usecases::loan::{ATTRIBUTES, CLICKSTREAM, FINANCIALS, LOANS};

use loan_support::{files, loan, rows};

mod loan_support;

#[test]
fn three_ways_to_write_dates_say_the_same_dates() {
    let of = |dates| {
        let files = files(&Options { dates, ..Options::new(40, 3) });
        [CLICKSTREAM, ATTRIBUTES, FINANCIALS, LOANS].map(|table| rows(table, &files[table]))
    };
    let iso = of(DateStyle::Iso);
    for (style, order) in [(DateStyle::DayFirst, DateOrder::DayFirst), (DateStyle::MonthFirst, DateOrder::MonthFirst)] {
        for (iso, slashed) in iso.iter().zip(&of(style)) {
            assert_eq!(iso.len(), slashed.len());
            for (iso, slashed) in iso.iter().zip(slashed) {
                for column in ["snapshot_date", "loan_start_date"] {
                    let (Some(iso), Some(slashed)) = (iso.get(column), slashed.get(column)) else { continue };
                    let (Some(WrittenDate::Iso(day)), Some(WrittenDate::Slashes(date))) =
                        (WrittenDate::parse(iso), WrittenDate::parse(slashed))
                    else {
                        panic!("{iso} {slashed}")
                    };
                    assert_eq!(date.day(order), Some(day), "{iso} {slashed}");
                    assert!(!date.is_ambiguous() || date.order(true, None) == Some(order), "{slashed}");
                }
            }
        }
    }
}

#[test]
fn generated_rows_are_read_without_a_single_one_set_aside() {
    let files = files(&Options::new(2_000, 11));
    for table in &loan().tables {
        for row in rows(&table.name, &files[table.name.as_str()]) {
            for column in &table.columns {
                let read = column.read(&row[&column.name], None);
                assert!(read.is_ok(), "{} `{}`: {read:?}", column.name, row[&column.name]);
                let is_null = read.is_ok_and(|read| read.cell == Cell::Null);
                assert!(!is_null || column.nulls == usecases::Nulls::Allowed, "{} is null", column.name);
            }
        }
    }
}

/// The share of the rows for which something holds, beside how many of the original's do.
fn assert_rate(
    what: &str,
    rows: &[BTreeMap<String, String>],
    original: f64,
    holds: impl Fn(&BTreeMap<String, String>) -> bool,
) {
    let found = rows.iter().filter(|row| holds(row)).count() as f64 / rows.len() as f64;
    let deviation = (original * (1.0 - original) / rows.len() as f64).sqrt();
    assert!((found - original).abs() < 5.0 * deviation + 1e-4, "{what}: {found:.4} should be about {original:.4}");
}

#[test]
fn the_dirt_of_the_original_occurs_at_its_rates() {
    let files = files(&Options::new(20_000, 5));
    let attributes = rows(ATTRIBUTES, &files[ATTRIBUTES]);
    let financials = rows(FINANCIALS, &files[FINANCIALS]);
    let n = 12_500.0;
    let number = |text: &str| text.trim_matches('_').parse::<f64>().unwrap_or(f64::NAN);
    assert_rate("age_", &attributes, 637.0 / n, |row| row["age"].ends_with('_'));
    assert_rate("age -500", &attributes, 104.0 / n, |row| number(&row["age"]) == -500.0);
    assert_rate("age above 100", &attributes, 215.0 / n, |row| number(&row["age"]) > 100.0);
    assert_rate("ssn", &attributes, 703.0 / n, |row| row["ssn"] == "#F%$D@*&8");
    assert_rate("occupation", &attributes, 880.0 / n, |row| row["occupation"] == "_______");
    for (column, count) in [
        ("annual_income", 859.0),
        ("num_of_loan", 623.0),
        ("num_of_delayed_payment", 374.0),
        ("outstanding_debt", 139.0),
    ] {
        assert_rate(column, &financials, count / n, |row| row[column].len() > 1 && row[column].ends_with('_'));
    }
    for (column, above, count) in [
        ("annual_income", 250_000.0, 114.0),
        ("num_bank_accounts", 15.0, 167.0),
        ("num_credit_card", 15.0, 296.0),
        ("interest_rate", 50.0, 270.0),
        ("num_of_loan", 12.0, 67.0),
        ("num_of_delayed_payment", 40.0, 105.0),
        ("num_credit_inquiries", 20.0, 195.0),
        ("total_emi_per_month", 1_900.0, 408.0),
    ] {
        assert_rate(column, &financials, count / n, |row| number(&row[column]) > above);
    }
    for (column, text, count) in [
        ("changed_credit_limit", "_", 254.0),
        ("credit_mix", "_", 2_611.0),
        ("payment_of_min_amount", "NM", 1_438.0),
        ("amount_invested_monthly", "__10000__", 558.0),
        ("payment_behaviour", "!@9#%8", 998.0),
    ] {
        assert_rate(column, &financials, count / n, |row| row[column] == text);
    }
    assert_rate("num_of_loan -100", &financials, 500.0 / n, |row| number(&row["num_of_loan"]) == -100.0);
    assert_rate("late", &financials, 84.0 / n, |row| number(&row["num_of_delayed_payment"]) < 0.0);
}

#[test]
fn loans_default_as_often_and_as_early_as_in_the_original() {
    let files = files(&Options::new(20_000, 8));
    let mut overdue: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut left: BTreeMap<String, f64> = BTreeMap::new();
    for row in rows(LOANS, &files[LOANS]) {
        let number = |column: &str| row[column].parse::<f64>().unwrap();
        let mine = overdue.entry(row["customer_id"].clone()).or_default();
        assert_eq!(number("installment_num") as usize, mine.len());
        mine.push(number("overdue_amt"));
        let left = left.entry(row["customer_id"].clone()).or_insert(10_000.0);
        *left -= number("paid_amt");
        assert_eq!(number("balance"), *left);
    }
    assert_eq!(overdue.len(), 20_000);
    let any = |loan: &[f64], from, to| loan[from..=to].iter().any(|&amount| amount > 0.0);
    assert!(overdue.values().all(|loan| loan.len() == 11));
    let defaults: Vec<_> = overdue.values().filter(|loan| any(loan, 3, 6)).collect();
    let rate = defaults.len() as f64 / 20_000.0;
    assert!((rate - 0.288).abs() < 0.015, "{rate} of the loans default");
    let early = defaults.iter().filter(|loan| any(loan, 1, 2)).count() as f64 / defaults.len() as f64;
    assert!((early - 0.508).abs() < 0.035, "{early} of the defaults are overdue before the prediction");
    assert!(overdue.values().all(|loan| any(loan, 3, 6) || !any(loan, 0, 10)), "no loan recovers");
}

#[test]
fn clickstreams_are_24_months_of_those_whose_loan_starts_before_july_2024() {
    let files = files(&Options::new(500, 2));
    let starts: BTreeMap<_, _> = rows(ATTRIBUTES, &files[ATTRIBUTES])
        .into_iter()
        .map(|row| (row["customer_id"].clone(), row["snapshot_date"].clone()))
        .collect();
    let mut months: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows(CLICKSTREAM, &files[CLICKSTREAM]) {
        *months.entry(row["customer_id"].clone()).or_default() += 1;
    }
    for (customer, start) in starts {
        let expected = (start.as_str() < "2024-07-01").then_some(24);
        assert_eq!(months.get(&customer).copied(), expected, "{customer} {start}");
    }
}

#[test]
fn more_customers_never_change_the_earlier_ones_and_deliveries_do_not_overlap() {
    let options = Options::new(60, 9);
    let first = files(&options);
    assert_eq!(first, files(&options));
    for (table, text) in files(&Options::new(90, 9)) {
        assert!(text.starts_with(&first[table]), "{table}");
    }
    assert_ne!(first, files(&Options::new(60, 10)));
    let next = files(&Options { first_customer: 60, ..options });
    let ids = |text: &str| rows(ATTRIBUTES, text).into_iter().map(|row| row["customer_id"].clone()).collect();
    let (first, next): (BTreeSet<String>, BTreeSet<String>) = (ids(&first[ATTRIBUTES]), ids(&next[ATTRIBUTES]));
    assert_eq!((first.len(), next.len(), first.intersection(&next).count()), (60, 60, 0));
}

#[test]
fn a_drift_shifts_one_figure_from_its_month_on_and_nothing_else() {
    let options = Options::new(300, 4);
    let from: Month = "2024-03".parse().unwrap();
    let drift = Drift { column: "interest_rate".to_owned(), from, shift: 12.0 };
    let (before, after) = (files(&options), files(&Options { drift: Some(drift), ..options }));
    for table in [CLICKSTREAM, ATTRIBUTES, LOANS] {
        assert_eq!(before[table], after[table]);
    }
    let mut n_shifted = 0;
    for (before, after) in rows(FINANCIALS, &before[FINANCIALS]).iter().zip(rows(FINANCIALS, &after[FINANCIALS])) {
        let rate = |row: &BTreeMap<String, String>| row["interest_rate"].parse::<f64>().unwrap();
        let shift = rate(&after) - rate(before);
        let is_later = before["snapshot_date"].as_str() >= "2024-03-01";
        // What stands alone was put over the figure, before the drift and after.
        assert!(rate(before) > 50.0 || shift == if is_later { 12.0 } else { 0.0 }, "{before:?}");
        n_shifted += usize::from(shift > 0.0);
        assert!(before.iter().all(|(column, cell)| column == "interest_rate" || after[column] == *cell));
    }
    assert!(n_shifted > 50, "{n_shifted}");
}

#[test]
fn options_that_mean_nothing_are_refused() {
    let fails = |options: Options| {
        let (mut a, mut b, mut c, mut d) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let tables = &mut Tables { clickstream: &mut a, attributes: &mut b, financials: &mut c, loans: &mut d };
        generate(&options, tables).unwrap_err()
    };
    let from: Month = "2024-03".parse().unwrap();
    let drift = Some(Drift { column: "shoe_size".to_owned(), from, shift: 1.0 });
    let error = fails(Options { drift, ..Options::new(1, 1) });
    assert_eq!(error.to_string(), "`shoe_size` is no column of numbers of the attributes or financials");
    assert!(matches!(fails(Options { n_months: 0, ..Options::new(1, 1) }), GenerateError::NoMonths { .. }));
    assert_eq!("2024-13".parse::<Month>().unwrap_err().to_string(), "`2024-13` is not a month such as 2024-07");
}
