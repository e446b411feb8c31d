use std::collections::BTreeMap;

use crate::plan::{FORMAT, linear, number, ratio, to_f32};
use crate::{
    Column, Feature, FeatureError, FeaturePlan, FeatureRule, FeatureSpec, Fill, Frame, LinearTerm, Term, Value,
};
use crate::{limits, validate};

/// Fits every rule of `spec` on `rows`.
pub(crate) fn fit(spec: &FeatureSpec, frame: &Frame, rows: &[usize]) -> Result<FeaturePlan, FeatureError> {
    validate::fields(&spec.fields)?;
    let columns = frame.columns_of(&spec.fields)?;
    if rows.is_empty() {
        return Err(FeatureError::NoRows);
    }
    if let Some(&row) = rows.iter().find(|&&row| row >= frame.n_rows()) {
        return Err(FeatureError::NoSuchRow { row, n_rows: frame.n_rows() });
    }
    let fitting = Fitting { spec, columns, rows };
    let features = spec.rules.iter().map(|rule| fitting.feature(rule)).collect::<Result<_, _>>()?;
    let plan = FeaturePlan { format: FORMAT, fields: spec.fields.clone(), features };
    validate::plan(&plan)?;
    Ok(plan)
}

struct Fitting<'a> {
    spec: &'a FeatureSpec,
    columns: Vec<&'a Column>,
    rows: &'a [usize],
}

impl Fitting<'_> {
    fn feature(&self, rule: &FeatureRule) -> Result<Feature, FeatureError> {
        Ok(match rule {
            FeatureRule::Number { field, when_missing } => {
                let field = self.index(field)?;
                let numbers = self.rows.iter().filter_map(|&row| number(self.columns[field].value(row)));
                let fill = match when_missing {
                    Fill::Constant(value) => *value,
                    Fill::Median => median(numbers.collect()),
                };
                Feature::Number { field, fill }
            }
            FeatureRule::MissingFlag { field } => Feature::MissingFlag { field: self.index(field)? },
            FeatureRule::OneHot { field, levels, min_count, max_levels, other } => {
                let field = self.index(field)?;
                let mut levels =
                    if levels.is_empty() { self.levels(field, *min_count, *max_levels) } else { levels.clone() };
                levels.sort_unstable();
                Feature::OneHot { field, levels, other: *other }
            }
            FeatureRule::Ordinal { field, levels } => {
                let field = self.index(field)?;
                let levels =
                    if levels.is_empty() { self.levels(field, 1, limits::MAX_LEVELS as u32) } else { levels.clone() };
                Feature::Ordinal { field, levels }
            }
            FeatureRule::Ratio { name, numerator, denominator, when_undefined } => {
                let indices =
                    |names: &[String]| names.iter().map(|name| self.index(name)).collect::<Result<Vec<_>, _>>();
                let (numerator, denominator) = (indices(numerator)?, indices(denominator)?);
                let fill = match when_undefined {
                    Fill::Constant(value) => *value,
                    Fill::Median => {
                        let fields: Vec<usize> = numerator.iter().chain(&denominator).copied().collect();
                        self.median_of(&fields, |values| ratio(values, &numerator, &denominator))
                    }
                };
                Feature::Ratio { name: name.clone(), numerator, denominator, fill }
            }
            FeatureRule::Linear { name, terms, when_undefined } => {
                let fitted = |term: &LinearTerm| Ok(Term { field: self.index(&term.field)?, weight: term.weight });
                let terms = terms.iter().map(fitted).collect::<Result<Vec<_>, FeatureError>>()?;
                let fill = match when_undefined {
                    Fill::Constant(value) => *value,
                    Fill::Median => {
                        let fields: Vec<usize> = terms.iter().map(|term| term.field).collect();
                        self.median_of(&fields, |values| linear(values, &terms))
                    }
                };
                Feature::Linear { name: name.clone(), terms, fill }
            }
        })
    }

    fn index(&self, name: &str) -> Result<usize, FeatureError> {
        let position = self.spec.fields.iter().position(|field| field.name == name);
        position.ok_or_else(|| FeatureError::UnknownField { field: name.to_owned() })
    }

    /// Levels of the fitted rows, sorted by name: the `max_levels` most frequent of those seen `min_count` times.
    fn levels(&self, field: usize, min_count: u32, max_levels: u32) -> Vec<String> {
        let mut counts = BTreeMap::<&str, u64>::new();
        for &row in self.rows {
            if let Value::Category(level) = self.columns[field].value(row) {
                *counts.entry(level).or_default() += 1;
            }
        }
        let mut kept: Vec<_> = counts.into_iter().filter(|&(_, count)| count >= u64::from(min_count)).collect();
        // A stable sort on top of the map's order by name: ties keep that order.
        kept.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        kept.truncate(max_levels as usize);
        let mut levels: Vec<String> = kept.into_iter().map(|(level, _)| level.to_owned()).collect();
        levels.sort_unstable();
        levels
    }

    /// The median, over the fitted rows, of what `of` makes of the values of these fields.
    fn median_of(&self, fields: &[usize], of: impl Fn(&[Value<'_>]) -> Option<f64>) -> f32 {
        let mut values = vec![Value::Missing; self.columns.len()];
        let mut defined = Vec::new();
        for &row in self.rows {
            for &field in fields {
                values[field] = self.columns[field].value(row);
            }
            defined.extend(of(&values));
        }
        median(defined)
    }
}

/// The middle of the sorted numbers, or the mean of the two in the middle; 0 for none. Exact, whatever their order.
fn median(mut numbers: Vec<f64>) -> f32 {
    numbers.sort_unstable_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    let median = match numbers.get(middle) {
        None => 0.0,
        Some(&upper) if numbers.len() % 2 == 1 => upper,
        // Half of each rather than half of the sum, which might overflow.
        Some(&upper) => numbers[middle - 1] / 2.0 + upper / 2.0,
    };
    // Adding zero turns a negative zero into zero.
    to_f32(median) + 0.0
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_of_an_even_count_is_the_mean_of_the_two_in_the_middle() {
        assert_eq!(median(vec![4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(median(vec![f64::MAX, f64::MAX]), f32::MAX);
    }

    #[test]
    fn the_median_of_nothing_is_zero() {
        assert_eq!(median(Vec::new()).to_bits(), 0.0_f32.to_bits());
        assert_eq!(median(vec![-0.0]).to_bits(), 0.0_f32.to_bits());
    }
}
