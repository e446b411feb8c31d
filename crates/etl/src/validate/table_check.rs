use std::collections::HashSet;

use usecases::{Check, Table};

use super::identity::{self, Identity};
use super::row_check::find;
use crate::frame::Silver;

/// A check on a table as a whole, with its columns found, and what it has measured so far.
pub(super) struct TableCheck<'a> {
    measure: Measure<'a>,
    min: Option<f64>,
    max: Option<f64>,
    n_rows: u64,
}

enum Measure<'a> {
    Mean { column: usize, sum: f64, n: u64 },
    Share { column: usize, level: &'a str, hits: u64, n: u64 },
    Distinct { column: usize, seen: HashSet<Identity>, enough: u64 },
    Missing { column: usize, nulls: u64 },
    DuplicateShare { columns: Vec<usize>, seen: HashSet<Identity>, n_again: u64 },
}

impl<'a> TableCheck<'a> {
    /// The check, if it is one on the whole table.
    pub(super) fn new(table: &Table, check: &'a Check) -> Result<Option<Self>, String> {
        let (measure, min, max) = match check {
            Check::MeanBetween { column, min, max } => {
                (Measure::Mean { column: find(table, column, Some(true))?, sum: 0.0, n: 0 }, Some(*min), Some(*max))
            }
            Check::ShareBetween { column, level, min, max } => {
                let column = find(table, column, Some(false))?;
                (Measure::Share { column, level, hits: 0, n: 0 }, Some(*min), Some(*max))
            }
            Check::DistinctAtMost { column, max } => {
                let measure = distinct(table, column, max.saturating_add(1))?;
                (measure, None, Some(*max as f64))
            }
            Check::DistinctAtLeast { column, min } => (distinct(table, column, *min)?, Some(*min as f64), None),
            Check::MissingShareAtMost { column, max_fraction } => {
                (Measure::Missing { column: find(table, column, None)?, nulls: 0 }, None, Some(*max_fraction))
            }
            Check::DuplicateShareAtMost { except, max_fraction } => {
                let except = except.iter().map(|name| find(table, name, None)).collect::<Result<Vec<_>, _>>()?;
                let columns = (0..table.columns.len()).filter(|column| !except.contains(column)).collect();
                (Measure::DuplicateShare { columns, seen: HashSet::new(), n_again: 0 }, None, Some(*max_fraction))
            }
            _ => return Ok(None),
        };
        Ok(Some(Self { measure, min, max, n_rows: 0 }))
    }

    /// Takes a row into account.
    pub(super) fn add(&mut self, silver: &Silver, row: usize) {
        self.n_rows += 1;
        match &mut self.measure {
            Measure::Mean { column, sum, n } => {
                if let Some(value) = silver.columns[*column].number(row) {
                    *sum += value;
                    *n += 1;
                }
            }
            Measure::Share { column, level, hits, n } => {
                if let Some(found) = silver.columns[*column].text(row) {
                    *hits += u64::from(found == *level);
                    *n += 1;
                }
            }
            Measure::Distinct { column, seen, enough } => {
                if (seen.len() as u64) < *enough && !silver.columns[*column].is_null(row) {
                    seen.insert(identity::of_cells(silver, row, &[*column]));
                }
            }
            Measure::Missing { column, nulls } => *nulls += u64::from(silver.columns[*column].is_null(row)),
            Measure::DuplicateShare { columns, seen, n_again } => {
                *n_again += u64::from(!seen.insert(identity::of_cells(silver, row, columns)));
            }
        }
    }

    /// What was measured (NaN without rows), the bounds, and the rows looked at.
    pub(super) fn finish(&self) -> (f64, Option<f64>, Option<f64>, u64) {
        let rows = self.n_rows as f64;
        let value = match &self.measure {
            Measure::Mean { sum, n, .. } => *sum / *n as f64,
            Measure::Share { hits, n, .. } => *hits as f64 / *n as f64,
            Measure::Distinct { seen, .. } if self.n_rows > 0 => seen.len() as f64,
            Measure::Distinct { .. } => f64::NAN,
            Measure::Missing { nulls, .. } => *nulls as f64 / rows,
            Measure::DuplicateShare { n_again, .. } => *n_again as f64 / rows,
        };
        (value, self.min, self.max, self.n_rows)
    }
}

fn distinct<'a>(table: &Table, column: &str, enough: u64) -> Result<Measure<'a>, String> {
    Ok(Measure::Distinct { column: find(table, column, None)?, seen: HashSet::new(), enough })
}
