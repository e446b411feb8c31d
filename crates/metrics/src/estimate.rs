use crate::MetricError;

/// What a classifier's metrics would be if its probabilities were right: an estimate that needs no label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EstimatedMetrics {
    /// Area under the ROC curve; `None` when no row could be of one of the classes.
    pub roc_auc: Option<f64>,
    /// Share of rows labelled right at the threshold.
    pub accuracy: f64,
    /// Share of rows labelled positive that are; 0 when none is labelled so.
    pub precision: f64,
    /// Share of positive rows labelled so; 0 when no row could be positive.
    pub recall: f64,
    /// Harmonic mean of precision and recall; 0 when both are.
    pub f1: f64,
}

/// Confidence-based performance estimation (CBPE): each row counts as positive with its probability p and as negative
/// with 1 - p, and the metrics are those of these expected rows.
///
/// It is right as far as the probabilities are calibrated *on the rows given*: it sees that the mix of easy and hard
/// rows changed, and cannot see that the relation between fields and label did.
/// (NannyML documentation, *Confidence-based Performance Estimation*, 2022; Guillory et al., *Predicting with
/// confidence on unseen distributions*, ICCV 2021.)
///
/// # Errors
/// No rows, a probability outside [0, 1], or a threshold that is not finite.
///
/// ```
/// let estimated = metrics::estimated_metrics(&[0.0, 0.0, 1.0, 1.0], 0.5)?;
/// assert_eq!((estimated.roc_auc, estimated.precision), (Some(1.0), 1.0));
/// # Ok::<(), metrics::MetricError>(())
/// ```
pub fn estimated_metrics(probabilities: &[f64], threshold: f64) -> Result<EstimatedMetrics, MetricError> {
    if probabilities.is_empty() {
        return Err(MetricError::Empty);
    }
    if let Some((row, &score)) = probabilities.iter().enumerate().find(|(_, p)| !(0.0..=1.0).contains(*p)) {
        return Err(MetricError::NotAProbability { row, score });
    }
    if !threshold.is_finite() {
        return Err(MetricError::InvalidThreshold { threshold });
    }
    // Ascending, so that sums of floating-point numbers do not depend on the order of the rows.
    let mut sorted = probabilities.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let (below, from) = sorted.split_at(sorted.partition_point(|&p| p < threshold));
    let (true_positives, false_negatives) = (sum(from), sum(below));
    let (false_positives, true_negatives) = (sum_rest(from), sum_rest(below));
    Ok(EstimatedMetrics {
        roc_auc: roc_auc(&sorted),
        accuracy: (true_positives + true_negatives) / sorted.len() as f64,
        precision: ratio(true_positives, true_positives + false_positives),
        recall: ratio(true_positives, true_positives + false_negatives),
        f1: ratio(2.0 * true_positives, 2.0 * true_positives + false_positives + false_negatives),
    })
}

/// The rank sum of [`crate::roc_auc`] with fractions of rows instead of rows.
fn roc_auc(sorted: &[f64]) -> Option<f64> {
    let (mut negatives_below, mut right) = (0.0, 0.0);
    for group in sorted.chunk_by(|a, b| a == b) {
        let (positives, negatives) = (sum(group), sum_rest(group));
        right += positives * (negatives_below + negatives / 2.0);
        negatives_below += negatives;
    }
    let pairs = sum(sorted) * negatives_below;
    (pairs > 0.0).then(|| (right / pairs).clamp(0.0, 1.0))
}

fn sum(probabilities: &[f64]) -> f64 {
    probabilities.iter().sum()
}

fn sum_rest(probabilities: &[f64]) -> f64 {
    probabilities.iter().map(|p| 1.0 - p).sum()
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}
