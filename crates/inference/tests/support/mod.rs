//! Modules, plans and models for the suites of this crate.
#![allow(dead_code, missing_docs, unreachable_pub)]

use contracts::WasmBuild;
use features::{Column, FeaturePlan, FeatureRule, FeatureSpec, Field, Frame, Value};
use inference::{Module, Modules};
use onnx::{Comparison, ModelInfo, PostTransform, Tree, TreeNode, tree_ensemble_classifier};

/// The modules that `cargo xtask wasm` makes. Without them a suite fails and says so.
pub fn modules() -> Modules {
    let folder = std::env::var("SLUICE_WASM_DIR")
        .expect("SLUICE_WASM_DIR is not set; `cargo xtask test` sets it to the folder that `cargo xtask wasm` fills");
    Modules::open(folder).unwrap()
}

pub fn module(build: WasmBuild) -> Module {
    modules().build(build).unwrap()
}

/// Numbers that look random and are the same in every run: a 64-bit xorshift (Marsaglia 2003).
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// In [−1, 1).
    pub fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    }
}

/// A plan of `n` numbers and one category of two levels: `n + 2` features.
pub fn plan(n: usize) -> FeaturePlan {
    let names: Vec<String> = (0..n).map(|i| format!("number {i}")).collect();
    let mut fields: Vec<Field> = names.iter().map(Field::number).collect();
    fields.push(Field::category("contract"));
    let mut rules: Vec<FeatureRule> = names.iter().map(FeatureRule::number).collect();
    rules.push(FeatureRule::one_hot("contract"));
    let mut columns: Vec<_> = names.iter().map(|name| (name.clone(), Column::Number(vec![-1.0, 0.5]))).collect();
    let levels = ["month", "year"].map(|level| Some(level.to_owned())).to_vec();
    columns.push(("contract".to_owned(), Column::Category(levels)));
    FeaturePlan::fit(&FeatureSpec { fields, rules }, &Frame::new(columns).unwrap(), &[0, 1]).unwrap()
}

/// Rows for [`plan`], some values missing or unseen.
pub fn rows(n: usize, n_rows: usize) -> Vec<Vec<Value<'static>>> {
    let mut numbers = Numbers(7);
    let mut row = || {
        let mut values: Vec<Value<'static>> =
            (0..n)
                .map(|_| {
                    if numbers.next().is_multiple_of(10) {
                        Value::Missing
                    } else {
                        Value::Number(numbers.unit().into())
                    }
                })
                .collect();
        values.push(Value::Category(["month", "year", "never seen"][(numbers.next() % 3) as usize]));
        values
    };
    (0..n_rows).map(|_| row()).collect()
}

fn branch(numbers: &mut Numbers, n_features: usize, if_true: u32, if_false: u32) -> TreeNode {
    TreeNode::Branch {
        feature: (numbers.next() % n_features as u64) as u32,
        comparison: if numbers.next().is_multiple_of(2) { Comparison::Less } else { Comparison::LessOrEqual },
        threshold: numbers.unit(),
        missing_is_true: numbers.next().is_multiple_of(2),
        if_true,
        if_false,
    }
}

/// A tree of `n_leaves` that grows at a random leaf, like a booster's.
pub fn grown_tree(numbers: &mut Numbers, n_features: usize, n_leaves: usize) -> Tree {
    let mut nodes = vec![TreeNode::margin(numbers.unit() / 10.0)];
    for _ in 1..n_leaves {
        let leaves: Vec<usize> = (0..nodes.len()).filter(|&i| matches!(nodes[i], TreeNode::Leaf { .. })).collect();
        let at = leaves[(numbers.next() % leaves.len() as u64) as usize];
        let next = u32::try_from(nodes.len()).unwrap();
        nodes[at] = branch(numbers, n_features, next, next + 1);
        nodes.push(TreeNode::margin(numbers.unit() / 10.0));
        nodes.push(TreeNode::margin(numbers.unit() / 10.0));
    }
    Tree { nodes }
}

/// A tree that takes every row through `depth` branches.
pub fn chain(depth: u32) -> Tree {
    let step = |i: u32| {
        let comparison = Comparison::LessOrEqual;
        let (if_true, if_false) = (2 * i + 2, 2 * i + 1);
        let step =
            TreeNode::Branch { feature: 0, comparison, threshold: 1e9, missing_is_true: true, if_true, if_false };
        [step, TreeNode::margin(0.0)]
    };
    Tree { nodes: (0..depth).flat_map(step).chain([TreeNode::margin(0.01)]).collect() }
}

pub fn boosted(n_features: usize, n_trees: usize, n_leaves: usize) -> Vec<u8> {
    let mut numbers = Numbers(42);
    let trees: Vec<Tree> = (0..n_trees).map(|_| grown_tree(&mut numbers, n_features, n_leaves)).collect();
    ensemble(n_features, &trees)
}

pub fn ensemble(n_features: usize, trees: &[Tree]) -> Vec<u8> {
    let model = tree_ensemble_classifier(n_features, trees, PostTransform::Logistic, &ModelInfo::default());
    onnx::encode(&model.unwrap())
}

pub fn linear(n_features: usize) -> Vec<u8> {
    let mut numbers = Numbers(3);
    let coefficients: Vec<f32> = (0..n_features).map(|_| numbers.unit()).collect();
    onnx::encode(&onnx::linear_classifier(&coefficients, 0.25, &ModelInfo::default()).unwrap())
}
