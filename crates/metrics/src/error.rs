/// Why a metric does not exist for some labels and scores.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MetricError {
    /// There are no rows.
    #[error("there are no rows to measure")]
    Empty,
    /// Labels and scores do not belong together.
    #[error("{n_labels} labels, but {n_scores} scores")]
    LengthMismatch {
        /// Labels given.
        n_labels: usize,
        /// Scores given.
        n_scores: usize,
    },
    /// A label is neither 0 nor 1.
    #[error("label {label} of row {row} is neither 0 nor 1")]
    InvalidLabel {
        /// Row, from 0.
        row: usize,
        /// Label found.
        label: f32,
    },
    /// A score is NaN or infinite.
    #[error("score {score} of row {row} is not finite")]
    NotFinite {
        /// Row, from 0.
        row: usize,
        /// Score found.
        score: f64,
    },
    /// A score is no probability.
    #[error("score {score} of row {row} is outside [0, 1]")]
    NotAProbability {
        /// Row, from 0.
        row: usize,
        /// Score found.
        score: f64,
    },
    /// The threshold is NaN or infinite.
    #[error("threshold {threshold} is not finite")]
    InvalidThreshold {
        /// Threshold given.
        threshold: f64,
    },
    /// All rows have the same label, so there is nothing to tell apart.
    #[error("all {n_rows} rows have the label {label}; both classes are needed")]
    OneClass {
        /// Rows given.
        n_rows: usize,
        /// The label of all of them.
        label: u8,
    },
    /// Two distributions over different bins.
    #[error("{n_reference} bins in the reference, but {n_current} in the current rows")]
    BinMismatch {
        /// Bins of the reference.
        n_reference: usize,
        /// Bins of the current rows.
        n_current: usize,
    },
    /// A name that is no objective for a threshold.
    #[error("`{name}` is not an objective for a threshold: `f1`, `accuracy` or such as `f1_where_accuracy_77`")]
    UnknownObjective {
        /// Name given.
        name: String,
    },
}

/// Checks what all metrics need, and counts the rows of the positive class.
pub(crate) fn check(labels: &[f32], scores: &[f64]) -> Result<u64, MetricError> {
    if labels.len() != scores.len() {
        return Err(MetricError::LengthMismatch { n_labels: labels.len(), n_scores: scores.len() });
    }
    if labels.is_empty() {
        return Err(MetricError::Empty);
    }
    if let Some((row, &label)) = labels.iter().enumerate().find(|&(_, &label)| label != 0.0 && label != 1.0) {
        return Err(MetricError::InvalidLabel { row, label });
    }
    if let Some((row, &score)) = scores.iter().enumerate().find(|(_, score)| !score.is_finite()) {
        return Err(MetricError::NotFinite { row, score });
    }
    Ok(labels.iter().map(|&label| u64::from(label == 1.0)).sum())
}

/// Like [`check`], and both classes must occur.
pub(crate) fn check_two_classes(labels: &[f32], scores: &[f64]) -> Result<u64, MetricError> {
    let n_positive = check(labels, scores)?;
    if n_positive == 0 || n_positive == labels.len() as u64 {
        return Err(MetricError::OneClass { n_rows: labels.len(), label: u8::from(n_positive > 0) });
    }
    Ok(n_positive)
}

/// Every score must be a probability; call it after [`check`].
pub(crate) fn check_probabilities(scores: &[f64]) -> Result<(), MetricError> {
    match scores.iter().enumerate().find(|(_, score)| !(0.0..=1.0).contains(*score)) {
        Some((row, &score)) => Err(MetricError::NotAProbability { row, score }),
        None => Ok(()),
    }
}

/// Rows with the same score, from the lowest score to the highest: `(score, negatives, positives)`.
pub(crate) fn groups_by_score(labels: &[f32], scores: &[f64]) -> Vec<(f64, u64, u64)> {
    let mut rows: Vec<(f64, bool)> = scores.iter().zip(labels).map(|(&score, &label)| (score, label == 1.0)).collect();
    rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut groups: Vec<(f64, u64, u64)> = Vec::new();
    for (score, positive) in rows {
        // `==`, not `total_cmp`: -0 and 0 are the same score.
        match groups.last_mut() {
            Some(group) if group.0 == score => {
                group.1 += u64::from(!positive);
                group.2 += u64::from(positive);
            }
            _ => groups.push((score, u64::from(!positive), u64::from(positive))),
        }
    }
    groups
}
