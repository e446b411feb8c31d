use std::collections::BTreeMap;

use contracts::{Quality, RowCounts, RunId, Settings};
use usecases::{Aspect, Check, OnBreak, QualityRule, UseCase};

use super::findings::{FlaggedEntities, PartitionFindings, RuleFindings, TableBefore, TableChecked, Tally, add_counts};
use super::report::{CheckKind, CheckOutcome, QualityReport};

/// Puts the findings of all partitions together and holds them against the bounds.
///
/// # Errors
/// What does not fit together: a partition that is missing or there twice, tables that are not the use case's,
/// partitions of different data, or rows that do not add up.
pub fn judge(
    use_case: &UseCase,
    run_id: RunId,
    settings: &Settings,
    partitions: &[PartitionFindings],
) -> Result<QualityReport, String> {
    are_complete(use_case, partitions)?;
    let mut report = QualityReport {
        use_case: use_case.name.clone(),
        run_id,
        passed: false,
        data_quality_score: 0.0,
        rows: RowCounts::default(),
        quarantined_by_reason: BTreeMap::new(),
        changed_cells: BTreeMap::new(),
        flagged: flagged(use_case, partitions),
        checks: Vec::new(),
    };
    let (mut n_pairs, mut n_held, mut n_before) = (0, 0, 0);
    for place in 0..use_case.tables.len() {
        let (before, checked) = table(partitions, place)?;
        let name = &use_case.tables[place].name;
        add_table(&mut report, name, before, &checked);
        report.checks.extend(outcomes(use_case, name, &checked, &settings.quality));
        n_before += before.rows.rows_quarantined;
        let failed = checked.rules.iter().filter_map(|rule| match rule.tally {
            Tally::Rows { failed } => Some(failed),
            _ => None,
        });
        for failed in failed {
            n_pairs += checked.rows.rows_in;
            n_held += checked.rows.rows_in - failed.min(checked.rows.rows_in);
        }
    }
    report.data_quality_score = if n_pairs == 0 { 0.0 } else { n_held as f64 / n_pairs as f64 };
    let before = Before {
        rows: RowCounts { rows_quarantined: n_before, ..report.rows },
        max_quarantined_fraction: settings.reading.max_quarantined_fraction,
    };
    report.checks.extend(gates(&settings.quality, use_case, &before, report.data_quality_score));
    report.passed = report.checks.iter().all(|check| check.passed) && report.rows.is_balanced();
    Ok(report)
}

/// Every partition is there once, and all of them saw the same tables.
fn are_complete(use_case: &UseCase, partitions: &[PartitionFindings]) -> Result<(), String> {
    let numbers: Vec<u32> = partitions.iter().map(|found| found.partition).collect();
    let n_partitions = partitions.first().map_or(1, |found| found.n_partitions);
    let expected: Vec<u32> = (0..n_partitions).collect();
    if numbers != expected || partitions.iter().any(|found| found.n_partitions != n_partitions) {
        return Err(format!("partitions 0 to {} were expected, in this order", n_partitions.saturating_sub(1)));
    }
    let tables: Vec<&str> = use_case.tables.iter().map(|table| table.name.as_str()).collect();
    for found in partitions {
        let names: Vec<&str> = found.tables.iter().map(|table| table.table.as_str()).collect();
        if names != tables {
            return Err(format!("partition {} is of tables {names:?}, not of {tables:?}", found.partition));
        }
    }
    Ok(())
}

fn flagged(use_case: &UseCase, partitions: &[PartitionFindings]) -> Option<FlaggedEntities> {
    use_case.rules.iter().any(|rule| rule.on_break == OnBreak::FlagEntity).then(|| {
        let mut flagged = FlaggedEntities::default();
        partitions.iter().for_each(|found| flagged.merge(&found.flagged));
        flagged
    })
}

/// One table over all partitions.
fn table(partitions: &[PartitionFindings], place: usize) -> Result<(&TableBefore, TableChecked), String> {
    let mut tables = partitions.iter().map(|found| &found.tables[place]);
    let first = tables.next().ok_or("there is no partition")?;
    let mut checked = first.checked.clone();
    for table in tables {
        if table.before != first.before || table.raw != first.raw {
            return Err(format!("the partitions were made of different data of table `{}`", first.table));
        }
        checked.merge(&table.checked)?;
    }
    let (expected, found) = (first.before.rows.rows_out, checked.rows.rows_in);
    if expected != found {
        return Err(format!("the partitions of table `{}` have {found} rows of {expected}", first.table));
    }
    Ok((&first.before, checked))
}

