//! A model over rows that lie in columns, as gold has them.

use features::{Column, FeaturePlan, Frame, Value};

use crate::{InferenceError, Model};

/// Rows sent through the model at once; bounds the memory beside the frame.
const ROWS_PER_CALL: usize = 1024;

impl Model {
    /// The answer for each of `rows` of a frame, in their order: the probability of the positive class, or the value
    /// of a regression. The frame may have more columns than the model reads.
    ///
    /// # Errors
    /// [`InferenceError::Fields`] for a frame without a field of the model, and as [`Model::predict_rows`].
    pub fn predict_frame(&mut self, frame: &Frame, rows: &[usize]) -> Result<Vec<f32>, InferenceError> {
        let plan = FeaturePlan::from_json(self.plan_json())
            .map_err(|error| InferenceError::Rejected { operator: None, reason: error.to_string() })?;
        let columns = frame.columns_of(plan.fields())?;
        let mut answers = Vec::with_capacity(rows.len());
        for (chunk, first_row) in rows.chunks(ROWS_PER_CALL).zip((0..).step_by(ROWS_PER_CALL)) {
            let values: Vec<Vec<Value<'_>>> = chunk.iter().map(|&row| values(&columns, row)).collect();
            answers.extend(self.predict_rows(&values).map_err(|error| later(error, first_row))?);
        }
        Ok(answers)
    }
}

fn values<'a>(columns: &[&'a Column], row: usize) -> Vec<Value<'a>> {
    columns.iter().map(|column| column.value(row)).collect()
}

/// The error with its row counted from the first row of all.
fn later(error: InferenceError, first_row: usize) -> InferenceError {
    match error {
        InferenceError::Row { row, field, reason } => InferenceError::Row { row: first_row + row, field, reason },
        other => other,
    }
}
