use contracts::{ModelManifest, ModelSignature, PredictionResponse, Reference};
use serde_json::{Map, Value, json};

/// Rows of one request; the largest rows of any use case stay far below the body limit of an endpoint.
const ROWS_PER_REQUEST: usize = 200;
/// A reference that allows more than this proves nothing.
const MAX_TOLERANCE: f64 = 1e-3;

/// The trainer's own answers, checked to be a yardstick at all.
pub(crate) struct Yardstick<'a> {
    reference: &'a Reference,
    manifest: &'a ModelManifest,
}

/// How an evaluator compares with the trainer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Comparison {
    pub(crate) n_rows: usize,
    pub(crate) max_abs_difference: f64,
}

impl<'a> Yardstick<'a> {
    /// Refuses a reference that is empty, uneven, too lenient, or of other fields than the signature's.
    pub(crate) fn new(
        reference: &'a Reference,
        manifest: &'a ModelManifest,
        signature: &ModelSignature,
    ) -> Result<Self, String> {
        let n_rows = reference.rows.len();
        if n_rows == 0 {
            return Err("the reference has no rows, so nothing can be compared".to_owned());
        }
        if n_rows != reference.probabilities.len() {
            return Err(format!("the reference has {n_rows} rows and {} probabilities", reference.probabilities.len()));
        }
        if !(0.0..=MAX_TOLERANCE).contains(&reference.tolerance) {
            return Err(format!(
                "the reference allows a difference of {}, at most {MAX_TOLERANCE} is one",
                reference.tolerance
            ));
        }
        if !signature.fields.iter().map(|field| &field.name).eq(&reference.fields) {
            return Err("the reference has other fields than the signature".to_owned());
        }
        Ok(Self { reference, manifest })
    }

    /// Sends every row through `predict`, as positional rows and the first of each request as a named record too.
    pub(crate) fn compare(
        &self,
        mut predict: impl FnMut(&Value) -> Result<PredictionResponse, String>,
    ) -> Result<Comparison, String> {
        let mut comparison = Comparison::default();
        for (rows, probabilities) in
            self.reference.rows.chunks(ROWS_PER_REQUEST).zip(self.reference.probabilities.chunks(ROWS_PER_REQUEST))
        {
            let answer = predict(&json!({ "rows": rows }))?;
            self.check(&answer, probabilities, comparison.n_rows, &mut comparison.max_abs_difference)?;
            if let Some(row) = rows.first() {
                let named: Map<String, Value> =
                    self.reference.fields.iter().cloned().zip(row.iter().cloned()).collect();
                let answer = predict(&Value::Object(named))?;
                self.check(&answer, &probabilities[..1], comparison.n_rows, &mut comparison.max_abs_difference)?;
            }
            comparison.n_rows += rows.len();
        }
        Ok(comparison)
    }

    fn check(
        &self,
        answer: &PredictionResponse,
        probabilities: &[f64],
        first_row: usize,
        max_abs_difference: &mut f64,
    ) -> Result<(), String> {
        self.check_provenance(answer)?;
        if answer.predictions.len() != probabilities.len() || answer.num_samples != probabilities.len() {
            return Err(format!("{} rows were sent, {} answered", probabilities.len(), answer.predictions.len()));
        }
        for (i, (prediction, &expected)) in answer.predictions.iter().zip(probabilities).enumerate() {
            let found = f64::from(prediction.probability);
            let difference = (found - expected).abs();
            if difference.is_nan() || difference > self.reference.tolerance {
                let (row, tolerance) = (first_row + i, self.reference.tolerance);
                return Err(format!("reference row {row}: {found}, the trainer says {expected} ± {tolerance}"));
            }
            if (prediction.predicted == 1) != (found >= answer.threshold) {
                return Err(format!("reference row {}: the label contradicts the threshold", first_row + i));
            }
            *max_abs_difference = max_abs_difference.max(difference);
        }
        Ok(())
    }

    fn check_provenance(&self, answer: &PredictionResponse) -> Result<(), String> {
        let (found, manifest) = (&answer.provenance, self.manifest);
        let version = (found.model_version.to_string(), manifest.version.to_string());
        let pairs = [
            ("use case", found.use_case.as_str(), manifest.use_case.as_str()),
            ("model name", &found.model_name, &manifest.model_name),
            ("model version", &version.0, &version.1),
            ("run id", found.run_id.as_str(), manifest.run_id.as_str()),
            ("run name", &found.run_name, &manifest.run_name),
            ("feature fingerprint", &found.feature_fingerprint, &manifest.feature_fingerprint),
        ];
        match pairs.into_iter().find(|(_, found, expected)| found != expected) {
            Some((what, found, expected)) => Err(format!("the answer has the {what} `{found}`, expected `{expected}`")),
            None if !found.artifact_uri.ends_with(&manifest.model.key) => Err(format!(
                "the answer names the artifact `{}`, expected `…/{}`",
                found.artifact_uri, manifest.model.key
            )),
            None => Ok(()),
        }
    }
}

/// Bodies that an endpoint must refuse, each with the status it must answer.
pub(crate) fn bad_bodies(signature: &ModelSignature) -> Vec<(&'static str, Vec<u8>, u16)> {
    let width = signature.fields.len();
    vec![
        ("a body that is not JSON", b"{\"rows\": [".to_vec(), 400),
        ("a body without rows", b"{\"rows\": []}".to_vec(), 422),
        ("an unknown field", json!({ "no such field": 1 }).to_string().into_bytes(), 422),
        ("a row of lists", json!({ "rows": [vec![json!([]); width]] }).to_string().into_bytes(), 422),
    ]
}
