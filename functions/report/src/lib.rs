//! `report`: shows a monitoring record as one picture of six panels, and as a page with the same panels and every
//! figure.
//!
//! Both follow from the record alone: the same record gives the same bytes, whenever it is asked.
//! The page holds everything it needs, loads nothing and runs nothing, so it can be sent and kept as a file.

use charts::PngError;
use contracts::{
    ErrorName,
    stage::{ReportRequest, ReportResponse},
};
use lake::{Lake, LakeError, keys};
use lambda_kit::Named;
use monitoring::{MonitoringRecord, RECORD_FORMAT};
use tracing::info;

pub use page::page;
pub use picture::picture;

mod page;
mod panels;
mod picture;
mod tables;
mod words;

/// Name of the picture under the report's prefix.
pub const PNG: &str = "monitoring.png";
/// Name of the page under the report's prefix.
pub const HTML: &str = "monitoring.html";

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The record is not the one of the request.
    #[error("{key} is the record of {found}, not of {expected}")]
    OtherRun {
        /// Key of the record.
        key: String,
        /// Use case and run in the record.
        found: String,
        /// Use case and run in the request.
        expected: String,
    },
    /// The record has a form that this version does not know.
    #[error("{key} has the form {found}; {RECORD_FORMAT} is known")]
    UnknownFormat {
        /// Key of the record.
        key: String,
        /// Its form.
        found: u32,
    },
    /// No picture could be made.
    #[error(transparent)]
    Png(#[from] PngError),
    /// The store.
    #[error(transparent)]
    Lake(#[from] LakeError),
}

impl Named for ReportError {
    fn name(&self) -> ErrorName {
        match self {
            Self::OtherRun { .. } | Self::UnknownFormat { .. } => ErrorName::InvalidInput,
            Self::Png(_) => ErrorName::Internal,
            Self::Lake(error) => error.name(),
        }
    }
}

/// Draws the report of a monitoring run.
///
/// # Errors
/// See [`ReportError`].
pub async fn handle(lake: &Lake, request: ReportRequest) -> Result<ReportResponse, ReportError> {
    let record: MonitoringRecord = lake.read_json_ref(&request.record).await?;
    let key = || request.record.key.clone();
    if record.format != RECORD_FORMAT {
        return Err(ReportError::UnknownFormat { key: key(), found: record.format });
    }
    let (found, expected) = (of(&record.use_case, &record.run_id), of(&request.use_case, &request.run_id));
    if found != expected {
        return Err(ReportError::OtherRun { key: key(), found, expected });
    }
    let write = |file: &'static str, bytes: Vec<u8>| {
        let key = keys::report(&request.use_case, &request.run_id, file);
        async move { lake.write_once(&key, bytes.into()).await }
    };
    let png = write(PNG, charts::to_png(&picture(&record))?).await?;
    let html = write(HTML, page(&record).into_bytes()).await?;
    info!(png_bytes = png.size_bytes, html_bytes = html.size_bytes, "report drawn");
    Ok(ReportResponse { use_case: request.use_case, run_id: request.run_id, png, html })
}

fn of(use_case: &str, run_id: &contracts::RunId) -> String {
    format!("run {run_id} of {use_case}")
}
