use contracts::Sha256;
use serde::{Deserialize, Serialize};

use crate::{FeatureError, FeatureSpec, Field, Frame, Kind, Matrix, Value, fit, limits, validate};

/// The form of the JSON; a plan of another form is refused.
pub(crate) const FORMAT: u32 = 1;

/// A fitted feature plan: all that is needed to make features of raw rows.
///
/// Plain data. Its JSON form is `features.json` in a snapshot and in a model version.
/// A plan that exists was checked, whether it was fitted or read: indices, names and numbers in it can be relied on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct FeaturePlan {
    pub(crate) format: u32,
    pub(crate) fields: Vec<Field>,
    pub(crate) features: Vec<Feature>,
}

/// A plan as read, before its checks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    format: u32,
    fields: Vec<Field>,
    features: Vec<Feature>,
}

impl TryFrom<Unchecked> for FeaturePlan {
    type Error = FeatureError;

    fn try_from(read: Unchecked) -> Result<Self, FeatureError> {
        let plan = Self { format: read.format, fields: read.fields, features: read.features };
        validate::plan(&plan)?;
        Ok(plan)
    }
}

/// One fitted rule; fields are named by their index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Feature {
    /// A number as it is.
    Number {
        /// Index of the field.
        field: usize,
        /// Stands in for a missing value.
        fill: f32,
    },
    /// 1 where the field is missing, else 0.
    MissingFlag {
        /// Index of the field.
        field: usize,
    },
    /// One feature per level.
    OneHot {
        /// Index of the field.
        field: usize,
        /// The levels, sorted by their bytes.
        levels: Vec<String>,
        /// Whether a last feature is 1 for missing and unlisted values.
        other: bool,
    },
    /// The position of the level.
    Ordinal {
        /// Index of the field.
        field: usize,
        /// The levels from low to high.
        levels: Vec<String>,
    },
    /// A product of numbers divided by another.
    Ratio {
        /// Name of the feature.
        name: String,
        /// Indices of the fields above the line.
        numerator: Vec<usize>,
        /// Indices of the fields below the line.
        denominator: Vec<usize>,
        /// Stands in for an undefined ratio.
        fill: f32,
    },
    /// A weighted sum of numbers.
    Linear {
        /// Name of the feature.
        name: String,
        /// What is added, in this order.
        terms: Vec<Term>,
        /// Stands in for an undefined sum.
        fill: f32,
    },
}

/// A field and what it counts in a sum.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// Index of the field.
    pub field: usize,
    /// What its number is multiplied by.
    pub weight: f32,
}

impl FeaturePlan {
    /// Fits `spec` on the given rows of `frame`; no other row is looked at, and their order does not matter.
    ///
    /// # Errors
    /// A specification that breaks a rule, a column that is absent or of the wrong kind, or no rows.
    pub fn fit(spec: &FeatureSpec, frame: &Frame, rows: &[usize]) -> Result<Self, FeatureError> {
        fit::fit(spec, frame, rows)
    }

    /// Raw fields of a row, in order.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The fitted rules, in the order of their features.
    #[must_use]
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// Names of the features, unique, in order.
    #[must_use]
    pub fn feature_names(&self) -> Vec<String> {
        self.features.iter().flat_map(|feature| feature.names(&self.fields)).collect()
    }

    /// Number of features.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.features.iter().map(Feature::width).sum()
    }

    /// SHA-256 of the JSON form, as 64 hex digits. It changes whenever any part of the plan changes.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        Sha256::of(&self.to_json()).into()
    }

    /// Writes the features of one row, `(n_features)`, without allocating memory.
    ///
    /// # Errors
    /// [`FeatureError::WrongLength`] when `values` or `out` has the wrong length, [`FeatureError::WrongKind`] when a
    /// value is of the wrong kind. Nothing useful is in `out` then.
    pub fn transform_row(&self, values: &[Value<'_>], out: &mut [f32]) -> Result<(), FeatureError> {
        self.check_row(values)?;
        let n_features = self.n_features();
        if out.len() != n_features {
            return Err(FeatureError::WrongLength {
                what: "features of a row",
                expected: n_features,
                found: out.len(),
            });
        }
        let mut rest = out;
        for feature in &self.features {
            let (own, others) = rest.split_at_mut(feature.width());
            feature.write(values, own);
            rest = others;
        }
        Ok(())
    }

    /// The features of the given rows of `frame`, `(rows.len(), n_features)`: [`Self::transform_row`] for each.
    ///
    /// # Errors
    /// A column that is absent or of the wrong kind, or a row that does not exist.
    pub fn transform(&self, frame: &Frame, rows: &[usize]) -> Result<Matrix, FeatureError> {
        let columns = frame.columns_of(&self.fields)?;
        let n_features = self.n_features();
        let mut values = vec![0.0; rows.len().saturating_mul(n_features)];
        let mut raw = vec![Value::Missing; columns.len()];
        for (&row, out) in rows.iter().zip(values.chunks_exact_mut(n_features)) {
            if row >= frame.n_rows() {
                return Err(FeatureError::NoSuchRow { row, n_rows: frame.n_rows() });
            }
            for (value, column) in raw.iter_mut().zip(&columns) {
                *value = column.value(row);
            }
            self.transform_row(&raw, out)?;
        }
        Ok(Matrix { values, n_rows: rows.len(), n_features })
    }

    /// The canonical JSON form: always the same bytes for the same plan.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        // Writing numbers and strings to memory cannot fail: there is no map with keys that are not strings.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a plan and checks it completely; safe on bytes from anywhere.
    ///
    /// # Errors
    /// [`FeatureError::Json`], [`FeatureError::Invalid`] or [`FeatureError::Duplicate`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, FeatureError> {
        if bytes.len() > limits::MAX_PLAN_BYTES {
            let reason = format!("{} bytes, at most {} are read", bytes.len(), limits::MAX_PLAN_BYTES);
            return Err(FeatureError::Json { reason });
        }
        let read: Unchecked =
            serde_json::from_slice(bytes).map_err(|error| FeatureError::Json { reason: error.to_string() })?;
        read.try_into()
    }

    fn check_row(&self, values: &[Value<'_>]) -> Result<(), FeatureError> {
        if values.len() != self.fields.len() {
            return Err(FeatureError::WrongLength {
                what: "values of a row",
                expected: self.fields.len(),
                found: values.len(),
            });
        }
        for (field, value) in self.fields.iter().zip(values) {
            if let Some(found) = value.kind()
                && found != field.kind
            {
                return Err(FeatureError::WrongKind { field: field.name.clone(), expected: field.kind, found });
            }
        }
        Ok(())
    }
}

