use features::FeatureError;
use onnx::OnnxError;
use serde::{Deserialize, Serialize};

/// Why the guest refused a model, a plan or a row. It crosses to the host as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum GuestError {
    /// An operator of the graph is unknown to this build, or its attributes make no sense.
    #[error("operator {operator}: {reason}")]
    Operator {
        /// Operator at fault.
        operator: String,
        /// What is wrong.
        reason: String,
    },
    /// The model file is broken in another way.
    #[error("{reason}")]
    Model {
        /// What is wrong.
        reason: String,
    },
    /// The feature plan cannot be used.
    #[error("feature plan: {reason}")]
    Plan {
        /// What is wrong.
        reason: String,
    },
    /// Plan and model belong to different things.
    #[error("the feature plan makes {plan} features, the model takes {model}")]
    FeatureCount {
        /// Features the plan makes.
        plan: usize,
        /// Features the model takes.
        model: usize,
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
    /// Lengths and counts of a call do not fit together.
    #[error("{reason}")]
    Call {
        /// What is wrong.
        reason: String,
    },
    /// A call came before a model was loaded.
    #[error("no model is loaded")]
    NotLoaded,
}

impl GuestError {
    pub(crate) fn operator(operator: &str, reason: impl Into<String>) -> Self {
        Self::Operator { operator: operator.to_owned(), reason: reason.into() }
    }

    pub(crate) fn model(reason: impl Into<String>) -> Self {
        Self::Model { reason: reason.into() }
    }

    pub(crate) fn row(row: usize, error: &FeatureError) -> Self {
        let field = match error {
            FeatureError::WrongKind { field, .. } | FeatureError::UnknownField { field } => Some(field.clone()),
            _ => None,
        };
        Self::Row { row, field, reason: error.to_string() }
    }
}

impl From<OnnxError> for GuestError {
    fn from(error: OnnxError) -> Self {
        match error {
            OnnxError::Attribute { operator, attribute, reason } => {
                Self::Operator { operator, reason: format!("attribute `{attribute}` {reason}") }
            }
            other => Self::Model { reason: other.to_string() },
        }
    }
}
