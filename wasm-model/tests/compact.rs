//! The compact evaluator, natively: against the definition of a tree, and against files that are no models.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use onnx::{
    Comparison, ModelInfo, PostTransform, Tree, TreeNode,
    proto::{ModelProto, NodeProto},
    tree_ensemble_classifier,
};
use proptest::prelude::*;
use wasm_model::{CompactModel, GuestError};

const N_FEATURES: usize = 3;

fn branch(feature: u32, threshold: f32, if_true: u32, if_false: u32) -> TreeNode {
    let comparison = Comparison::LessOrEqual;
    TreeNode::Branch { feature, comparison, threshold, missing_is_true: false, if_true, if_false }
}

fn ensemble(trees: &[Tree], post: PostTransform) -> ModelProto {
    tree_ensemble_classifier(N_FEATURES, trees, post, &ModelInfo::default()).unwrap()
}

fn stump(threshold: f32) -> Tree {
    Tree { nodes: vec![branch(0, threshold, 1, 2), TreeNode::margin(-1.0), TreeNode::margin(2.0)] }
}

/// A stump whose only branch was changed after the builder had checked it.
fn changed_stump(change: impl FnOnce(&mut NodeProto)) -> Vec<u8> {
    let mut model = ensemble(&[stump(1.0)], PostTransform::None);
    change(&mut model.graph.as_mut().unwrap().node[0]);
    onnx::encode(&model)
}

fn ints<'a>(node: &'a mut NodeProto, name: &str) -> &'a mut Vec<i64> {
    &mut node.attribute.iter_mut().find(|attribute| attribute.name == name).unwrap().ints
}

fn set_mode(node: &mut NodeProto, mode: &str) {
    let attribute = node.attribute.iter_mut().find(|attribute| attribute.name == "nodes_modes").unwrap();
    attribute.strings[0] = mode.as_bytes().to_vec();
}

fn predict(onnx: &[u8], rows: &[[f32; N_FEATURES]]) -> Vec<f32> {
    let mut out = Vec::new();
    CompactModel::from_onnx(onnx).unwrap().predict(rows.as_flattened(), &mut out).unwrap();
    out
}

fn refusal(onnx: &[u8]) -> GuestError {
    CompactModel::from_onnx(onnx).unwrap_err()
}

#[test]
fn every_mode_means_what_onnx_says_at_below_and_above_the_threshold() {
    let rows = [[1.0_f32.next_down(), 0.0, 0.0], [1.0, 0.0, 0.0], [1.0_f32.next_up(), 0.0, 0.0], [f32::NAN, 0.0, 0.0]];
    // A true comparison goes to the leaf −1, a false one to 2; NaN never compares.
    for (mode, expected) in [
        ("BRANCH_LEQ", [-1.0, -1.0, 2.0, 2.0]),
        ("BRANCH_LT", [-1.0, 2.0, 2.0, 2.0]),
        ("BRANCH_GTE", [2.0, -1.0, -1.0, 2.0]),
        ("BRANCH_GT", [2.0, 2.0, -1.0, 2.0]),
    ] {
        assert_eq!(predict(&changed_stump(|node| set_mode(node, mode)), &rows), expected, "{mode}");
        let missing_is_true = changed_stump(|node| {
            set_mode(node, mode);
            ints(node, "nodes_missing_value_tracks_true")[0] = 1;
        });
        assert_eq!(predict(&missing_is_true, &rows)[3], -1.0, "{mode}, NaN");
    }
}

#[test]
fn node_ids_may_have_gaps_and_any_order() {
    let onnx = changed_stump(|node| {
        *ints(node, "nodes_nodeids") = vec![900, -5, 17];
        ints(node, "nodes_truenodeids")[0] = -5;
        ints(node, "nodes_falsenodeids")[0] = 17;
        *ints(node, "class_nodeids") = vec![-5, -5, 17, 17];
    });
    assert_eq!(predict(&onnx, &[[0.0; 3], [2.0, 0.0, 0.0]]), [-1.0, 2.0]);
}

