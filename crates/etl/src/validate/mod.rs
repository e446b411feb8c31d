//! Checks that rows, and tables as a whole, are what a use case says they must be.

use contracts::{Quality, RowCounts};
use polars::prelude::BooleanChunked;
use usecases::{Aspect, OnBreak, QualityRule, Table, UseCase};

pub use report::{CheckKind, CheckOutcome, QualityReport};

use crate::frame::Silver;
use crate::quarantine::{Problem, Quarantine};
use crate::{EtlError, Part, parquet};
use row_check::RowCheck;
use table_check::TableCheck;

mod identity;
mod report;
mod row_check;
mod table_check;

/// The rules of one table at work.
///
/// All parts are shown twice, in the same order: first to [`Validation::survey`], which learns what only all rows
/// together tell, then to [`Validation::check`], which sets rows aside.
/// So one part is in memory at a time, besides about 200 bytes per row for the rules on duplicates.
///
/// Row rules see every row; table rules see the rows that no row rule set aside, because these are what goes on.
///
/// Of rows alike in every column, a rule on unique keys lets the first pass; of rows with one key that contradict each
/// other it lets none pass, because nothing says which is right.
pub struct Validation<'a> {
    table: &'a Table,
    rules: Vec<Rule<'a>>,
    n_surveyed: u64,
    n_checked: u64,
    n_kept: u64,
}

struct Rule<'a> {
    rule: &'a QualityRule,
    check: RuleCheck<'a>,
    n_failed: u64,
}

enum RuleCheck<'a> {
    Row(RowCheck<'a>),
    Table(TableCheck<'a>),
    /// The rule cannot be applied, which fails the gate.
    Impossible(String),
}

/// What became of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// No row was set aside: the part goes on as it is.
    Unchanged {
        /// Rows of the part.
        n_rows: u64,
    },
    /// Rows were set aside: this is the part without them.
    Reduced(Part),
}

impl<'a> Validation<'a> {
    /// Validation of `table` by those of `rules` that are about it.
    #[must_use]
    pub fn new(table: &'a Table, rules: &'a [QualityRule]) -> Self {
        let rules = rules.iter().filter(|rule| rule.table == table.name);
        let rules = rules.map(|rule| Rule { rule, check: RuleCheck::new(table, rule), n_failed: 0 }).collect();
        Self { table, rules, n_surveyed: 0, n_checked: 0, n_kept: 0 }
    }

    /// Looks at a part before any part is checked.
    ///
    /// # Errors
    /// [`EtlError::Parquet`] when `bytes` is not a silver part of the table.
    pub fn survey(&mut self, object: &str, bytes: &[u8]) -> Result<(), EtlError> {
        let silver = Silver::read(self.table, object, bytes)?;
        for row in 0..silver.n_rows() {
            for rule in &mut self.rules {
                if let RuleCheck::Row(check) = &mut rule.check {
                    check.survey(&silver, row, self.n_surveyed);
                }
            }
            self.n_surveyed += 1;
        }
        Ok(())
    }

    /// Checks a part, of a raw file that quarantined rows are said to come from.
    ///
    /// # Errors
    /// [`EtlError::Parquet`] when `bytes` is not a silver part of the table, [`EtlError::Write`].
    pub fn check(&mut self, raw_file: &str, object: &str, bytes: &[u8]) -> Result<Checked, EtlError> {
        if self.n_checked == 0 {
            self.rules.iter_mut().for_each(|rule| rule.check.settle());
        }
        let silver = Silver::read(self.table, object, bytes)?;
        let mut quarantine = Quarantine::new(raw_file);
        let mut kept = Vec::with_capacity(silver.n_rows());
        for row in 0..silver.n_rows() {
            let problem = self.check_row(&silver, row);
            kept.push(problem.is_none());
            if let Some(problem) = problem {
                quarantine.add(silver.origins.get(row), &problem, &silver.row_as_text(row))?;
            }
        }
        let rows = RowCounts {
            rows_in: silver.n_rows() as u64,
            rows_out: silver.n_rows() as u64 - quarantine.n_rows(),
            rows_quarantined: quarantine.n_rows(),
        };
        if rows.rows_quarantined == 0 {
            return Ok(Checked::Unchanged { n_rows: rows.rows_in });
        }
        let mask: BooleanChunked = kept.into_iter().collect();
        let what = format!("validated silver of {raw_file}");
        let mut frame = silver.frame.filter(&mask).map_err(|error| EtlError::write(&what, error))?;
        let (quarantine, quarantined_by_reason) = quarantine.into_parts();
        let data = parquet::write(&what, &mut frame)?;
        Ok(Checked::Reduced(Part { data, quarantine, rows, quarantined_by_reason, changed_cells: Default::default() }))
    }

