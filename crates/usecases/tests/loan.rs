//! The loan declaration against the shapes of files it must read, and the generator against the original's figures.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use usecases::date::{DateOrder, WrittenDate, civil, days};
use usecases::loan::generate::{DateStyle, Drift, GenerateError, Month, Options, Tables, generate};
use usecases::loan::{ATTRIBUTES, CLICKSTREAM, FINANCIALS, LOANS};
use usecases::{Cell, Change, Check, ColumnKind, INVALID, Label, OnBreak, Reason, See, Take, UseCase, VALID};

fn loan() -> &'static UseCase {
    usecases::find("loan").unwrap()
}

/// The four files by table.
fn files(options: &Options) -> BTreeMap<&'static str, String> {
    let mut files: [Vec<u8>; 4] = Default::default();
    let [clickstream, attributes, financials, loans] = &mut files;
    generate(options, &mut Tables { clickstream, attributes, financials, loans }).unwrap();
    let names = [CLICKSTREAM, ATTRIBUTES, FINANCIALS, LOANS];
    names.into_iter().zip(files.map(|file| String::from_utf8(file).unwrap())).collect()
}

/// The cells of a record that may have quoted ones.
fn split(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut is_quoted = false;
    for c in line.chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(String::new()),
            c => cells.last_mut().unwrap().push(c),
        }
    }
    cells
}

/// Rows of a table as maps from canonical name to raw cell.
fn rows(table: &str, text: &str) -> Vec<BTreeMap<String, String>> {
    let table = loan().table(table).unwrap();
    let mut lines = text.lines();
    let header = split(lines.next().unwrap());
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let matched = table.match_header(&header).unwrap();
    assert!(matched.absent.is_empty());
    let names: Vec<_> = matched.columns.iter().map(|index| table.columns[index.unwrap()].name.clone()).collect();
    lines.map(|line| names.iter().cloned().zip(split(line)).collect()).collect()
}

fn read<'a>(table: &str, column: &str, text: &'a str) -> Result<(Cell<'a>, Option<Change>), Reason> {
    let column = loan().table(table).unwrap().column(column).unwrap_or_else(|| panic!("no column `{column}`"));
    column.read(text, None).map(|read| (read.cell, read.change))
}

#[test]
fn settings_and_declarations_agree_with_each_other() {
    let use_case = loan();
    let mut names = BTreeSet::new();
    for rule in &use_case.rules {
        assert!(names.insert(&rule.name), "rule `{}` twice", rule.name);
        let table = use_case.table(&rule.table).unwrap_or_else(|| panic!("rule `{}` of no table", rule.name));
        for column in rule.check.columns() {
            let is_kept = table.silver_columns().any(|kept| kept.name == column);
            assert!(is_kept, "rule `{}`: silver has no column `{column}`", rule.name);
        }
        if let Check::EntityIn { table } = &rule.check {
            assert!(use_case.table(table).is_some(), "rule `{}`: no table `{table}`", rule.name);
        }
    }
    for table in &use_case.tables {
        for name in table.key.iter().chain(&table.entity) {
            assert!(table.column(name).is_some(), "no column `{name}` in `{}`", table.name);
        }
        let is_unique = |check: &Check| matches!(check, Check::Unique { columns } if *columns == table.key);
        let has_rule = use_case.rules.iter().any(|rule| rule.table == table.name && is_unique(&rule.check));
        assert!(has_rule, "nothing makes sure that the key of `{}` is one", table.name);
    }
    let declared: BTreeSet<_> = use_case.comparisons.iter().map(|comparison| &comparison.name).collect();
    assert_eq!(declared, use_case.settings.training.comparisons.iter().collect());
    assert_eq!(use_case.check_settings(&use_case.settings), Ok(()));
}

#[test]
fn gold_reads_columns_that_exist_and_features_read_fields_of_gold() {
    let gold = &loan().gold;
    for source in &gold.sources {
        let table = loan().table(&source.table).unwrap();
        let column = |name: &str| table.column(name).unwrap_or_else(|| panic!("no `{name}` in `{}`", table.name));
        assert!(matches!(column(source.date.as_ref().unwrap()).kind, ColumnKind::Date(_)));
        match &source.take {
            Take::Latest(fields) => fields.iter().for_each(|field| {
                let column = column(&field.name);
                assert!(!column.is_personal && !column.ends_at_bronze, "`{}` says who a person is", field.name);
                assert_eq!(column.kind.is_number(), field.kind == features::Kind::Number, "`{}`", field.name);
            }),
            Take::Aggregates(all) => all.iter().for_each(|one| assert!(column(&one.column).kind.is_number())),
        }
    }
    let fields = gold.fields();
    let specs = loan().comparisons.iter().map(|comparison| &comparison.features).chain([&gold.features]);
    for field in specs.flat_map(|spec| &spec.fields) {
        assert!(fields.contains(field), "gold has no field `{}`", field.name);
    }
}

