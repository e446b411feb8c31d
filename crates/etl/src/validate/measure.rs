use std::collections::{BTreeSet, HashSet};

use usecases::{Check, Table};

use super::Scope;
use super::findings::Tally;
use super::identity::{self, Identity};
use super::row_check::{Holds, divided_by, find};
use crate::frame::Silver;

/// A check on a table as a whole, with its columns found.
///
/// What it has measured lies in a [`Tally`], so that partitions can be measured apart and put together.
pub(super) enum Measure<'a> {
    Mean { column: usize },
    Share { column: usize, level: &'a str },
    Distinct { column: usize, known: HashSet<Identity> },
    Missing { column: usize },
    DuplicateShare { columns: Vec<usize>, seen: HashSet<Identity> },
}

impl<'a> Measure<'a> {
    /// The check and an empty tally, if it is one on the whole table.
    pub(super) fn new(table: &Table, check: &'a Check, scope: Scope) -> Result<Option<(Self, Tally)>, String> {
        let distinct = |column: &str, enough: u64| {
            let tally = Tally::Distinct { seen: BTreeSet::new(), enough };
            Ok((Self::Distinct { column: find(table, column, None)?, known: HashSet::new() }, tally))
        };
        Ok(Some(match check {
            Check::MeanBetween { column, .. } => {
                let column = find(table, column, Some(Holds::Numbers))?;
                (Self::Mean { column }, Tally::Mean { sum: Default::default(), n: 0 })
            }
            Check::ShareBetween { column, level, .. } => {
                let column = find(table, column, Some(Holds::Texts))?;
                (Self::Share { column, level }, Tally::Share { hits: 0, n: 0 })
            }
            Check::DistinctAtMost { column, max } => return distinct(column, max.saturating_add(1)).map(Some),
            Check::DistinctAtLeast { column, min } => return distinct(column, *min).map(Some),
            Check::MissingShareAtMost { column, .. } => {
                (Self::Missing { column: find(table, column, None)? }, Tally::Count { n: 0 })
            }
            Check::DuplicateShareAtMost { except, .. } => {
                let except = except.iter().map(|name| find(table, name, None)).collect::<Result<Vec<_>, _>>()?;
                let is_compared = |place: &usize| !table.columns[*place].ends_at_bronze && !except.contains(place);
                let columns: Vec<usize> = (0..table.columns.len()).filter(is_compared).collect();
                let names: Vec<String> = columns.iter().map(|&place| table.columns[place].name.clone()).collect();
                if scope.divides(table, &names) {
                    return Err(divided_by(table));
                }
                (Self::DuplicateShare { columns, seen: HashSet::new() }, Tally::Count { n: 0 })
            }
            _ => return Ok(None),
        }))
    }

    /// Takes a row into account.
    pub(super) fn add(&mut self, silver: &Silver, row: usize, tally: &mut Tally) {
        match (self, tally) {
            (Self::Mean { column }, Tally::Mean { sum, n }) => {
                if let Some(value) = silver.columns[*column].number(row) {
                    sum.add(value);
                    *n += 1;
                }
            }
            (Self::Share { column, level }, Tally::Share { hits, n }) => {
                if let Some(found) = silver.columns[*column].text(row) {
                    *hits += u64::from(found == *level);
                    *n += 1;
                }
            }
            (Self::Distinct { column, known }, Tally::Distinct { seen, enough })
                if (seen.len() as u64) < *enough && !silver.columns[*column].is_null(row) =>
            {
                let value = identity::of_cells(silver, row, &[*column]);
                if known.insert(value) {
                    seen.insert(format!("{value:032x}"));
                }
            }
            (Self::Missing { column }, Tally::Count { n }) => *n += u64::from(silver.columns[*column].is_null(row)),
            (Self::DuplicateShare { columns, seen }, Tally::Count { n }) => {
                *n += u64::from(!seen.insert(identity::of_cells(silver, row, columns)));
            }
            // Enough different values are known; or never: a measure and its tally are made together.
            _ => {}
        }
    }
}
