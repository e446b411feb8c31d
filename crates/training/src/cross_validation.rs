use features::{FeaturePlan, FeatureSpec, Frame};
use serde_json::{Map, Value};

use crate::{Dataset, Family, TrainingError, fit, stratified_folds};

/// The rows to cross-validate on, and how to divide them.
#[derive(Clone, Copy, Debug)]
pub struct Folds<'a> {
    /// Raw gold fields.
    pub frame: &'a Frame,
    /// Labels, one per row of the frame.
    pub labels: &'a [f32],
    /// Rows of the frame that take part.
    pub rows: &'a [usize],
    /// Rules from which each fold fits a plan of its own.
    pub spec: &'a FeatureSpec,
    /// Number of folds.
    pub n_folds: usize,
    /// Seed of the folds and of the trainers.
    pub seed: u64,
}

/// How a candidate did on each fold.
#[derive(Clone, Debug, PartialEq)]
pub struct CrossValidation {
    /// ROC-AUC, by fold.
    pub roc_auc: Vec<f64>,
    /// Log loss, by fold.
    pub log_loss: Vec<f64>,
}

impl CrossValidation {
    /// Mean ROC-AUC; NaN without folds, which [`cross_validate`] never gives.
    #[must_use]
    pub fn roc_auc_mean(&self) -> f64 {
        mean(&self.roc_auc)
    }

    /// Mean log loss; NaN without folds.
    #[must_use]
    pub fn log_loss_mean(&self) -> f64 {
        mean(&self.log_loss)
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Trains on all folds but one and measures on that one, for each.
///
/// The feature plan is fitted anew on each fold's training rows: a median or a level known only from the test rows would
/// make the figures better than what the model will see in service.
///
/// # Errors
/// Folds that cannot be made, features that cannot be fitted, or what the trainer reports.
pub fn cross_validate(
    family: Family,
    params: &Map<String, Value>,
    folds: &Folds<'_>,
) -> Result<CrossValidation, TrainingError> {
    let labels = select(folds.labels, folds.rows)?;
    let tests = stratified_folds(&labels, folds.n_folds, folds.seed)?;
    let mut result = CrossValidation { roc_auc: Vec::new(), log_loss: Vec::new() };
    for test in &tests {
        let mut is_test = vec![false; labels.len()];
        for &i in test {
            is_test[i] = true;
        }
        let rows = |of_test: bool| -> Vec<usize> {
            folds.rows.iter().zip(&is_test).filter(|(_, is_test)| **is_test == of_test).map(|(&row, _)| row).collect()
        };
        let (train, test) = (rows(false), rows(true));
        let plan = FeaturePlan::fit(folds.spec, folds.frame, &train)?;
        let x = plan.transform(folds.frame, &train)?;
        let fitted = fit(family, params, &Dataset { x: &x, y: &select(folds.labels, &train)? }, folds.seed)?;
        let p = fitted.model.probabilities(&plan.transform(folds.frame, &test)?)?;
        let y = select(folds.labels, &test)?;
        result.roc_auc.push(metrics::roc_auc(&y, &p)?);
        result.log_loss.push(metrics::log_loss(&y, &p)?);
    }
    Ok(result)
}

fn select(labels: &[f32], rows: &[usize]) -> Result<Vec<f32>, TrainingError> {
    rows.iter()
        .map(|&row| {
            labels.get(row).copied().ok_or(TrainingError::LengthMismatch {
                what: "labels",
                expected: row + 1,
                found: labels.len(),
            })
        })
        .collect()
}
