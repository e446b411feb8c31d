use std::borrow::Cow;
use std::collections::BTreeMap;

use contracts::{RowCounts, Sha256};
use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, Series, StringChunked, StringChunkedBuilder};
use usecases::{Cell, Change, ColumnDecl, ColumnKind, Nulls, Reason, Table, WhenAbsent};

use crate::quarantine::{Problem, Quarantine, shown};
use crate::{EtlError, Part, frame, parquet};

/// Makes silver of a bronze part: typed columns, with line and offset of every row in its raw file.
///
/// Cells are read as their columns declare ([`ColumnDecl::read`]).
/// A row with a cell that cannot be read, or that is empty and must not be, is set aside; the first such cell names
/// the reason.
/// A column that the raw file lacks is null in bronze; it stays null, or becomes the identity of the row, as declared.
///
/// # Errors
/// [`EtlError::Parquet`] when `bytes` is not a bronze part of the table, [`EtlError::Write`].
pub fn clean(table: &Table, raw_file: &str, object: &str, bytes: &[u8]) -> Result<Part, EtlError> {
    let bronze = parquet::read(object, bytes)?;
    let texts = table.columns.iter().map(|decl| frame::texts(object, &bronze, &decl.name));
    let texts: Vec<&StringChunked> = texts.collect::<Result<_, _>>()?;
    let mut origins = frame::Origins::of(object, &bronze)?;
    let file_id = Sha256::of(raw_file.as_bytes()).short(12).to_owned();
    let mut columns: Vec<CleanColumn<'_>> = table.columns.iter().map(CleanColumn::new).collect();
    let mut quarantine = Quarantine::new(raw_file);
    let mut kept = Vec::with_capacity(bronze.height());
    for row in 0..bronze.height() {
        let identity = || format!("row-{file_id}-{}", origins.get(row).offset);
        let cells = columns.iter().zip(&texts).map(|(column, texts)| column.read(texts.get(row), &identity));
        match cells.collect::<Result<Vec<_>, Problem>>() {
            Ok(cells) => {
                columns.iter_mut().zip(cells).for_each(|(column, cell)| column.keep(cell));
                kept.push(row);
            }
            Err(problem) => {
                let cells = texts.iter().map(|texts| texts.get(row).unwrap_or(""));
                quarantine.add(origins.get(row), &problem, &frame::as_text(cells))?;
            }
        }
    }
    let rows = RowCounts {
        rows_in: bronze.height() as u64,
        rows_out: kept.len() as u64,
        rows_quarantined: quarantine.n_rows(),
    };
    origins.keep(&kept);
    let changed_cells = columns.iter().flat_map(CleanColumn::changes).collect();
    let columns: Vec<Column> = columns.into_iter().map(CleanColumn::finish).chain(origins.into_columns()).collect();
    let mut silver = DataFrame::new_infer_height(columns).map_err(|error| EtlError::write("silver", error))?;
    let data = parquet::write(&format!("silver of {raw_file}"), &mut silver)?;
    let (quarantine, quarantined_by_reason) = quarantine.into_parts();
    Ok(Part { data, quarantine, rows, quarantined_by_reason, changed_cells })
}

/// A cell to keep.
enum Clean<'a> {
    Null,
    Number(f64),
    Text(Cow<'a, str>),
}

/// A column of silver in the making.
struct CleanColumn<'a> {
    decl: &'a ColumnDecl,
    values: Values,
    changes: BTreeMap<Change, u64>,
}

enum Values {
    Texts(StringChunkedBuilder),
    Numbers(Vec<Option<f64>>),
    Integers(Vec<Option<i64>>),
}

impl<'a> CleanColumn<'a> {
    fn new(decl: &'a ColumnDecl) -> Self {
        let values = match decl.kind {
            ColumnKind::Number => Values::Numbers(Vec::new()),
            ColumnKind::Integer => Values::Integers(Vec::new()),
            ColumnKind::Text { .. } | ColumnKind::Category { .. } => {
                Values::Texts(StringChunkedBuilder::new(decl.name.as_str().into(), 0))
            }
        };
        Self { decl, values, changes: BTreeMap::new() }
    }

    /// `text` is `None` where the raw file lacks the column.
    fn read<'t>(
        &self,
        text: Option<&'t str>,
        identity: &impl Fn() -> String,
    ) -> Result<(Clean<'t>, Option<Change>), Problem>
    where
        'a: 't,
    {
        let Some(text) = text else {
            return match self.decl.when_absent {
                WhenAbsent::RowIdentity => Ok((Clean::Text(identity().into()), None)),
                WhenAbsent::Null => Ok((Clean::Null, None)),
                WhenAbsent::Refuse => Err(self.problem(Reason::MissingValue, "the file has no such column")),
            };
        };
        let read = self.decl.read(text).map_err(|reason| {
            // A personal value is told by its place only.
            self.problem(reason, if self.decl.is_personal { "" } else { text })
        })?;
        match read.cell {
            Cell::Null if self.decl.nulls == Nulls::Refused => Err(self.problem(Reason::MissingValue, "")),
            Cell::Null => Ok((Clean::Null, read.change)),
            Cell::Number(number) => Ok((Clean::Number(number), read.change)),
            Cell::Text(text) => Ok((Clean::Text(text.into()), read.change)),
        }
    }

    fn problem(&self, reason: Reason, text: &str) -> Problem {
        let problem = Problem::of_cell(&self.decl.name, reason.as_str());
        if text.is_empty() { problem } else { problem.with_detail(format!("`{}`", shown(text))) }
    }

    fn keep(&mut self, (cell, change): (Clean<'_>, Option<Change>)) {
        if let Some(change) = change {
            *self.changes.entry(change).or_default() += 1;
        }
        match (&mut self.values, cell) {
            (Values::Texts(texts), Clean::Text(text)) => texts.append_value(&*text),
            (Values::Texts(texts), Clean::Null | Clean::Number(_)) => texts.append_null(),
            (Values::Numbers(numbers), Clean::Number(number)) => numbers.push(Some(number)),
            (Values::Numbers(numbers), Clean::Null | Clean::Text(_)) => numbers.push(None),
            // Exact: an integer column reads whole numbers of at most 2^53 only.
            (Values::Integers(integers), Clean::Number(number)) => integers.push(Some(number as i64)),
            (Values::Integers(integers), Clean::Null | Clean::Text(_)) => integers.push(None),
        }
    }

    fn changes(&self) -> impl Iterator<Item = (String, u64)> {
        self.changes.iter().map(|(change, &count)| (format!("{}: {change}", self.decl.name), count))
    }

    fn finish(self) -> Column {
        let name = self.decl.name.as_str().into();
        match self.values {
            Values::Texts(texts) => texts.finish().into_column(),
            Values::Numbers(numbers) => Series::new(name, numbers).into(),
            Values::Integers(integers) => Series::new(name, integers).into(),
        }
    }
}
