use std::collections::BTreeMap;

use crate::{
    INPUT, LABEL, OnnxError, PROBABILITIES, Tree, TreeNode,
    proto::{
        AttributeProto, AttributeType, DataType, DimensionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto,
        StringStringEntryProto, TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto,
    },
};

/// Version of the file format written.
pub const IR_VERSION: i64 = 8;
/// Domain of the main operators.
pub const DEFAULT_DOMAIN: &str = "";
/// Version of the main operators written.
pub const OPSET: i64 = 15;
/// Domain of trees and linear models.
pub const ML_DOMAIN: &str = "ai.onnx.ml";
/// Version of that domain written.
pub const ML_OPSET: i64 = 3;

/// What a file says about its model beside the graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelInfo {
    /// Name of the graph; `model` when empty.
    pub name: String,
    /// Documentation.
    pub doc: String,
    /// Named texts, such as run, snapshot and feature fingerprint.
    pub metadata: BTreeMap<String, String>,
}

/// How scores become probabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostTransform {
    /// They are probabilities.
    None,
    /// Each goes through the logistic function.
    Logistic,
}

impl PostTransform {
    /// The name as ONNX spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Logistic => "LOGISTIC",
        }
    }
}

/// A logistic regression: p(class 1) = σ(`coefficients` · x + `intercept`).
///
/// Both classes get a row of coefficients, class 0 the negated ones, because σ(−s) = 1 − σ(s) holds in every runtime
/// while the one-row form is read differently by each.
///
/// # Errors
/// No coefficients, or one that is not finite.
pub fn linear_classifier(coefficients: &[f32], intercept: f32, info: &ModelInfo) -> Result<ModelProto, OnnxError> {
    if coefficients.is_empty() {
        return Err(invalid("a linear model needs at least one coefficient"));
    }
    if let Some(i) = coefficients.iter().chain([&intercept]).position(|value| !value.is_finite()) {
        return Err(invalid(format!("coefficient {i} is not finite")));
    }
    let rows = coefficients.iter().map(|value| -value).chain(coefficients.iter().copied()).collect();
    let node = ml_node(
        "LinearClassifier",
        [LABEL, PROBABILITIES],
        vec![
            ints("classlabels_ints", vec![0, 1]),
            floats("coefficients", rows),
            floats("intercepts", vec![-intercept, intercept]),
            int("multi_class", 0),
            text("post_transform", PostTransform::Logistic.as_str()),
        ],
    );
    Ok(model(vec![node], coefficients.len(), info))
}

/// A forest or a boosted ensemble: scores are the sums of the leaves' weights, then `post_transform`.
///
/// A constant, such as the base score of a booster, is a tree with a single leaf: ONNX Runtime treats `base_values` of
/// two classes in a way of its own. For the same reason the label is an `ArgMax` over the probabilities instead of the
/// operator's own label output, which ONNX Runtime makes positive as soon as the positive score is above zero.
///
/// # Errors
/// No trees, a tree that is empty or not a tree, a feature beyond `n_features`, or a number that is not finite.
pub fn tree_ensemble_classifier(
    n_features: usize,
    trees: &[Tree],
    post_transform: PostTransform,
    info: &ModelInfo,
) -> Result<ModelProto, OnnxError> {
    if n_features == 0 || trees.is_empty() {
        return Err(invalid("an ensemble needs at least one tree and one feature"));
    }
    let mut columns = Columns::default();
    for (id, tree) in trees.iter().enumerate() {
        check_tree(tree, n_features).map_err(|reason| invalid(format!("tree {id}: {reason}")))?;
        columns.push(id, tree);
    }
    let mut attributes = columns.attributes();
    attributes.push(text("post_transform", post_transform.as_str()));
    let nodes = vec![ml_node("TreeEnsembleClassifier", ["ensemble_label", PROBABILITIES], attributes), arg_max()];
    Ok(model(nodes, n_features, info))
}

