//! The loan declaration against the files it must read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use usecases::date::{civil, days};
use usecases::loan::{ATTRIBUTES, CLICKSTREAM, FINANCIALS, LOANS};
use usecases::{Cell, Change, Check, ColumnKind, INVALID, Label, OnBreak, Reason, See, Take, UseCase, VALID};

fn loan() -> &'static UseCase {
    usecases::find("loan").unwrap()
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
fn a_loan_is_predicted_three_months_after_its_start() {
    let dates = loan().gold.dates.as_ref().unwrap();
    let prediction = usecases::date::add_months(days(2024, 11, 1).unwrap(), dates.months_to_prediction);
    assert_eq!(civil(prediction), (2025, 2, 1));
}
