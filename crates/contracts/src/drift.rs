use serde::{Deserialize, Serialize};

/// How a model's raw fields and scores were distributed when it was trained: what later rows are compared with.
///
/// Frozen with the version as `drift.json`, so that every comparison uses the same bins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DriftReference {
    /// The raw fields that the model reads, over the rows it was trained on.
    pub fields: Vec<FieldReference>,
    /// Probabilities of the positive class over the validation rows, which the model was not fitted to.
    pub score: FieldReference,
}

/// The distribution of one field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldReference {
    /// Name of the raw field; `score` for the model's answer.
    pub name: String,
    /// The bins.
    pub bins: FieldBins,
    /// Rows in each bin, as [`FieldBins`] orders them; the last counts missing values.
    pub counts: Vec<u64>,
    /// Evenly spaced quantiles from the smallest to the largest value, for numbers: the empirical distribution to
    /// within one in their number. Empty for categories.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quantiles: Vec<f64>,
}

/// Bins that stay the same however later values are distributed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FieldBins {
    /// `edges.len() + 1` bins: up to and including the first edge, up to the second, …, above the last; then missing.
    Number {
        /// Ascending and distinct.
        edges: Vec<f64>,
    },
    /// One bin per level, one for every other text, one for missing.
    Category {
        /// Levels of the reference rows, sorted.
        levels: Vec<String>,
    },
}
