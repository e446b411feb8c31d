use std::{path::PathBuf, time::Duration};

use contracts::{ErrorName, Sha256};
use features::FeatureError;

/// Why a module, a model or a row was refused, or what became of a call.
#[derive(Debug, thiserror::Error)]
pub enum InferenceError {
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    File {
        /// File at fault.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The folder's `wasm.json` is broken or does not list the module.
    #[error("{path}: {reason}; `cargo xtask wasm` makes it")]
    Listing {
        /// The listing.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A module is not the one that was expected. It is not loaded: loading trusts its machine code.
    #[error("{path} has the SHA-256 {found}, not {expected}")]
    Digest {
        /// The module.
        path: PathBuf,
        /// Digest expected.
        expected: Sha256,
        /// Digest found.
        found: Sha256,
    },
    /// A module was made for another machine, by another version, or has other exports.
    #[error("the module cannot be used: {reason}")]
    Module {
        /// What is wrong.
        reason: String,
    },
    /// The engine cannot run on this machine.
    #[error("the WebAssembly engine cannot start: {reason}")]
    Engine {
        /// What is wrong.
        reason: String,
    },
    /// The model or its feature plan is broken, or needs an operator this build does not have.
    #[error("{}{reason}", .operator.as_ref().map(|name| format!("operator {name}: ")).unwrap_or_default())]
    Rejected {
        /// Operator at fault, where there is one.
        operator: Option<String>,
        /// What is wrong.
        reason: String,
    },
    /// The feature plan is not the one that the model's manifest names.
    #[error("the feature plan has the fingerprint {found}, not {expected}")]
    Fingerprint {
        /// Fingerprint of the manifest.
        expected: String,
        /// Fingerprint of the plan.
        found: String,
    },
    /// A row cannot be used.
    #[error("row {row}: {reason}")]
    Row {
        /// Row at fault, from 0.
        row: usize,
        /// Field at fault, where one can be named.
        field: Option<String>,
        /// What is wrong.
        reason: String,
    },
    /// The rows do not have the fields that the model reads.
    #[error("the rows do not fit the model's fields: {0}")]
    Fields(#[from] FeatureError),
    /// A matrix has another number of columns than the model.
    #[error("the rows have {found} features, the model takes {expected}")]
    Width {
        /// Columns the model takes.
        expected: usize,
        /// Columns found.
        found: usize,
    },
    /// The call took too long and was stopped.
    #[error("the model did not answer within {limit:?}")]
    OutOfTime {
        /// The limit.
        limit: Duration,
    },
    /// The model asked for more memory than it may have.
    #[error("the model needs more than {limit_bytes} bytes of memory")]
    OutOfMemory {
        /// The limit.
        limit_bytes: usize,
    },
    /// The module stopped by itself, which is a fault of the module or of an operator inside.
    #[error("the model stopped: {reason}")]
    Trap {
        /// What the module ran into.
        reason: String,
    },
}

impl InferenceError {
    /// The name under which the state machines know the error.
    #[must_use]
    pub const fn name(&self) -> ErrorName {
        match self {
            Self::Rejected { .. }
            | Self::Fingerprint { .. }
            | Self::OutOfTime { .. }
            | Self::OutOfMemory { .. }
            | Self::Trap { .. } => ErrorName::ModelRejected,
            Self::Row { .. } | Self::Fields(_) | Self::Width { .. } => ErrorName::InvalidInput,
            Self::File { .. }
            | Self::Listing { .. }
            | Self::Digest { .. }
            | Self::Module { .. }
            | Self::Engine { .. } => ErrorName::Internal,
        }
    }
}
