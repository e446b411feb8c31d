//! Checks of a plan that was fitted or read; after them every index, name and number in it can be relied on.

use std::collections::BTreeSet;

use crate::plan::FORMAT;
use crate::{Feature, FeatureError, FeaturePlan, Field, limits};

/// Checks names and number of the fields.
pub(crate) fn fields(fields: &[Field]) -> Result<(), FeatureError> {
    at_most("fields", fields.len(), limits::MAX_FIELDS)?;
    let mut names = BTreeSet::new();
    for (i, field) in fields.iter().enumerate() {
        name(&format!("fields[{i}]"), &field.name)?;
        if !names.insert(&field.name) {
            return Err(FeatureError::Duplicate { what: "field", name: field.name.clone() });
        }
    }
    Ok(())
}

/// Checks everything about a plan.
pub(crate) fn plan(plan: &FeaturePlan) -> Result<(), FeatureError> {
    if plan.format != FORMAT {
        return Err(invalid("format", format!("{} is not the format {FORMAT} known here", plan.format)));
    }
    fields(&plan.fields)?;
    if plan.features.is_empty() {
        return Err(invalid("features", "a plan without features predicts nothing"));
    }
    at_most("features", plan.features.len(), limits::MAX_FEATURES)?;
    for (i, feature) in plan.features.iter().enumerate() {
        check_feature(&format!("features[{i}]"), feature, &plan.fields)?;
    }
    at_most("features", plan.n_features(), limits::MAX_FEATURES)?;
    let mut names = BTreeSet::new();
    for name in plan.feature_names() {
        if let Some(name) = names.replace(name) {
            return Err(FeatureError::Duplicate { what: "feature", name });
        }
    }
    Ok(())
}

fn check_feature(at: &str, feature: &Feature, fields: &[Field]) -> Result<(), FeatureError> {
    for (index, kind) in feature.inputs() {
        let field = fields
            .get(index)
            .ok_or_else(|| invalid(at, format!("field {index} does not exist, there are {}", fields.len())))?;
        if let Some(expected) = kind
            && field.kind != expected
        {
            return Err(FeatureError::WrongKind { field: field.name.clone(), expected, found: field.kind });
        }
    }
    match feature {
        Feature::Number { fill, .. } => finite(at, *fill),
        Feature::MissingFlag { .. } => Ok(()),
        Feature::OneHot { levels, other, .. } => {
            if levels.is_empty() && !other {
                return Err(invalid(at, "no level has a feature"));
            }
            check_levels(at, levels)?;
            // The lookup is a binary search.
            if levels.is_sorted() { Ok(()) } else { Err(invalid(at, "levels are not sorted")) }
        }
        Feature::Ordinal { levels, .. } => {
            if levels.is_empty() {
                return Err(invalid(at, "there are no levels"));
            }
            check_levels(at, levels)
        }
        Feature::Ratio { name: ratio, numerator, denominator, fill } => {
            name(at, ratio)?;
            for factors in [numerator, denominator] {
                if factors.is_empty() {
                    return Err(invalid(at, "both sides of a ratio need a field"));
                }
                at_most(at, factors.len(), limits::MAX_FACTORS)?;
            }
            finite(at, *fill)
        }
        Feature::Linear { name: sum, terms, fill } => {
            name(at, sum)?;
            if terms.is_empty() {
                return Err(invalid(at, "a sum needs a field"));
            }
            at_most(at, terms.len(), limits::MAX_TERMS)?;
            if let Some(term) = terms.iter().find(|term| !term.weight.is_finite()) {
                return Err(invalid(at, format!("the weight {} is not finite", term.weight)));
            }
            finite(at, *fill)
        }
    }
}

fn check_levels(at: &str, levels: &[String]) -> Result<(), FeatureError> {
    at_most(at, levels.len(), limits::MAX_LEVELS)?;
    let mut seen = BTreeSet::new();
    for level in levels {
        if level.len() > limits::MAX_LEVEL_BYTES {
            let reason = format!("a level of {} bytes, at most {} are kept", level.len(), limits::MAX_LEVEL_BYTES);
            return Err(invalid(at, reason));
        }
        if !seen.insert(level) {
            return Err(FeatureError::Duplicate { what: "level", name: level.clone() });
        }
    }
    Ok(())
}

fn name(at: &str, name: &str) -> Result<(), FeatureError> {
    if name.is_empty() {
        return Err(invalid(at, "the name is empty"));
    }
    if name.len() > limits::MAX_NAME_BYTES {
        return Err(invalid(at, format!("a name of {} bytes, at most {}", name.len(), limits::MAX_NAME_BYTES)));
    }
    Ok(())
}

fn finite(at: &str, fill: f32) -> Result<(), FeatureError> {
    if fill.is_finite() { Ok(()) } else { Err(invalid(at, format!("the fill value {fill} is not finite"))) }
}

fn at_most(at: &str, found: usize, limit: usize) -> Result<(), FeatureError> {
    if found <= limit { Ok(()) } else { Err(invalid(at, format!("{found} entries, at most {limit}"))) }
}

fn invalid(at: &str, reason: impl Into<String>) -> FeatureError {
    FeatureError::Invalid { at: at.to_owned(), reason: reason.into() }
}
