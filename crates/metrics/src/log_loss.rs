use crate::{MetricError, error};

/// Mean negative log likelihood of the labels, natural logarithm: `-1/n Σ (y ln p + (1 - y) ln (1 - p))`.
///
/// Probabilities are clipped to [ε, 1 - ε] with the ε of `f64` (2.2e-16), as scikit-learn does, so a certain and wrong
/// row costs 36 and not infinity. (Formula: Bishop, *Pattern Recognition and Machine Learning*, 2006, eq. 4.90.)
///
/// # Errors
/// No rows, other lengths, labels that are neither 0 nor 1, or scores outside [0, 1].
///
/// ```
/// let loss = metrics::log_loss(&[1.0, 0.0], &[0.5, 0.5])?;
/// assert!((loss - std::f64::consts::LN_2).abs() < 1e-15);
/// # Ok::<(), metrics::MetricError>(())
/// ```
pub fn log_loss(labels: &[f32], probabilities: &[f64]) -> Result<f64, MetricError> {
    error::check(labels, probabilities)?;
    error::check_probabilities(probabilities)?;
    let sum: f64 = labels
        .iter()
        .zip(probabilities)
        .map(|(&label, &p)| {
            let p = p.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
            if label == 1.0 { -p.ln() } else { -(1.0 - p).ln() }
        })
        .sum();
    Ok(sum / labels.len() as f64)
}
