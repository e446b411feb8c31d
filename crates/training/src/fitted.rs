use features::Matrix;

use crate::{
    Family, Model, TrainingError, dataset::check_finite, lightgbm, logistic_regression, random_forest, xgboost,
};

/// What training gives: the model to keep, and the trainer's own, to compare it with.
pub struct Fitted {
    /// Family trained.
    pub family: Family,
    /// The model to evaluate and export.
    pub model: Model,
    pub(crate) trainer: Trainer,
}

/// A model in the form of the library that trained it.
pub(crate) enum Trainer {
    LogisticRegression(logistic_regression::Standardised),
    RandomForest(Box<random_forest::Forest>),
    Lightgbm(lightgbm3::Booster),
    Xgboost(Box<forust_ml::GradientBooster>),
}

impl Fitted {
    /// Probability of class 1 for each row, computed by the library that trained the model.
    ///
    /// smartcore's logistic regression answers labels only; its probabilities are computed here in `f64` from its
    /// own coefficients on standardised columns, before anything is folded or rounded.
    ///
    /// # Errors
    /// A matrix of another width or with a value that is not finite, or what the library reports.
    pub fn trainer_probabilities(&self, x: &Matrix) -> Result<Vec<f64>, TrainingError> {
        let expected = self.model.n_features();
        if x.n_features != expected {
            return Err(TrainingError::LengthMismatch { what: "features", expected, found: x.n_features });
        }
        check_finite(x)?;
        if x.n_rows == 0 {
            return Ok(Vec::new());
        }
        match &self.trainer {
            Trainer::LogisticRegression(standardised) => Ok(standardised.probabilities(x)),
            Trainer::RandomForest(forest) => random_forest::predict(forest, x),
            Trainer::Lightgbm(booster) => lightgbm::predict(booster, x),
            Trainer::Xgboost(booster) => Ok(xgboost::predict(booster, x)),
        }
    }
}
