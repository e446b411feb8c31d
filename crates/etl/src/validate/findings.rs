use std::collections::{BTreeMap, BTreeSet};

use contracts::{ObjectRef, RowCounts};
use serde::{Deserialize, Serialize};

use super::exact_sum::ExactSum;

/// What the data gate found in one hash partition: the verdict that `PartitionVerdict` names.
///
/// Findings of all partitions, put together, are what would have been found in one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartitionFindings {
    /// Number of the partition, from 0.
    pub partition: u32,
    /// How many partitions there are.
    pub n_partitions: u32,
    /// The tables, in the order in which the use case declares them.
    pub tables: Vec<TableFindings>,
    /// What became of entities that a rule flags.
    pub flagged: FlaggedEntities,
}

/// What was found in one table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableFindings {
    /// Name of the table.
    pub table: String,
    /// What the parts of the table were made of, in their order; the same in every partition.
    pub raw: Vec<ObjectRef>,
    /// The validated silver objects of the partition, one per part in the same order.
    pub silver: Vec<ObjectRef>,
    /// What happened to the whole table before; the same in every partition.
    pub before: TableBefore,
    /// What the rules found in the partition.
    pub checked: TableChecked,
}

/// What `ingest` and `clean` made of a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableBefore {
    /// Rows from raw files to silver.
    pub rows: RowCounts,
    /// Rows set aside, by `stage: reason`.
    pub quarantined_by_reason: BTreeMap<String, u64>,
    /// Cells changed, by `stage: column: what was done`.
    pub changed_cells: BTreeMap<String, u64>,
    /// What does not fit together from one part to another; each fails the gate.
    pub problems: Vec<String>,
}

/// What the rules found in the rows of one table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableChecked {
    /// Silver rows read, kept, and set aside.
    pub rows: RowCounts,
    /// Rows set aside, by reason.
    pub quarantined_by_reason: BTreeMap<String, u64>,
    /// What each rule of the table found, in the order of declaration.
    pub rules: Vec<RuleFindings>,
}

/// What one rule found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFindings {
    /// Name of the rule.
    pub rule: String,
    /// What was counted or measured.
    pub tally: Tally,
}

/// What was counted or measured, in a form that can be added up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case", deny_unknown_fields)]
pub enum Tally {
    /// Rows that broke a row rule.
    Rows {
        /// How many.
        failed: u64,
    },
    /// Numbers of which the mean is asked.
    Mean {
        /// Their sum.
        sum: ExactSum,
        /// How many are not null.
        n: u64,
    },
    /// Rows with a level.
    Share {
        /// Rows that have it.
        hits: u64,
        /// Rows that are not null.
        n: u64,
    },
    /// Different values.
    Distinct {
        /// Digests of them, at most `enough`.
        seen: BTreeSet<String>,
        /// How many decide; more are not counted.
        enough: u64,
    },
    /// Rows of which the share is asked: null, or equal to an earlier one.
    Count {
        /// How many.
        n: u64,
    },
    /// The rule cannot be applied, which fails the gate.
    Impossible {
        /// Why.
        problem: String,
    },
}

/// What became of entities that a rule flags.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlaggedEntities {
    /// Entities flagged by any rule.
    pub entities: u64,
    /// Entities by the rule that flags them; one that several rules flag counts under each.
    pub by_rule: BTreeMap<String, u64>,
    /// Rows set aside for nothing but their entity, by table.
    pub rows_removed: BTreeMap<String, u64>,
    /// Entities with a row left in the table that gold is made of.
    pub entities_left: u64,
}

impl FlaggedEntities {
    /// Adds those of another partition: no entity is in two.
    pub(super) fn merge(&mut self, other: &Self) {
        self.entities += other.entities;
        self.entities_left += other.entities_left;
        add_counts(&mut self.by_rule, &other.by_rule);
        add_counts(&mut self.rows_removed, &other.rows_removed);
    }
}

impl TableChecked {
    /// Adds what was found in another partition of the same table, by the same rules.
    pub(super) fn merge(&mut self, other: &Self) -> Result<(), String> {
        self.rows = self.rows.plus(other.rows);
        add_counts(&mut self.quarantined_by_reason, &other.quarantined_by_reason);
        let rules = |table: &Self| table.rules.iter().map(|found| found.rule.clone()).collect::<Vec<_>>();
        if rules(self) != rules(other) {
            return Err("the partitions were checked by different rules".to_owned());
        }
        self.rules.iter_mut().zip(&other.rules).try_for_each(|(found, other)| found.tally.merge(&other.tally))
    }
}

impl Tally {
    fn merge(&mut self, other: &Self) -> Result<(), String> {
        match (self, other) {
            (Self::Rows { failed }, Self::Rows { failed: more }) => *failed += more,
            (Self::Mean { sum, n }, Self::Mean { sum: more, n: of }) => {
                sum.merge(more);
                *n += of;
            }
            (Self::Share { hits, n }, Self::Share { hits: more, n: of }) => {
                *hits += more;
                *n += of;
            }
            (Self::Distinct { seen, enough }, Self::Distinct { seen: more, .. }) => {
                let free = usize::try_from(*enough).unwrap_or(usize::MAX).saturating_sub(seen.len());
                let new: Vec<String> = more.difference(seen).take(free).cloned().collect();
                seen.extend(new);
            }
            (Self::Count { n }, Self::Count { n: more }) => *n += more,
            (Self::Impossible { .. }, Self::Impossible { .. }) => {}
            _ => return Err("the partitions were checked by different rules".to_owned()),
        }
        Ok(())
    }
}

/// Adds counts by name.
pub(super) fn add_counts(to: &mut BTreeMap<String, u64>, more: &BTreeMap<String, u64>) {
    for (name, count) in more {
        *to.entry(name.clone()).or_default() += count;
    }
}
