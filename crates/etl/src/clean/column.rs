//! A column of silver in the making.

use std::borrow::Cow;
use std::collections::BTreeMap;

use polars::prelude::{
    Column, Int32Chunked, IntoColumn, IntoSeries, NamedFrom, NewChunkedArray, Series, StringChunkedBuilder,
};
use usecases::{Cell, Change, ColumnDecl, ColumnKind, Nulls, Reason, WhenAbsent};

use super::dates::SlashOrder;
use crate::quarantine::{Problem, shown};

/// What manifests say of a slash date that is the same day in either order.
const EITHER_ORDER: &str = "read with slashes";

/// A cell of bronze beside what is needed to read it.
pub(super) struct Raw<'t> {
    /// `None` where the raw file lacks the column.
    pub(super) text: Option<&'t str>,
    /// The day that another column gives for the same date.
    pub(super) day_in_id: Option<i32>,
}

/// A cell to keep.
pub(super) enum Clean<'a> {
    Null,
    Number(f64),
    Text(Cow<'a, str>),
    Date(i32),
}

pub(super) struct CleanColumn<'a> {
    pub(super) decl: &'a ColumnDecl,
    /// Place of the column that gives the same date.
    pub(super) id_column: Option<usize>,
    slashes: SlashOrder,
    values: Values,
    changes: BTreeMap<&'static str, u64>,
}

enum Values {
    Texts(StringChunkedBuilder),
    Numbers(Vec<Option<f64>>),
    Integers(Vec<Option<i64>>),
    Dates(Vec<Option<i32>>),
    /// The column ends at bronze: its cells are read, and not kept.
    None,
}

impl<'a> CleanColumn<'a> {
    pub(super) fn new(decl: &'a ColumnDecl, slashes: SlashOrder, id_column: Option<usize>) -> Self {
        let values = match decl.kind {
            _ if decl.ends_at_bronze => Values::None,
            ColumnKind::Number => Values::Numbers(Vec::new()),
            ColumnKind::Integer | ColumnKind::YearsAndMonths => Values::Integers(Vec::new()),
            ColumnKind::Date(_) => Values::Dates(Vec::new()),
            ColumnKind::Text { .. } | ColumnKind::Category { .. } | ColumnKind::Form { .. } => {
                Values::Texts(StringChunkedBuilder::new(decl.name.as_str().into(), 0))
            }
        };
        Self { decl, id_column, slashes, values, changes: BTreeMap::new() }
    }

    /// Reads a cell. `identity` makes one for a row that comes without.
    pub(super) fn read<'t>(
        &self,
        raw: &Raw<'t>,
        identity: &impl Fn() -> String,
    ) -> Result<(Clean<'t>, Option<&'static str>), Problem>
    where
        'a: 't,
    {
        let Some(text) = raw.text else {
            return match self.decl.when_absent {
                WhenAbsent::RowIdentity => Ok((Clean::Text(identity().into()), None)),
                WhenAbsent::Null => Ok((Clean::Null, None)),
                WhenAbsent::Refuse => Err(self.problem(Reason::MissingValue, "the file has no such column")),
            };
        };
        let read = self.decl.read(text, Some(self.slashes.order())).map_err(|reason| self.problem(reason, text))?;
        let change = read.change.map(|change| self.told(change));
        Ok(match read.cell {
            Cell::Null if self.decl.nulls == Nulls::Refused => return Err(self.problem(Reason::MissingValue, "")),
            Cell::Date(day) if raw.day_in_id.is_some_and(|in_id| in_id != day) => {
                return Err(self.problem(Reason::ContradictsId, text));
            }
            Cell::Null => (Clean::Null, change),
            Cell::Number(number) => (Clean::Number(number), change),
            Cell::Text(text) => (Clean::Text(text.into()), change),
            Cell::Date(day) => (Clean::Date(day), change),
        })
    }

    fn told(&self, change: Change) -> &'static str {
        match change {
            Change::DayFirst | Change::MonthFirst if self.slashes == SlashOrder::Either => EITHER_ORDER,
            change => change.as_str(),
        }
    }

    /// A personal value, and one that ends at bronze, is told by its place only.
    fn problem(&self, reason: Reason, text: &str) -> Problem {
        let problem = Problem::of_cell(&self.decl.name, reason.as_str());
        let is_told = !text.is_empty() && !self.decl.is_personal && !self.decl.ends_at_bronze;
        if is_told { problem.with_detail(format!("`{}`", shown(text))) } else { problem }
    }

    pub(super) fn keep(&mut self, (cell, change): (Clean<'_>, Option<&'static str>)) {
        if let Some(change) = change {
            *self.changes.entry(change).or_default() += 1;
        }
        match (&mut self.values, cell) {
            (Values::Texts(texts), Clean::Text(text)) => texts.append_value(&*text),
            (Values::Texts(texts), _) => texts.append_null(),
            (Values::Numbers(numbers), Clean::Number(number)) => numbers.push(Some(number)),
            (Values::Numbers(numbers), _) => numbers.push(None),
            // Exact: such a column reads whole numbers of at most 2^53 only.
            (Values::Integers(integers), Clean::Number(number)) => integers.push(Some(number as i64)),
            (Values::Integers(integers), _) => integers.push(None),
            (Values::Dates(dates), Clean::Date(day)) => dates.push(Some(day)),
            (Values::Dates(dates), _) => dates.push(None),
            (Values::None, _) => {}
        }
    }

    pub(super) fn changes(&self) -> impl Iterator<Item = (String, u64)> {
        self.changes.iter().map(|(change, &count)| (format!("{}: {change}", self.decl.name), count))
    }

    /// The column; `None` when it ends at bronze.
    pub(super) fn finish(self) -> Option<Column> {
        let name = self.decl.name.as_str().into();
        Some(match self.values {
            Values::Texts(texts) => texts.finish().into_column(),
            Values::Numbers(numbers) => Series::new(name, numbers).into(),
            Values::Integers(integers) => Series::new(name, integers).into(),
            Values::Dates(days) => Int32Chunked::from_slice_options(name, &days).into_date().into_series().into(),
            Values::None => return None,
        })
    }
}
