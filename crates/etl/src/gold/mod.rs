//! Gold rows: one per entity, with what may be known of it when a prediction is made, and what came true.

mod builder;
mod figure;
mod label;
mod rows;
mod silver;

pub use builder::GoldBuilder;
pub use rows::GoldRows;

use std::collections::BTreeMap;

use contracts::SplitRule;
use features::Frame;

use crate::{EtlError, Split, Splitter};

/// Gold rows in memory, each with the split that a rule puts it in.
#[derive(Clone, Debug, PartialEq)]
pub struct Gold {
    /// The raw fields that were asked for.
    pub frame: Frame,
    /// 1 for the positive class, 0 for the negative, NaN where nothing is known yet.
    pub labels: Vec<f32>,
    /// What each row is used for.
    pub splits: Vec<Split>,
    /// The entity of each row; unique.
    pub keys: Vec<String>,
    /// Prediction date of each row, days since 1970-01-01.
    pub dates: Vec<Option<i32>>,
}

impl Gold {
    /// Divides gold rows by a rule.
    ///
    /// # Errors
    /// [`EtlError::Gold`] when the rule cannot be applied: it is broken, or a labelled row has no date to go by.
    pub fn new(rows: GoldRows, rule: &SplitRule) -> Result<Self, EtlError> {
        let splitter = Splitter::new(rule)?;
        let splits = (0..rows.keys.len()).map(|row| splitter.split(&rows.keys[row], rows.dates[row], rows.labels[row]));
        let splits = splits.collect::<Result<_, _>>()?;
        Ok(Self { frame: rows.frame, labels: rows.labels, splits, keys: rows.keys, dates: rows.dates })
    }

    /// Indices of the rows of a split, ascending.
    #[must_use]
    pub fn rows_of(&self, split: Split) -> Vec<usize> {
        (0..self.splits.len()).filter(|&row| self.splits[row] == split).collect()
    }

    /// How many rows each split has, by its name.
    #[must_use]
    pub fn rows_by_split(&self) -> BTreeMap<String, u64> {
        Split::ALL.iter().map(|&split| (split.to_string(), self.rows_of(split).len() as u64)).collect()
    }
}

#[cfg(test)]
mod tests;
