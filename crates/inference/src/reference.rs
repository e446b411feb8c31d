//! A model against the answers its trainer gave.

use contracts::Reference;
use features::{FeaturePlan, Value};

use crate::{InferenceError, Model};

impl Model {
    /// The largest absolute difference between the answers to the reference rows and the trainer's; NaN when any
    /// answer is NaN, so that no bound is kept by accident.
    ///
    /// # Errors
    /// A reference that does not fit the model's fields, and whatever [`Self::predict_rows`] says.
    pub fn max_abs_difference(&mut self, reference: &Reference) -> Result<f64, InferenceError> {
        if reference.rows.len() != reference.probabilities.len() {
            let reason = format!(
                "the reference has {} rows and {} probabilities",
                reference.rows.len(),
                reference.probabilities.len()
            );
            return Err(InferenceError::Rejected { operator: None, reason });
        }
        let columns = columns(self.plan_json(), reference)?;
        let rows = reference.rows.iter().enumerate().map(|(i, row)| values(i, row, &columns, reference));
        let rows: Vec<Vec<Value<'_>>> = rows.collect::<Result<_, _>>()?;
        let answers = self.predict_rows(&rows)?;
        let differences = answers.iter().zip(&reference.probabilities).map(|(&a, b)| (f64::from(a) - b).abs());
        // Written so that NaN is the largest of all.
        Ok(differences.fold(0.0, |largest: f64, it| if largest.is_nan() || it <= largest { largest } else { it }))
    }
}

/// For each field of the plan, its column in the reference.
fn columns(plan_json: &[u8], reference: &Reference) -> Result<Vec<usize>, InferenceError> {
    let plan = FeaturePlan::from_json(plan_json)
        .map_err(|error| InferenceError::Rejected { operator: None, reason: error.to_string() })?;
    let find = |name: &str| reference.fields.iter().position(|field| field == name);
    let column = |field: &features::Field| {
        find(&field.name).ok_or_else(|| InferenceError::Rejected {
            operator: None,
            reason: format!("the reference has no field `{}`", field.name),
        })
    };
    plan.fields().iter().map(column).collect()
}

fn values<'a>(
    row: usize,
    cells: &'a [serde_json::Value],
    columns: &[usize],
    reference: &'a Reference,
) -> Result<Vec<Value<'a>>, InferenceError> {
    let value = |&column: &usize| {
        let refused = |reason: &str| InferenceError::Row {
            row,
            field: reference.fields.get(column).cloned(),
            reason: format!("the reference has {reason}"),
        };
        match cells.get(column) {
            None => Err(refused("too few values")),
            Some(serde_json::Value::Null) => Ok(Value::Missing),
            Some(serde_json::Value::String(text)) => Ok(Value::Category(text)),
            Some(serde_json::Value::Number(number)) => {
                number.as_f64().map(Value::Number).ok_or_else(|| refused("a number that is too large"))
            }
            Some(_) => Err(refused("a value that is no number, text or null")),
        }
    };
    columns.iter().map(value).collect()
}
