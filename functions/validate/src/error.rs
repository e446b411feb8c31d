use contracts::ErrorName;
use etl::{CheckOutcome, EtlError};
use lake::LakeError;
use lambda_kit::Named;
use parts::PartError;

/// Failed checks named in an error; the report has them all.
pub(crate) const MAX_NAMED_CHECKS: usize = 8;

/// Why data did not pass.
#[derive(Debug, thiserror::Error)]
pub enum ValidateError {
    /// The request names something that does not exist, or what does not belong together.
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
    /// What was found in the partitions does not fit together.
    #[error("verdicts: {0}")]
    Verdicts(String),
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
            Self::Miscounted { .. } | Self::Verdicts(_) => ErrorName::Internal,
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
