use contracts::ErrorName;
use features::FeatureError;

/// Why data could not be read, checked or written.
#[derive(Debug, thiserror::Error)]
pub enum EtlError {
    /// A raw file cannot be read as the table it should be.
    #[error("{file}: {problem}")]
    File {
        /// Key of the file.
        file: String,
        /// What is wrong with the file as a whole.
        problem: String,
    },
    /// A Parquet object of an earlier stage cannot be read, or is not what that stage writes.
    #[error("{object} is not the Parquet file expected: {problem}")]
    Parquet {
        /// Key of the object.
        object: String,
        /// What is wrong.
        problem: String,
    },
    /// A Parquet file could not be made.
    #[error("no Parquet file could be made of {what}: {problem}")]
    Write {
        /// What was to be written.
        what: String,
        /// What the writer says.
        problem: String,
    },
    /// A use case declares something that does not exist or cannot be.
    #[error("use case declaration: {problem}")]
    Declaration {
        /// What is wrong.
        problem: String,
    },
    /// The validated rows cannot be made into gold rows.
    #[error("gold rows: {problem}")]
    Gold {
        /// What is wrong.
        problem: String,
    },
    /// Fields, frames or the feature plan do not fit each other.
    #[error(transparent)]
    Features(#[from] FeatureError),
}

impl EtlError {
    /// The name under which the state machines know this error.
    #[must_use]
    pub const fn name(&self) -> ErrorName {
        match self {
            Self::File { .. } | Self::Parquet { .. } => ErrorName::InvalidInput,
            Self::Gold { .. } => ErrorName::DataQuality,
            Self::Write { .. } | Self::Declaration { .. } | Self::Features(_) => ErrorName::Internal,
        }
    }

    pub(crate) fn file(file: &str, problem: impl Into<String>) -> Self {
        Self::File { file: file.to_owned(), problem: problem.into() }
    }

    pub(crate) fn parquet(object: &str, problem: impl ToString) -> Self {
        Self::Parquet { object: object.to_owned(), problem: problem.to_string() }
    }

    pub(crate) fn write(what: &str, problem: impl ToString) -> Self {
        Self::Write { what: what.to_owned(), problem: problem.to_string() }
    }

    pub(crate) fn declaration(problem: impl Into<String>) -> Self {
        Self::Declaration { problem: problem.into() }
    }

    pub(crate) fn gold(problem: impl Into<String>) -> Self {
        Self::Gold { problem: problem.into() }
    }
}
