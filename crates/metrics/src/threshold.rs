use std::{cmp::Ordering, str::FromStr};

use crate::{MetricError, error};

/// What a threshold maximises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objective {
    /// Harmonic mean of precision and recall of the positive class.
    F1,
    /// Share of rows predicted right.
    Accuracy,
    /// F1 among the thresholds that predict at least this share of the rows right; accuracy when none does.
    ///
    /// F1 is flat around its maximum where accuracy is steep, so maximising it alone gives accuracy away to chance.
    F1WhereAccuracy {
        /// Smallest accuracy, in whole percent.
        min_percent: u8,
    },
}

impl FromStr for Objective {
    type Err = MetricError;

    /// Reads `f1`, `accuracy`, or a name such as `f1_where_accuracy_77`.
    fn from_str(name: &str) -> Result<Self, MetricError> {
        let min_percent = || name.strip_prefix("f1_where_accuracy_")?.parse().ok().filter(|n| (1..100).contains(n));
        match name {
            "f1" => Ok(Self::F1),
            "accuracy" => Ok(Self::Accuracy),
            _ => min_percent()
                .map(|min_percent| Self::F1WhereAccuracy { min_percent })
                .ok_or_else(|| MetricError::UnknownObjective { name: name.to_owned() }),
        }
    }
}

/// A threshold and what it reaches on the rows it was chosen on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BestThreshold {
    /// Probability from which a row counts as positive, in [0, 1].
    pub threshold: f64,
    /// The objective there; for [`Objective::F1WhereAccuracy`] the accuracy, when that is below the smallest everywhere.
    pub value: f64,
}

/// The threshold that maximises the objective; to be called on rows the model was not trained on.
///
/// A threshold lies halfway between two neighbouring scores (between 0 and the lowest score, or the highest score and 1,
/// at the ends), so an evaluator that differs in the last digits of a probability still gives every row the same label.
/// Of equally good thresholds the one nearest to 0.5 wins, then the lower one: the answer does not depend on row order.
///
/// # Errors
/// No rows, other lengths, labels that are neither 0 nor 1, scores outside [0, 1], or only one class.
///
/// ```
/// use metrics::{Objective, best_threshold};
/// let best = best_threshold(&[0.0, 0.0, 1.0, 1.0], &[0.1, 0.25, 0.75, 0.9], Objective::F1)?;
/// assert_eq!((best.threshold, best.value), (0.5, 1.0));
/// # Ok::<(), metrics::MetricError>(())
/// ```
pub fn best_threshold(
    labels: &[f32],
    probabilities: &[f64],
    objective: Objective,
) -> Result<BestThreshold, MetricError> {
    let n_positive = error::check_two_classes(labels, probabilities)?;
    error::check_probabilities(probabilities)?;
    let n_rows = labels.len() as u64;
    let (mut true_positives, mut false_positives) = (n_positive, n_rows - n_positive);
    let mut below = None;
    let mut best: Option<(Rank, f64)> = None;
    let mut offer = |threshold: f64, true_positives: u64, false_positives: u64| {
        let f1 = Fraction(2 * true_positives, true_positives + false_positives + n_positive);
        let accuracy = Fraction(true_positives + (n_rows - n_positive) - false_positives, n_rows);
        let rank = match objective {
            Objective::F1 => Rank(true, f1),
            Objective::Accuracy => Rank(true, accuracy),
            Objective::F1WhereAccuracy { min_percent } => {
                let is_met = accuracy.compare(Fraction(min_percent.into(), 100)) != Ordering::Less;
                Rank(is_met, if is_met { f1 } else { accuracy })
            }
        };
        if best.is_none_or(|(found, at)| rank.compare(found).then_with(|| nearer(threshold, at)) == Ordering::Greater) {
            best = Some((rank, threshold));
        }
    };
    for (score, negatives, positives) in error::groups_by_score(labels, probabilities) {
        offer(halfway(below.unwrap_or(0.0), score), true_positives, false_positives);
        true_positives -= positives;
        false_positives -= negatives;
        below = Some(score);
    }
    if let Some(highest) = below.filter(|&highest| highest < 1.0) {
        offer(halfway(highest, 1.0), 0, 0);
    }
    best.map(|(Rank(_, value), threshold)| BestThreshold { threshold, value: value.0 as f64 / value.1 as f64 })
        .ok_or(MetricError::Empty)
}

/// A number in (low, high], in the middle unless the two are neighbours; `high` for `low == high`.
fn halfway(low: f64, high: f64) -> f64 {
    let middle = low + (high - low) / 2.0;
    if middle > low { middle } else { high }
}

/// `Greater` when `a` is nearer to 0.5 than `b`, or as near and lower.
fn nearer(a: f64, b: f64) -> Ordering {
    (b - 0.5).abs().total_cmp(&(a - 0.5).abs()).then_with(|| b.total_cmp(&a))
}

/// Whether a threshold keeps the objective's condition, and what it reaches.
#[derive(Clone, Copy)]
struct Rank(bool, Fraction);

impl Rank {
    fn compare(self, other: Self) -> Ordering {
        self.0.cmp(&other.0).then_with(|| self.1.compare(other.1))
    }
}

/// Numerator and denominator above zero, compared without rounding.
#[derive(Clone, Copy)]
struct Fraction(u64, u64);

impl Fraction {
    fn compare(self, other: Self) -> Ordering {
        (u128::from(self.0) * u128::from(other.1)).cmp(&(u128::from(other.0) * u128::from(self.1)))
    }
}
