use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    Dataset, Fitted, LightgbmParams, LogisticRegressionParams, RandomForestParams, TrainingError, XgboostParams,
    params::{complete, parse},
};

/// A way to learn a classifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Logistic regression with an L2 penalty on standardised columns.
    LogisticRegression,
    /// A forest of trees on bootstrap samples.
    RandomForest,
    /// Boosted trees, leaf by leaf.
    Lightgbm,
    /// Boosted trees, level by level.
    Xgboost,
}

impl Family {
    /// Every family, in the order of declaration.
    pub const ALL: [Self; 4] = [Self::LogisticRegression, Self::RandomForest, Self::Lightgbm, Self::Xgboost];

    /// The name in settings, requests and records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LogisticRegression => "logistic_regression",
            Self::RandomForest => "random_forest",
            Self::Lightgbm => "lightgbm",
            Self::Xgboost => "xgboost",
        }
    }

    /// `params` checked, with the family's defaults for all that are left out: what a record keeps, and what a
    /// candidate is known by.
    ///
    /// # Errors
    /// [`TrainingError::Params`] or [`TrainingError::OutOfRange`].
    ///
    /// ```
    /// let params = training::Family::LogisticRegression.complete(&serde_json::Map::new())?;
    /// assert_eq!(params["alpha"], 1.0);
    /// # Ok::<(), training::TrainingError>(())
    /// ```
    pub fn complete(self, params: &Map<String, Value>) -> Result<Map<String, Value>, TrainingError> {
        match self {
            Self::LogisticRegression => complete(self, params, LogisticRegressionParams::check),
            Self::RandomForest => complete(self, params, RandomForestParams::check),
            Self::Lightgbm => complete(self, params, LightgbmParams::check),
            Self::Xgboost => complete(self, params, XgboostParams::check),
        }
    }
}

/// Trains a model of `family`; hyperparameters left out take the family's defaults.
///
/// The same dataset, hyperparameters and seed give the same model, bit for bit.
///
/// # Errors
/// Hyperparameters or data that cannot be used, named; or what the trainer itself reports.
pub fn fit(
    family: Family,
    params: &Map<String, Value>,
    data: &Dataset<'_>,
    seed: u64,
) -> Result<Fitted, TrainingError> {
    let data = data.check()?;
    match family {
        Family::LogisticRegression => parse::<LogisticRegressionParams>(family, params)?.check()?.fit(&data),
        Family::RandomForest => parse::<RandomForestParams>(family, params)?.check()?.fit(&data, seed),
        Family::Lightgbm => parse::<LightgbmParams>(family, params)?.check()?.fit(&data, seed),
        Family::Xgboost => parse::<XgboostParams>(family, params)?.check()?.fit(&data, seed),
    }
}

impl FromStr for Family {
    type Err = TrainingError;

    fn from_str(name: &str) -> Result<Self, TrainingError> {
        Self::ALL
            .into_iter()
            .find(|family| family.as_str() == name)
            .ok_or_else(|| TrainingError::UnknownFamily { name: name.to_owned() })
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
