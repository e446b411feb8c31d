use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use contracts::RowCounts;
use polars::prelude::BooleanChunked;
use usecases::{Check, OnBreak, QualityRule, Table, UseCase};

use super::Scope;
use super::findings::{FlaggedEntities, RuleFindings, TableChecked, Tally, add_counts};
use super::flags::Flags;
use super::identity::{self, Identity};
use super::measure::Measure;
use super::row_check::RowCheck;
use crate::frame::Silver;
use crate::quarantine::{Problem, Quarantine};
use crate::{EtlError, Part, parquet};

/// The rules of a use case at work on one hash partition.
///
/// Every part of every table is shown up to three times, in the same order: to [`PartitionValidation::survey`], which
/// learns what is there twice; to [`PartitionValidation::flag`], which learns what rows say of their entities; and to
/// [`PartitionValidation::check`], which sets rows aside.
/// So one part is in memory at a time, besides about 200 bytes per row for the rules on duplicates and 30 per entity.
///
/// Row rules see every row; table rules see the rows that are not set aside, because these are what goes on.
///
/// Of rows alike in every column, a rule on unique keys lets the first pass; of rows with one key that contradict each
/// other it lets none pass, because nothing says which is right.
/// A row of a flagged entity is set aside under the first rule that flags the entity, unless it breaks a rule that sets
/// it aside by itself, which says more.
/// An entity is in another table when it has a row there that the other table's own rules let pass.
pub struct PartitionValidation<'a> {
    rules: &'a [QualityRule],
    tables: Vec<TableRules<'a>>,
    flags: Flags,
    gold_table: &'a str,
    left: HashSet<Identity>,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Survey,
    Flag,
    Check,
}

struct TableRules<'a> {
    table: &'a Table,
    /// Place of the column that identifies the entity.
    entity: Option<usize>,
    rules: Vec<Rule<'a>>,
    /// Rows seen in the present phase.
    n_seen: u64,
    rows: RowCounts,
    quarantined_by_reason: BTreeMap<String, u64>,
    n_flagged: u64,
}

struct Rule<'a> {
    rule: &'a QualityRule,
    /// Place among the rules of the use case.
    place: usize,
    check: RuleCheck<'a>,
    tally: Tally,
}

