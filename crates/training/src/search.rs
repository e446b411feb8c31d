use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{Rng, TrainingError};

/// What values a hyperparameter may take in a random search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Range {
    /// One of these.
    Choice(Vec<Value>),
    /// A whole number from the first to the second, both included.
    Integer(i64, i64),
    /// A number from the first to the second, each as likely.
    Uniform(f64, f64),
    /// A number from the first to the second, each order of magnitude as likely; both above 0.
    LogUniform(f64, f64),
}

/// Ranges by the name of the hyperparameter. Names are sampled in their alphabetical order.
pub type SearchSpace = BTreeMap<String, Range>;

/// `n` sets of hyperparameters (Bergstra and Bengio, *Random search for hyper-parameter optimization*, JMLR 13, 2012).
///
/// The first is empty, which stands for the family's defaults, so a search never does worse than no search.
/// Numbers are rounded to four significant digits: they read well, and are the same on every machine even though
/// logarithms are not. The same space and seed give the same sets, and a larger `n` only adds to them.
///
/// # Errors
/// [`TrainingError::SearchSpace`] with the name.
///
/// ```
/// use training::{Range, SearchSpace, sample_params};
/// let space = SearchSpace::from([("learning_rate".into(), Range::LogUniform(0.01, 0.3))]);
/// let sets = sample_params(&space, 3, 42)?;
/// assert!(sets[0].is_empty() && sets[1]["learning_rate"].as_f64() < Some(0.3));
/// # Ok::<(), training::TrainingError>(())
/// ```
pub fn sample_params(space: &SearchSpace, n: usize, seed: u64) -> Result<Vec<Map<String, Value>>, TrainingError> {
    for (name, range) in space {
        range.check().map_err(|reason| TrainingError::SearchSpace { name: name.clone(), reason })?;
    }
    let mut rng = Rng::new(seed);
    let mut sample = || space.iter().map(|(name, range)| (name.clone(), range.sample(&mut rng))).collect();
    Ok((0..n).map(|i| if i == 0 { Map::new() } else { sample() }).collect())
}

impl Range {
    fn check(&self) -> Result<(), &'static str> {
        match self {
            Self::Choice(choices) if choices.is_empty() => Err("there is nothing to choose from"),
            Self::Choice(_) => Ok(()),
            Self::Integer(low, high) if low > high => Err("the first number is above the second"),
            Self::Integer(..) => Ok(()),
            Self::Uniform(low, high) | Self::LogUniform(low, high) => {
                if !(low.is_finite() && high.is_finite()) {
                    Err("the numbers must be finite")
                } else if low > high {
                    Err("the first number is above the second")
                } else if matches!(self, Self::LogUniform(..)) && *low <= 0.0 {
                    Err("a logarithmic range must be above 0")
                } else {
                    Ok(())
                }
            }
        }
    }

    /// A value of a range that was checked.
    #[allow(clippy::cast_possible_truncation)]
    fn sample(&self, rng: &mut Rng) -> Value {
        match self {
            Self::Choice(choices) => choices.get(rng.below(choices.len())).cloned().unwrap_or(Value::Null),
            Self::Integer(low, high) => {
                let n = high.abs_diff(*low).saturating_add(1);
                json!(low.wrapping_add(rng.below(usize::try_from(n).unwrap_or(usize::MAX)) as i64))
            }
            Self::Uniform(low, high) => json!(rounded(low + rng.unit() * (high - low)).clamp(*low, *high)),
            Self::LogUniform(low, high) => {
                let (low_ln, high_ln) = (low.ln(), high.ln());
                json!(rounded((low_ln + rng.unit() * (high_ln - low_ln)).exp()).clamp(*low, *high))
            }
        }
    }
}

/// Four significant digits, through decimal text, so that the result is the nearest `f64` to what is printed.
fn rounded(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn space() -> SearchSpace {
        serde_json::from_value(json!({
            "num_leaves": {"choice": [4, 8, 16]},
            "min_data_in_leaf": {"integer": [10, 40]},
            "feature_fraction": {"uniform": [0.5, 1.0]},
            "learning_rate": {"log_uniform": [0.01, 0.3]},
        }))
        .unwrap()
    }

    #[test]
    fn the_first_set_stands_for_the_defaults() {
        assert!(sample_params(&space(), 1, 1).unwrap()[0].is_empty());
    }

    #[test]
    fn samples_stay_in_their_ranges_and_use_them() {
        let sets = sample_params(&space(), 2_001, 9).unwrap();
        let numbers = |name: &str| -> Vec<f64> { sets[1..].iter().map(|set| set[name].as_f64().unwrap()).collect() };
        let leaves = numbers("num_leaves");
        assert!([4.0, 8.0, 16.0].iter().all(|n| leaves.iter().filter(|l| *l == n).count() > 500));
        let rows = numbers("min_data_in_leaf");
        assert!(rows.contains(&10.0) && rows.contains(&40.0) && rows.iter().all(|r| (10.0..=40.0).contains(r)));
        assert!(numbers("feature_fraction").iter().all(|f| (0.5..=1.0).contains(f)));
        let rates = numbers("learning_rate");
        assert!(rates.iter().all(|r| (0.01..=0.3).contains(r)));
        // Half of a logarithmic range lies below the geometric mean of its ends, 0.055.
        let below = rates.iter().filter(|r| **r < 0.0548).count();
        assert!((850..1150).contains(&below), "{below} of 2000");
    }

    #[test]
    fn the_same_seed_gives_the_same_sets_and_more_sets_only_add() {
        let few = sample_params(&space(), 4, 5).unwrap();
        assert_eq!(sample_params(&space(), 9, 5).unwrap()[..4], few);
        assert_ne!(sample_params(&space(), 4, 6).unwrap(), few);
    }

    #[test]
    fn impossible_ranges_are_named() {
        for (range, reason) in [
            (Range::Choice(vec![]), "there is nothing to choose from"),
            (Range::Integer(3, 2), "the first number is above the second"),
            (Range::Uniform(0.0, f64::NAN), "the numbers must be finite"),
            (Range::LogUniform(0.0, 1.0), "a logarithmic range must be above 0"),
        ] {
            let error = sample_params(&SearchSpace::from([("x".into(), range)]), 2, 1).unwrap_err();
            assert_eq!(error.to_string(), format!("range of hyperparameter `x`: {reason}"));
        }
    }
}
