use crate::{MetricError, error};

/// Rows with similar probabilities: what was predicted for them and what came true.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CalibrationBin {
    /// Rows in the bin.
    pub n_rows: u64,
    /// Mean predicted probability.
    pub mean_predicted: f64,
    /// Share of the positive class.
    pub share_positive: f64,
}

/// The calibration curve over at most `n_bins` (at least 1) bins of about equal counts, from low to high probability.
///
/// Rows with the same probability share a bin, so there may be fewer bins, of unequal counts. Without such rows it is
/// scikit-learn's `calibration_curve(strategy="quantile")`.
/// (Niculescu-Mizil and Caruana, *Predicting good probabilities with supervised learning*, ICML 2005.)
///
/// # Errors
/// No rows, other lengths, labels that are neither 0 nor 1, or scores outside [0, 1].
pub fn calibration_curve(
    labels: &[f32],
    probabilities: &[f64],
    n_bins: usize,
) -> Result<Vec<CalibrationBin>, MetricError> {
    error::check(labels, probabilities)?;
    error::check_probabilities(probabilities)?;
    let (n_rows, n_bins) = (labels.len() as u64, n_bins.max(1) as u64);
    let mut bins: Vec<CalibrationBin> = Vec::new();
    let (mut n_before, mut last_bin) = (0, None);
    for (probability, negatives, positives) in error::groups_by_score(labels, probabilities) {
        let n_group = negatives + positives;
        // The bin of the middle row of the group.
        let bin = (n_before + n_group / 2) * n_bins / n_rows;
        n_before += n_group;
        if last_bin != Some(bin) {
            last_bin = Some(bin);
            bins.push(CalibrationBin { n_rows: 0, mean_predicted: 0.0, share_positive: 0.0 });
        }
        if let Some(bin) = bins.last_mut() {
            bin.n_rows += n_group;
            bin.mean_predicted += probability * n_group as f64;
            bin.share_positive += positives as f64;
        }
    }
    for bin in &mut bins {
        bin.mean_predicted /= bin.n_rows as f64;
        bin.share_positive /= bin.n_rows as f64;
    }
    Ok(bins)
}

/// Expected calibration error: the mean over all rows of how far their bin's share of positives is from its mean
/// prediction, in [0, 1]; 0 without bins.
/// (Naeini, Cooper and Hauskrecht, *Obtaining well calibrated probabilities using Bayesian binning*, AAAI 2015, over
/// bins of equal counts.)
#[must_use]
pub fn expected_calibration_error(bins: &[CalibrationBin]) -> f64 {
    let n_rows: u64 = bins.iter().map(|bin| bin.n_rows).sum();
    if n_rows == 0 {
        return 0.0;
    }
    let sum: f64 = bins.iter().map(|bin| bin.n_rows as f64 * (bin.share_positive - bin.mean_predicted).abs()).sum();
    sum / n_rows as f64
}

/// Brier score: mean squared difference of probability and label, in [0, 1]; lower is better.
/// (Brier, *Verification of forecasts expressed in terms of probability*, Monthly Weather Review 78, 1950, in its form
/// for two classes.)
///
/// # Errors
/// No rows, other lengths, labels that are neither 0 nor 1, or scores outside [0, 1].
pub fn brier_score(labels: &[f32], probabilities: &[f64]) -> Result<f64, MetricError> {
    error::check(labels, probabilities)?;
    error::check_probabilities(probabilities)?;
    let sum: f64 = labels.iter().zip(probabilities).map(|(&label, p)| (p - f64::from(label)).powi(2)).sum();
    Ok(sum / labels.len() as f64)
}
