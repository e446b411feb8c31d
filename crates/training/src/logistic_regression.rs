use features::Matrix;
use serde::{Deserialize, Serialize};
use smartcore::{
    linalg::basic::{arrays::Array, matrix::DenseMatrix},
    linear::logistic_regression::{LogisticRegression, LogisticRegressionParameters},
};

use crate::{
    Family, Fitted, Model, TrainingError, dataset::ValidDataset, fitted::Trainer, model::logistic, params::require,
};

const FAMILY: Family = Family::LogisticRegression;

/// Hyperparameters of a logistic regression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogisticRegressionParams {
    /// Strength of the L2 penalty on the coefficients of standardised columns, `Σ loss + alpha / 2 · ‖w‖²`;
    /// scikit-learn's `C` is its inverse. The intercept is not penalised.
    #[serde(alias = "l2")]
    pub alpha: f64,
}

impl Default for LogisticRegressionParams {
    fn default() -> Self {
        Self { alpha: 1.0 }
    }
}

impl LogisticRegressionParams {
    /// Checks the ranges.
    ///
    /// # Errors
    /// [`TrainingError::OutOfRange`] with the name.
    pub fn check(self) -> Result<LogisticRegressionValidParams, TrainingError> {
        let alpha = self.alpha;
        require(FAMILY, "alpha", alpha, (0.0..=1e6).contains(&alpha), "between 0 and 1e6")?;
        Ok(LogisticRegressionValidParams(self))
    }
}

/// Hyperparameters within their ranges.
#[derive(Clone, Debug, PartialEq)]
pub struct LogisticRegressionValidParams(LogisticRegressionParams);

impl LogisticRegressionValidParams {
    /// Fits by L-BFGS on standardised columns, then folds the scaling into the coefficients, so that the exported
    /// model takes features as they are.
    pub(crate) fn fit(&self, data: &ValidDataset<'_>) -> Result<Fitted, TrainingError> {
        let mut standardised = Standardised::of(data.x);
        let values = data.x.rows().flat_map(|row| standardised.scale(row).collect::<Vec<_>>()).collect();
        let x = DenseMatrix::new(data.x.n_rows, data.x.n_features, values, false).map_err(failed)?;
        let y: Vec<i32> = data.y.iter().map(|&label| i32::from(label == 1.0)).collect();
        let parameters = LogisticRegressionParameters::default().with_alpha(self.0.alpha);
        let trained = LogisticRegression::fit(&x, &y, parameters).map_err(failed)?;
        if *trained.classes() != [0, 1] {
            let reason = format!("classes {:?} instead of 0 and 1", trained.classes());
            return Err(TrainingError::Extraction { family: FAMILY, reason });
        }
        standardised.coefficients = trained.coefficients().iterator(0).copied().collect();
        standardised.intercept = *trained.intercept().get((0, 0));
        let model = standardised.fold()?;
        Ok(Fitted { family: FAMILY, model, trainer: Trainer::LogisticRegression(standardised) })
    }
}

/// A linear model of standardised columns: (x - mean) / deviation.
pub(crate) struct Standardised {
    means: Vec<f64>,
    /// 1 for a constant column, whose standardised values are all 0.
    deviations: Vec<f64>,
    coefficients: Vec<f64>,
    intercept: f64,
}

impl Standardised {
    /// Means and population deviations of the columns; no coefficients yet.
    fn of(x: &Matrix) -> Self {
        let n = x.n_rows as f64;
        let column = |feature: usize| x.values.iter().skip(feature).step_by(x.n_features).map(|&v| f64::from(v));
        let means: Vec<f64> = (0..x.n_features).map(|feature| column(feature).sum::<f64>() / n).collect();
        let deviations = (0..x.n_features)
            .map(|feature| {
                let variance = column(feature).map(|value| (value - means[feature]).powi(2)).sum::<f64>() / n;
                // What rounding leaves of a constant column must not be blown up to unit variance.
                if variance.sqrt() > 1e-9 * means[feature].abs() { variance.sqrt() } else { 1.0 }
            })
            .collect();
        Self { means, deviations, coefficients: Vec::new(), intercept: 0.0 }
    }

    fn scale<'a>(&'a self, row: &'a [f32]) -> impl Iterator<Item = f64> + 'a {
        row.iter().zip(self.means.iter().zip(&self.deviations)).map(|(&x, (mean, sd))| (f64::from(x) - mean) / sd)
    }

    pub(crate) fn probabilities(&self, x: &Matrix) -> Vec<f64> {
        let score = |row| self.scale(row).zip(&self.coefficients).map(|(x, c)| x * c).sum::<f64>() + self.intercept;
        x.rows().map(|row| logistic(score(row))).collect()
    }

    /// The same model on columns as they are: c / sd for each, and what that moves goes into the intercept.
    #[allow(clippy::cast_possible_truncation)]
    fn fold(&self) -> Result<Model, TrainingError> {
        let folded: Vec<f64> = self.coefficients.iter().zip(&self.deviations).map(|(c, sd)| c / sd).collect();
        let shift: f64 = folded.iter().zip(&self.means).map(|(c, mean)| c * mean).sum();
        let coefficients: Vec<f32> = folded.iter().map(|&c| c as f32).collect();
        let intercept = (self.intercept - shift) as f32;
        if coefficients.iter().chain([&intercept]).all(|value| value.is_finite()) {
            Ok(Model::Linear { coefficients, intercept })
        } else {
            let reason = "a coefficient is not finite; the columns may be too large or too alike".to_owned();
            Err(TrainingError::Extraction { family: FAMILY, reason })
        }
    }
}

fn failed(error: smartcore::error::Failed) -> TrainingError {
    TrainingError::Trainer { family: FAMILY, reason: error.to_string() }
}
