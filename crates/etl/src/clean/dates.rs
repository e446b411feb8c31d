//! In which order the numbers of slash dates come.

use polars::prelude::StringChunked;
use usecases::date::{DateOrder, SlashDate, WrittenDate, day_in_id};
use usecases::{ColumnDecl, Table};

use crate::EtlError;
use crate::frame::Origins;
use crate::quarantine::shown;

/// Dates shown in an error.
const N_EXAMPLES: usize = 3;

/// How the slash dates of a part are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SlashOrder {
    /// A date that can be meant in one order only has settled it for all.
    Settled(DateOrder),
    /// Every date is the same day in either order, or there is none.
    Either,
}

impl SlashOrder {
    /// The order to read by.
    pub(super) const fn order(self) -> DateOrder {
        match self {
            Self::Settled(order) => order,
            Self::Either => DateOrder::DayFirst,
        }
    }
}

/// The bronze of a part: one column of texts per column of the table.
pub(super) struct Bronze<'t, 'f> {
    pub(super) table: &'t Table,
    pub(super) raw_file: &'f str,
    pub(super) texts: Vec<&'f StringChunked>,
    pub(super) origins: &'f Origins,
}

impl Bronze<'_, '_> {
    /// What a cell holds, without white space and stray characters around it.
    fn bare(&self, column: usize, row: usize) -> Option<&str> {
        let strip = &self.table.columns[column].dirt.strip;
        self.texts[column].get(row).map(|text| text.trim().trim_matches(|c| strip.contains(c)))
    }

    /// The day that another column gives for the date in this one.
    pub(super) fn day_in_id(&self, id_column: Option<usize>, row: usize) -> Option<i32> {
        self.bare(id_column?, row).and_then(day_in_id)
    }

    /// The place of the column whose text ends in the date of `decl`.
    pub(super) fn id_column(&self, decl: &ColumnDecl) -> Result<Option<usize>, EtlError> {
        let Some(name) = decl.date().and_then(|date| date.in_column.as_ref()) else { return Ok(None) };
        let place = self.table.columns.iter().position(|column| column.name == *name);
        let lacks =
            || format!("column `{name}`, which settles `{}`, is none of table `{}`", decl.name, self.table.name);
        place.map(Some).ok_or_else(|| EtlError::declaration(lacks()))
    }

    /// Finds the one order in which all slash dates of the part can be meant.
    ///
    /// # Errors
    /// [`EtlError::File`] when two dates can only be meant in different orders, or when nothing settles a date that
    /// is another day in the other order.
    pub(super) fn slash_order(&self) -> Result<SlashOrder, EtlError> {
        let mut settled: Option<(DateOrder, String)> = None;
        let mut unsettled: Vec<String> = Vec::new();
        for (column, decl) in self.table.columns.iter().enumerate() {
            let Some(date) = decl.date() else { continue };
            let id_column = self.id_column(decl)?;
            for row in 0..self.texts[column].len() {
                let Some(WrittenDate::Slashes(found)) = self.bare(column, row).and_then(WrittenDate::parse) else {
                    continue;
                };
                let in_id = self.day_in_id(id_column, row);
                let example = || self.example(column, row);
                match (found.order(date.is_first_of_month, in_id), &settled) {
                    (Some(order), Some((other, first))) if order != *other => {
                        return Err(self.two_orders((*other, first), (order, &example())));
                    }
                    (Some(order), None) => settled = Some((order, example())),
                    (None, None) if is_open(found, in_id) && unsettled.len() < N_EXAMPLES => unsettled.push(example()),
                    _ => {}
                }
            }
        }
        match settled {
            Some((order, _)) => Ok(SlashOrder::Settled(order)),
            None if unsettled.is_empty() => Ok(SlashOrder::Either),
            None => Err(EtlError::file(
                self.raw_file,
                format!(
                    "{} may be day/month/year or month/day/year, and nothing in this part of the file settles it",
                    unsettled.join(", ")
                ),
            )),
        }
    }

    fn two_orders(&self, first: (DateOrder, &str), second: (DateOrder, &str)) -> EtlError {
        let told = |(order, example): (DateOrder, &str)| match order {
            DateOrder::DayFirst => format!("{example} is day/month/year"),
            DateOrder::MonthFirst => format!("{example} is month/day/year"),
        };
        let problem = format!("its dates are written in two orders: {}, {}", told(first), told(second));
        EtlError::file(self.raw_file, problem)
    }

    /// A date with its place, for people.
    fn example(&self, column: usize, row: usize) -> String {
        let decl = &self.table.columns[column];
        let origin = self.origins.get(row);
        let place = origin.line.map_or_else(|| format!("byte {}", origin.offset), |line| format!("line {line}"));
        let text = if decl.is_personal { "a date" } else { self.bare(column, row).map_or("", shown) };
        format!("`{text}` in column `{}` ({place})", decl.name)
    }
}

/// Whether the date is another day in the other order, and its id does not say that it is neither: then the row is
/// set aside in any case.
fn is_open(date: SlashDate, in_id: Option<i32>) -> bool {
    let agrees = |order| in_id.is_none_or(|in_id| date.day(order) == Some(in_id));
    date.is_ambiguous() && (agrees(DateOrder::DayFirst) || agrees(DateOrder::MonthFirst))
}
