use features::FeatureError;
use metrics::MetricError;

/// Why something could not be monitored.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MonitoringError {
    /// There is nothing to describe or to compare.
    #[error("{what} has no rows")]
    NoRows {
        /// What was to be described.
        what: String,
    },
    /// A row that does not exist.
    #[error("row {row} does not exist: there are {n_rows}")]
    NoSuchRow {
        /// Row asked for, from 0.
        row: usize,
        /// Rows there are.
        n_rows: usize,
    },
    /// A score that is no probability.
    #[error("score {score} of row {row} is not a probability")]
    NotAProbability {
        /// Row, from 0.
        row: usize,
        /// Score found.
        score: f64,
    },
    /// A reference whose bins and counts do not belong together.
    #[error("the drift reference of `{field}` is broken: {problem}")]
    BrokenReference {
        /// Field described.
        field: String,
        /// What is wrong.
        problem: String,
    },
    /// A column of another kind than the reference was made of.
    #[error("field `{field}` does not hold what its drift reference describes")]
    OtherKind {
        /// Field compared.
        field: String,
    },
    /// The rows do not have a field that the model reads, or it is of another kind.
    #[error(transparent)]
    Fields(#[from] FeatureError),
    /// A figure does not exist.
    #[error(transparent)]
    Metric(#[from] MetricError),
}
