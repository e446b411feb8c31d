use contracts::{ErrorName, ModelVersion};
use lake::LakeError;

use crate::Stage;

/// Why the registry did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The version was never registered.
    #[error("model `{model}` has no version {version}")]
    UnknownVersion {
        /// Name of the model.
        model: String,
        /// Version asked for.
        version: ModelVersion,
    },
    /// The version is in a stage from which this cannot be done.
    #[error("version {version} cannot go from {from} to {to}: {advice}")]
    IllegalTransition {
        /// Version asked for.
        version: ModelVersion,
        /// Its stage.
        from: Stage,
        /// Where it should have gone: a stage, or `live`.
        to: &'static str,
        /// What to do first.
        advice: &'static str,
    },
    /// A time that is no RFC 3339 text.
    #[error("`{text}` is not an RFC 3339 time: {reason}")]
    InvalidTime {
        /// The text.
        text: String,
        /// What does not fit.
        reason: String,
    },
    /// A registration that was interrupted is run again with other files than it had claimed.
    #[error("run `{run_id}` claimed version {version} with another {file}; register under a new run")]
    DifferentFiles {
        /// Version claimed.
        version: ModelVersion,
        /// Run that claimed it.
        run_id: contracts::RunId,
        /// File that differs.
        file: &'static str,
    },
    /// Others were faster at every attempt.
    #[error("model `{model}` was changed by others at each of {n_attempts} attempts")]
    Contended {
        /// Name of the model.
        model: String,
        /// Attempts made.
        n_attempts: u32,
    },
    /// The log has been tampered with: an event is missing, or is not the one its key says.
    #[error("event log is broken at `{key}`: {reason}")]
    BrokenLog {
        /// Key of the first event at fault.
        key: String,
        /// What is wrong.
        reason: String,
    },
    /// The lake's own answer.
    #[error(transparent)]
    Lake(#[from] LakeError),
}

impl RegistryError {
    /// The name by which the state machines know this error.
    #[must_use]
    pub const fn name(&self) -> ErrorName {
        match self {
            Self::UnknownVersion { .. } => ErrorName::NotFound,
            Self::IllegalTransition { .. } | Self::InvalidTime { .. } => ErrorName::InvalidInput,
            Self::DifferentFiles { .. } | Self::Contended { .. } => ErrorName::Conflict,
            Self::BrokenLog { .. } => ErrorName::Internal,
            Self::Lake(error) => error.name(),
        }
    }
}
