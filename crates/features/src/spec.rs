use serde::{Deserialize, Serialize};

use crate::Field;

/// What a use case declares about its features, before any data is seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureSpec {
    /// Raw fields of a row, in the order of a positional row.
    pub fields: Vec<Field>,
    /// Rules that make features of them; the features come out in this order.
    pub rules: Vec<FeatureRule>,
}

/// How one or more features are made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FeatureRule {
    /// A number as it is, rounded to `f32`.
    Number {
        /// Field to read.
        field: String,
        /// What stands in for a missing number.
        when_missing: Fill,
    },
    /// 1 where the field is missing, else 0; named `<field>_missing`.
    MissingFlag {
        /// Field to read; of either kind.
        field: String,
    },
    /// One feature per level, named `<field>=<level>`: 1 in the feature of the row's level, 0 elsewhere.
    ///
    /// A missing value and a level that has no feature give 0 everywhere, and 1 in `<field>=<other>` if there is one.
    OneHot {
        /// Field to read.
        field: String,
        /// Which levels have a feature; learnt from the fitted rows when empty.
        levels: Vec<String>,
        /// Learnt levels that occur less often have no feature of their own.
        min_count: u32,
        /// Of the learnt levels only the most frequent have a feature of their own; ties go by name.
        max_levels: u32,
        /// Whether there is a feature for everything without one.
        other: bool,
    },
    /// The position of the row's level, from 0; -1 for a missing value and a level that is not listed.
    Ordinal {
        /// Field to read.
        field: String,
        /// The levels from low to high; learnt from the fitted rows and sorted when empty.
        levels: Vec<String>,
    },
    /// The product of some numbers divided by the product of others.
    ///
    /// It is undefined where a number is missing, the divisor is zero, or the result overflows.
    Ratio {
        /// Name of the feature.
        name: String,
        /// Fields multiplied above the line.
        numerator: Vec<String>,
        /// Fields multiplied below the line.
        denominator: Vec<String>,
        /// What stands in for an undefined ratio.
        when_undefined: Fill,
    },
    /// The sum of some numbers, each times its weight: what is left of a salary, say.
    ///
    /// It is undefined where a number is missing, or the sum overflows.
    Linear {
        /// Name of the feature.
        name: String,
        /// What is added, in this order.
        terms: Vec<LinearTerm>,
        /// What stands in for an undefined sum.
        when_undefined: Fill,
    },
}

/// A field and what it counts in a sum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinearTerm {
    /// Field of numbers.
    pub field: String,
    /// What the number is multiplied by; finite.
    pub weight: f32,
}

/// What stands in for a number that is missing, or a ratio or sum that is undefined.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fill {
    /// Always this value, which must be finite.
    Constant(f32),
    /// The median over the fitted rows that have one; 0 when none has.
    Median,
}

impl FeatureRule {
    /// The rule [`FeatureRule::Number`] with the median for missing numbers.
    #[must_use]
    pub fn number(field: impl Into<String>) -> Self {
        Self::Number { field: field.into(), when_missing: Fill::Median }
    }

    /// The rule [`FeatureRule::Number`] with a constant for missing numbers.
    #[must_use]
    pub fn number_or(field: impl Into<String>, constant: f32) -> Self {
        Self::Number { field: field.into(), when_missing: Fill::Constant(constant) }
    }

    /// The rule [`FeatureRule::MissingFlag`].
    #[must_use]
    pub fn missing_flag(field: impl Into<String>) -> Self {
        Self::MissingFlag { field: field.into() }
    }

    /// The rule [`FeatureRule::OneHot`] with every level that occurs, and no feature for other values.
    #[must_use]
    pub fn one_hot(field: impl Into<String>) -> Self {
        Self::one_hot_of(field, &[])
    }

    /// The rule [`FeatureRule::OneHot`] with just these levels, and no feature for other values.
    #[must_use]
    pub fn one_hot_of(field: impl Into<String>, levels: &[&str]) -> Self {
        let levels = levels.iter().map(|&level| level.to_owned()).collect();
        Self::OneHot { field: field.into(), levels, min_count: 1, max_levels: 256, other: false }
    }

    /// The rule [`FeatureRule::Ordinal`] with these levels from low to high.
    #[must_use]
    pub fn ordinal(field: impl Into<String>, levels: &[&str]) -> Self {
        Self::Ordinal { field: field.into(), levels: levels.iter().map(|&level| level.to_owned()).collect() }
    }

    /// The rule [`FeatureRule::Ratio`] of products of fields.
    #[must_use]
    pub fn ratio(name: &str, numerator: &[&str], denominator: &[&str], when_undefined: Fill) -> Self {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Self::Ratio {
            name: name.to_owned(),
            numerator: owned(numerator),
            denominator: owned(denominator),
            when_undefined,
        }
    }

    /// The rule [`FeatureRule::Linear`] of fields and their weights.
    #[must_use]
    pub fn linear(name: &str, terms: &[(&str, f32)], when_undefined: Fill) -> Self {
        let term = |&(field, weight): &(&str, f32)| LinearTerm { field: field.to_owned(), weight };
        Self::Linear { name: name.to_owned(), terms: terms.iter().map(term).collect(), when_undefined }
    }
}