fn add_table(report: &mut QualityReport, name: &str, before: &TableBefore, checked: &TableChecked) {
    report.rows = report.rows.plus(RowCounts {
        rows_in: before.rows.rows_in,
        rows_out: checked.rows.rows_out,
        rows_quarantined: before.rows.rows_quarantined + checked.rows.rows_quarantined,
    });
    add_counts(&mut report.quarantined_by_reason, &before.quarantined_by_reason);
    for (reason, count) in &checked.quarantined_by_reason {
        *report.quarantined_by_reason.entry(format!("validate: {reason}")).or_default() += count;
    }
    add_counts(&mut report.changed_cells, &before.changed_cells);
    for problem in &before.problems {
        let gate = CheckOutcome::measured("parts_agree", Some(name), CheckKind::Gate, checked.rows.rows_in);
        report.checks.push(gate.impossible(problem.as_str()));
    }
}

/// The outcome of every rule of a table, with a gate on the number of rows and one on there being rules.
fn outcomes(use_case: &UseCase, name: &str, checked: &TableChecked, quality: &Quality) -> Vec<CheckOutcome> {
    let declared = use_case.rules.iter().filter(|rule| rule.table == name);
    let mut outcomes: Vec<CheckOutcome> =
        declared.zip(&checked.rules).map(|(rule, found)| outcome(rule, found, checked.rows, quality)).collect();
    let RowCounts { rows_in, rows_out, .. } = checked.rows;
    let n_rules = outcomes.len() as f64;
    let gate = |gate: &str| CheckOutcome::measured(gate, Some(name), CheckKind::Gate, rows_in);
    outcomes.push(gate("rules").between(n_rules, Some(1.0), None));
    outcomes.push(gate("min_rows").between(rows_out as f64, Some(quality.min_rows.max(1) as f64), None));
    outcomes
}

fn outcome(rule: &QualityRule, found: &RuleFindings, rows: RowCounts, quality: &Quality) -> CheckOutcome {
    let kind = match rule.aspect {
        Aspect::Schema => CheckKind::Schema,
        Aspect::Business => CheckKind::Business,
        Aspect::Distribution => CheckKind::Distribution,
    };
    let outcome = |n_rows| CheckOutcome::measured(&rule.name, Some(&rule.table), kind, n_rows);
    if found.rule != rule.name {
        return outcome(0).impossible(format!("was found as `{}`", found.rule));
    }
    let n_rows = rows.rows_out as f64;
    let value = match &found.tally {
        Tally::Impossible { problem } => return outcome(0).impossible(problem.as_str()),
        Tally::Rows { failed } => {
            let fraction = *failed as f64 / rows.rows_in as f64;
            let max = quality.max_fraction.get(&rule.name).copied().unwrap_or(quality.default_max_fraction);
            let outcome = outcome(rows.rows_in).between(fraction, None, Some(max));
            return CheckOutcome { rows_failed: Some(*failed), ..outcome };
        }
        Tally::Mean { sum, n } => sum.value() / *n as f64,
        Tally::Share { hits, n } => *hits as f64 / *n as f64,
        Tally::Distinct { seen, .. } if rows.rows_out > 0 => seen.len() as f64,
        Tally::Distinct { .. } => f64::NAN,
        Tally::Count { n } => *n as f64 / n_rows,
    };
    let (min, max) = bounds(&rule.check);
    outcome(rows.rows_out).between(value, min, max)
}

/// The bounds of a check on a table as a whole.
fn bounds(check: &Check) -> (Option<f64>, Option<f64>) {
    match check {
        Check::MeanBetween { min, max, .. } | Check::ShareBetween { min, max, .. } => (Some(*min), Some(*max)),
        Check::DistinctAtMost { max, .. } => (None, Some(*max as f64)),
        Check::DistinctAtLeast { min, .. } => (Some(*min as f64), None),
        Check::MissingShareAtMost { max_fraction, .. } | Check::DuplicateShareAtMost { max_fraction, .. } => {
            (None, Some(*max_fraction))
        }
        _ => (None, None),
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
