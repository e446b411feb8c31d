use contracts::ErrorName;
use etl::EtlError;
use lake::LakeError;
use lambda_kit::Named;
use monitoring::MonitoringError;
use parts::GoldError;
use registry::RegistryError;

/// Why a step of monitoring failed.
#[derive(Debug, thiserror::Error)]
pub enum MonitorError {
    /// There is no such use case.
    #[error("use case `{0}` does not exist")]
    UnknownUseCase(String),
    /// Nothing has been scored yet, so there is nothing to monitor.
    #[error("nothing of use case `{use_case}` has been scored yet; run its inference machine first")]
    NoPredictions {
        /// Use case asked for.
        use_case: String,
    },
    /// An object belongs to something else than the request.
    #[error("{key} belongs to {found}, not to {expected}")]
    OtherRun {
        /// Key of the object.
        key: String,
        /// What it belongs to.
        found: String,
        /// What was asked for.
        expected: String,
    },
    /// The predictions are not what they should be.
    #[error("{key}: {problem}")]
    BrokenPredictions {
        /// Key of the predictions.
        key: String,
        /// What is wrong.
        problem: String,
    },
    /// A text that should be a time.
    #[error("{what} `{text}` is not an RFC 3339 time: {reason}")]
    InvalidTime {
        /// What holds the text.
        what: &'static str,
        /// The text.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is too little data to decide, so nothing is decided.
    #[error("too little data to decide: {reasons}; see {record}")]
    Insufficient {
        /// What is missing.
        reasons: String,
        /// Key of the monitoring record.
        record: String,
    },
    /// A name for the execution to start could not be made.
    #[error("no name for a training could be made of run {run_id}: {reason}")]
    NoName {
        /// The monitoring run.
        run_id: String,
        /// What is wrong.
        reason: String,
    },
    /// The figures cannot be computed.
    #[error(transparent)]
    Figures(#[from] MonitoringError),
    /// The gold rows.
    #[error(transparent)]
    Gold(#[from] GoldError),
    /// A Parquet object.
    #[error(transparent)]
    Table(#[from] EtlError),
    /// The registry.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The store.
    #[error(transparent)]
    Lake(#[from] LakeError),
}

impl Named for MonitorError {
    fn name(&self) -> ErrorName {
        match self {
            Self::UnknownUseCase(_)
            | Self::OtherRun { .. }
            | Self::BrokenPredictions { .. }
            | Self::InvalidTime { .. }
            | Self::Figures(_) => ErrorName::InvalidInput,
            Self::NoPredictions { .. } => ErrorName::NotFound,
            Self::Insufficient { .. } => ErrorName::InsufficientData,
            Self::NoName { .. } => ErrorName::Internal,
            Self::Gold(error) => error.name(),
            Self::Table(error) => error.name(),
            Self::Registry(error) => error.name(),
            Self::Lake(error) => error.name(),
        }
    }
}
