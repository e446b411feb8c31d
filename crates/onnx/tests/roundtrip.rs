//! What is written can be read, and what is no model is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;

use onnx::{
    Comparison, ModelInfo, OnnxError, PostTransform, Tree, TreeNode, decode, encode, linear_classifier,
    tree_ensemble_classifier,
};
use proptest::prelude::*;

fn branch(feature: u32, if_true: u32, if_false: u32) -> TreeNode {
    TreeNode::Branch {
        feature,
        comparison: Comparison::LessOrEqual,
        threshold: 0.5,
        missing_is_true: true,
        if_true,
        if_false,
    }
}

fn stump() -> Tree {
    Tree { nodes: vec![branch(1, 1, 2), TreeNode::margin(-0.25), TreeNode::margin(0.75)] }
}

fn reason(trees: &[Tree]) -> String {
    match tree_ensemble_classifier(2, trees, PostTransform::None, &ModelInfo::default()) {
        Err(OnnxError::Invalid { reason }) => reason,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[test]
fn writes_both_classes_of_every_leaf() {
    let model = tree_ensemble_classifier(3, &[stump()], PostTransform::Logistic, &ModelInfo::default()).unwrap();
    let node = &model.graph().unwrap().node[0];
    assert_eq!(node.ints("class_ids").unwrap(), [0, 1, 0, 1]);
    assert_eq!(node.floats("class_weights").unwrap(), [0.25, -0.25, -0.75, 0.75]);
    assert_eq!(node.text("post_transform").unwrap(), Some("LOGISTIC"));
    assert_eq!(node.strings("nodes_modes").unwrap()[0], b"BRANCH_LEQ");
    assert_eq!(model.n_features().unwrap(), 3);
}

#[test]
fn a_vote_shares_its_weight_between_the_classes() {
    assert_eq!(TreeNode::vote(0.25, 2), TreeNode::Leaf { weights: [0.375, 0.125] });
}

#[test]
fn the_same_model_gives_the_same_bytes() {
    let metadata = BTreeMap::from([("b".to_owned(), "2".to_owned()), ("a".to_owned(), "1".to_owned())]);
    let info = ModelInfo { name: "telco-churn".to_owned(), doc: String::new(), metadata };
    let model = linear_classifier(&[1.0, 2.0], 3.0, &info).unwrap();
    let bytes = encode(&model);
    assert_eq!(bytes, encode(&decode(&bytes).unwrap()));
    assert_eq!(decode(&bytes).unwrap().metadata("a"), Some("1"));
}

#[test]
fn refuses_what_is_no_tree() {
    assert!(reason(&[]).contains("at least one tree"));
    assert!(reason(&[Tree::default()]).contains("tree 0"));
    assert!(reason(&[Tree { nodes: vec![branch(0, 0, 1), TreeNode::margin(0.0)] }]).contains("one tree"));
    assert!(reason(&[stump(), Tree { nodes: vec![branch(0, 1, 7), TreeNode::margin(0.0)] }]).contains("tree 1"));
    assert!(
        reason(&[Tree { nodes: vec![branch(2, 1, 2), TreeNode::margin(0.0), TreeNode::margin(0.0)] }])
            .contains("feature 2")
    );
    assert!(reason(&[Tree { nodes: vec![TreeNode::margin(f32::NAN)] }]).contains("not finite"));
    let island = vec![TreeNode::margin(0.0), branch(0, 2, 3), branch(0, 1, 4), TreeNode::margin(0.0)];
    assert!(reason(&[Tree { nodes: [island, vec![TreeNode::margin(0.0)]].concat() }]).contains("one tree"));
}

#[test]
fn names_the_attribute_of_the_wrong_type() {
    let model = linear_classifier(&[1.0], 0.0, &ModelInfo::default()).unwrap();
    let error = model.graph().unwrap().node[0].ints("coefficients").unwrap_err();
    assert_eq!(error.to_string(), "operator LinearClassifier: attribute `coefficients` has type Floats, not Ints");
}

proptest! {
    #[test]
    fn never_panics_on_broken_files(flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8), cut in any::<prop::sample::Index>()) {
        let model = tree_ensemble_classifier(2, &[stump(), stump()], PostTransform::None, &ModelInfo::default()).unwrap();
        let mut bytes = encode(&model);
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        if let Ok(model) = decode(&bytes) {
            let _ = model.n_features();
            let _ = encode(&model);
        }
    }
}
