use serde::{Deserialize, Serialize};

use crate::{ModelVersion, RunId};

/// The answer for one row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// Name of the class predicted at the threshold.
    pub label: String,
    /// 1 for the positive class, else 0.
    pub predicted: u8,
    /// Probability of the positive class.
    pub probability: f32,
}

/// Where an answer comes from, from the endpoint back to the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Use case served.
    pub use_case: String,
    /// Registered model name.
    pub model_name: String,
    /// Registered version.
    pub model_version: ModelVersion,
    /// Stage of that version when it was loaded.
    pub model_stage: String,
    /// Run that trained it.
    pub run_id: RunId,
    /// Name of that run.
    pub run_name: String,
    /// Where the model file lies, as `s3://bucket/key`.
    pub artifact_uri: String,
    /// Fingerprint of the feature plan.
    pub feature_fingerprint: String,
}

/// The answer of `POST /predict`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PredictionResponse {
    /// One answer per row, in order.
    pub predictions: Vec<Prediction>,
    /// Rows answered.
    pub num_samples: usize,
    /// Probability from which a row is positive.
    pub threshold: f64,
    /// Id of the request, to be quoted in questions about it.
    pub request_id: String,
    /// Values the model has not seen in training; the rows are answered all the same. At most 20 are listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<RowWarning>,
    /// Where the answer comes from.
    #[serde(flatten)]
    pub provenance: Provenance,
}

/// Something about a row that makes its answer less certain, though it is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowWarning {
    /// Row, from 0.
    pub row: usize,
    /// Field of that row.
    pub field: String,
    /// What is unusual about it.
    pub detail: String,
}

/// An error answer as `application/problem+json` (RFC 9457).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// Kind of problem: a stable, relative reference such as `/problems/invalid-field`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What is wrong with this request.
    pub detail: String,
    /// Field at fault, as a JSON pointer into the body or a field name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Row at fault, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<usize>,
    /// Id of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}