fn check_tree(tree: &Tree, n_features: usize) -> Result<(), String> {
    let mut n_parents = vec![0_u32; tree.nodes.len()];
    for (id, node) in tree.nodes.iter().enumerate() {
        match *node {
            TreeNode::Branch { feature, threshold, if_true, if_false, .. } => {
                if feature as usize >= n_features || !threshold.is_finite() {
                    return Err(format!("node {id} compares feature {feature} of {n_features} with {threshold}"));
                }
                for child in [if_true, if_false] {
                    let n = n_parents.get_mut(child as usize).ok_or(format!("node {id} leads to no node {child}"))?;
                    *n += 1;
                }
            }
            TreeNode::Leaf { weights } if weights.iter().all(|weight| weight.is_finite()) => {}
            TreeNode::Leaf { .. } => return Err(format!("leaf {id} has a weight that is not finite")),
        }
    }
    // One parent each and none for the root leaves only detached cycles, which the walk from the root then misses.
    let is_tree = n_parents.split_first().is_some_and(|(&root, rest)| root == 0 && rest.iter().all(|&n| n == 1));
    if is_tree && n_reachable(tree) == tree.nodes.len() {
        Ok(())
    } else {
        Err("the nodes do not form one tree with node 0 as its root".to_owned())
    }
}

fn n_reachable(tree: &Tree) -> usize {
    let mut n = 0;
    let mut open = vec![0_u32];
    while let Some(id) = open.pop() {
        n += 1;
        if let Some(TreeNode::Branch { if_true, if_false, .. }) = tree.nodes.get(id as usize) {
            open.extend([*if_true, *if_false]);
        }
    }
    n
}

/// The parallel arrays of the operator.
#[derive(Default)]
struct Columns {
    tree_ids: Vec<i64>,
    node_ids: Vec<i64>,
    feature_ids: Vec<i64>,
    modes: Vec<&'static str>,
    values: Vec<f32>,
    true_ids: Vec<i64>,
    false_ids: Vec<i64>,
    missing: Vec<i64>,
    class_tree_ids: Vec<i64>,
    class_node_ids: Vec<i64>,
    class_ids: Vec<i64>,
    class_weights: Vec<f32>,
}

impl Columns {
    fn push(&mut self, tree_id: usize, tree: &Tree) {
        let tree_id = tree_id as i64;
        for (node_id, node) in tree.nodes.iter().enumerate() {
            let node_id = node_id as i64;
            self.tree_ids.push(tree_id);
            self.node_ids.push(node_id);
            let (feature, mode, value, if_true, if_false, missing) = match *node {
                TreeNode::Branch { feature, comparison, threshold, missing_is_true, if_true, if_false } => {
                    (feature, comparison.as_str(), threshold, if_true, if_false, missing_is_true)
                }
                TreeNode::Leaf { weights } => {
                    for (class, weight) in (0..).zip(weights) {
                        self.class_tree_ids.push(tree_id);
                        self.class_node_ids.push(node_id);
                        self.class_ids.push(class);
                        self.class_weights.push(weight);
                    }
                    (0, "LEAF", 0.0, 0, 0, false)
                }
            };
            self.feature_ids.push(i64::from(feature));
            self.modes.push(mode);
            self.values.push(value);
            self.true_ids.push(i64::from(if_true));
            self.false_ids.push(i64::from(if_false));
            self.missing.push(i64::from(missing));
        }
    }

