use std::borrow::Cow;

use polars::prelude::{
    Column, DataFrame, Float64Chunked, Int32Chunked, Int64Chunked, NamedFrom, PolarsResult, Series, StringChunked,
};
use usecases::{ColumnDecl, ColumnKind, Table, date};

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
    /// One per column of the table, in its order; those that end at bronze are [`SilverColumn::Absent`].
    pub(crate) columns: Vec<SilverColumn>,
    pub(crate) origins: Origins,
}

/// A column of silver, which shares its values with the frame.
#[derive(Clone)]
pub(crate) enum SilverColumn {
    /// Texts and names of levels.
    Texts(StringChunked),
    /// Numbers.
    Numbers(Float64Chunked),
    /// Whole numbers of at most 2^53 either way.
    Integers(Int64Chunked),
    /// Days, counted from 1970-01-01.
    Dates(Int32Chunked),
    /// Nothing: the column ends at bronze.
    Absent,
}

impl Silver {
    /// Reads a silver part of `table`.
    pub(crate) fn read(table: &Table, object: &str, bytes: &[u8]) -> Result<Self, EtlError> {
        let frame = parquet::read(object, bytes)?;
        let columns = table.columns.iter().map(|decl| SilverColumn::of(&frame, decl));
        let columns = columns.collect::<PolarsResult<_>>().map_err(|error| EtlError::parquet(object, error))?;
        let origins = Origins::of(object, &frame)?;
        Ok(Self { frame, columns, origins })
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.frame.height()
    }

    /// A row as a line of text.
    pub(crate) fn row_as_text(&self, row: usize) -> String {
        let there = self.columns.iter().filter(|column| !matches!(column, SilverColumn::Absent));
        let cells: Vec<_> = there.map(|column| column.as_text(row).unwrap_or_default()).collect();
        as_text(cells.iter().map(AsRef::as_ref))
    }
}

impl SilverColumn {
    /// The declared column of a frame of silver.
    pub(crate) fn of(frame: &DataFrame, decl: &ColumnDecl) -> PolarsResult<Self> {
        if decl.ends_at_bronze {
            return Ok(Self::Absent);
        }
        let column = frame.column(&decl.name)?;
        Ok(match decl.kind {
            ColumnKind::Number => Self::Numbers(column.f64()?.clone()),
            ColumnKind::Integer | ColumnKind::YearsAndMonths => Self::Integers(column.i64()?.clone()),
            ColumnKind::Date(_) => Self::Dates(column.date()?.physical().clone()),
            ColumnKind::Text { .. } | ColumnKind::Category { .. } | ColumnKind::Form { .. } => {
                Self::Texts(column.str()?.clone())
            }
        })
    }

    /// The text in a row of a column of texts.
    pub(crate) fn text(&self, row: usize) -> Option<&str> {
        match self {
            Self::Texts(texts) => texts.get(row),
            _ => None,
        }
    }

    /// The number in a row of a column of numbers, whole or not.
    pub(crate) fn number(&self, row: usize) -> Option<f64> {
        match self {
            Self::Numbers(numbers) => numbers.get(row),
            // Exact: an integer column holds numbers of at most 2^53 only.
            Self::Integers(integers) => integers.get(row).map(|integer| integer as f64),
            _ => None,
        }
    }

    /// The day in a row of a column of dates.
    pub(crate) fn date(&self, row: usize) -> Option<i32> {
        match self {
            Self::Dates(dates) => dates.get(row),
            _ => None,
        }
    }

    pub(crate) fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Texts(texts) => texts.get(row).is_none(),
            Self::Numbers(numbers) => numbers.get(row).is_none(),
            Self::Integers(integers) => integers.get(row).is_none(),
            Self::Dates(dates) => dates.get(row).is_none(),
            Self::Absent => true,
        }
    }

    /// The cell as text; `None` for null.
    pub(crate) fn as_text(&self, row: usize) -> Option<Cow<'_, str>> {
        match self {
            Self::Texts(texts) => texts.get(row).map(Cow::Borrowed),
            Self::Numbers(_) | Self::Integers(_) => self.number(row).map(|number| number.to_string().into()),
            Self::Dates(dates) => dates.get(row).map(|day| date::iso(day).into()),
            Self::Absent => None,
        }
    }
}
