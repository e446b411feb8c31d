use contracts::BinaryMetrics;

use crate::{MetricError, error, log_loss, roc_auc};

/// Rows by label and prediction at a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confusion {
    /// Positive rows predicted positive.
    pub true_positives: u64,
    /// Negative rows predicted positive.
    pub false_positives: u64,
    /// Negative rows predicted negative.
    pub true_negatives: u64,
    /// Positive rows predicted negative.
    pub false_negatives: u64,
}

impl Confusion {
    /// Counts the rows; a row is predicted positive when its score is at or above the threshold.
    ///
    /// # Errors
    /// No rows, other lengths, labels that are neither 0 nor 1, scores or a threshold that are not finite.
    pub fn at(labels: &[f32], scores: &[f64], threshold: f64) -> Result<Self, MetricError> {
        error::check(labels, scores)?;
        if !threshold.is_finite() {
            return Err(MetricError::InvalidThreshold { threshold });
        }
        let mut counts = Self { true_positives: 0, false_positives: 0, true_negatives: 0, false_negatives: 0 };
        for (&label, &score) in labels.iter().zip(scores) {
            let count = match (label == 1.0, score >= threshold) {
                (true, true) => &mut counts.true_positives,
                (false, true) => &mut counts.false_positives,
                (false, false) => &mut counts.true_negatives,
                (true, false) => &mut counts.false_negatives,
            };
            *count += 1;
        }
        Ok(counts)
    }

    /// Rows counted.
    #[must_use]
    pub const fn n_rows(&self) -> u64 {
        self.true_positives + self.false_positives + self.true_negatives + self.false_negatives
    }

    /// Share of rows predicted right.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        ratio(self.true_positives + self.true_negatives, self.n_rows())
    }

    /// Share of the rows predicted positive that are; 0 when none was predicted so.
    #[must_use]
    pub fn precision(&self) -> f64 {
        ratio(self.true_positives, self.true_positives + self.false_positives)
    }

    /// Share of the positive rows predicted so; 0 when there are none.
    #[must_use]
    pub fn recall(&self) -> f64 {
        ratio(self.true_positives, self.true_positives + self.false_negatives)
    }

    /// Harmonic mean of precision and recall, `2 TP / (2 TP + FP + FN)`; 0 without any positive row or prediction.
    /// (van Rijsbergen, *Information Retrieval*, 2nd edition, 1979.)
    #[must_use]
    pub fn f1(&self) -> f64 {
        ratio(2 * self.true_positives, 2 * self.true_positives + self.false_positives + self.false_negatives)
    }
}

/// Zero for 0 / 0, as scikit-learn's `zero_division=0`: a gate then fails, where NaN could slip through one.
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// All metrics of a binary classifier at once.
///
/// # Errors
/// No rows, other lengths, labels that are neither 0 nor 1, scores outside [0, 1], a threshold that is not finite, or
/// only one class.
///
/// ```
/// let metrics = metrics::binary_metrics(&[0.0, 0.0, 1.0, 1.0], &[0.1, 0.6, 0.35, 0.8], 0.5)?;
/// assert_eq!((metrics.accuracy, metrics.precision, metrics.roc_auc), (0.5, 0.5, 0.75));
/// # Ok::<(), metrics::MetricError>(())
/// ```
pub fn binary_metrics(labels: &[f32], probabilities: &[f64], threshold: f64) -> Result<BinaryMetrics, MetricError> {
    let n_positive = error::check_two_classes(labels, probabilities)?;
    let confusion = Confusion::at(labels, probabilities, threshold)?;
    Ok(BinaryMetrics {
        n_rows: confusion.n_rows(),
        n_positive,
        threshold,
        accuracy: confusion.accuracy(),
        precision: confusion.precision(),
        recall: confusion.recall(),
        f1: confusion.f1(),
        roc_auc: roc_auc(labels, probabilities)?,
        log_loss: log_loss(labels, probabilities)?,
    })
}
