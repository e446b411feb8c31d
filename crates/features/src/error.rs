use crate::Kind;

/// Why a frame, a specification, a plan or a row was refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FeatureError {
    /// Two columns of a frame have different lengths.
    #[error("column `{column}` has {found} rows where the others have {expected}")]
    UnevenColumns {
        /// Column at fault.
        column: String,
        /// Rows of the first column.
        expected: usize,
        /// Rows of this one.
        found: usize,
    },
    /// A name occurs twice where it must be unique.
    #[error("{what} `{name}` occurs twice")]
    Duplicate {
        /// What is named: a column, field, feature or level.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A rule or a caller names a field that does not exist.
    #[error("there is no field `{field}`")]
    UnknownField {
        /// The name asked for.
        field: String,
    },
    /// A field has another kind than the one needed.
    #[error("field `{field}` must be a {expected}, not a {found}")]
    WrongKind {
        /// Field at fault.
        field: String,
        /// Kind needed.
        expected: Kind,
        /// Kind found.
        found: Kind,
    },
    /// A row, or the space for its features, has the wrong length.
    #[error("{what}: {expected} expected, {found} found")]
    WrongLength {
        /// What was counted.
        what: &'static str,
        /// Length needed.
        expected: usize,
        /// Length found.
        found: usize,
    },
    /// A row index lies outside the frame.
    #[error("row {row} does not exist in a frame of {n_rows} rows")]
    NoSuchRow {
        /// Index asked for, from 0.
        row: usize,
        /// Rows there are.
        n_rows: usize,
    },
    /// A plan cannot be fitted on no rows.
    #[error("a feature plan cannot be fitted on no rows")]
    NoRows,
    /// A specification or plan breaks a rule or a limit.
    #[error("invalid feature plan at {at}: {reason}")]
    Invalid {
        /// Where, such as `features[3]`.
        at: String,
        /// What is wrong.
        reason: String,
    },
    /// A plan's JSON cannot be read.
    #[error("the feature plan is not valid JSON for this version: {reason}")]
    Json {
        /// What the parser says, with line and column.
        reason: String,
    },
    /// Coded rows are broken.
    #[error("coded row broken at byte {offset}: {reason}")]
    Wire {
        /// Byte at fault, from 0.
        offset: usize,
        /// What is wrong.
        reason: &'static str,
    },
}
