//! What a caller must send, read off the rows the model was trained on.

use std::collections::BTreeSet;

use contracts::{ModelSignature, SignatureField};
use etl::{Gold, Split};
use features::{Column, FeatureError, FeaturePlan};
use usecases::UseCase;

pub(crate) fn describe(
    use_case: &UseCase,
    plan: &FeaturePlan,
    gold: &Gold,
    threshold: f64,
) -> Result<ModelSignature, FeatureError> {
    let rows = gold.rows_of(Split::Train);
    let columns = gold.frame.columns_of(plan.fields())?;
    let fields = plan.fields().iter().zip(columns).map(|(field, column)| describe_field(&field.name, column, &rows));
    Ok(ModelSignature {
        task: use_case.task,
        fields: fields.collect(),
        features: plan.feature_names(),
        classes: use_case.gold.label.classes().map(str::to_owned).to_vec(),
        threshold,
    })
}

fn describe_field(name: &str, column: &Column, rows: &[usize]) -> SignatureField {
    let mut field = SignatureField {
        name: name.to_owned(),
        kind: column.kind().as_str().to_owned(),
        nullable: false,
        min: None,
        max: None,
        categories: Vec::new(),
    };
    match column {
        Column::Number(values) => {
            let known = rows.iter().map(|&row| values[row]).filter(|value| value.is_finite());
            let (n_known, min, max) = known.fold((0, f64::INFINITY, f64::NEG_INFINITY), |(n, min, max), value| {
                (n + 1, value.min(min), value.max(max))
            });
            field.nullable = n_known < rows.len();
            (field.min, field.max) = if n_known == 0 { (None, None) } else { (Some(min), Some(max)) };
        }
        Column::Category(values) => {
            let known: Vec<&String> = rows.iter().filter_map(|&row| values[row].as_ref()).collect();
            field.nullable = known.len() < rows.len();
            field.categories = known.into_iter().collect::<BTreeSet<_>>().into_iter().cloned().collect();
        }
    }
    field
}
