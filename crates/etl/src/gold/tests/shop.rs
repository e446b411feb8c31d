//! A small use case of three tables, with rows written by hand.

use features::{Column as FieldColumn, FeatureRule, FeatureSpec, Field};
use polars::prelude::{Column, DataFrame, Int32Chunked, IntoColumn, NamedFrom, Series};
use usecases::date::days;
use usecases::{
    Aggregate, ColumnDecl, ColumnKind, Csv, Date, Figure, Format, Gold as GoldDecl, GoldDates, Label, See, Source,
    Take, UseCase,
};

use crate::{EtlError, GoldBuilder, GoldRows, parquet};

/// One row of a table that is made for a test.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Row {
    /// Customer, start, step, overdue.
    Loan(&'static str, i32, i64, Option<f64>),
    /// Customer, day, clicks.
    Click(&'static str, i32, Option<f64>),
    /// Customer, day, age, job.
    Person(&'static str, i32, Option<f64>, Option<&'static str>),
}

const TABLES: [&str; 3] = ["people", "clicks", "loans"];

pub(super) fn day(month: u8, of_month: u8) -> i32 {
    days(2024, month, of_month).unwrap()
}

/// Loans with a label at steps 3 to 6 and a prediction after 3 months; clicks before the start, people up to the
/// prediction, loan history below step 3.
pub(super) fn shop() -> UseCase {
    let text = || ColumnKind::Text { max_bytes: 64 };
    let date = || ColumnKind::Date(Date { in_column: None, is_first_of_month: false });
    let table = |name: &str, columns: &[(&str, ColumnKind)]| usecases::Table {
        name: name.to_owned(),
        files: vec![format!("{name}*.csv")],
        format: Format::Csv(Csv { delimiter: b',', has_header: true, records_span_lines: false }),
        key: Vec::new(),
        ignores_extra_columns: false,
        columns: columns.iter().map(|(name, kind)| ColumnDecl::new(name, kind.clone()).nullable()).collect(),
        entity: Some("customer".to_owned()),
    };
    let figure =
        |name: &str, column: &str, figure| Aggregate { name: name.to_owned(), column: column.to_owned(), figure };
    let source = |table: &str, date: Option<&str>, see, take| Source {
        table: table.to_owned(),
        date: date.map(str::to_owned),
        see,
        take,
    };
    let clicks = ["count", "sum", "mean", "std", "min", "max", "last"].into_iter().zip([
        Figure::Count,
        Figure::Sum,
        Figure::Mean,
        Figure::Std,
        Figure::Min,
        Figure::Max,
        Figure::Last,
    ]);
    let fields = vec![Field::number("age"), Field::category("job")];
    UseCase {
        tables: vec![
            table("people", &[("customer", text()), ("day", date()), ("age", ColumnKind::Integer), ("job", text())]),
            table("clicks", &[("customer", text()), ("day", date()), ("clicks", ColumnKind::Number)]),
            table(
                "loans",
                &[
                    ("customer", text()),
                    ("start", date()),
                    ("step", ColumnKind::Integer),
                    ("overdue", ColumnKind::Number),
                ],
            ),
        ],
        rules: Vec::new(),
        gold: GoldDecl {
            table: "loans".to_owned(),
            entity_key: "customer".to_owned(),
            dates: Some(GoldDates { start: "start".to_owned(), months_to_prediction: 3 }),
            label: Label::Event {
                column: "overdue".to_owned(),
                above: 0.0,
                counter: "step".to_owned(),
                from: 3,
                to: 6,
                negative: "Repaid".to_owned(),
                positive: "Defaulted".to_owned(),
            },
            sources: vec![
                source("people", Some("day"), See::UpToPrediction, Take::Latest(fields.clone())),
                source(
                    "clicks",
                    Some("day"),
                    See::BeforeStart,
                    Take::Aggregates(
                        clicks.map(|(name, kind)| figure(&format!("clicks_{name}"), "clicks", kind)).collect(),
                    ),
                ),
                source(
                    "loans",
                    None,
                    See::Below { counter: "step".to_owned(), limit: 3 },
                    Take::Aggregates(vec![figure("overdue_before", "overdue", Figure::Sum)]),
                ),
            ],
            features: FeatureSpec { fields, rules: vec![FeatureRule::number("age")] },
        },
        ..usecases::find("telco").unwrap().clone()
    }
}

/// The rows of one table as a silver part.
pub(super) fn part(table: &str, rows: &[Row]) -> Vec<u8> {
    let text = |name: &str, values: Vec<Option<&str>>| Column::from(Series::new(name.into(), values));
    let date = |name: &str, values: Vec<i32>| Int32Chunked::from_vec(name.into(), values).into_date().into_column();
    let number = |name: &str, values: Vec<Option<f64>>| Column::from(Series::new(name.into(), values));
    let whole = |name: &str, values: Vec<Option<i64>>| Column::from(Series::new(name.into(), values));
    macro_rules! column {
        ($pattern:pat => $value:expr) => {
            rows.iter()
                .filter_map(|row| match row {
                    $pattern => Some($value),
                    _ => None,
                })
                .collect()
        };
    }
    let columns = match table {
        "loans" => vec![
            text("customer", column!(Row::Loan(who, ..) => Some(*who))),
            date("start", column!(Row::Loan(_, start, ..) => *start)),
            whole("step", column!(Row::Loan(_, _, step, _) => Some(*step))),
            number("overdue", column!(Row::Loan(.., overdue) => *overdue)),
        ],
        "clicks" => vec![
            text("customer", column!(Row::Click(who, ..) => Some(*who))),
            date("day", column!(Row::Click(_, day, _) => *day)),
            number("clicks", column!(Row::Click(.., clicks) => *clicks)),
        ],
        _ => vec![
            text("customer", column!(Row::Person(who, ..) => Some(*who))),
            date("day", column!(Row::Person(_, day, ..) => *day)),
            whole("age", column!(Row::Person(_, _, age, _) => age.map(|age| age as i64))),
            text("job", column!(Row::Person(.., job) => *job)),
        ],
    };
    parquet::write("test", &mut DataFrame::new_infer_height(columns).unwrap()).unwrap()
}

/// Gold of these rows, cut into parts of a few rows each.
pub(super) fn gold_in_parts(
    use_case: &UseCase,
    rows: &[Row],
    rows_per_part: usize,
) -> Result<(GoldRows, u64), EtlError> {
    let mut builder = GoldBuilder::new(use_case)?;
    for table in TABLES {
        for rows in rows.chunks(rows_per_part) {
            builder.push(table, "silver/part", &part(table, rows))?;
        }
    }
    builder.finish()
}

pub(super) fn gold(rows: &[Row]) -> Result<GoldRows, EtlError> {
    gold_in_parts(&shop(), rows, usize::MAX).map(|(rows, _)| rows)
}

/// Ann repays, Bob defaults at step 5, Cid's window is not over, Dan has nothing but a loan.
pub(super) fn sample() -> Vec<Row> {
    let mut rows = Vec::new();
    let starts = [("ann", day(5, 1)), ("bob", day(4, 1)), ("cid", day(9, 1)), ("dan", day(5, 1))];
    for (who, start) in starts {
        for step in 0..=(if who == "cid" { 4 } else { 10 }) {
            let overdue = match (who, step) {
                ("bob", 5) => 120.5,
                ("dan", 1) => 30.0,
                ("dan", 8) => 99.0,
                _ => 0.0,
            };
            rows.push(Row::Loan(who, start, step, Some(overdue)));
        }
    }
    rows.extend([
        Row::Person("ann", day(5, 1), Some(40.0), Some("Nurse")),
        Row::Person("ann", day(8, 1), None, Some("Doctor")),
        Row::Person("ann", day(8, 2), Some(99.0), Some("Poison")),
        Row::Person("bob", day(4, 1), Some(31.0), None),
        Row::Person("cid", day(12, 2), Some(50.0), Some("Too late")),
        Row::Click("ann", day(2, 1), Some(4.0)),
        Row::Click("ann", day(1, 1), Some(9.0)),
        Row::Click("ann", day(3, 1), Some(2.0)),
        Row::Click("ann", day(4, 30), None),
        Row::Click("ann", day(5, 1), Some(1e6)),
        Row::Click("bob", day(1, 1), Some(7.0)),
        Row::Click("eve", day(1, 1), Some(7.0)),
    ]);
    rows
}

/// The gold rows as lines, for people to read.
pub(super) fn lines(gold: &GoldRows) -> String {
    let mut text = String::new();
    for row in 0..gold.len() {
        let date = gold.dates[row].map_or_else(|| "-".to_owned(), usecases::date::iso);
        let mut cells = vec![gold.keys[row].clone(), date, gold.labels[row].to_string()];
        for name in gold.frame.names() {
            cells.push(match gold.frame.column(name).unwrap() {
                FieldColumn::Number(numbers) if numbers[row].is_nan() => "-".to_owned(),
                FieldColumn::Number(numbers) => format!("{:.4}", numbers[row]),
                FieldColumn::Category(levels) => levels[row].clone().unwrap_or_else(|| "-".to_owned()),
            });
        }
        text.push_str(&(cells.join(" ") + "\n"));
    }
    text
}
