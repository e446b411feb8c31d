use features::{Matrix, Value, wire};
use wasm_model::GuestError;

use crate::{
    InferenceError, Limits, Module,
    guest::{Buffer, Failure, Guest, Question},
};

/// Rows of one call; bounds the memory of a batch and makes the time per call mean something.
const ROWS_PER_CALL: usize = 8_192;

/// A model in an instance of its own.
///
/// Calls take `&mut self` because they share buffers; a server keeps one per worker.
pub struct Model {
    module: Module,
    limits: Limits,
    onnx: Vec<u8>,
    plan_json: Vec<u8>,
    /// `None` after a trap, until the next call.
    guest: Option<Guest>,
    fingerprint: String,
    n_features: usize,
    n_fields: usize,
    /// Coded rows, kept from call to call.
    coded: Vec<u8>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model").field("fingerprint", &self.fingerprint).field("limits", &self.limits).finish()
    }
}

impl Model {
    /// Loads an ONNX file and a feature plan's JSON into a fresh instance of `module`.
    ///
    /// # Errors
    /// [`InferenceError::Rejected`] for a model or plan that is broken or not supported by this build, and the limits.
    pub fn load(module: &Module, onnx: &[u8], plan_json: &[u8], limits: Limits) -> Result<Self, InferenceError> {
        let mut guest = start(module, onnx, plan_json, limits)?;
        let (fingerprint, n_features, n_fields) = guest.describe()?;
        Ok(Self {
            module: module.clone(),
            limits,
            onnx: onnx.to_vec(),
            plan_json: plan_json.to_vec(),
            guest: Some(guest),
            fingerprint,
            n_features,
            n_fields,
            coded: Vec::new(),
        })
    }

    /// Fingerprint of the feature plan, as the guest itself computes it.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// This model, if its feature plan is the one that the manifest names.
    ///
    /// # Errors
    /// [`InferenceError::Fingerprint`].
    pub fn expecting_fingerprint(self, expected: &str) -> Result<Self, InferenceError> {
        if self.fingerprint == expected {
            Ok(self)
        } else {
            Err(InferenceError::Fingerprint { expected: expected.to_owned(), found: self.fingerprint })
        }
    }

    /// Number of features of a row.
    #[must_use]
    pub const fn n_features(&self) -> usize {
        self.n_features
    }

    /// Number of raw fields of a row.
    #[must_use]
    pub const fn n_fields(&self) -> usize {
        self.n_fields
    }

    /// JSON of the feature plan.
    #[must_use]
    pub fn plan_json(&self) -> &[u8] {
        &self.plan_json
    }

    /// The features of raw rows, `(n_rows, n_features)`.
    ///
    /// # Errors
    /// [`InferenceError::Row`] for a row of the wrong length or a value of the wrong kind, and the limits.
    pub fn transform(&mut self, rows: &[Vec<Value<'_>>]) -> Result<Matrix, InferenceError> {
        let values = self.ask_rows(Question::Transform, rows)?;
        Ok(Matrix { values, n_rows: rows.len(), n_features: self.n_features })
    }

    /// The answer for each raw row: probability of the positive class, or the value of a regression.
    ///
    /// # Errors
    /// As [`Self::transform`].
    pub fn predict_rows(&mut self, rows: &[Vec<Value<'_>>]) -> Result<Vec<f32>, InferenceError> {
        self.ask_rows(Question::PredictRows, rows)
    }

    /// The answer for each row of features.
    ///
    /// # Errors
    /// [`InferenceError::Width`] for a matrix of another width, and the limits.
    pub fn predict_matrix(&mut self, matrix: &Matrix) -> Result<Vec<f32>, InferenceError> {
        if matrix.n_features != self.n_features {
            return Err(InferenceError::Width { expected: self.n_features, found: matrix.n_features });
        }
        let mut out = Vec::with_capacity(matrix.n_rows);
        for (i, values) in matrix.values.chunks(ROWS_PER_CALL * self.n_features).enumerate() {
            let n_rows = values.len() / self.n_features;
            self.call(i * ROWS_PER_CALL, n_rows, &mut out, |guest, n_rows, out| {
                guest.write_matrix(values)?;
                guest.ask(Question::PredictMatrix, n_rows, out)
            })?;
        }
        Ok(out)
    }

    fn ask_rows(&mut self, question: Question, rows: &[Vec<Value<'_>>]) -> Result<Vec<f32>, InferenceError> {
        let mut out = Vec::new();
        let mut coded = std::mem::take(&mut self.coded);
        let mut answer = Ok(());
        for (i, part) in rows.chunks(ROWS_PER_CALL).enumerate() {
            let first_row = i * ROWS_PER_CALL;
            answer = encode(part, first_row, self.n_fields, &mut coded).and_then(|()| {
                self.call(first_row, part.len(), &mut out, |guest, n_rows, out| {
                    guest.write(Buffer::Rows, &coded)?;
                    guest.ask(question, n_rows, out)
                })
            });
            if answer.is_err() {
                break;
            }
        }
        self.coded = coded;
        answer.map(|()| out)
    }

    /// Calls the guest, starting a fresh one when the last one stopped.
    fn call(
        &mut self,
        first_row: usize,
        n_rows: usize,
        out: &mut Vec<f32>,
        ask: impl FnOnce(&mut Guest, u32, &mut Vec<f32>) -> Result<(), Failure>,
    ) -> Result<(), InferenceError> {
        let mut guest = match self.guest.take() {
            Some(guest) => guest,
            None => start(&self.module, &self.onnx, &self.plan_json, self.limits)?,
        };
        // A part has at most ROWS_PER_CALL rows.
        let n_rows = u32::try_from(n_rows).unwrap_or(u32::MAX);
        match ask(&mut guest, n_rows, out) {
            Ok(()) => self.guest = Some(guest),
            Err(Failure::Stopped(error)) => return Err(error),
            Err(Failure::Refused(error)) => {
                self.guest = Some(guest);
                return Err(refusal(error, first_row));
            }
        }
        Ok(())
    }
}

fn start(module: &Module, onnx: &[u8], plan_json: &[u8], limits: Limits) -> Result<Guest, InferenceError> {
    let mut guest = Guest::start(module, limits)?;
    guest.write(Buffer::Model, onnx)?;
    guest.write(Buffer::Plan, plan_json)?;
    match guest.load() {
        Ok(()) => Ok(guest),
        Err(Failure::Stopped(error)) => Err(error),
        Err(Failure::Refused(error)) => Err(refusal(error, 0)),
    }
}

fn encode(
    rows: &[Vec<Value<'_>>],
    first_row: usize,
    n_fields: usize,
    coded: &mut Vec<u8>,
) -> Result<(), InferenceError> {
    coded.clear();
    for (i, row) in rows.iter().enumerate() {
        if row.len() != n_fields {
            let reason = format!("{n_fields} values expected, {} found", row.len());
            return Err(InferenceError::Row { row: first_row + i, field: None, reason });
        }
        for value in row {
            wire::encode_value(value, coded);
        }
    }
    Ok(())
}

fn refusal(error: GuestError, first_row: usize) -> InferenceError {
    match error {
        GuestError::Row { row, field, reason } => InferenceError::Row { row: first_row + row, field, reason },
        GuestError::Operator { operator, reason } => InferenceError::Rejected { operator: Some(operator), reason },
        other => InferenceError::Rejected { operator: None, reason: other.to_string() },
    }
}