    fn attributes(self) -> Vec<AttributeProto> {
        let modes = self.modes.into_iter().map(|mode| mode.as_bytes().to_vec()).collect();
        vec![
            ints("class_ids", self.class_ids),
            ints("class_nodeids", self.class_node_ids),
            ints("class_treeids", self.class_tree_ids),
            floats("class_weights", self.class_weights),
            ints("classlabels_int64s", vec![0, 1]),
            ints("nodes_falsenodeids", self.false_ids),
            ints("nodes_featureids", self.feature_ids),
            ints("nodes_missing_value_tracks_true", self.missing),
            AttributeProto { strings: modes, ..attribute("nodes_modes", AttributeType::Strings) },
            ints("nodes_nodeids", self.node_ids),
            ints("nodes_treeids", self.tree_ids),
            ints("nodes_truenodeids", self.true_ids),
            floats("nodes_values", self.values),
        ]
    }
}

fn model(node: Vec<NodeProto>, n_features: usize, info: &ModelInfo) -> ModelProto {
    let name = if info.name.is_empty() { "model" } else { &info.name };
    let graph = GraphProto {
        node,
        name: name.to_owned(),
        input: vec![tensor(INPUT, DataType::Float, Some(n_features))],
        output: vec![tensor(LABEL, DataType::Int64, None), tensor(PROBABILITIES, DataType::Float, Some(2))],
        ..GraphProto::default()
    };
    let opset = |domain: &str, version| OperatorSetIdProto { domain: domain.to_owned(), version };
    let entry = |(key, value): (&String, &String)| StringStringEntryProto { key: key.clone(), value: value.clone() };
    ModelProto {
        ir_version: IR_VERSION,
        opset_import: vec![opset(DEFAULT_DOMAIN, OPSET), opset(ML_DOMAIN, ML_OPSET)],
        producer_name: "sluice".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        doc_string: info.doc.clone(),
        graph: Some(graph),
        metadata_props: info.metadata.iter().map(entry).collect(),
        ..ModelProto::default()
    }
}

fn tensor(name: &str, element: DataType, columns: Option<usize>) -> ValueInfoProto {
    let rows = DimensionProto { dim_param: Some("n_rows".to_owned()), dim_value: None };
    let columns = columns.map(|n| DimensionProto { dim_value: Some(n as i64), dim_param: None });
    let shape = TensorShapeProto { dim: std::iter::once(rows).chain(columns).collect() };
    let tensor_type = TensorTypeProto { elem_type: element.into(), shape: Some(shape) };
    ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(TypeProto { tensor_type: Some(tensor_type) }),
        doc_string: String::new(),
    }
}

fn ml_node(op_type: &str, output: [&str; 2], attribute: Vec<AttributeProto>) -> NodeProto {
    NodeProto {
        input: vec![INPUT.to_owned()],
        output: output.map(str::to_owned).to_vec(),
        name: "classifier".to_owned(),
        op_type: op_type.to_owned(),
        domain: ML_DOMAIN.to_owned(),
        attribute,
        ..NodeProto::default()
    }
}

fn arg_max() -> NodeProto {
    NodeProto {
        input: vec![PROBABILITIES.to_owned()],
        output: vec![LABEL.to_owned()],
        name: "label".to_owned(),
        op_type: "ArgMax".to_owned(),
        attribute: vec![int("axis", 1), int("keepdims", 0)],
        ..NodeProto::default()
    }
}

fn attribute(name: &str, r#type: AttributeType) -> AttributeProto {
    AttributeProto { name: name.to_owned(), r#type: r#type.into(), ..AttributeProto::default() }
}

fn ints(name: &str, ints: Vec<i64>) -> AttributeProto {
    AttributeProto { ints, ..attribute(name, AttributeType::Ints) }
}

fn floats(name: &str, floats: Vec<f32>) -> AttributeProto {
    AttributeProto { floats, ..attribute(name, AttributeType::Floats) }
}

fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto { i: Some(value), ..attribute(name, AttributeType::Int) }
}

fn text(name: &str, value: &str) -> AttributeProto {
    AttributeProto { s: Some(value.as_bytes().to_vec()), ..attribute(name, AttributeType::String) }
}

fn invalid(reason: impl Into<String>) -> OnnxError {
    OnnxError::Invalid { reason: reason.into() }
}