#[test]
fn a_single_leaf_is_a_constant() {
    let constant = Tree { nodes: vec![TreeNode::margin(0.0)] };
    let onnx = onnx::encode(&ensemble(&[constant], PostTransform::Logistic));
    assert_eq!(predict(&onnx, &[[9.0; 3]]), [0.5]);
}

#[test]
fn a_linear_model_gives_the_logistic_of_its_score() {
    let onnx = onnx::encode(&onnx::linear_classifier(&[1.0, -2.0, 0.0], 0.5, &ModelInfo::default()).unwrap());
    let expected = [-800.0, -1.5, 0.5, 3.0, 800.0].map(|score: f64| (1.0 / (1.0 + (-score).exp())) as f32);
    let rows = [-800.5, -2.0, 0.0, 2.5, 799.5].map(|x: f32| [x, 0.0, 7.0]);
    for (found, expected) in predict(&onnx, &rows).iter().zip(expected) {
        assert!((found - expected).abs() <= 1e-7, "{found} instead of {expected}");
    }
}

#[test]
fn names_the_operator_it_does_not_support() {
    let mut model = ensemble(&[stump(0.0)], PostTransform::None);
    let normalizer = NodeProto { op_type: "Normalizer".into(), domain: onnx::ML_DOMAIN.into(), ..NodeProto::default() };
    model.graph.as_mut().unwrap().node.push(normalizer);
    let GuestError::Operator { operator, reason } = refusal(&onnx::encode(&model)) else { panic!("wrong refusal") };
    assert_eq!((operator.as_str(), reason.as_str()), ("Normalizer", "is not supported by the compact build"));
}

#[test]
fn refuses_trees_that_are_none() {
    let says = |change: fn(&mut NodeProto)| refusal(&changed_stump(change)).to_string();
    assert!(says(|node| ints(node, "nodes_truenodeids")[0] = 0).contains("tree 0 is not a tree"));
    assert!(says(|node| ints(node, "nodes_truenodeids")[0] = 2).contains("tree 0 is not a tree"));
    assert!(says(|node| ints(node, "nodes_truenodeids")[0] = 3).contains("child 3 that does not exist"));
    assert!(says(|node| ints(node, "nodes_nodeids")[2] = 1).contains("two nodes 1"));
    assert!(says(|node| ints(node, "nodes_featureids")[0] = 3).contains("feature 3 of 3"));
    assert!(says(|node| ints(node, "nodes_featureids")[0] = -1).contains("feature -1 of 3"));
    assert!(says(|node| ints(node, "class_nodeids")[0] = 0).contains("it is a branch"));
    assert!(says(|node| ints(node, "class_ids")[0] = 2).contains("class 2"));
    assert!(says(|node| ints(node, "class_ids")[0] = 1).contains("two weights"));
    assert!(says(|node| set_mode(node, "BRANCH_EQ")).contains("BRANCH_EQ"));
    assert!(says(|node| ints(node, "nodes_treeids").truncate(1)).contains("1 entries where others have 3"));
    assert!(says(|node| node.attribute.retain(|a| !a.name.starts_with("class_"))).contains("class_weights"));
}

#[test]
fn refuses_a_tree_that_is_too_deep() {
    let depth = wasm_model::limits::MAX_DEPTH + 1;
    let chain = (0..depth).flat_map(|i| [branch(0, 0.0, 2 * i + 1, 2 * i + 2), TreeNode::margin(0.0)]);
    let tree = Tree { nodes: chain.chain([TreeNode::margin(0.0)]).collect() };
    assert!(refusal(&onnx::encode(&ensemble(&[tree], PostTransform::None))).to_string().contains("deep"));
}

/// A tree as proptest grows it.
#[derive(Clone, Debug)]
enum Grown {
    Leaf(f32),
    Branch(u32, f32, bool, bool, Box<Grown>, Box<Grown>),
}

