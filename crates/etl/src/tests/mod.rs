#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use usecases::{ColumnDecl, ColumnKind, Csv, Format, Nulls, Role, Table, WhenAbsent};

use crate::{BronzeReader, BronzeSource, EtlError, Header, Part, SourceBytes, parquet};

mod bronze;
mod clean;
mod loan;
mod partitions;
mod validation;

/// Name of the raw file in these tests.
const FILE: &str = "raw/shop/orders.csv";

/// A small table: id, amount (may be empty), paid (Yes or No), note (may be absent).
fn orders() -> Table {
    Table {
        name: "orders".to_owned(),
        files: vec!["*.csv".to_owned()],
        format: Format::Csv(Csv { delimiter: b',', has_header: true, records_span_lines: false }),
        columns: vec![
            ColumnDecl {
                role: Role::Key,
                when_absent: WhenAbsent::RowIdentity,
                ..ColumnDecl::new("id", ColumnKind::Text { max_bytes: 64 })
            },
            ColumnDecl { nulls: Nulls::Allowed, ..ColumnDecl::new("amount", ColumnKind::Number) },
            ColumnDecl::new("items", ColumnKind::Integer),
            ColumnDecl {
                role: Role::Label,
                ..ColumnDecl::new("paid", ColumnKind::category(&[("No", &["0"]), ("Yes", &["1"])]))
            },
            ColumnDecl {
                when_absent: WhenAbsent::Null,
                ..ColumnDecl::new("channel", ColumnKind::Text { max_bytes: 8 })
            },
        ],
        entity: Some("id".to_owned()),
        key: vec!["id".to_owned()],
        ignores_extra_columns: false,
    }
}

/// Reads the records that start in `range`, the file being fed in pieces of `step` bytes.
fn ingest_range(
    table: &Table,
    file: &[u8],
    range: std::ops::Range<u64>,
    step: usize,
) -> Result<(Part, SourceBytes), EtlError> {
    let header = Header::read(FILE, table, file, file.len() as u64)?;
    let is_first = range.start == 0;
    let source = BronzeSource { file: FILE, range, max_record_bytes: 1000 };
    let mut reader = BronzeReader::new(table, &header, &source)?;
    if is_first {
        reader.push_header(&file[..usize::try_from(header.end()).unwrap()]);
    }
    while let Some(from) = reader.wants().map(|from| usize::try_from(from).unwrap()).filter(|&from| from < file.len()) {
        reader.push(&file[from..file.len().min(from + step)])?;
    }
    reader.finish()
}

/// Reads a whole file.
fn ingest(table: &Table, file: &[u8]) -> Result<Part, EtlError> {
    ingest_range(table, file, 0..file.len() as u64, 7).map(|(part, _)| part)
}

/// Reads and cleans a whole file of which every record can be read.
fn silver(table: &Table, file: &[u8]) -> Part {
    let bronze = ingest(table, file).unwrap();
    assert_eq!(bronze.rows.rows_quarantined, 0);
    crate::clean(table, FILE, "bronze/part", &bronze.data[0], 1).unwrap()
}

/// The rows of a Parquet file, cells joined by `|`, null as `-`.
fn rows(bytes: &[u8]) -> Vec<String> {
    let frame = parquet::read("test", bytes).unwrap();
    (0..frame.height())
        .map(|row| {
            let cells = frame.columns().iter().map(|column| match column.get(row).unwrap() {
                polars::prelude::AnyValue::Null => "-".to_owned(),
                polars::prelude::AnyValue::String(text) => text.to_owned(),
                polars::prelude::AnyValue::StringOwned(text) => text.to_string(),
                polars::prelude::AnyValue::Float64(number) => number.to_string(),
                polars::prelude::AnyValue::Int64(number) => number.to_string(),
                polars::prelude::AnyValue::UInt64(number) => number.to_string(),
                polars::prelude::AnyValue::Date(day) => usecases::date::iso(day),
                other => panic!("unexpected {other:?}"),
            });
            cells.collect::<Vec<_>>().join("|")
        })
        .collect()
}

/// What a part set aside and why, in short lines, and its counts.
fn account(part: &Part) -> String {
    let mut text = String::new();
    for line in part.quarantine.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        let row: contracts::Quarantined = serde_json::from_slice(line).unwrap();
        let line = row.line.map_or_else(|| format!("byte {}", row.offset), |line| format!("line {line}"));
        let shown: String = row.row.chars().take(40).collect();
        text.push_str(&format!("{line}, {}: {} <- {shown:?}\n", row.column.as_deref().unwrap_or("row"), row.reason));
    }
    text.push_str(&format!(
        "{} in, {} out, {} quarantined {:?} changed {:?}\n",
        part.rows.rows_in,
        part.rows.rows_out,
        part.rows.rows_quarantined,
        part.quarantined_by_reason,
        part.changed_cells
    ));
    text
}
