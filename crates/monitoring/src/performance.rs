//! How well predictions fit what came true, and how well they would if they were right.

use std::collections::BTreeMap;

use contracts::FieldReference;
use metrics::{
    binary_metrics, brier_score, calibration_curve, estimated_metrics, expected_calibration_error, roc_auc,
    roc_auc_standard_error, roc_curve,
};

use crate::{
    CalibrationBin, EstimatedPerformance, MonitoredRows, MonitoringError, Month, Performance, RocPoint, ScoreHistogram,
};

/// Most points of a ROC curve in a record.
const MAX_ROC_POINTS: usize = 200;
/// Bins of the calibration curve.
const N_CALIBRATION_BINS: usize = 10;
/// Bins of the score histogram.
const N_SCORE_BINS: usize = 20;

/// Monitored rows, column by column; all of one length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scored {
    /// Month of each prediction date, such as `2024-05`.
    pub months: Vec<String>,
    /// Probability of the positive class.
    pub scores: Vec<f64>,
    /// Whether the row is of the positive class; `None` while nobody knows.
    pub actuals: Vec<Option<bool>>,
}

impl Scored {
    /// Labels and scores of the rows whose label is known.
    #[must_use]
    pub fn labelled(&self) -> (Vec<f32>, Vec<f64>) {
        let known = self.actuals.iter().zip(&self.scores);
        known.filter_map(|(actual, &score)| actual.map(|actual| (f32::from(u8::from(actual)), score))).unzip()
    }

    /// What became of the predictions, of which `seen_in_training` are not among these rows.
    #[must_use]
    pub fn counts(&self, seen_in_training: u64) -> MonitoredRows {
        let count = |of: fn(&Option<bool>) -> bool| self.actuals.iter().filter(|actual| of(actual)).count() as u64;
        let monitored = self.scores.len() as u64;
        let labelled = count(Option::is_some);
        MonitoredRows {
            predicted: monitored + seen_in_training,
            seen_in_training,
            monitored,
            labelled,
            positive: count(|actual| *actual == Some(true)),
            without_actual: monitored - labelled,
        }
    }
}

/// Performance on labelled rows; `None` without a row of each class.
///
/// # Errors
/// A score that is no probability.
pub fn performance(labels: &[f32], scores: &[f64], threshold: f64) -> Result<Option<Performance>, MonitoringError> {
    if !has_both_classes(labels) {
        return Ok(None);
    }
    let metrics = binary_metrics(labels, scores, threshold)?;
    let calibration = calibration_curve(labels, scores, N_CALIBRATION_BINS)?;
    let roc = roc_curve(labels, scores, MAX_ROC_POINTS)?.into_iter().map(|point| RocPoint {
        false_positive_rate: point.false_positive_rate,
        true_positive_rate: point.true_positive_rate,
        threshold: point.threshold,
    });
    Ok(Some(Performance {
        roc_auc_standard_error: standard_error(metrics.roc_auc, labels),
        metrics,
        brier_score: brier_score(labels, scores)?,
        calibration_error: expected_calibration_error(&calibration),
        roc: roc.collect(),
        calibration: calibration
            .into_iter()
            .map(|bin| CalibrationBin {
                n_rows: bin.n_rows,
                mean_predicted: bin.mean_predicted,
                share_positive: bin.share_positive,
            })
            .collect(),
    }))
}

/// Performance as it would be if the probabilities were right; `None` without rows.
///
/// # Errors
/// A score that is no probability.
pub fn estimate(scores: &[f64], threshold: f64) -> Result<Option<EstimatedPerformance>, MonitoringError> {
    if scores.is_empty() {
        return Ok(None);
    }
    let estimated = estimated_metrics(scores, threshold)?;
    Ok(Some(EstimatedPerformance {
        n_rows: scores.len() as u64,
        roc_auc: estimated.roc_auc,
        accuracy: estimated.accuracy,
        precision: estimated.precision,
        recall: estimated.recall,
        f1: estimated.f1,
    }))
}

/// Volume and performance by month of the prediction date, oldest first.
///
/// # Errors
/// A score that is no probability.
pub fn by_month(rows: &Scored, threshold: f64) -> Result<Vec<Month>, MonitoringError> {
    let mut months: BTreeMap<&str, Scored> = BTreeMap::new();
    for ((month, &score), &actual) in rows.months.iter().zip(&rows.scores).zip(&rows.actuals) {
        let of_month = months.entry(month).or_default();
        of_month.scores.push(score);
        of_month.actuals.push(actual);
    }
    months.into_iter().map(|(month, rows)| of_month(month, &rows, threshold)).collect()
}

fn of_month(month: &str, rows: &Scored, threshold: f64) -> Result<Month, MonitoringError> {
    let counts = rows.counts(0);
    let (labels, scores) = rows.labelled();
    let measured = if has_both_classes(&labels) { Some(roc_auc(&labels, &scores)?) } else { None };
    Ok(Month {
        month: month.to_owned(),
        n_rows: counts.monitored,
        n_labelled: counts.labelled,
        n_positive: counts.positive,
        mean_score: rows.scores.iter().sum::<f64>() / rows.scores.len() as f64,
        roc_auc: measured,
        roc_auc_standard_error: measured.map(|roc_auc| standard_error(roc_auc, &labels)),
        estimated_roc_auc: estimate(&rows.scores, threshold)?.and_then(|estimated| estimated.roc_auc),
    })
}

/// How `scores` are distributed beside the frozen reference; `None` without scores.
#[must_use]
pub fn score_histogram(reference: &FieldReference, scores: &[f64]) -> Option<ScoreHistogram> {
    let shares = |values: &[f64]| {
        let mut counts = [0_u64; N_SCORE_BINS];
        for value in values {
            counts[((value * N_SCORE_BINS as f64) as usize).min(N_SCORE_BINS - 1)] += 1;
        }
        counts.iter().map(|&count| count as f64 / values.len() as f64).collect::<Vec<_>>()
    };
    let is_possible = !scores.is_empty() && !reference.quantiles.is_empty();
    is_possible.then(|| ScoreHistogram {
        edges: (0..=N_SCORE_BINS).map(|edge| edge as f64 / N_SCORE_BINS as f64).collect(),
        reference: shares(&reference.quantiles),
        current: shares(scores),
    })
}

fn has_both_classes(labels: &[f32]) -> bool {
    labels.contains(&0.0) && labels.contains(&1.0)
}

fn standard_error(roc_auc: f64, labels: &[f32]) -> f64 {
    let n_positive = labels.iter().filter(|&&label| label == 1.0).count() as u64;
    roc_auc_standard_error(roc_auc, n_positive, labels.len() as u64 - n_positive)
}