impl Feature {
    /// Number of columns it fills.
    #[must_use]
    pub const fn width(&self) -> usize {
        match self {
            Self::OneHot { levels, other, .. } => levels.len() + *other as usize,
            _ => 1,
        }
    }

    /// Names of its columns.
    #[must_use]
    pub fn names(&self, fields: &[Field]) -> Vec<String> {
        let name = |field: usize| fields.get(field).map_or("", |field| field.name.as_str());
        match self {
            Self::Number { field, .. } | Self::Ordinal { field, .. } => vec![name(*field).to_owned()],
            Self::MissingFlag { field } => vec![format!("{}_missing", name(*field))],
            Self::Ratio { name, .. } | Self::Linear { name, .. } => vec![name.clone()],
            Self::OneHot { field, levels, other } => {
                let other = other.then_some("<other>");
                levels.iter().map(String::as_str).chain(other).map(|l| format!("{}={l}", name(*field))).collect()
            }
        }
    }

    /// Fields read, each with the kind needed; `None` for either.
    pub(crate) fn inputs(&self) -> Vec<(usize, Option<Kind>)> {
        match self {
            Self::Number { field, .. } => vec![(*field, Some(Kind::Number))],
            Self::MissingFlag { field } => vec![(*field, None)],
            Self::OneHot { field, .. } | Self::Ordinal { field, .. } => vec![(*field, Some(Kind::Category))],
            Self::Ratio { numerator, denominator, .. } => {
                numerator.iter().chain(denominator).map(|&field| (field, Some(Kind::Number))).collect()
            }
            Self::Linear { terms, .. } => terms.iter().map(|term| (term.field, Some(Kind::Number))).collect(),
        }
    }

    /// Fills `out`, which is as long as the feature is wide.
    fn write(&self, values: &[Value<'_>], out: &mut [f32]) {
        match self {
            Self::Number { field, fill } => out[0] = number(values[*field]).map_or(*fill, to_f32),
            Self::MissingFlag { field } => out[0] = f32::from(is_missing(values[*field])),
            Self::Ordinal { field, levels } => {
                let position = level(values[*field]).and_then(|level| levels.iter().position(|l| l == level));
                out[0] = position.map_or(-1.0, |position| position as f32);
            }
            Self::Ratio { numerator, denominator, fill, .. } => {
                out[0] = ratio(values, numerator, denominator).map_or(*fill, to_f32);
            }
            Self::Linear { terms, fill, .. } => out[0] = linear(values, terms).map_or(*fill, to_f32),
            Self::OneHot { field, levels, other } => {
                out.fill(0.0);
                let found = level(values[*field])
                    .and_then(|level| levels.binary_search_by(|l| l.as_str().cmp(level)).ok())
                    .or_else(|| other.then_some(levels.len()));
                if let Some(position) = found {
                    out[position] = 1.0;
                }
            }
        }
    }
}

/// The quotient of two products, in the order written; `None` where it is undefined.
pub(crate) fn ratio(values: &[Value<'_>], numerator: &[usize], denominator: &[usize]) -> Option<f64> {
    let product = |fields: &[usize]| fields.iter().try_fold(1.0, |acc, &field| Some(acc * number(values[field])?));
    let quotient: f64 = product(numerator)? / product(denominator)?;
    // Division by zero and overflow end here as well.
    quotient.is_finite().then_some(quotient)
}

/// The weighted sum, in the order written; `None` where it is undefined.
pub(crate) fn linear(values: &[Value<'_>], terms: &[Term]) -> Option<f64> {
    // A product and a sum, each rounded by itself: a fused operation would give other bits where there is one.
    let add = |sum: f64, term: &Term| Some(sum + f64::from(term.weight) * number(values[term.field])?);
    terms.iter().try_fold(0.0, add).filter(|sum| sum.is_finite())
}

/// The number, unless it is missing or not finite.
pub(crate) fn number(value: Value<'_>) -> Option<f64> {
    match value {
        Value::Number(number) if number.is_finite() => Some(number),
        _ => None,
    }
}

/// The nearest finite `f32` to a finite number.
pub(crate) fn to_f32(number: f64) -> f32 {
    (number as f32).clamp(f32::MIN, f32::MAX)
}

fn level(value: Value<'_>) -> Option<&str> {
    match value {
        Value::Category(level) => Some(level),
        _ => None,
    }
}

fn is_missing(value: Value<'_>) -> bool {
    match value {
        Value::Missing => true,
        Value::Number(number) => !number.is_finite(),
        Value::Category(_) => false,
    }
}
