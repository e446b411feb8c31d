use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use features::Value;
use inference::{InferenceError, Limits, Model, Module};

/// Rows per call into the module, so that the time limit is about the model and not about the length of a request.
const ROWS_PER_CALL: usize = 250;

/// Instances of one model version: as many as were ever needed at the same time.
///
/// An instance serves one request at a time; callers bound how many run at once.
pub(crate) struct Pool {
    recipe: Recipe,
    idle: Mutex<Vec<Model>>,
}

/// What an instance is made of.
pub(crate) struct Recipe {
    pub(crate) module: Module,
    pub(crate) onnx: Bytes,
    pub(crate) plan: Bytes,
    pub(crate) fingerprint: String,
    pub(crate) limits: Limits,
}

impl Pool {
    /// A pool with one instance ready, so that a model that does not load is found out here.
    pub(crate) fn new(recipe: Recipe) -> Result<Self, InferenceError> {
        let first = recipe.instance()?;
        Ok(Self { recipe, idle: Mutex::new(vec![first]) })
    }

    /// Probabilities of the positive class, one per row.
    pub(crate) fn predict(&self, rows: &[Vec<Value<'_>>]) -> Result<Vec<f32>, InferenceError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut model = match idle {
            Some(model) => model,
            None => self.recipe.instance()?,
        };
        let mut probabilities = Vec::with_capacity(rows.len());
        for chunk in rows.chunks(ROWS_PER_CALL) {
            // After an error the instance is not used again, whatever state it was left in.
            probabilities.extend(model.predict_rows(chunk)?);
        }
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(model);
        Ok(probabilities)
    }
}

impl Recipe {
    fn instance(&self) -> Result<Model, InferenceError> {
        let model = Model::load(&self.module, &self.onnx, &self.plan, self.limits)?;
        model.expecting_fingerprint(&self.fingerprint)
    }
}
