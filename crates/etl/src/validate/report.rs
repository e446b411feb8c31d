use std::{collections::BTreeMap, fmt};

use contracts::{RowCounts, RunId};
use serde::{Deserialize, Serialize};

use super::FlaggedEntities;

/// What the data gate found: every check, passed or not. Stored at `runs/<use_case>/<run_id>/validate.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QualityReport {
    /// Use case checked.
    pub use_case: String,
    /// Run that checked it.
    pub run_id: RunId,
    /// Whether every check passed.
    pub passed: bool,
    /// Share of (row, row rule) pairs that hold, in [0, 1]; 0 when nothing was checked.
    pub data_quality_score: f64,
    /// Rows from raw to validated silver.
    pub rows: RowCounts,
    /// Rows set aside from raw to validated silver, by `stage: reason`.
    pub quarantined_by_reason: BTreeMap<String, u64>,
    /// Cells changed on the way, by `stage: column: what was done`.
    pub changed_cells: BTreeMap<String, u64>,
    /// What became of entities that a rule flags; `None` where no rule does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flagged: Option<FlaggedEntities>,
    /// Every check, in the order of declaration; the gates last.
    pub checks: Vec<CheckOutcome>,
}

/// What was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckKind {
    /// Form: types, levels, nulls, keys.
    Schema,
    /// Meaning: what cannot be true of an entity.
    Business,
    /// Shape: what a sound delivery looks like as a whole.
    Distribution,
    /// A bound of the settings on the data as a whole.
    Gate,
}

/// One check beside what it found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckOutcome {
    /// Name of the rule or gate.
    pub name: String,
    /// Table checked; `None` for a gate on all tables.
    pub table: Option<String>,
    /// What was checked.
    pub kind: CheckKind,
    /// Rows looked at.
    pub rows_checked: u64,
    /// Rows that broke the rule, or that a gate counts; `None` when the table as a whole was measured.
    pub rows_failed: Option<u64>,
    /// What was measured: for a row rule the share of rows that broke it. `None` when there was nothing to measure,
    /// which never passes.
    pub value: Option<f64>,
    /// Smallest value that passes.
    pub min: Option<f64>,
    /// Largest value that passes.
    pub max: Option<f64>,
    /// Whether the value keeps its bounds.
    pub passed: bool,
    /// Why the check could not be made at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

impl CheckOutcome {
    /// A check of `value` against its bounds. Without a bound, or without a value, it fails.
    pub(crate) fn measured(name: &str, table: Option<&str>, kind: CheckKind, rows_checked: u64) -> Self {
        Self {
            name: name.to_owned(),
            table: table.map(str::to_owned),
            kind,
            rows_checked,
            rows_failed: None,
            value: None,
            min: None,
            max: None,
            passed: false,
            problem: None,
        }
    }

    /// The check with what it measured and its bounds: passes when the value lies within them.
    /// A value that is not a number, and a check without a bound, do not pass.
    pub(crate) fn between(mut self, value: f64, min: Option<f64>, max: Option<f64>) -> Self {
        self.value = Some(value).filter(|value| value.is_finite());
        (self.min, self.max) = (min, max);
        let in_bounds = |value: f64| min.is_none_or(|min| value >= min) && max.is_none_or(|max| value <= max);
        self.passed = (min.is_some() || max.is_some()) && self.value.is_some_and(in_bounds);
        self
    }

    pub(crate) fn impossible(mut self, problem: impl Into<String>) -> Self {
        self.problem = Some(problem.into());
        self
    }
}

impl fmt::Display for CheckOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.name)?;
        if let Some(problem) = &self.problem {
            return f.write_str(problem);
        }
        match (self.value, self.rows_failed) {
            (None, _) => f.write_str("had nothing to measure")?,
            (Some(value), None) => write!(f, "is {}", Short(value))?,
            (Some(value), Some(failed)) => {
                let verb = if self.kind == CheckKind::Gate { "counts" } else { "is broken by" };
                write!(f, "{verb} {failed} of {} rows ({})", self.rows_checked, Short(value))?;
            }
        }
        match (self.min, self.max) {
            (Some(min), Some(max)) => write!(f, ", must be {} to {}", Short(min), Short(max)),
            (Some(min), None) => write!(f, ", must be at least {}", Short(min)),
            (None, Some(max)) => write!(f, ", must be at most {}", Short(max)),
            (None, None) => f.write_str(", and has no bound"),
        }
    }
}

/// A number with at most six decimals.
struct Short(f64);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.6}", self.0);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}
