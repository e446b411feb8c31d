use crate::{MetricError, error};

/// Area under the ROC curve: the chance that a positive row has a higher score than a negative one; ties count half.
///
/// Computed by the rank sum of Wilcoxon, Mann and Whitney (Hanley and McNeil, *The meaning and use of the area under a
/// receiver operating characteristic curve*, Radiology 143, 1982) in whole numbers, so it is exact up to one division.
///
/// # Errors
/// No rows, other lengths, labels that are neither 0 nor 1, scores that are not finite, or only one class.
///
/// ```
/// let labels = [0.0, 0.0, 1.0, 1.0];
/// assert_eq!(metrics::roc_auc(&labels, &[0.1, 0.4, 0.35, 0.8])?, 0.75);
/// # Ok::<(), metrics::MetricError>(())
/// ```
pub fn roc_auc(labels: &[f32], scores: &[f64]) -> Result<f64, MetricError> {
    let n_positive = error::check_two_classes(labels, scores)?;
    let n_negative = labels.len() as u64 - n_positive;
    let mut negatives_below = 0_u64;
    // Twice the number of pairs in the right order, so that a tie is 1.
    let mut twice_right = 0_u128;
    for (_, negatives, positives) in error::groups_by_score(labels, scores) {
        twice_right += u128::from(positives) * u128::from(2 * negatives_below + negatives);
        negatives_below += negatives;
    }
    Ok(twice_right as f64 / (2 * u128::from(n_positive) * u128::from(n_negative)) as f64)
}

/// Standard error of a ROC-AUC measured on so many rows of each class; about 95 % of measurements lie within 1.96 of
/// it. NaN without rows of a class.
/// (Hanley and McNeil, 1982, eq. 2 with their exponential approximation of Q1 and Q2.)
///
/// ```
/// let error = metrics::roc_auc_standard_error(0.871_428_571_428, 5, 7);
/// assert!((error - 0.116_634_650_308).abs() < 1e-9);
/// ```
#[must_use]
pub fn roc_auc_standard_error(roc_auc: f64, n_positive: u64, n_negative: u64) -> f64 {
    let (a, positive, negative) = (roc_auc, n_positive as f64, n_negative as f64);
    let (q1, q2) = (a / (2.0 - a), 2.0 * a * a / (1.0 + a));
    let variance = a * (1.0 - a) + (positive - 1.0) * (q1 - a * a) + (negative - 1.0) * (q2 - a * a);
    (variance.max(0.0) / (positive * negative)).sqrt()
}
