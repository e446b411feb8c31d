//! The rows of one hash partition, in all tables.

use std::collections::BTreeMap;

use bytes::Bytes;
use contracts::stage::{PartStep, PartitionCheck, PartitionVerdict};
use contracts::{ObjectRef, PartOutput, RowCounts, RunId, Sha256};
use etl::{Checked, PartitionFindings, PartitionValidation, Scope, SilverPart, TableBefore, TableFindings};
use lake::{Lake, keys};
use parts::Place;
use usecases::date::WrittenDate;
use usecases::{Table, UseCase};

use crate::ValidateError;

/// Changes when the same silver would be judged otherwise.
const VERSION: &str = "validate-2";

/// What `clean` counts for the two orders in which it reads dates with slashes.
const ORDERS: [usecases::Change; 2] = [usecases::Change::DayFirst, usecases::Change::MonthFirst];

/// A part of a table on its way.
struct Part {
    bronze: PartOutput,
    silver: PartOutput,
    /// The rows of the partition.
    object: ObjectRef,
    /// The same as read; compressed, so all parts of a partition fit into memory.
    bytes: Bytes,
}

impl Part {
    fn raw_file(&self) -> &str {
        &self.bronze.source.key
    }

    fn as_silver(&self) -> SilverPart<'_> {
        SilverPart { raw_file: self.raw_file(), object: &self.object.key, bytes: &self.bytes }
    }
}

/// Checks one partition.
pub(crate) async fn check(lake: &Lake, request: PartitionCheck) -> Result<PartitionVerdict, ValidateError> {
    let PartitionCheck { use_case: name, run_id, at, partition, parts } = request;
    let use_case = crate::use_case(&name)?;
    let steps: Vec<PartStep> = parts.into_iter().flatten().collect();
    let scope = scope(use_case, &steps, &at, partition)?;
    let mut tables = Vec::with_capacity(use_case.tables.len());
    for table in &use_case.tables {
        tables.push(read(lake, table, &steps, partition).await?);
    }
    let mut validation = PartitionValidation::new(use_case, scope);
    for (place, parts) in tables.iter().enumerate() {
        if validation.needs_survey(place) {
            parts.iter().try_for_each(|part| validation.survey(place, &part.as_silver()))?;
        }
    }
    if validation.needs_flags() {
        for (place, parts) in tables.iter().enumerate() {
            parts.iter().try_for_each(|part| validation.flag(place, &part.as_silver()))?;
        }
    }
    let mut silver = Vec::with_capacity(tables.len());
    for (place, parts) in tables.iter().enumerate() {
        let mut objects = Vec::with_capacity(parts.len());
        for part in parts {
            let checked = validation.check(place, &part.as_silver())?;
            objects.push(write(lake, use_case, &use_case.tables[place], part, checked).await?);
        }
        silver.push(objects);
    }
    let (checked, flagged) = validation.finish();
    let found = tables.iter().zip(silver).zip(checked).zip(&use_case.tables);
    let found = found.map(|(((parts, silver), checked), table)| {
        let raw = parts.iter().map(|part| part.bronze.source.clone()).collect();
        TableFindings { table: table.name.clone(), raw, silver, before: before(parts), checked }
    });
    let findings = PartitionFindings { partition, n_partitions: scope.n_partitions, tables: found.collect(), flagged };
    store(lake, &name, &run_id, &findings).await
}

async fn store(
    lake: &Lake,
    use_case: &str,
    run_id: &RunId,
    findings: &PartitionFindings,
) -> Result<PartitionVerdict, ValidateError> {
    let file = format!("validate-partition-{:03}.json", findings.partition);
    let verdict = lake.write_json_once(&keys::run_file(use_case, run_id, &file), findings).await?;
    let rows = findings.tables.iter().fold(RowCounts::default(), |rows, table| rows.plus(table.checked.rows));
    tracing::info!(partition = findings.partition, ?rows, flagged = findings.flagged.entities, "partition checked");
    Ok(PartitionVerdict { partition: findings.partition, verdict })
}

/// The day of the run and the number of partitions, when all parts agree on it and on the use case.
fn scope(use_case: &UseCase, steps: &[PartStep], at: &str, partition: u32) -> Result<Scope, ValidateError> {
    let refuse = |problem: String| Err(ValidateError::Request(problem));
    let is_strange = |step: &&PartStep| step.use_case != use_case.name || use_case.table(&step.table).is_none();
    if let Some(PartStep { use_case: other, table, .. }) = steps.iter().find(is_strange) {
        return refuse(format!("a part of table `{table}` of `{other}` is not one of `{}`", use_case.name));
    }
    let n_partitions = steps.first().map_or(1, |step| step.n_partitions);
    if steps.iter().any(|step| step.n_partitions != n_partitions) {
        return refuse("the parts are divided into different numbers of partitions".to_owned());
    }
    if partition >= n_partitions {
        return refuse(format!("there is no partition {partition} of {n_partitions}"));
    }
    match at.split_once('T').and_then(|(day, _)| WrittenDate::parse(day)) {
        Some(WrittenDate::Iso(today)) => Ok(Scope { today, n_partitions }),
        _ => refuse(format!("`at` is `{at}`, not a time such as 2026-11-21T14:15:00Z")),
    }
}

