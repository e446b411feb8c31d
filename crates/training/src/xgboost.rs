use features::Matrix;
use forust_ml::{
    GradientBooster, Matrix as Columns, gradientbooster::GrowPolicy, objective::ObjectiveType, sampler::SampleMethod,
};
use onnx::{PostTransform, Tree, TreeNode};
use serde::{Deserialize, Serialize};

use crate::{
    Family, Fitted, Model, TrainingError,
    dataset::ValidDataset,
    fitted::Trainer,
    model::{branch, logistic},
    params::require,
    rounding,
};

const FAMILY: Family = Family::Xgboost;

/// Hyperparameters of the XGBoost-style booster, under the names of XGBoost's scikit-learn face.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct XgboostParams {
    /// Trees.
    #[serde(alias = "num_boost_round", alias = "n_trees")]
    pub n_estimators: u32,
    /// Factor on what each tree adds.
    #[serde(alias = "eta")]
    pub learning_rate: f64,
    /// Levels of branches in a tree, at most.
    pub max_depth: u32,
    /// Sum of second derivatives in a leaf, at least.
    pub min_child_weight: f64,
    /// Gain below which a branch is not worth it.
    pub gamma: f64,
    /// L1 penalty on leaf weights.
    #[serde(alias = "alpha")]
    pub reg_alpha: f64,
    /// L2 penalty on leaf weights.
    #[serde(alias = "lambda")]
    pub reg_lambda: f64,
    /// Share of the rows a tree sees.
    pub subsample: f64,
    /// Share of the features a tree sees.
    pub colsample_bytree: f64,
    /// Bins of a feature, at most.
    pub max_bin: u16,
}

/// Shallow trees, many of them, with strong regularisation: what some thousand to some ten thousand rows call for.
impl Default for XgboostParams {
    fn default() -> Self {
        Self {
            n_estimators: 300,
            learning_rate: 0.03,
            max_depth: 3,
            min_child_weight: 5.0,
            gamma: 0.0,
            reg_alpha: 0.0,
            reg_lambda: 5.0,
            subsample: 0.8,
            colsample_bytree: 0.5,
            max_bin: 256,
        }
    }
}

impl XgboostParams {
    /// Checks the ranges.
    ///
    /// # Errors
    /// [`TrainingError::OutOfRange`] with the name.
    pub fn check(self) -> Result<XgboostValidParams, TrainingError> {
        let p = &self;
        let n = p.n_estimators;
        require(FAMILY, "n_estimators", n, (1..=10_000).contains(&n), "between 1 and 10000")?;
        let rate = p.learning_rate;
        require(FAMILY, "learning_rate", rate, rate > 0.0 && rate <= 1.0, "above 0 and at most 1")?;
        require(FAMILY, "max_depth", p.max_depth, (1..=16).contains(&p.max_depth), "between 1 and 16")?;
        let penalties = [
            ("min_child_weight", p.min_child_weight),
            ("gamma", p.gamma),
            ("reg_alpha", p.reg_alpha),
            ("reg_lambda", p.reg_lambda),
        ];
        for (name, value) in penalties {
            require(FAMILY, name, value, (0.0..=1e6).contains(&value), "between 0 and 1e6")?;
        }
        for (name, value) in [("subsample", p.subsample), ("colsample_bytree", p.colsample_bytree)] {
            require(FAMILY, name, value, value > 0.0 && value <= 1.0, "above 0 and at most 1")?;
        }
        require(FAMILY, "max_bin", p.max_bin, (2..=4_096).contains(&p.max_bin), "between 2 and 4096")?;
        Ok(XgboostValidParams(self))
    }
}

/// Hyperparameters within their ranges.
#[derive(Clone, Debug, PartialEq)]
pub struct XgboostValidParams(XgboostParams);

