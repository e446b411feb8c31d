use contracts::{ErrorName, InvalidSetting, RunId};
use lake::LakeError;

/// Why a run could not be planned.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The use case does not exist.
    #[error("there is no use case `{name}`; known are {known}")]
    UnknownUseCase {
        /// Name in the request.
        name: String,
        /// Names that exist.
        known: String,
    },
    /// A field of the request makes no sense.
    #[error("request: `{field}` {reason}")]
    Request {
        /// Field at fault.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A setting cannot be used.
    #[error(transparent)]
    Setting(#[from] InvalidSetting),
    /// The run was planned before, by another request.
    #[error("run `{run_id}` was planned by another request; start a run with another id")]
    OtherRequest {
        /// The run.
        run_id: RunId,
    },
    /// The run has other settings already.
    #[error("run `{run_id}` has other settings already; start a run with another id")]
    OtherSettings {
        /// The run.
        run_id: RunId,
    },
    /// No file of a table was delivered.
    #[error("table `{table}` has no file; one must lie at {patterns}")]
    MissingTable {
        /// The table.
        table: String,
        /// Keys that its files have.
        patterns: String,
    },
    /// A named file belongs to no table.
    #[error("file {key} belongs to no table of `{use_case}`; its files are {patterns}")]
    NoTable {
        /// The file.
        key: String,
        /// The use case.
        use_case: String,
        /// Keys that files of the use case have.
        patterns: String,
    },
    /// A file holds nothing.
    #[error("file {key} of table `{table}` is empty")]
    EmptyFile {
        /// The file.
        key: String,
        /// Its table.
        table: String,
    },
    /// The data would have to be divided further than is possible.
    #[error(
        "{size_bytes} bytes of raw files need more than {max} partitions of {bytes_per_partition} bytes; raise setting \
         `reading.bytes_per_partition`"
    )]
    TooManyPartitions {
        /// Bytes of all raw files.
        size_bytes: u64,
        /// Bytes allowed per partition.
        bytes_per_partition: u64,
        /// Most partitions.
        max: u32,
    },
    /// The data would have to be divided, and a table does not say by what.
    #[error(
        "{size_bytes} bytes of raw files need more than one partition of {bytes_per_partition} bytes, but table \
         `{table}` names no entity to divide by; raise setting `reading.bytes_per_partition`"
    )]
    Undivided {
        /// Bytes of all raw files.
        size_bytes: u64,
        /// Bytes allowed per partition.
        bytes_per_partition: u64,
        /// The table.
        table: String,
    },
    /// A named object does not exist.
    #[error("{what} does not exist: {key}")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// Its key.
        key: String,
    },
    /// There is nothing to train on yet.
    #[error("`{use_case}` has no snapshot yet; run the data machine first")]
    NoSnapshot {
        /// The use case.
        use_case: String,
    },
    /// The lists do not fit into an answer.
    #[error("{n_items} items take {n_bytes} bytes, at most {max_bytes} fit into an answer; change setting `{setting}`")]
    TooLong {
        /// Items listed.
        n_items: usize,
        /// Their length as JSON.
        n_bytes: usize,
        /// Longest answer.
        max_bytes: usize,
        /// Setting that decides their number.
        setting: &'static str,
    },
    /// The lake failed.
    #[error(transparent)]
    Lake(#[from] LakeError),
}

impl lambda_kit::Named for PlanError {
    fn name(&self) -> ErrorName {
        match self {
            Self::NotFound { .. } | Self::NoSnapshot { .. } => ErrorName::NotFound,
            Self::Lake(error) => error.name(),
            Self::UnknownUseCase { .. }
            | Self::Request { .. }
            | Self::Setting(_)
            | Self::OtherRequest { .. }
            | Self::OtherSettings { .. }
            | Self::MissingTable { .. }
            | Self::NoTable { .. }
            | Self::EmptyFile { .. }
            | Self::TooManyPartitions { .. }
            | Self::Undivided { .. }
            | Self::TooLong { .. } => ErrorName::InvalidInput,
        }
    }
}
