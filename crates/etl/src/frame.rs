use polars::prelude::{Column, DataFrame, NamedFrom, Series, StringChunked};
use usecases::{ColumnKind, Table};

use crate::bronze::{LINE_COLUMN, OFFSET_COLUMN};
use crate::quarantine::Origin;
use crate::{EtlError, parquet};

/// The text column `name` of the object's frame.
pub(crate) fn texts<'a>(object: &str, frame: &'a DataFrame, name: &str) -> Result<&'a StringChunked, EtlError> {
    frame.column(name).and_then(|column| column.str()).map_err(|error| EtlError::parquet(object, error))
}

/// Where every row of a part came from.
#[derive(Clone, Debug)]
pub(crate) struct Origins {
    lines: Vec<Option<u64>>,
    offsets: Vec<u64>,
}

impl Origins {
    pub(crate) fn of(object: &str, frame: &DataFrame) -> Result<Self, EtlError> {
        let numbers = |name| {
            let column = frame.column(name).and_then(|column| column.u64());
            column.map_err(|error| EtlError::parquet(object, error))
        };
        let offsets = numbers(OFFSET_COLUMN)?.iter().collect::<Option<_>>();
        let offsets = offsets.ok_or_else(|| EtlError::parquet(object, "a row has no offset"))?;
        Ok(Self { lines: numbers(LINE_COLUMN)?.iter().collect(), offsets })
    }

    pub(crate) fn get(&self, row: usize) -> Origin {
        Origin { offset: self.offsets[row], line: self.lines[row] }
    }

    /// Keeps only these rows.
    pub(crate) fn keep(&mut self, rows: &[usize]) {
        self.lines = rows.iter().map(|&row| self.lines[row]).collect();
        self.offsets = rows.iter().map(|&row| self.offsets[row]).collect();
    }

    pub(crate) fn into_columns(self) -> [Column; 2] {
        [Series::new(LINE_COLUMN.into(), self.lines).into(), Series::new(OFFSET_COLUMN.into(), self.offsets).into()]
    }
}

/// A row as a line of comma-separated text, for people to read.
pub(crate) fn as_text<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let mut line = String::new();
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            line.push(',');
        }
        if cell.contains([',', '"', '\n', '\r']) {
            line.push('"');
            line.push_str(&cell.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(cell);
        }
    }
    line
}

/// A silver part in memory.
pub(crate) struct Silver {
    pub(crate) frame: DataFrame,
    /// One per column of the table, in its order.
    pub(crate) columns: Vec<SilverColumn>,
    pub(crate) origins: Origins,
}

/// A column of silver.
pub(crate) enum SilverColumn {
    /// Texts and names of levels.
    Texts(StringChunked),
    /// Numbers, whole or not.
    Numbers(Vec<Option<f64>>),
}

impl Silver {
    /// Reads a silver part of `table`.
    pub(crate) fn read(table: &Table, object: &str, bytes: &[u8]) -> Result<Self, EtlError> {
        let frame = parquet::read(object, bytes)?;
        let columns = table.columns.iter().map(|decl| {
            let column = frame.column(&decl.name)?;
            Ok(match decl.kind {
                ColumnKind::Number => SilverColumn::Numbers(column.f64()?.iter().collect()),
                ColumnKind::Integer => {
                    SilverColumn::Numbers(column.i64()?.iter().map(|value| value.map(|value| value as f64)).collect())
                }
                ColumnKind::Text { .. } | ColumnKind::Category { .. } => SilverColumn::Texts(column.str()?.clone()),
            })
        });
        let columns = columns
            .collect::<Result<_, polars::prelude::PolarsError>>()
            .map_err(|error| EtlError::parquet(object, error))?;
        let origins = Origins::of(object, &frame)?;
        Ok(Self { frame, columns, origins })
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.frame.height()
    }

    /// A row as a line of text.
    pub(crate) fn row_as_text(&self, row: usize) -> String {
        let cells: Vec<String> = self.columns.iter().map(|column| column.as_text(row)).collect();
        as_text(cells.iter().map(String::as_str))
    }
}

impl SilverColumn {
    pub(crate) fn text(&self, row: usize) -> Option<&str> {
        match self {
            Self::Texts(texts) => texts.get(row),
            Self::Numbers(_) => None,
        }
    }

    pub(crate) fn number(&self, row: usize) -> Option<f64> {
        match self {
            Self::Texts(_) => None,
            Self::Numbers(numbers) => numbers[row],
        }
    }

    pub(crate) fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Texts(texts) => texts.get(row).is_none(),
            Self::Numbers(numbers) => numbers[row].is_none(),
        }
    }

    fn as_text(&self, row: usize) -> String {
        match self {
            Self::Texts(texts) => texts.get(row).unwrap_or_default().to_owned(),
            Self::Numbers(numbers) => numbers[row].map(|number| number.to_string()).unwrap_or_default(),
        }
    }
}