enum RuleCheck<'a> {
    Row(RowCheck<'a>),
    EntityIn(&'a str),
    Table(Measure<'a>),
    /// The rule cannot be applied; the tally says why.
    Impossible,
}

/// One part of a partition, as it is stored.
#[derive(Clone, Copy, Debug)]
pub struct SilverPart<'a> {
    /// Key of the raw file that quarantined rows are said to come from.
    pub raw_file: &'a str,
    /// Key of the silver object.
    pub object: &'a str,
    /// The object.
    pub bytes: &'a [u8],
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

impl<'a> PartitionValidation<'a> {
    /// The rules of a use case, for one partition.
    #[must_use]
    pub fn new(use_case: &'a UseCase, scope: Scope) -> Self {
        let tables = use_case.tables.iter().map(|table| TableRules::new(table, use_case, scope)).collect();
        Self {
            rules: &use_case.rules,
            tables,
            flags: Flags::new(&use_case.rules),
            gold_table: &use_case.gold.table,
            left: HashSet::new(),
            phase: Phase::Survey,
        }
    }

    /// Whether [`PartitionValidation::survey`] has anything to learn from this table.
    #[must_use]
    pub fn needs_survey(&self, table: usize) -> bool {
        self.tables[table].rules.iter().any(|rule| matches!(rule.check, RuleCheck::Row(RowCheck::Unique { .. })))
    }

    /// Whether [`PartitionValidation::flag`] has anything to learn.
    #[must_use]
    pub fn needs_flags(&self) -> bool {
        Flags::are_needed(self.rules)
    }

    /// Looks at a part of the table at this place of the use case, before any part is flagged or checked.
    ///
    /// # Errors
    /// [`EtlError::Parquet`] when the bytes are not a silver part of the table.
    pub fn survey(&mut self, table: usize, part: &SilverPart<'_>) -> Result<(), EtlError> {
        let rules = &mut self.tables[table];
        let silver = Silver::read(rules.table, part.object, part.bytes)?;
        for row in 0..silver.n_rows() {
            for rule in &mut rules.rules {
                if let RuleCheck::Row(check) = &mut rule.check {
                    check.survey(&silver, row, rules.n_seen);
                }
            }
            rules.n_seen += 1;
        }
        Ok(())
    }

    /// Learns from a part which entities are flagged, and which have a row; after every part was surveyed.
    ///
    /// # Errors
    /// As [`PartitionValidation::survey`].
    pub fn flag(&mut self, table: usize, part: &SilverPart<'_>) -> Result<(), EtlError> {
        self.enter(Phase::Flag);
        let rules = &mut self.tables[table];
        let silver = Silver::read(rules.table, part.object, part.bytes)?;
        for row in 0..silver.n_rows() {
            let number = rules.n_seen;
            rules.n_seen += 1;
            let Some(entity) = rules.entity(&silver, row) else { continue };
            let mut goes_on = true;
            for Rule { rule, place, check, .. } in &rules.rules {
                match (check, rule.on_break) {
                    (RuleCheck::EntityIn(_), OnBreak::FlagEntity) => self.flags.asks(*place, &entity),
                    (RuleCheck::Row(_), OnBreak::Count) => {}
                    (RuleCheck::Row(check), on_break) if check.problem(&silver, row, number).is_some() => {
                        goes_on &= on_break != OnBreak::Quarantine;
                        if on_break == OnBreak::FlagEntity {
                            self.flags.flag(&entity, *place);
                        }
                    }
                    _ => {}
                }
            }
            if goes_on {
                self.flags.has_row(&rules.table.name, &entity);
            }
        }
        Ok(())
    }

    /// Checks a part, after every part was surveyed and flagged.
    ///
    /// # Errors
    /// As [`PartitionValidation::survey`]; [`EtlError::Write`].
    pub fn check(&mut self, table: usize, part: &SilverPart<'_>) -> Result<Checked, EtlError> {
        self.enter(Phase::Check);
        let rules = &mut self.tables[table];
        let silver = Silver::read(rules.table, part.object, part.bytes)?;
        let mut quarantine = Quarantine::new(part.raw_file);
        let mut kept = Vec::with_capacity(silver.n_rows());
        for row in 0..silver.n_rows() {
            let entity = rules.entity(&silver, row);
            let problem = rules.check_row(&silver, row, entity.as_deref(), &self.flags, self.rules);
            kept.push(problem.is_none());
            match (problem, entity) {
                (Some(problem), _) => quarantine.add(silver.origins.get(row), &problem, &silver.row_as_text(row))?,
                (None, Some(entity)) if rules.table.name == self.gold_table => {
                    self.left.insert(identity::of_text(&entity));
                }
                (None, _) => {}
            }
        }
        rules.finish_part(part, &silver, quarantine, kept)
    }

    /// What was found: one [`TableChecked`] per table of the use case, and what became of flagged entities.
    #[must_use]
    pub fn finish(mut self) -> (Vec<TableChecked>, FlaggedEntities) {
        self.enter(Phase::Check);
        let mut flagged = self.flags.counts(self.rules);
        flagged.entities_left = self.left.len() as u64;
        let tables = self.tables.into_iter().map(|table| {
            flagged.rows_removed.insert(table.table.name.clone(), table.n_flagged);
            let rules = table.rules.into_iter();
            let rules = rules.map(|rule| RuleFindings { rule: rule.rule.name.clone(), tally: rule.tally });
            TableChecked {
                rows: table.rows,
                quarantined_by_reason: table.quarantined_by_reason,
                rules: rules.collect(),
            }
        });
        (tables.collect(), flagged)
    }

    /// Ends the phases before.
    fn enter(&mut self, phase: Phase) {
        if self.phase >= phase {
            return;
        }
        if self.phase == Phase::Survey {
            self.tables.iter_mut().for_each(TableRules::settle);
        }
        if phase == Phase::Check {
            self.flags.settle(self.rules);
        }
        self.tables.iter_mut().for_each(|table| table.n_seen = 0);
        self.phase = phase;
    }
}

impl<'a> TableRules<'a> {
    fn new(table: &'a Table, use_case: &'a UseCase, scope: Scope) -> Self {
        let rules = use_case.rules.iter().enumerate().filter(|(_, rule)| rule.table == table.name);
        let entity = table.entity.as_ref();
        Self {
            table,
            entity: entity.and_then(|name| {
                table.columns.iter().position(|column| column.name == *name && !column.ends_at_bronze)
            }),
            rules: rules.map(|(place, rule)| Rule::new(table, place, rule, use_case, scope)).collect(),
            n_seen: 0,
            rows: RowCounts::default(),
            quarantined_by_reason: BTreeMap::new(),
            n_flagged: 0,
        }
    }

    fn entity<'s>(&self, silver: &'s Silver, row: usize) -> Option<Cow<'s, str>> {
        silver.columns[self.entity?].as_text(row)
    }

    fn settle(&mut self) {
        for rule in &mut self.rules {
            if let RuleCheck::Row(check) = &mut rule.check {
                check.settle();
            }
        }
    }

    /// Counts a row under every rule that it breaks; says why it is set aside, if it is.
    fn check_row(
        &mut self,
        silver: &Silver,
        row: usize,
        entity: Option<&str>,
        flags: &Flags,
        all_rules: &[QualityRule],
    ) -> Option<Problem> {
        let number = self.n_seen;
        self.n_seen += 1;
        let flagged_by = entity.and_then(|entity| flags.rule(entity));
        let mut flagged_here = None;
        let mut reason = None;
        for Rule { rule, place, check, tally } in &mut self.rules {
            let problem = match check {
                RuleCheck::Row(check) => check.problem(silver, row, number),
                RuleCheck::EntityIn(other) => entity
                    .filter(|entity| !flags.is_in(other, entity))
                    .map(|_| format!("table `{other}` has no row of this entity")),
                RuleCheck::Table(_) | RuleCheck::Impossible => None,
            };
            let (Some(detail), Tally::Rows { failed }) = (problem, tally) else { continue };
            *failed += 1;
            let column = rule.check.columns().first().copied();
            // Without an entity there is only the row to set aside.
            let is_set_aside = match rule.on_break {
                OnBreak::Quarantine => true,
                OnBreak::FlagEntity => entity.is_none(),
                OnBreak::Count => false,
            };
            if flagged_by == Some(*place) {
                flagged_here = Some((column, detail));
            } else if is_set_aside && reason.is_none() {
                reason = Some(Problem::of_rule(&rule.name, column).with_detail(detail));
            }
        }
        if let (Some(place), None) = (flagged_by, &reason) {
            self.n_flagged += 1;
            let kind = format!("flagged: {}", all_rules[place].name);
            reason = Some(match flagged_here {
                Some((column, detail)) => Problem::of_rule(&kind, column).with_detail(detail),
                None => Problem::of_rule(&kind, None),
            });
        }
        if reason.is_none() {
            for Rule { check, tally, .. } in &mut self.rules {
                if let RuleCheck::Table(measure) = check {
                    measure.add(silver, row, tally);
                }
            }
        }
        reason
    }

    fn finish_part(
        &mut self,
        part: &SilverPart<'_>,
        silver: &Silver,
        quarantine: Quarantine,
        kept: Vec<bool>,
    ) -> Result<Checked, EtlError> {
        let rows = RowCounts {
            rows_in: silver.n_rows() as u64,
            rows_out: silver.n_rows() as u64 - quarantine.n_rows(),
            rows_quarantined: quarantine.n_rows(),
        };
        self.rows = self.rows.plus(rows);
        if rows.rows_quarantined == 0 {
            return Ok(Checked::Unchanged { n_rows: rows.rows_in });
        }
        let mask: BooleanChunked = kept.into_iter().collect();
        let what = format!("validated silver of {}", part.raw_file);
        let mut frame = silver.frame.filter(&mask).map_err(|error| EtlError::write(&what, error))?;
        let (quarantine, quarantined_by_reason) = quarantine.into_parts();
        add_counts(&mut self.quarantined_by_reason, &quarantined_by_reason);
        let data = vec![parquet::write(&what, &mut frame)?];
        Ok(Checked::Reduced(Part { data, quarantine, rows, quarantined_by_reason, changed_cells: BTreeMap::new() }))
    }
}

