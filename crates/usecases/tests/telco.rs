//! The telco declaration against the shapes of files it must read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use features::{Column, FeaturePlan, Frame};
use usecases::telco::{Spelling, generate};
use usecases::{Cell, Change, ColumnKind, HeaderError, Label, Reason, Table, UseCase};

fn telco() -> &'static UseCase {
    usecases::find("telco").unwrap()
}

fn table() -> &'static Table {
    &telco().tables[0]
}

/// Reads a generated file the way the stages do: header by header match, cells by column. Rows of cells in the order
/// declared; `None` where the file has no such column.
fn read(text: &str) -> (Vec<usize>, Vec<Vec<Option<Cell<'_>>>>) {
    let mut lines = text.lines();
    let header: Vec<_> = lines.next().unwrap().split(',').collect();
    let matched = table().match_header(&header).unwrap();
    let rows = lines
        .map(|line| {
            let mut row = vec![None; table().columns.len()];
            for (text, index) in line.split(',').zip(&matched.columns) {
                let index = index.unwrap();
                row[index] = Some(table().columns[index].read(text, None).unwrap().cell);
            }
            row
        })
        .collect();
    (matched.absent, rows)
}

fn label_column() -> &'static str {
    match &telco().gold.label {
        Label::Level { column, .. } => column,
        other => panic!("{other:?}"),
    }
}

#[test]
fn settings_and_declarations_agree_with_each_other() {
    let use_case = telco();
    let table = table();
    let is_column = |name: &str| assert!(table.column(name).is_some(), "no column `{name}`");
    table.key.iter().for_each(|name| is_column(name));
    is_column(&use_case.gold.entity_key);
    let mut names = std::collections::BTreeSet::new();
    for rule in &use_case.rules {
        assert!(names.insert(&rule.name), "rule `{}` twice", rule.name);
        assert!(use_case.table(&rule.table).is_some(), "rule `{}` of no table", rule.name);
        rule.check.columns().into_iter().for_each(is_column);
    }
    for name in use_case.settings.quality.max_fraction.keys() {
        assert!(names.contains(name), "settings bound the unknown rule `{name}`");
    }
    let families: Vec<_> = use_case.searches.iter().map(|search| &search.family).collect();
    for family in &use_case.settings.training.families {
        assert!(families.contains(&family), "no search for `{family}`");
    }
    let levels: Vec<_> = table.column(label_column()).unwrap().kind.level_names().collect();
    assert_eq!(levels, use_case.gold.label.classes());
    assert_eq!(use_case.gold.fields(), use_case.gold.features.fields);
}

#[test]
fn no_spelling_means_two_things() {
    for column in &table().columns {
        let spellings = column.spellings.iter().chain([&column.name]);
        for spelling in spellings {
            assert_eq!(table().column_spelled(spelling).unwrap().name, column.name, "`{spelling}`");
        }
        if let ColumnKind::Category { levels } = &column.kind {
            for level in levels {
                for spelling in level.spellings.iter().chain([&level.name]) {
                    let meant = column.level_spelled(spelling);
                    assert_eq!(meant, Some(level.name.as_str()), "`{spelling}` of `{}`", column.name);
                }
            }
        }
    }
}

#[test]
fn the_label_and_the_id_are_no_features() {
    let gold = &telco().gold;
    for field in &gold.features.fields {
        let column = table().column(&field.name).unwrap();
        assert!(!column.is_personal && column.name != label_column(), "`{}` is a feature", field.name);
        assert_eq!(column.kind.is_number(), field.kind == features::Kind::Number, "`{}`", field.name);
    }
    assert_eq!(gold.features.fields.len(), table().columns.len() - 2);
}

#[test]
fn both_spellings_give_the_same_customers() {
    let (absent, ibm) = read(generate(2_000, 5, Spelling::Ibm).leak());
    assert!(absent.is_empty());
    let (absent, snake) = read(generate(2_000, 5, Spelling::SnakeCase).leak());
    let absent: Vec<_> = absent.into_iter().map(|index| table().columns[index].name.as_str()).collect();
    assert_eq!(
        absent,
        ["customer_id", "gender", "partner", "dependents", "phone_service", "multiple_lines"],
        "the columns that the snake case file lacks"
    );
    for (ibm, snake) in ibm.iter().zip(&snake) {
        for ((column, ibm), snake) in table().columns.iter().zip(ibm).zip(snake) {
            // The file in snake case has no third level.
            let expected = if ibm == &Some(Cell::Text("No internet service")) { Some(Cell::Text("No")) } else { *ibm };
            if snake.is_some() {
                assert_eq!(*snake, expected, "`{}`", column.name);
            }
        }
    }
}

#[test]
fn column_order_does_not_matter() {
    let header: Vec<_> = table().columns.iter().rev().map(|column| column.name.as_str()).collect();
    let matched = table().match_header(&header).unwrap();
    assert_eq!(matched.columns, (0..21).rev().map(Some).collect::<Vec<_>>());
}

