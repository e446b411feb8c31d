use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use usecases::{Check, OnBreak, QualityRule};

use super::FlaggedEntities;
use super::identity::{self, Identity};

/// What the tables of a partition know of each other's entities.
#[derive(Debug, Default)]
pub(super) struct Flags {
    /// Entities that rules flag, by the rules' places in the use case.
    flagged: HashMap<String, BTreeSet<usize>>,
    /// For each table that a rule asks for: the entities with a row that no other rule of that table sets aside.
    present: BTreeMap<String, HashSet<Identity>>,
    /// For each rule that flags entities missing in another table: the entities it asks for.
    asking: BTreeMap<usize, HashSet<String>>,
}

impl Flags {
    pub(super) fn new(rules: &[QualityRule]) -> Self {
        let asked = rules.iter().filter_map(|rule| match &rule.check {
            Check::EntityIn { table } => Some((table.clone(), HashSet::new())),
            _ => None,
        });
        Self { present: asked.collect(), ..Self::default() }
    }

    /// Whether any of the rules concerns more than the row at hand.
    pub(super) fn are_needed(rules: &[QualityRule]) -> bool {
        let is_far =
            |rule: &QualityRule| rule.on_break == OnBreak::FlagEntity || matches!(rule.check, Check::EntityIn { .. });
        rules.iter().any(is_far)
    }

    pub(super) fn flag(&mut self, entity: &str, rule: usize) {
        match self.flagged.get_mut(entity) {
            Some(rules) => {
                rules.insert(rule);
            }
            None => {
                self.flagged.insert(entity.to_owned(), BTreeSet::from([rule]));
            }
        }
    }

    /// Takes note that an entity has a row in a table that goes on as far as the table's own rules are concerned.
    pub(super) fn has_row(&mut self, table: &str, entity: &str) {
        if let Some(present) = self.present.get_mut(table) {
            present.insert(identity::of_text(entity));
        }
    }

    /// Takes note that a rule flags the entity unless it has a row in the table the rule asks for.
    pub(super) fn asks(&mut self, rule: usize, entity: &str) {
        let asking = self.asking.entry(rule).or_default();
        if !asking.contains(entity) {
            asking.insert(entity.to_owned());
        }
    }

    /// Whether an entity has such a row in a table.
    pub(super) fn is_in(&self, table: &str, entity: &str) -> bool {
        self.present.get(table).is_some_and(|present| present.contains(&identity::of_text(entity)))
    }

    /// Flags what was asked for and is missing, when all rows are known.
    pub(super) fn settle(&mut self, rules: &[QualityRule]) {
        for (rule, entities) in std::mem::take(&mut self.asking) {
            let Check::EntityIn { table } = &rules[rule].check else { continue };
            let missing: Vec<String> = entities.into_iter().filter(|entity| !self.is_in(table, entity)).collect();
            missing.iter().for_each(|entity| self.flag(entity, rule));
        }
    }

    /// The first rule that flags an entity, by its place in the use case.
    pub(super) fn rule(&self, entity: &str) -> Option<usize> {
        self.flagged.get(entity)?.first().copied()
    }

    /// How many entities are flagged, by rule.
    pub(super) fn counts(&self, rules: &[QualityRule]) -> FlaggedEntities {
        let mut by_rule = BTreeMap::new();
        for rule in rules.iter().filter(|rule| rule.on_break == OnBreak::FlagEntity) {
            by_rule.insert(rule.name.clone(), 0);
        }
        for &rule in self.flagged.values().flatten() {
            *by_rule.entry(rules[rule].name.clone()).or_default() += 1;
        }
        FlaggedEntities { entities: self.flagged.len() as u64, by_rule, ..FlaggedEntities::default() }
    }
}
