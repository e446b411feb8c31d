//! The data gate: every rule of the use case over all silver parts together.
//!
//! Row rules set rows aside, table rules judge what is left, gates bound the whole.
//! Quarantine and report are written first; then one failed check is enough to halt the machine with `DataQuality`.
//! A gate with no rule, a rule that cannot be applied, a bound for a rule that does not exist, or no rows: each fails.
//!
//! A part that lost no row is passed on as it is; one that did is written again under a key of its own.

use std::collections::BTreeMap;

use contracts::stage::{PartStep, ValidateRequest, ValidateResponse};
use contracts::{ErrorName, ObjectRef, PartOutput, RowCounts, Settings};
use etl::{Before, CheckOutcome, Checked, EtlError, QualityReport, Validation};
use lake::{Lake, LakeError, keys};
use lambda_kit::Named;
use parts::{PartError, Place};
use usecases::{Table, UseCase};

/// Changes when the same silver would be judged otherwise.
const VERSION: &str = "validate-1";

/// Failed checks named in an error; the report has them all.
const MAX_NAMED_CHECKS: usize = 8;

/// Why data did not pass.
#[derive(Debug, thiserror::Error)]
pub enum ValidateError {
    /// The request names something that does not exist.
    #[error("request: {0}")]
    Request(String),
    /// Checks failed.
    #[error(
        "{} of {n_checks} checks failed: {}; {rows_quarantined} rows are quarantined; see {report}",
        failed.len(),
        listed(failed)
    )]
    DataQuality {
        /// The checks that failed.
        failed: Vec<CheckOutcome>,
        /// Checks made.
        n_checks: usize,
        /// Rows set aside from raw to here.
        rows_quarantined: u64,
        /// Where the report lies.
        report: String,
    },
    /// The rows do not add up from one stage to the next.
    #[error("part {key} has {found} rows where its manifest says {expected}")]
    Miscounted {
        /// Key of the part.
        key: String,
        /// Rows in the manifest.
        expected: u64,
        /// Rows in the part.
        found: u64,
    },
    /// A part cannot be read.
    #[error(transparent)]
    Etl(#[from] EtlError),
    /// A part could not be written.
    #[error(transparent)]
    Part(#[from] PartError),
    /// The lake failed.
    #[error(transparent)]
    Lake(#[from] LakeError),
}

impl Named for ValidateError {
    fn name(&self) -> ErrorName {
        match self {
            Self::Request(_) => ErrorName::InvalidInput,
            Self::DataQuality { .. } => ErrorName::DataQuality,
            Self::Miscounted { .. } => ErrorName::Internal,
            Self::Etl(error) => error.name(),
            Self::Part(error) => error.name(),
            Self::Lake(error) => error.name(),
        }
    }
}

fn listed(failed: &[CheckOutcome]) -> String {
    let mut names: Vec<String> = failed.iter().take(MAX_NAMED_CHECKS).map(ToString::to_string).collect();
    if failed.len() > MAX_NAMED_CHECKS {
        names.push(format!("{} more", failed.len() - MAX_NAMED_CHECKS));
    }
    names.join("; ")
}

/// Checks the parts.
///
/// # Errors
/// [`ValidateError`], under the names `DataQuality`, `InvalidInput`, `NotFound`, `Conflict`, `Storage` and `Internal`.
pub async fn handle(lake: &Lake, request: ValidateRequest) -> Result<ValidateResponse, ValidateError> {
    let ValidateRequest { use_case: name, run_id, parts } = request;
    let use_case =
        usecases::find(&name).ok_or_else(|| ValidateError::Request(format!("there is no use case `{name}`")))?;
    if let Some(part) = parts.iter().find(|part| part.use_case != name || use_case.table(&part.output.table).is_none())
    {
        let (table, other) = (&part.output.table, &part.use_case);
        return Err(ValidateError::Request(format!("a part of table `{table}` of `{other}` is not one of `{name}`")));
    }
    let settings = lambda_kit::settings(lake, &name, &run_id).await?;
    let mut tally = Tally::default();
    for table in &use_case.tables {
        let mut parts: Vec<&PartStep> = parts.iter().filter(|part| part.output.table == table.name).collect();
        parts.sort_by(|a, b| (&a.raw.key, a.output.part).cmp(&(&b.raw.key, b.output.part)));
        check_table(lake, use_case, table, &parts, &settings, &mut tally).await?;
    }
    let report = tally.report(use_case, run_id, &settings);
    let stored = lake.write_json_once(&keys::run_validation(&name, &report.run_id), &report).await?;
    let QualityReport { run_id, rows, data_quality_score, checks, .. } = report;
    tracing::info!(?rows, data_quality_score, n_checks = checks.len(), "data validated");
    let n_checks = checks.len();
    let failed: Vec<CheckOutcome> = checks.into_iter().filter(|check| !check.passed).collect();
    if !failed.is_empty() {
        let rows_quarantined = rows.rows_quarantined;
        return Err(ValidateError::DataQuality { failed, n_checks, rows_quarantined, report: stored.key });
    }
    let Tally { raw, silver, .. } = tally;
    Ok(ValidateResponse { use_case: name, run_id, raw, silver, rows, data_quality_score, report: stored })
}

/// What was found so far.
#[derive(Default)]
struct Tally {
    raw: BTreeMap<String, Vec<ObjectRef>>,
    silver: BTreeMap<String, Vec<ObjectRef>>,
    /// From raw to validated silver.
    rows: RowCounts,
    /// Rows that `ingest` and `clean` set aside.
    rows_quarantined_before: u64,
    quarantined_by_reason: BTreeMap<String, u64>,
    changed_cells: BTreeMap<String, u64>,
    checks: Vec<CheckOutcome>,
    /// (Row, row rule) pairs checked, and those that hold.
    pairs: (u64, u64),
}

async fn check_table(
    lake: &Lake,
    use_case: &UseCase,
    table: &Table,
    parts: &[&PartStep],
    settings: &Settings,
    tally: &mut Tally,
) -> Result<(), ValidateError> {
    let mut validation = Validation::new(table, &use_case.rules);
    for part in parts {
        let silver = &part.output.data;
        validation.survey(&silver.key, &lake.read(silver).await?)?;
    }
    // Whether a row is a duplicate depends on every other part.
    let all: Vec<&str> = parts.iter().map(|part| part.output.data.sha256.as_str()).collect();
    let (all, rules) = (all.join(" "), etl::declaration(&use_case.rules)?);
    for part in parts {
        let bronze = parts::manifest_of(lake, &part.output.source.key).await?;
        let silver = &part.output.data;
        let place = Place {
            layer: keys::Layer::Silver,
            stage: "validate",
            use_case: &use_case.name,
            table: &table.name,
            source_id: parts::source_id(&[VERSION, &silver.key, &all, &rules, &etl::declaration(table)?]),
            part: part.output.part,
        };
        let bytes = lake.read(silver).await?;
        let (data, n_read, validated) = match validation.check(&part.raw.key, &silver.key, &bytes)? {
            Checked::Unchanged { n_rows } => (silver.clone(), n_rows, None),
            Checked::Reduced(made) => {
                let output = place.write(lake, silver.clone(), made).await?;
                (output.data.clone(), output.rows.rows_in, Some(output))
            }
        };
        let expected = part.output.rows.rows_out;
        if n_read != expected {
            return Err(ValidateError::Miscounted { key: silver.key.clone(), expected, found: n_read });
        }
        tally.add(&bronze, &part.output, validated.as_ref(), data)?;
    }
    tally.checks.extend(validation.finish(&settings.quality));
    let (checked, held) = validation.pairs();
    tally.pairs = (tally.pairs.0 + checked, tally.pairs.1 + held);
    Ok(())
}

impl Tally {
    /// Adds the way of one part through the stages.
    fn add(
        &mut self,
        bronze: &PartOutput,
        silver: &PartOutput,
        validated: Option<&PartOutput>,
        data: ObjectRef,
    ) -> Result<(), ValidateError> {
        if bronze.rows.rows_out != silver.rows.rows_in {
            let (expected, found) = (bronze.rows.rows_out, silver.rows.rows_in);
            return Err(ValidateError::Miscounted { key: bronze.data.key.clone(), expected, found });
        }
        let stages = [("ingest", Some(bronze)), ("clean", Some(silver)), ("validate", validated)];
        for (stage, output) in stages.into_iter().filter_map(|(stage, output)| Some((stage, output?))) {
            for (reason, count) in &output.quarantined_by_reason {
                *self.quarantined_by_reason.entry(format!("{stage}: {reason}")).or_default() += count;
            }
            for (what, count) in &output.changed_cells {
                *self.changed_cells.entry(format!("{stage}: {what}")).or_default() += count;
            }
        }
        let last = validated.unwrap_or(silver);
        let before = bronze.rows.rows_quarantined + silver.rows.rows_quarantined;
        let here = validated.map_or(0, |output| output.rows.rows_quarantined);
        self.rows_quarantined_before += before;
        self.rows = self.rows.plus(RowCounts {
            rows_in: bronze.rows.rows_in,
            rows_out: last.rows.rows_out,
            rows_quarantined: before + here,
        });
        self.raw.entry(bronze.table.clone()).or_default().push(bronze.source.clone());
        self.silver.entry(bronze.table.clone()).or_default().push(data);
        Ok(())
    }

    fn report(&mut self, use_case: &UseCase, run_id: contracts::RunId, settings: &Settings) -> QualityReport {
        let (checked, held) = self.pairs;
        let data_quality_score = if checked == 0 { 0.0 } else { held as f64 / checked as f64 };
        let before = Before {
            rows: RowCounts { rows_quarantined: self.rows_quarantined_before, ..self.rows },
            max_quarantined_fraction: settings.reading.max_quarantined_fraction,
        };
        let mut checks = std::mem::take(&mut self.checks);
        checks.extend(etl::gates(&settings.quality, use_case, &before, data_quality_score));
        QualityReport {
            use_case: use_case.name.clone(),
            run_id,
            passed: checks.iter().all(|check| check.passed) && self.rows.is_balanced(),
            data_quality_score,
            rows: self.rows,
            quarantined_by_reason: std::mem::take(&mut self.quarantined_by_reason),
            changed_cells: std::mem::take(&mut self.changed_cells),
            checks,
        }
    }
}

#[cfg(test)]
mod tests;
