//! The findings of all partitions become one report and one decision.

use contracts::stage::{QualityGate, ValidateResponse};
use etl::{CheckOutcome, PartitionFindings, QualityReport};
use lake::{Lake, keys};

use crate::ValidateError;

/// Judges all partitions together.
pub(crate) async fn judge(lake: &Lake, request: QualityGate) -> Result<ValidateResponse, ValidateError> {
    let QualityGate { use_case: name, run_id, mut verdicts } = request;
    let use_case = crate::use_case(&name)?;
    let settings = lambda_kit::settings(lake, &name, &run_id).await?;
    verdicts.sort_by_key(|verdict| verdict.partition);
    let mut partitions = Vec::with_capacity(verdicts.len());
    for verdict in &verdicts {
        let findings: PartitionFindings = lake.read_json_ref(&verdict.verdict).await?;
        if findings.partition != verdict.partition {
            let (key, number) = (&verdict.verdict.key, verdict.partition);
            return Err(ValidateError::Request(format!("{key} is not the verdict of partition {number}")));
        }
        partitions.push(findings);
    }
    let report = etl::judge(use_case, run_id, &settings, &partitions).map_err(ValidateError::Verdicts)?;
    let stored = lake.write_json_once(&keys::run_validation(&name, &report.run_id), &report).await?;
    let QualityReport { run_id, rows, data_quality_score, checks, .. } = report;
    let n_checks = checks.len();
    tracing::info!(?rows, data_quality_score, n_checks, n_partitions = partitions.len(), "data validated");
    let failed: Vec<CheckOutcome> = checks.into_iter().filter(|check| !check.passed).collect();
    if !failed.is_empty() {
        let rows_quarantined = rows.rows_quarantined;
        return Err(ValidateError::DataQuality { failed, n_checks, rows_quarantined, report: stored.key });
    }
    Ok(ValidateResponse { use_case: name, run_id, verdicts, rows, data_quality_score, report: stored })
}
