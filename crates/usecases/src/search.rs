//! Random search: which hyperparameters are tried, and drawing them.

use contracts::Sha256;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::rng::SplitMix64;

/// A family of models and what is searched over.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FamilySearch {
    /// Family of the model, such as `lightgbm`.
    pub family: String,
    /// Hyperparameters by name; those not named keep the family's default.
    pub params: Vec<(String, SearchSpace)>,
    /// The set that is tried first, and what comparisons are trained with; those not named keep the family's default.
    pub first: Map<String, Value>,
}

/// The values that one hyperparameter may take.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchSpace {
    /// One of these, all equally likely.
    Choice(Vec<Value>),
    /// A whole number, both ends included, all equally likely.
    Int {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// A real number, all equally likely.
    Uniform {
        /// Smallest.
        min: f64,
        /// Largest.
        max: f64,
    },
    /// A positive real number whose logarithm is uniform: as likely between 0.01 and 0.1 as between 0.1 and 1.
    LogUniform {
        /// Smallest.
        min: f64,
        /// Largest.
        max: f64,
    },
}

impl FamilySearch {
    /// A search over these hyperparameters.
    #[must_use]
    pub fn new(family: &str, params: &[(&str, SearchSpace)]) -> Self {
        let params = params.iter().map(|(name, space)| ((*name).to_owned(), space.clone())).collect();
        Self { family: family.to_owned(), params, first: Map::new() }
    }

    /// The same search, which tries these hyperparameters first instead of the family's defaults.
    #[must_use]
    pub fn starting_with(mut self, params: &[(&str, Value)]) -> Self {
        self.first = params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        self
    }
}

impl SearchSpace {
    /// One value of the space. Real numbers have three significant digits, so that a person can read and repeat them.
    #[must_use]
    pub fn draw(&self, rng: &mut SplitMix64) -> Value {
        match self {
            Self::Choice(values) => values.get(rng.below(values.len() as u64) as usize).cloned().unwrap_or(Value::Null),
            Self::Int { min, max } => {
                let n = max.abs_diff(*min).saturating_add(1);
                Value::from(min.saturating_add_unsigned(rng.below(n)))
            }
            Self::Uniform { min, max } => real(min + (max - min) * rng.next_f64(), *min, *max),
            Self::LogUniform { min, max } => {
                let (low, high) = (libm::log(*min), libm::log(*max));
                real(libm::exp(low + (high - low) * rng.next_f64()), *min, *max)
            }
        }
    }
}

/// Draws `n` sets of hyperparameters, all different as far as the space allows.
///
/// The first is the one that the search starts with. The sets follow from the family's name, its space and `seed` alone, and
/// more of them never change the earlier ones.
///
/// ```
/// use usecases::{FamilySearch, SearchSpace, search};
///
/// let space = FamilySearch::new("lightgbm", &[("num_leaves", SearchSpace::Int { min: 4, max: 31 })]);
/// let two = search::sample(&space, 2, 42);
/// let three = search::sample(&space, 3, 42);
/// assert!(two[0].is_empty() && two[1].contains_key("num_leaves"));
/// assert_eq!(two[..], three[..2]);
/// ```
#[must_use]
pub fn sample(search: &FamilySearch, n: u32, seed: u64) -> Vec<Map<String, Value>> {
    const ATTEMPTS: usize = 64;
    let mut rng = SplitMix64::new(seed ^ family_seed(&search.family));
    let mut draw = || -> Map<String, Value> {
        search.params.iter().map(|(name, space)| (name.clone(), space.draw(&mut rng))).collect()
    };
    let mut sets = Vec::new();
    if n > 0 {
        sets.push(search.first.clone());
    }
    while sets.len() < n as usize {
        // A space with fewer sets than asked for ends the search early instead of training one twice.
        match (0..ATTEMPTS).map(|_| draw()).find(|set| !sets.contains(set)) {
            Some(set) => sets.push(set),
            None => break,
        }
    }
    sets
}

/// Families draw apart from each other, or all of them would walk through their spaces in step.
fn family_seed(family: &str) -> u64 {
    u64::from_str_radix(Sha256::of(family.as_bytes()).short(16), 16).unwrap_or_default()
}

fn real(value: f64, min: f64, max: f64) -> Value {
    let rounded: f64 = format!("{value:.2e}").parse().unwrap_or(value);
    Value::from(rounded.clamp(min, max))
}