impl XgboostValidParams {
    pub(crate) fn fit(&self, data: &ValidDataset<'_>, seed: u64) -> Result<Fitted, TrainingError> {
        let mut booster = self.booster(data.x.n_features, seed);
        let columns = ValidDataset::column_major(data.x);
        let labels: Vec<f64> = data.y.iter().map(|&label| f64::from(label)).collect();
        booster
            .fit_unweighted(&Columns::new(&columns, data.x.n_rows, data.x.n_features), &labels, None)
            .map_err(|error| TrainingError::Trainer { family: FAMILY, reason: error.to_string() })?;
        let trees = read_trees(&booster)?;
        let model = Model::Trees { n_features: data.x.n_features, trees, post_transform: PostTransform::Logistic };
        Ok(Fitted { family: FAMILY, model, trainer: Trainer::Xgboost(Box::new(booster)) })
    }

    #[allow(clippy::cast_possible_truncation)]
    fn booster(&self, n_features: usize, seed: u64) -> GradientBooster {
        let p = &self.0;
        // At least one feature per tree, where the library would round a small share down to none.
        let colsample = p.colsample_bytree.max(1.0 / n_features as f64);
        let sampling = if p.subsample < 1.0 { SampleMethod::Random } else { SampleMethod::None };
        let mut booster = GradientBooster::default()
            .set_objective_type(ObjectiveType::LogLoss)
            .set_iterations(p.n_estimators as usize)
            .set_learning_rate(p.learning_rate as f32)
            .set_max_depth(p.max_depth as usize)
            .set_max_leaves(usize::MAX)
            .set_l1(p.reg_alpha as f32)
            .set_l2(p.reg_lambda as f32)
            .set_gamma(p.gamma as f32)
            .set_min_leaf_weight(p.min_child_weight as f32)
            .set_nbins(p.max_bin)
            .set_subsample(p.subsample as f32)
            .set_sample_method(sampling)
            .set_colsample_bytree(colsample)
            .set_seed(seed)
            .set_initialize_base_score(true)
            .set_parallel(false)
            .set_allow_missing_splits(false)
            .set_create_missing_branch(false);
        booster.grow_policy = GrowPolicy::DepthWise;
        booster
    }
}

/// The library answers log odds.
pub(crate) fn predict(booster: &GradientBooster, x: &Matrix) -> Vec<f64> {
    let columns = ValidDataset::column_major(x);
    let scores = booster.predict(&Columns::new(&columns, x.n_rows, x.n_features), false);
    scores.into_iter().map(logistic).collect()
}

/// The constant that boosting starts from as a tree of one leaf, then the trees.
///
/// A row goes left when its feature is *below* the split value; nodes are numbered by their place, and missing values,
/// which a plan never gives, have no branch of their own.
fn read_trees(booster: &GradientBooster) -> Result<Vec<Tree>, TrainingError> {
    let unreadable = |reason: String| TrainingError::Extraction { family: FAMILY, reason };
    #[allow(clippy::cast_possible_truncation)]
    let base = Tree { nodes: vec![TreeNode::margin(booster.base_score as f32)] };
    let mut trees = vec![base];
    for (id, tree) in booster.trees.iter().enumerate() {
        let mut nodes = Vec::with_capacity(tree.nodes.len());
        for (place, node) in tree.nodes.iter().enumerate() {
            if node.num != place || (!node.is_leaf && node.has_missing_branch()) {
                return Err(unreadable(format!("node {place} of tree {id} is out of place or has three children")));
            }
            let index =
                |n: usize| u32::try_from(n).map_err(|_| unreadable(format!("tree {id} refers to feature or node {n}")));
            nodes.push(if node.is_leaf {
                TreeNode::margin(node.weight_value)
            } else {
                let (left, right) = (index(node.left_child)?, index(node.right_child)?);
                branch(index(node.split_feature)?, rounding::below(node.split_value), left, right)
            });
        }
        trees.push(Tree { nodes });
    }
    Ok(trees)
}
