use contracts::ErrorName;

use crate::Family;

/// Why something could not be trained, evaluated or exported.
#[derive(Debug, thiserror::Error)]
pub enum TrainingError {
    /// There is no such family.
    #[error("there is no model family `{name}`; there are logistic_regression, random_forest, lightgbm and xgboost")]
    UnknownFamily {
        /// Name asked for.
        name: String,
    },
    /// The hyperparameters are not those of the family: a name that does not exist or a value of the wrong type.
    #[error("hyperparameters of {family}: {reason}")]
    Params {
        /// Family asked for.
        family: Family,
        /// What the reader says, with the name.
        reason: String,
    },
    /// A hyperparameter is outside its range.
    #[error("hyperparameter `{name}` of {family} is {value}; it must be {rule}")]
    OutOfRange {
        /// Family asked for.
        family: Family,
        /// Name of the hyperparameter.
        name: &'static str,
        /// Value given.
        value: String,
        /// The range.
        rule: &'static str,
    },
    /// There is nothing to train on.
    #[error("the training data has {n_rows} rows and {n_features} features; at least one of each is needed")]
    Empty {
        /// Rows given.
        n_rows: usize,
        /// Features given.
        n_features: usize,
    },
    /// Labels or values do not belong to the rows.
    #[error("{what}: {expected} expected, {found} found")]
    LengthMismatch {
        /// What was counted.
        what: &'static str,
        /// Length needed.
        expected: usize,
        /// Length found.
        found: usize,
    },
    /// A label is neither 0 nor 1.
    #[error("label {label} of row {row} is neither 0 nor 1")]
    InvalidLabel {
        /// Row, from 0.
        row: usize,
        /// Label found.
        label: f32,
    },
    /// A feature is NaN or infinite.
    #[error("feature {feature} of row {row} is {value}; a feature plan gives finite features only")]
    NotFinite {
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        feature: usize,
        /// Value found.
        value: f32,
    },
    /// All rows have the same label.
    #[error("all {n_rows} rows have the label {label}; both classes are needed to learn anything")]
    OneClass {
        /// Rows given.
        n_rows: usize,
        /// The label of all of them.
        label: u8,
    },
    /// Folds that cannot be made.
    #[error("cannot make {n_folds} stratified folds of {n_negative} negative and {n_positive} positive rows")]
    Folds {
        /// Folds asked for; at least 2 and at most the rows of the smaller class.
        n_folds: usize,
        /// Rows with label 0.
        n_negative: usize,
        /// Rows with label 1.
        n_positive: usize,
    },
    /// The library that trains refused or failed.
    #[error("{family} could not be trained or asked: {reason}")]
    Trainer {
        /// Family being trained.
        family: Family,
        /// What the library says.
        reason: String,
    },
    /// The library's model does not have the shape this crate reads.
    #[error("the model trained as {family} cannot be read: {reason}")]
    Extraction {
        /// Family trained.
        family: Family,
        /// What was found.
        reason: String,
    },
    /// The model cannot be written as ONNX.
    #[error("export to ONNX: {0}")]
    Onnx(#[from] onnx::OnnxError),
    /// The feature plan could not be fitted or applied.
    #[error("features: {0}")]
    Features(#[from] features::FeatureError),
    /// The result could not be measured.
    #[error("metrics: {0}")]
    Metric(#[from] metrics::MetricError),
}

impl TrainingError {
    /// The name under which the state machines know this error.
    #[must_use]
    pub const fn name(&self) -> ErrorName {
        match self {
            Self::UnknownFamily { .. } | Self::Params { .. } | Self::OutOfRange { .. } => ErrorName::InvalidInput,
            Self::Empty { .. } | Self::OneClass { .. } | Self::Folds { .. } | Self::Metric(_) => ErrorName::DataQuality,
            Self::Trainer { .. } | Self::Extraction { .. } | Self::Onnx(_) => ErrorName::ModelRejected,
            Self::LengthMismatch { .. } | Self::InvalidLabel { .. } | Self::NotFinite { .. } | Self::Features(_) => {
                ErrorName::Internal
            }
        }
    }
}