fn grown() -> impl Strategy<Value = Grown> {
    let threshold = prop_oneof![Just(0.0_f32), Just(-0.0), Just(f32::MAX), Just(f32::MIN_POSITIVE), -2.0_f32..2.0];
    (-1.0_f32..1.0).prop_map(Grown::Leaf).prop_recursive(12, 60, 2, move |inner| {
        (0..N_FEATURES as u32, threshold.clone(), any::<bool>(), any::<bool>(), inner.clone(), inner)
            .prop_map(|(f, t, less, missing, a, b)| Grown::Branch(f, t, less, missing, Box::new(a), Box::new(b)))
    })
}

impl Grown {
    /// The definition, without a single trick.
    fn leaf(&self, row: &[f32]) -> f32 {
        match self {
            Self::Leaf(weight) => *weight,
            Self::Branch(feature, threshold, less, missing, if_true, if_false) => {
                let x = row[*feature as usize];
                let holds = if *less { x < *threshold } else { x <= *threshold };
                if holds || (x.is_nan() && *missing) { if_true.leaf(row) } else { if_false.leaf(row) }
            }
        }
    }

    fn flatten(&self, nodes: &mut Vec<TreeNode>) -> u32 {
        let here = nodes.len();
        match self {
            Self::Leaf(weight) => nodes.push(TreeNode::margin(*weight)),
            Self::Branch(feature, threshold, less, missing_is_true, if_true, if_false) => {
                nodes.push(TreeNode::margin(0.0));
                let comparison = if *less { Comparison::Less } else { Comparison::LessOrEqual };
                let (if_true, if_false) = (if_true.flatten(nodes), if_false.flatten(nodes));
                let (feature, threshold, missing_is_true) = (*feature, *threshold, *missing_is_true);
                nodes[here] = TreeNode::Branch { feature, comparison, threshold, missing_is_true, if_true, if_false };
            }
        }
        u32::try_from(here).unwrap()
    }
}

fn value() -> impl Strategy<Value = f32> {
    prop_oneof![Just(0.0_f32), Just(-0.0), Just(f32::NAN), Just(f32::INFINITY), Just(f32::NEG_INFINITY), -3.0_f32..3.0]
}

proptest! {
    #[test]
    fn trees_answer_as_their_definition_says(
        forest in prop::collection::vec(grown(), 1..20),
        rows in prop::collection::vec(prop::array::uniform3(value()), 1..8),
    ) {
        let trees: Vec<Tree> = forest.iter().map(|tree| {
            let mut nodes = Vec::new();
            tree.flatten(&mut nodes);
            Tree { nodes }
        }).collect();
        let found = predict(&onnx::encode(&ensemble(&trees, PostTransform::None)), &rows);
        for (row, found) in rows.iter().zip(found) {
            let expected = forest.iter().fold(0.0_f64, |sum, tree| sum + f64::from(tree.leaf(row)));
            prop_assert_eq!(found.to_bits(), (expected as f32).to_bits());
        }
    }

    #[test]
    fn broken_files_are_refused_or_answer_but_never_panic(
        forest in prop::collection::vec(grown(), 1..4),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_usize..4), 1..6),
    ) {
        let trees: Vec<Tree> = forest.iter().map(|tree| {
            let mut nodes = Vec::new();
            tree.flatten(&mut nodes);
            Tree { nodes }
        }).collect();
        let mut bytes = onnx::encode(&ensemble(&trees, PostTransform::Logistic));
        for (at, value, kind) in edits {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = value,
                1 => bytes[at] ^= 1 << (value % 8),
                2 => bytes.insert(at, value),
                _ => drop(bytes.remove(at)),
            }
        }
        if let Ok(model) = CompactModel::from_onnx(&bytes) {
            let mut out = Vec::new();
            model.predict(&vec![0.5; model.n_features() * 3], &mut out).unwrap();
            prop_assert_eq!(out.len(), 3);
        }
    }
}