impl<'a> Rule<'a> {
    fn new(table: &'a Table, place: usize, rule: &'a QualityRule, use_case: &UseCase, scope: Scope) -> Self {
        let (check, tally) = Self::check(table, rule, use_case, scope)
            .unwrap_or_else(|problem| (RuleCheck::Impossible, Tally::Impossible { problem }));
        Self { rule, place, check, tally }
    }

    fn check(
        table: &'a Table,
        rule: &'a QualityRule,
        use_case: &UseCase,
        scope: Scope,
    ) -> Result<(RuleCheck<'a>, Tally), String> {
        let needs_entity = rule.on_break == OnBreak::FlagEntity || matches!(rule.check, Check::EntityIn { .. });
        if needs_entity && table.entity.as_ref().is_none_or(|name| table.column(name).is_none()) {
            return Err(format!("is about entities, which table `{}` does not identify", table.name));
        }
        let no_rows = Tally::Rows { failed: 0 };
        if let Check::EntityIn { table: name } = &rule.check {
            let other = use_case.table(name).ok_or_else(|| format!("asks for table `{name}`, which does not exist"))?;
            return match &other.entity {
                Some(_) => Ok((RuleCheck::EntityIn(name), no_rows)),
                None => Err(format!("asks for entities of table `{name}`, which identifies none")),
            };
        }
        if let Some(check) = RowCheck::new(table, &rule.check, scope)? {
            return Ok((RuleCheck::Row(check), no_rows));
        }
        match Measure::new(table, &rule.check, scope)? {
            Some((measure, tally)) => Ok((RuleCheck::Table(measure), tally)),
            None => Err("is neither about rows nor about a table".to_owned()),
        }
    }
}