#[test]
fn nothing_after_the_prediction_is_seen_and_the_model_proper_sees_neither_loan_nor_clickstream() {
    let gold = &loan().gold;
    let Label::Event { from, counter, .. } = &gold.label else { panic!("{:?}", gold.label) };
    let months = gold.dates.as_ref().unwrap().months_to_prediction;
    assert_eq!(*from, months, "the first installment of the label is that of the prediction");
    for source in &gold.sources {
        match &source.see {
            See::UpToPrediction | See::BeforeStart => {}
            See::Below { counter: seen, limit } => assert!(seen == counter && limit <= from),
            See::All => panic!("`{}` shows the future", source.table),
        }
    }
    let own = |table: &'static str| {
        let sources = gold.sources.iter().filter(move |source| source.table == table);
        sources.flat_map(|source| match &source.take {
            Take::Latest(fields) => fields.iter().map(|field| field.name.clone()).collect::<Vec<_>>(),
            Take::Aggregates(all) => all.iter().map(|one| one.name.clone()).collect(),
        })
    };
    let hidden: Vec<_> = own(LOANS).chain(own(CLICKSTREAM)).collect();
    assert_eq!(hidden.len(), 46);
    let reads = |features: &features::FeatureSpec| {
        hidden.iter().filter(|name| features.fields.iter().any(|f| f.name == **name)).count()
    };
    assert_eq!(reads(&gold.features), 0);
    let read: BTreeMap<_, _> =
        loan().comparisons.iter().map(|comparison| (comparison.name.as_str(), reads(&comparison.features))).collect();
    assert_eq!(
        read,
        BTreeMap::from([
            ("random_split", 0),
            ("random_split_with_clickstream", 41),
            ("random_split_with_loan_history", 5),
            ("with_clickstream", 41),
            ("with_loan_history", 5),
        ])
    );
}

