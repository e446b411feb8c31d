use features::Matrix;
use lightgbm3::{Booster, Dataset};
use onnx::PostTransform;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    Family, Fitted, Model, TrainingError, dataset::ValidDataset, fitted::Trainer, lightgbm_text, params::require,
};

const FAMILY: Family = Family::Lightgbm;

/// Hyperparameters of LightGBM, under LightGBM's own names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LightgbmParams {
    /// Trees.
    #[serde(alias = "n_estimators", alias = "n_trees")]
    pub num_iterations: u32,
    /// Factor on what each tree adds.
    pub learning_rate: f64,
    /// Leaves of a tree, at most.
    pub num_leaves: u32,
    /// Levels of branches in a tree, at most; -1 for no limit.
    pub max_depth: i32,
    /// Rows in a leaf, at least. LightGBM leaves out columns that no leaf of 20 rows could split, whatever is set here.
    #[serde(alias = "min_child_samples")]
    pub min_data_in_leaf: u32,
    /// L1 penalty on leaf weights.
    #[serde(alias = "reg_alpha")]
    pub lambda_l1: f64,
    /// L2 penalty on leaf weights.
    #[serde(alias = "reg_lambda")]
    pub lambda_l2: f64,
    /// Share of the features a tree sees.
    #[serde(alias = "colsample_bytree")]
    pub feature_fraction: f64,
    /// Share of the rows a tree sees.
    #[serde(alias = "subsample")]
    pub bagging_fraction: f64,
}

/// Small trees, many of them, with strong regularisation: what some thousand to some ten thousand rows call for.
impl Default for LightgbmParams {
    fn default() -> Self {
        Self {
            num_iterations: 300,
            learning_rate: 0.03,
            num_leaves: 6,
            max_depth: -1,
            min_data_in_leaf: 40,
            lambda_l1: 0.0,
            lambda_l2: 5.0,
            feature_fraction: 0.5,
            bagging_fraction: 1.0,
        }
    }
}

impl LightgbmParams {
    /// Checks the ranges.
    ///
    /// # Errors
    /// [`TrainingError::OutOfRange`] with the name.
    pub fn check(self) -> Result<LightgbmValidParams, TrainingError> {
        let p = &self;
        let n = p.num_iterations;
        require(FAMILY, "num_iterations", n, (1..=10_000).contains(&n), "between 1 and 10000")?;
        let rate = p.learning_rate;
        require(FAMILY, "learning_rate", rate, rate > 0.0 && rate <= 1.0, "above 0 and at most 1")?;
        require(FAMILY, "num_leaves", p.num_leaves, (2..=4_096).contains(&p.num_leaves), "between 2 and 4096")?;
        let depth = p.max_depth;
        require(FAMILY, "max_depth", depth, depth == -1 || (1..=64).contains(&depth), "-1 or between 1 and 64")?;
        let rows = p.min_data_in_leaf;
        require(FAMILY, "min_data_in_leaf", rows, (1..=1_000_000).contains(&rows), "between 1 and 1000000")?;
        for (name, value) in [("lambda_l1", p.lambda_l1), ("lambda_l2", p.lambda_l2)] {
            require(FAMILY, name, value, (0.0..=1e6).contains(&value), "between 0 and 1e6")?;
        }
        for (name, value) in [("feature_fraction", p.feature_fraction), ("bagging_fraction", p.bagging_fraction)] {
            require(FAMILY, name, value, value > 0.0 && value <= 1.0, "above 0 and at most 1")?;
        }
        Ok(LightgbmValidParams(self))
    }
}

/// Hyperparameters within their ranges.
#[derive(Clone, Debug, PartialEq)]
pub struct LightgbmValidParams(LightgbmParams);

impl LightgbmValidParams {
    pub(crate) fn fit(&self, data: &ValidDataset<'_>, seed: u64) -> Result<Fitted, TrainingError> {
        let params = &self.0;
        let n_features = width(data.x)?;
        let rows = Dataset::from_slice(&data.x.values, data.y, n_features, true).map_err(failed)?;
        let bagging_freq = u8::from(params.bagging_fraction < 1.0);
        let settings = json!({
            "objective": "binary",
            "num_iterations": params.num_iterations,
            "learning_rate": params.learning_rate,
            "num_leaves": params.num_leaves,
            "max_depth": params.max_depth,
            "min_data_in_leaf": params.min_data_in_leaf,
            "lambda_l1": params.lambda_l1,
            "lambda_l2": params.lambda_l2,
            "feature_fraction": params.feature_fraction,
            "bagging_fraction": params.bagging_fraction,
            "bagging_freq": bagging_freq,
            "seed": seed % (i32::MAX as u64),
            "deterministic": true,
            "force_row_wise": true,
            "num_threads": 1,
            "verbosity": -1,
        });
        let booster = Booster::train(rows, &settings).map_err(failed)?;
        let text = booster.save_string().map_err(failed)?;
        let trees = lightgbm_text::read_trees(&text)
            .map_err(|reason| TrainingError::Extraction { family: FAMILY, reason: reason.to_string() })?;
        let model = Model::Trees { n_features: data.x.n_features, trees, post_transform: PostTransform::Logistic };
        Ok(Fitted { family: FAMILY, model, trainer: Trainer::Lightgbm(booster) })
    }
}

pub(crate) fn predict(booster: &Booster, x: &Matrix) -> Result<Vec<f64>, TrainingError> {
    booster.predict_with_params(&x.values, width(x)?, true, "num_threads=1").map_err(failed)
}

fn width(x: &Matrix) -> Result<i32, TrainingError> {
    i32::try_from(x.n_features)
        .map_err(|_| TrainingError::Trainer { family: FAMILY, reason: format!("{} features", x.n_features) })
}

fn failed(error: lightgbm3::Error) -> TrainingError {
    TrainingError::Trainer { family: FAMILY, reason: error.to_string() }
}