    /// Counts a row under every rule that it breaks; the first that sets it aside is the reason.
    fn check_row(&mut self, silver: &Silver, row: usize) -> Option<Problem> {
        let mut reason = None;
        for rule in &mut self.rules {
            let RuleCheck::Row(check) = &rule.check else { continue };
            if let Some(detail) = check.problem(silver, row, self.n_checked) {
                rule.n_failed += 1;
                if rule.rule.on_break == OnBreak::Quarantine && reason.is_none() {
                    let column = rule.rule.check.columns().first().copied();
                    reason = Some(Problem::of_rule(&rule.rule.name, column).with_detail(detail));
                }
            }
        }
        self.n_checked += 1;
        if reason.is_none() {
            self.n_kept += 1;
            for rule in &mut self.rules {
                if let RuleCheck::Table(check) = &mut rule.check {
                    check.add(silver, row);
                }
            }
        }
        reason
    }

    /// The outcome of every rule of the table, with a gate on the number of rows and one on there being rules.
    #[must_use]
    pub fn finish(&self, quality: &Quality) -> Vec<CheckOutcome> {
        let table = Some(self.table.name.as_str());
        let mut outcomes: Vec<CheckOutcome> = self.rules.iter().map(|rule| self.outcome(rule, quality)).collect();
        let n_rules = outcomes.len() as f64;
        let gate = |name: &str| CheckOutcome::measured(name, table, CheckKind::Gate, self.n_checked);
        outcomes.push(gate("rules").between(n_rules, Some(1.0), None));
        outcomes.push(gate("min_rows").between(self.n_kept as f64, Some(quality.min_rows.max(1) as f64), None));
        outcomes
    }

    fn outcome(&self, rule: &Rule<'_>, quality: &Quality) -> CheckOutcome {
        let kind = match rule.rule.aspect {
            Aspect::Schema => CheckKind::Schema,
            Aspect::Business => CheckKind::Business,
            Aspect::Distribution => CheckKind::Distribution,
        };
        let outcome = |n_rows| CheckOutcome::measured(&rule.rule.name, Some(&self.table.name), kind, n_rows);
        match &rule.check {
            RuleCheck::Row(_) => {
                let fraction = rule.n_failed as f64 / self.n_checked as f64;
                let max = quality.max_fraction.get(&rule.rule.name).copied().unwrap_or(quality.default_max_fraction);
                let outcome = outcome(self.n_checked).between(fraction, None, Some(max));
                CheckOutcome { rows_failed: Some(rule.n_failed), ..outcome }
            }
            RuleCheck::Table(check) => {
                let (value, min, max, n_rows) = check.finish();
                outcome(n_rows).between(value, min, max)
            }
            RuleCheck::Impossible(problem) => outcome(0).impossible(problem),
        }
    }

    /// How many (row, row rule) pairs were checked, and how many of them hold.
    #[must_use]
    pub fn pairs(&self) -> (u64, u64) {
        let rules = self.rules.iter().filter(|rule| matches!(rule.check, RuleCheck::Row(_)));
        rules.fold((0, 0), |(checked, held), rule| (checked + self.n_checked, held + self.n_checked - rule.n_failed))
    }
}

impl<'a> RuleCheck<'a> {
    fn new(table: &Table, rule: &'a QualityRule) -> Self {
        match RowCheck::new(table, &rule.check) {
            Err(problem) => return Self::Impossible(problem),
            Ok(Some(check)) => return Self::Row(check),
            Ok(None) => {}
        }
        match TableCheck::new(table, &rule.check) {
            Err(problem) => Self::Impossible(problem),
            Ok(Some(check)) => Self::Table(check),
            Ok(None) => Self::Impossible("is neither about rows nor about a table".to_owned()),
        }
    }

    fn settle(&mut self) {
        if let Self::Row(check) = self {
            check.settle();
        }
    }
}

/// The gates on all tables together: quarantine before validation, and the score.
///
/// A rule about a table that does not exist fails, and so does a bound in the settings for a rule that does not exist,
/// because neither would bind anything.
#[must_use]
pub fn gates(quality: &Quality, use_case: &UseCase, before: &Before, score: f64) -> Vec<CheckOutcome> {
    let gate = |name: &str, n_rows| CheckOutcome::measured(name, None, CheckKind::Gate, n_rows);
    let RowCounts { rows_in, rows_quarantined, .. } = before.rows;
    let fraction = rows_quarantined as f64 / rows_in as f64;
    let mut outcomes = vec![
        CheckOutcome {
            rows_failed: Some(rows_quarantined),
            ..gate("quarantined_fraction", rows_in).between(fraction, None, Some(before.max_quarantined_fraction))
        },
        gate("data_quality_score", rows_in).between(score, Some(quality.min_score), None),
    ];
    let homeless = use_case.rules.iter().filter(|rule| use_case.table(&rule.table).is_none());
    outcomes.extend(
        homeless.map(|rule| {
            gate(&rule.name, 0).impossible(format!("is about table `{}`, which does not exist", rule.table))
        }),
    );
    let is_unknown = |name: &&String| use_case.rules.iter().all(|rule| rule.name != **name);
    let unknown = quality.max_fraction.keys().filter(is_unknown);
    outcomes.extend(unknown.map(|name| gate(name, 0).impossible("has a bound in the settings and is no rule")));
    outcomes
}

/// What `ingest` and `clean` made of the rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Before {
    /// Rows read from raw files, and rows set aside so far.
    pub rows: RowCounts,
    /// Largest share that they may have set aside.
    pub max_quarantined_fraction: f64,
}
