use std::collections::BTreeMap;

use contracts::SnapshotId;
use features::Matrix;
use onnx::{ModelInfo, PostTransform, Tree, TreeNode};

use crate::{Family, TrainingError};

/// Largest difference from the trainer's own probability that an evaluator of the exported file may show.
///
/// Where differences come from, with ε = 2⁻²⁴ ≈ 6e-8, the largest relative error of rounding to `f32`:
/// - *Branches*: none; thresholds are rounded so that no `f32` feature changes sides.
/// - *Leaf weights and coefficients*, rounded once from `f64`: a score of log odds is off by at most
///   ε · Σ max|weight|, and a probability by a quarter of that, the steepest slope of the logistic function. Boosted
///   trees here sum to Σ max|weight| < 20 and linear models to Σ|coefficient · feature| < 40: at most 6e-7. A forest's
///   weights are shares that sum to 1: at most 6e-8.
/// - *The answer*, rounded to `f32`: 3e-8.
/// - *Sums*: in `f64` and in a fixed order here and in the wasm module, so nothing. ONNX Runtime and tract add up in
///   `f32`: each of n additions rounds a partial sum below 8, which is within n · 8ε / 4 at worst and about √n of it
///   in practice: 2e-6 for 300 trees.
///
/// 1e-5 covers the sum of these for up to about a thousand trees; a row sent down a wrong branch shows up as 1e-3 or
/// more, so the bound separates rounding from error.
pub const TOLERANCE: f64 = 1e-5;

/// A trained model as it is exported, whatever trained it.
#[derive(Clone, Debug, PartialEq)]
pub enum Model {
    /// p = σ(coefficients · x + intercept), on features as the plan gives them.
    Linear {
        /// One per feature.
        coefficients: Vec<f32>,
        /// Log odds where all features are 0.
        intercept: f32,
    },
    /// p = the sum of one leaf per tree, through `post_transform`.
    Trees {
        /// Columns of a row.
        n_features: usize,
        /// The trees, in the order in which they are summed.
        trees: Vec<Tree>,
        /// How the sum becomes a probability.
        post_transform: PostTransform,
    },
}

/// What an exported file says about itself. No run and no time: the same data, hyperparameters and seed give the same
/// bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnnxMetadata {
    /// Family of the model.
    pub family: Family,
    /// Data it was trained on.
    pub snapshot_id: SnapshotId,
    /// Fingerprint of the feature plan that makes its inputs.
    pub feature_fingerprint: String,
}

impl Model {
    /// Columns of a row.
    #[must_use]
    pub const fn n_features(&self) -> usize {
        match self {
            Self::Linear { coefficients, .. } => coefficients.len(),
            Self::Trees { n_features, .. } => *n_features,
        }
    }

    /// Probability of class 1 for each row, in [0, 1]; sums in `f64`, in the order of columns and trees.
    ///
    /// A NaN compares false, so it goes the way of a large value; the plan never gives one.
    ///
    /// # Errors
    /// [`TrainingError::LengthMismatch`] when the matrix has another number of features.
    pub fn probabilities(&self, x: &Matrix) -> Result<Vec<f64>, TrainingError> {
        if x.n_features != self.n_features() {
            return Err(TrainingError::LengthMismatch {
                what: "features",
                expected: self.n_features(),
                found: x.n_features,
            });
        }
        Ok(x.rows().map(|row| self.probability(row)).collect())
    }

    fn probability(&self, row: &[f32]) -> f64 {
        match self {
            Self::Linear { coefficients, intercept } => {
                let terms = coefficients.iter().zip(row).map(|(&c, &x)| f64::from(c) * f64::from(x));
                logistic(terms.sum::<f64>() + f64::from(*intercept))
            }
            Self::Trees { trees, post_transform, .. } => {
                let score: f64 = trees.iter().map(|tree| f64::from(leaf(tree, row))).sum();
                match post_transform {
                    PostTransform::Logistic => logistic(score),
                    // Shares rounded to `f32` may sum to a little more than 1.
                    PostTransform::None => score.clamp(0.0, 1.0),
                }
            }
        }
    }

    /// The model as an ONNX file: input `input`, outputs `label` and `probabilities`.
    ///
    /// # Errors
    /// A model that cannot be written: no trees, no features, a number that is not finite.
    pub fn to_onnx(&self, metadata: &OnnxMetadata) -> Result<Vec<u8>, TrainingError> {
        let info = ModelInfo {
            name: metadata.family.to_string(),
            doc: String::new(),
            metadata: BTreeMap::from([
                ("family".to_owned(), metadata.family.to_string()),
                ("snapshot_id".to_owned(), metadata.snapshot_id.to_string()),
                ("feature_fingerprint".to_owned(), metadata.feature_fingerprint.clone()),
            ]),
        };
        let proto = match self {
            Self::Linear { coefficients, intercept } => onnx::linear_classifier(coefficients, *intercept, &info)?,
            Self::Trees { n_features, trees, post_transform } => {
                onnx::tree_ensemble_classifier(*n_features, trees, *post_transform, &info)?
            }
        };
        Ok(onnx::encode(&proto))
    }
}

/// 1 / (1 + e⁻ˢ).
pub(crate) fn logistic(score: f64) -> f64 {
    1.0 / (1.0 + (-score).exp())
}

/// What a tree adds for class 1. A node that does not exist adds nothing; such a tree cannot be exported.
fn leaf(tree: &Tree, row: &[f32]) -> f32 {
    let mut at = 0;
    // A tree is never deeper than it has nodes, so a cycle cannot hold this up.
    for _ in 0..tree.nodes.len() {
        match tree.nodes.get(at) {
            Some(TreeNode::Leaf { weights }) => return weights[1],
            Some(TreeNode::Branch { feature, comparison, threshold, missing_is_true, if_true, if_false }) => {
                let value = row.get(*feature as usize).copied().unwrap_or(f32::NAN);
                let holds = match comparison {
                    onnx::Comparison::LessOrEqual => value <= *threshold,
                    onnx::Comparison::Less => value < *threshold,
                };
                let holds = holds || (value.is_nan() && *missing_is_true);
                at = if holds { *if_true } else { *if_false } as usize;
            }
            None => break,
        }
    }
    0.0
}

/// A branch as all families export it: `feature <= threshold` goes left.
pub(crate) const fn branch(feature: u32, threshold: f32, if_true: u32, if_false: u32) -> TreeNode {
    TreeNode::Branch {
        feature,
        comparison: onnx::Comparison::LessOrEqual,
        threshold,
        missing_is_true: false,
        if_true,
        if_false,
    }
}