#[test]
fn a_byte_order_mark_is_not_part_of_the_first_name() {
    let header: Vec<_> = table().columns.iter().map(|column| column.name.clone()).collect();
    let mut header: Vec<&str> = header.iter().map(String::as_str).collect();
    header[0] = "\u{feff}customerID";
    assert!(table().match_header(&header).is_ok());
}

#[test]
fn a_header_without_the_label_is_refused_by_name() {
    let header: Vec<_> = table().columns[..20].iter().map(|column| column.name.as_str()).collect();
    let error = table().match_header(&header).unwrap_err();
    assert_eq!(error, HeaderError::Missing { names: vec!["churn".into()] });
    assert_eq!(error.to_string(), "the header lacks `churn`");
}

#[test]
fn an_extra_column_is_refused_with_its_position() {
    let mut header: Vec<_> = table().columns.iter().map(|column| column.name.as_str()).collect();
    header.insert(2, "shoe size");
    let error = table().match_header(&header).unwrap_err();
    assert!(error.to_string().starts_with("column 3 of the header, `shoe size`, is not known"), "{error}");
}

#[test]
fn a_misspelled_column_is_named_with_what_is_missing() {
    let mut header: Vec<_> = table().columns.iter().map(|column| column.name.as_str()).collect();
    header[5] = "tenuer";
    let error = table().match_header(&header).unwrap_err().to_string();
    assert_eq!(error, "column 6 of the header, `tenuer`, is not known; did you mean one of the missing `tenure`?");
}

#[test]
fn a_column_that_occurs_twice_is_refused() {
    let mut header: Vec<_> = table().columns.iter().map(|column| column.name.as_str()).collect();
    header.push("SeniorCitizen");
    let error = table().match_header(&header).unwrap_err();
    assert_eq!(error, HeaderError::Twice { first: 3, second: 22, name: "senior_citizen".into() });
}

#[test]
fn cells_are_cleaned_or_refused_with_a_reason() {
    let read = |column: &str, text: &'static str| {
        let read = table().column(column).unwrap().read(text, None);
        read.map(|read| (read.cell, read.change))
    };
    assert_eq!(read("total_charges", ""), Ok((Cell::Null, None)));
    assert_eq!(read("total_charges", " "), Ok((Cell::Null, Some(Change::BlankToNull))));
    assert_eq!(read("total_charges", "1889.5"), Ok((Cell::Number(1889.5), None)));
    assert_eq!(read("total_charges", " 1e3 "), Ok((Cell::Number(1000.0), Some(Change::Trimmed))));
    for text in ["abc", "nan", "inf", "-Infinity", "1,5", "0x10", "--1", "1e400", "$5"] {
        assert_eq!(read("total_charges", text), Err(Reason::NotANumber), "{text}");
    }
    assert_eq!(read("tenure", "12.0"), Ok((Cell::Number(12.0), None)));
    assert_eq!(read("tenure", "12.5"), Err(Reason::NotAnInteger));
    assert_eq!(read("tenure", "1e300"), Err(Reason::NotAnInteger));
    assert_eq!(read("churn", "Yes"), Ok((Cell::Text("Yes"), None)));
    assert_eq!(read("churn", "1"), Ok((Cell::Text("Yes"), Some(Change::Respelled))));
    assert_eq!(read("churn", "YES "), Ok((Cell::Text("Yes"), Some(Change::Respelled))));
    assert_eq!(read("churn", "maybe"), Err(Reason::UnknownLevel));
    assert_eq!(read("churn", "???"), Err(Reason::UnknownLevel));
    assert_eq!(read("contract", "month_to_month"), Ok((Cell::Text("Month-to-month"), Some(Change::Respelled))));
    assert_eq!(read("customer_id", "x".repeat(65).leak()), Err(Reason::TextTooLong));
}

#[test]
fn the_features_are_these() {
    let gold = &telco().gold;
    let rows: Vec<_> = (0..40).collect();
    let text: &str = generate(40, 1, Spelling::Ibm).leak();
    let (_, cells) = read(text);
    let columns = gold.features.fields.iter().map(|field| {
        let index = table().columns.iter().position(|column| column.name == field.name).unwrap();
        let column = match field.kind {
            features::Kind::Number => Column::Number(
                cells.iter().map(|row| if let Some(Cell::Number(n)) = row[index] { n } else { f64::NAN }).collect(),
            ),
            features::Kind::Category => Column::Category(
                cells
                    .iter()
                    .map(|row| if let Some(Cell::Text(t)) = row[index] { Some(t.into()) } else { None })
                    .collect(),
            ),
        };
        (field.name.clone(), column)
    });
    let frame = Frame::new(columns.collect()).unwrap();
    let plan = FeaturePlan::fit(&gold.features, &frame, &rows).unwrap();
    let matrix = plan.transform(&frame, &rows).unwrap();
    assert!(matrix.values.iter().all(|value| value.is_finite()));
    assert_eq!(plan.n_features(), 30);
    assert_eq!(
        plan.feature_names()[..10],
        [
            "tenure",
            "monthly_charges",
            "total_charges",
            "total_charges_missing",
            "average_charges",
            "monthly_to_average_charges",
            "month_share_of_total",
            "gender=Male",
            "senior_citizen=Yes",
            "partner=Yes"
        ]
    );
}