/// The parts of a table in the order of raw keys and part numbers, whatever the order of the answers.
async fn read(lake: &Lake, table: &Table, steps: &[PartStep], partition: u32) -> Result<Vec<Part>, ValidateError> {
    let mut parts = Vec::new();
    for step in steps.iter().filter(|step| step.table == table.name) {
        let silver: PartOutput = lake.read_json_ref(&step.manifest).await?;
        let is_whole = silver.data.len() == step.n_partitions as usize && silver.table == table.name;
        let object = silver.data.get(partition as usize).filter(|_| is_whole).cloned().ok_or_else(|| {
            let (key, n) = (&step.manifest.key, step.n_partitions);
            ValidateError::Request(format!("{key} is not the manifest of a part of `{}` in {n} partitions", table.name))
        })?;
        let bronze = parts::manifest_of(lake, &silver.source.key).await?;
        if bronze.rows.rows_out != silver.rows.rows_in {
            let (expected, found) = (bronze.rows.rows_out, silver.rows.rows_in);
            return Err(ValidateError::Miscounted { key: silver.source.key, expected, found });
        }
        let bytes = lake.read(&object).await?;
        parts.push(Part { bronze, silver, object, bytes });
    }
    parts.sort_by(|a, b| (a.raw_file(), a.silver.part).cmp(&(b.raw_file(), b.silver.part)));
    Ok(parts)
}

/// Writes a part that lost rows; gives the object that goes on.
async fn write(
    lake: &Lake,
    use_case: &UseCase,
    table: &Table,
    part: &Part,
    checked: Checked,
) -> Result<ObjectRef, ValidateError> {
    let Checked::Reduced(made) = checked else { return Ok(part.object.clone()) };
    // What became of a row may depend on every other part and on the day of the run, so the key follows from the
    // outcome: another day gives other objects only where it sets other rows aside.
    let digests: Vec<Sha256> = made.data.iter().chain([&made.quarantine]).map(|bytes| Sha256::of(bytes)).collect();
    let facts = [VERSION, part.object.key.as_str()].into_iter().chain(digests.iter().map(Sha256::as_str));
    let place = Place {
        layer: keys::Layer::Silver,
        stage: "validate",
        use_case: &use_case.name,
        table: &table.name,
        source_id: parts::source_id(&facts.collect::<Vec<_>>()),
        part: part.silver.part,
    };
    let stored = place.write(lake, part.object.clone(), made).await?;
    match <[ObjectRef; 1]>::try_from(stored.output.data) {
        Ok([object]) => Ok(object),
        Err(_) => Err(ValidateError::Verdicts(format!("{} is divided", stored.manifest.key))),
    }
}

/// What the stages before made of a table: the same in every partition.
fn before(parts: &[Part]) -> TableBefore {
    let mut before = TableBefore::default();
    let mut orders: BTreeMap<&str, Vec<&'static str>> = BTreeMap::new();
    for part in parts {
        let Part { bronze, silver, .. } = part;
        before.rows = before.rows.plus(RowCounts {
            rows_in: bronze.rows.rows_in,
            rows_out: silver.rows.rows_out,
            rows_quarantined: bronze.rows.rows_quarantined + silver.rows.rows_quarantined,
        });
        for (stage, output) in [("ingest", bronze), ("clean", silver)] {
            for (reason, count) in &output.quarantined_by_reason {
                *before.quarantined_by_reason.entry(format!("{stage}: {reason}")).or_default() += count;
            }
            for (what, count) in &output.changed_cells {
                *before.changed_cells.entry(format!("{stage}: {what}")).or_default() += count;
            }
        }
        let is_read = |order: &&str| silver.changed_cells.keys().any(|what| what.ends_with(&format!(": {order}")));
        let read = orders.entry(part.raw_file()).or_default();
        read.extend(ORDERS.iter().map(|order| order.as_str()).filter(is_read));
        read.sort_unstable();
        read.dedup();
    }
    let is_mixed = |(_, orders): &(&&str, &Vec<&str>)| orders.len() > 1;
    let mixed = orders.iter().filter(is_mixed);
    before.problems = mixed
        .map(|(file, _)| {
            format!("reads the dates of {file} as day/month/year in one part and month/day/year in another")
        })
        .collect();
    before
}
