use contracts::Reference;
use etl::Gold;
use features::{FeaturePlan, Field, Value};
use training::TOLERANCE;

use crate::TrainError;

/// Rows kept as the yardstick for every other evaluator; all of them when the test split has fewer.
const MAX_ROWS: usize = 200;

/// Raw rows spread evenly over the test split, with the trainer's own answers. They carry no key: nobody can be told
/// from them by name.
///
/// `probabilities` has one value per row of `test_rows`.
pub(crate) fn of_test_rows(
    gold: &Gold,
    plan: &FeaturePlan,
    test_rows: &[usize],
    probabilities: &[f64],
) -> Result<Reference, TrainError> {
    let columns = gold.frame.columns_of(plan.fields())?;
    let n = test_rows.len().min(MAX_ROWS);
    let chosen: Vec<usize> = (0..n).map(|i| i * test_rows.len() / n).collect();
    let raw = |row: usize| columns.iter().map(|column| json(column.value(row))).collect();
    Ok(Reference {
        fields: plan.fields().iter().map(|Field { name, .. }| name.clone()).collect(),
        rows: chosen.iter().map(|&i| raw(test_rows[i])).collect(),
        probabilities: chosen.iter().filter_map(|&i| probabilities.get(i).copied()).collect(),
        tolerance: TOLERANCE,
    })
}

/// A number that is not finite counts as missing for the plan, and becomes null here.
fn json(value: Value<'_>) -> serde_json::Value {
    match value {
        Value::Missing => serde_json::Value::Null,
        Value::Number(number) => number.into(),
        Value::Category(level) => level.into(),
    }
}
