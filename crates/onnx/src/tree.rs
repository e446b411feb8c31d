/// How a branch compares the feature with its threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `feature <= threshold`: `BRANCH_LEQ`.
    LessOrEqual,
    /// `feature < threshold`: `BRANCH_LT`.
    Less,
}

impl Comparison {
    /// The mode as ONNX spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LessOrEqual => "BRANCH_LEQ",
            Self::Less => "BRANCH_LT",
        }
    }
}

/// One node of a binary classification tree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TreeNode {
    /// Sends a row to one of two nodes.
    Branch {
        /// Column compared.
        feature: u32,
        /// How it is compared.
        comparison: Comparison,
        /// Finite threshold. A trainer's f64 threshold is rounded *down* to f32, which is exact for f32 features.
        threshold: f32,
        /// Whether NaN goes the way of a true comparison.
        missing_is_true: bool,
        /// Index of the node taken when the comparison holds.
        if_true: u32,
        /// Index of the node taken when it does not.
        if_false: u32,
    },
    /// Ends a row's way.
    Leaf {
        /// What the tree adds to the scores of class 0 and class 1.
        weights: [f32; 2],
    },
}

impl TreeNode {
    /// A leaf of a boosted tree, for [`PostTransform::Logistic`](crate::PostTransform): adds `margin` to the log odds.
    #[must_use]
    pub const fn margin(margin: f32) -> Self {
        Self::Leaf { weights: [-margin, margin] }
    }

    /// A leaf of a forest of `n_trees`, for [`PostTransform::None`](crate::PostTransform): `probability` of class 1,
    /// in [0, 1], divided by the number of trees.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)]
    pub fn vote(probability: f64, n_trees: u32) -> Self {
        let n = f64::from(n_trees);
        Self::Leaf { weights: [((1.0 - probability) / n) as f32, (probability / n) as f32] }
    }
}

/// A binary classification tree; node 0 is the root. A single leaf is a constant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    /// Nodes; children may lie anywhere.
    pub nodes: Vec<TreeNode>,
}