#[test]
fn every_kind_of_dirt_of_the_original_is_mended_or_left_to_a_rule() {
    use Change::{ImplausibleToNull, PlaceholderToNull, Stripped};
    let number = |n: f64| Ok((Cell::Number(n), None));
    let mended = |n: f64| Ok((Cell::Number(n), Some(Stripped)));
    let placeholder = Ok((Cell::Null, Some(PlaceholderToNull)));
    let implausible = Ok((Cell::Null, Some(ImplausibleToNull)));
    for (table, column, text, expected) in [
        (ATTRIBUTES, "age", "40_", mended(40.0)),
        (ATTRIBUTES, "age", "3843_", mended(3843.0)),
        (ATTRIBUTES, "age", "-500", number(-500.0)),
        (ATTRIBUTES, "ssn", "913-74-1218", Ok((Cell::Text(VALID), None))),
        (ATTRIBUTES, "ssn", "#F%$D@*&8", Ok((Cell::Text(INVALID), None))),
        (ATTRIBUTES, "occupation", "_______", placeholder),
        (ATTRIBUTES, "occupation", "Media_Manager", Ok((Cell::Text("Media_Manager"), None))),
        (FINANCIALS, "annual_income", "52312.68_", mended(52_312.68)),
        (FINANCIALS, "annual_income", "23834698.0", implausible),
        (FINANCIALS, "annual_income", "179987.28", number(179_987.28)),
        (FINANCIALS, "num_bank_accounts", "-1", number(-1.0)),
        (FINANCIALS, "num_bank_accounts", "1756", implausible),
        (FINANCIALS, "num_bank_accounts", "11", number(11.0)),
        (FINANCIALS, "num_credit_card", "21", implausible),
        (FINANCIALS, "interest_rate", "99", implausible),
        (FINANCIALS, "num_of_loan", "6_", mended(6.0)),
        (FINANCIALS, "num_of_loan", "-100", number(-100.0)),
        (FINANCIALS, "num_of_loan", "-100_", mended(-100.0)),
        (FINANCIALS, "num_of_loan", "18", implausible),
        (FINANCIALS, "type_of_loan", "", Ok((Cell::Null, None))),
        (FINANCIALS, "delay_from_due_date", "-5", number(-5.0)),
        (FINANCIALS, "num_of_delayed_payment", "-2_", mended(-2.0)),
        (FINANCIALS, "num_of_delayed_payment", "47", implausible),
        (FINANCIALS, "changed_credit_limit", "_", placeholder),
        (FINANCIALS, "changed_credit_limit", "-6.49", number(-6.49)),
        (FINANCIALS, "num_credit_inquiries", "26.0", implausible),
        (FINANCIALS, "credit_mix", "_", placeholder),
        (FINANCIALS, "outstanding_debt", "2699.17_", mended(2_699.17)),
        (FINANCIALS, "credit_history_months", "31 Years and 0 Months", number(372.0)),
        (FINANCIALS, "credit_history_months", "10 Years and 9 Months", number(129.0)),
        (FINANCIALS, "payment_of_min_amount", "NM", placeholder),
        (FINANCIALS, "total_emi_per_month", "2004.0", implausible),
        (FINANCIALS, "total_emi_per_month", "1779.103253834213", number(1_779.103_253_834_213)),
        (FINANCIALS, "amount_invested_monthly", "__10000__", placeholder),
        (FINANCIALS, "payment_behaviour", "!@9#%8", placeholder),
        (FINANCIALS, "monthly_balance", "__-333333333333333333333333333__", placeholder),
    ] {
        assert_eq!(read(table, column, text), expected, "{column} `{text}`");
    }
    assert_eq!(read(FINANCIALS, "annual_income", "a lot"), Err(Reason::NotANumber));
    assert_eq!(read(FINANCIALS, "credit_mix", "Superb"), Err(Reason::UnknownLevel));
    assert_eq!(read(FINANCIALS, "credit_history_months", "long"), Err(Reason::NotADuration));
}

#[test]
fn names_end_at_bronze_and_silver_knows_only_whether_a_number_has_its_form() {
    let table = loan().table(ATTRIBUTES).unwrap();
    let silver: Vec<_> = table.silver_columns().map(|column| column.name.as_str()).collect();
    assert_eq!(silver, ["customer_id", "age", "ssn", "occupation", "snapshot_date"]);
    assert!(matches!(&table.column("ssn").unwrap().kind, ColumnKind::Form { pattern } if pattern == "ddd-dd-dddd"));
}

#[test]
fn whoever_is_no_adult_or_has_a_negative_figure_is_flagged_and_signed_figures_are_not() {
    let flags: BTreeSet<_> = loan()
        .rules
        .iter()
        .filter(|rule| rule.on_break == OnBreak::FlagEntity)
        .map(|rule| rule.name.as_str())
        .collect();
    for name in [
        "age_of_an_adult",
        "ssn_has_its_form",
        "num_of_loan_not_negative",
        "num_of_delayed_payment_not_negative",
        "overdue_amt_not_negative",
        "loan_has_attributes",
    ] {
        assert!(flags.contains(name), "{name}");
    }
    for name in ["delay_from_due_date_not_negative", "changed_credit_limit_not_negative"] {
        assert!(!flags.contains(name), "{name}");
    }
}

#[test]
fn files_may_be_cut_and_belong_to_one_table_each() {
    for (file, table) in [
        ("lms_loan_daily.csv", Some(LOANS)),
        ("lms_loan_daily_2023.csv", Some(LOANS)),
        ("feature_clickstream.csv", Some(CLICKSTREAM)),
        ("features_attributes.csv", Some(ATTRIBUTES)),
        ("features_financials.csv", Some(FINANCIALS)),
        ("telco.csv", None),
    ] {
        let of: Vec<_> = loan().tables.iter().filter(|t| t.has_file(file)).map(|t| t.name.as_str()).collect();
        assert_eq!(of, table.into_iter().collect::<Vec<_>>(), "{file}");
    }
}

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

#[test]
fn a_loan_is_predicted_three_months_after_its_start() {
    let dates = loan().gold.dates.as_ref().unwrap();
    let prediction = usecases::date::add_months(days(2024, 11, 1).unwrap(), dates.months_to_prediction);
    assert_eq!(civil(prediction), (2025, 2, 1));
}
