use features::Matrix;
use onnx::{PostTransform, Tree, TreeNode};
use serde::{Deserialize, Serialize};
use smartcore::{
    ensemble::random_forest_regressor::{RandomForestRegressor, RandomForestRegressorParameters},
    linalg::basic::matrix::DenseMatrix,
};

use crate::{
    Family, Fitted, Model, TrainingError, dataset::ValidDataset, fitted::Trainer, model::branch, params::require,
    rounding,
};

const FAMILY: Family = Family::RandomForest;

/// smartcore's forest. Regression trees on 0/1 labels split like classification trees with the Gini criterion (for two
/// classes, variance is half the Gini impurity) and, unlike smartcore's classifier, keep the share of class 1 in each
/// leaf.
pub(crate) type Forest = RandomForestRegressor<f64, f64, DenseMatrix<f64>, Vec<f64>>;

/// Hyperparameters of a random forest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RandomForestParams {
    /// Trees.
    #[serde(alias = "n_trees")]
    pub n_estimators: u32,
    /// Levels of branches in a tree, at most.
    pub max_depth: u16,
    /// Rows in a leaf, at least.
    pub min_samples_leaf: u32,
    /// Share of the features tried at each branch; `None` (or null) tries as many as the square root of their number.
    pub max_features: Option<f64>,
}

impl Default for RandomForestParams {
    fn default() -> Self {
        Self { n_estimators: 300, max_depth: 10, min_samples_leaf: 8, max_features: None }
    }
}

impl RandomForestParams {
    /// Checks the ranges.
    ///
    /// # Errors
    /// [`TrainingError::OutOfRange`] with the name.
    pub fn check(self) -> Result<RandomForestValidParams, TrainingError> {
        let Self { n_estimators, max_depth, min_samples_leaf, max_features } = self;
        let n = n_estimators;
        require(FAMILY, "n_estimators", n, (1..=5_000).contains(&n), "between 1 and 5000")?;
        require(FAMILY, "max_depth", max_depth, (1..=64).contains(&max_depth), "between 1 and 64")?;
        require(FAMILY, "min_samples_leaf", min_samples_leaf, min_samples_leaf >= 1, "at least 1")?;
        if let Some(share) = max_features {
            require(FAMILY, "max_features", share, share > 0.0 && share <= 1.0, "above 0 and at most 1, or null")?;
        }
        Ok(RandomForestValidParams(self))
    }
}

/// Hyperparameters within their ranges.
#[derive(Clone, Debug, PartialEq)]
pub struct RandomForestValidParams(RandomForestParams);

impl RandomForestValidParams {
    pub(crate) fn fit(&self, data: &ValidDataset<'_>, seed: u64) -> Result<Fitted, TrainingError> {
        let params = &self.0;
        let y: Vec<f64> = data.y.iter().map(|&label| f64::from(label)).collect();
        let parameters = RandomForestRegressorParameters {
            // smartcore counts levels of nodes, the leaf's included.
            max_depth: Some(params.max_depth + 1),
            min_samples_leaf: params.min_samples_leaf as usize,
            min_samples_split: 2,
            n_trees: params.n_estimators as usize,
            m: Some(n_tried(params.max_features, data.x.n_features)),
            keep_samples: false,
            seed,
        };
        let forest = Forest::fit(&matrix(data.x)?, &y, parameters).map_err(failed)?;
        let trees = read_trees(&forest, params.n_estimators)?;
        let model = Model::Trees { n_features: data.x.n_features, trees, post_transform: PostTransform::None };
        Ok(Fitted { family: FAMILY, model, trainer: Trainer::RandomForest(Box::new(forest)) })
    }
}

/// Features tried at each branch.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn n_tried(share: Option<f64>, n_features: usize) -> usize {
    let n = n_features as f64;
    (share.map_or_else(|| n.sqrt(), |share| share * n).round() as usize).clamp(1, n_features)
}

pub(crate) fn predict(forest: &Forest, x: &Matrix) -> Result<Vec<f64>, TrainingError> {
    forest.predict(&matrix(x)?).map_err(failed)
}

/// Column after column, because a tree reads one column at a time.
fn matrix(x: &Matrix) -> Result<DenseMatrix<f64>, TrainingError> {
    DenseMatrix::new(x.n_rows, x.n_features, ValidDataset::column_major(x), true).map_err(failed)
}

/// smartcore keeps its nodes private, but gives them to serde.
#[derive(Deserialize)]
struct SavedForest {
    forest_regressor: SavedTrees,
}

#[derive(Deserialize)]
struct SavedTrees {
    trees: Vec<SavedTree>,
}

#[derive(Deserialize)]
struct SavedTree {
    nodes: Vec<SavedNode>,
}

/// A row goes to `true_child` when its feature is at or below `split_value`; a node without children is a leaf.
#[derive(Deserialize)]
struct SavedNode {
    output: f64,
    split_feature: u32,
    split_value: Option<f64>,
    true_child: Option<u32>,
    false_child: Option<u32>,
}

fn read_trees(forest: &Forest, n_trees: u32) -> Result<Vec<Tree>, TrainingError> {
    let unreadable = |reason: String| TrainingError::Extraction { family: FAMILY, reason };
    let saved: SavedForest =
        serde_json::to_value(forest).and_then(serde_json::from_value).map_err(|error| unreadable(error.to_string()))?;
    let trees = saved.forest_regressor.trees;
    if trees.len() != n_trees as usize {
        return Err(unreadable(format!("{} trees instead of {n_trees}", trees.len())));
    }
    trees
        .iter()
        .map(|tree| {
            let nodes: Option<Vec<TreeNode>> = tree.nodes.iter().map(|node| read_node(node, n_trees)).collect();
            nodes.map(|nodes| Tree { nodes }).ok_or_else(|| unreadable("a branch lacks a child or value".to_owned()))
        })
        .collect()
}

fn read_node(node: &SavedNode, n_trees: u32) -> Option<TreeNode> {
    match (node.true_child, node.false_child) {
        (None, None) => Some(TreeNode::vote(node.output.clamp(0.0, 1.0), n_trees)),
        (Some(if_true), Some(if_false)) => {
            let threshold = rounding::at_or_below(node.split_value?);
            Some(branch(node.split_feature, threshold, if_true, if_false))
        }
        _ => None,
    }
}

fn failed(error: smartcore::error::Failed) -> TrainingError {
    TrainingError::Trainer { family: FAMILY, reason: error.to_string() }
}
