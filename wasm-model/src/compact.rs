//! The compact evaluator: one tree ensemble or linear model, read straight from the ONNX file.
//!
//! A graph is accepted when it is one such operator, plus at most the `ArgMax` that names the class.
//! Anything else is refused by the name of the operator, and the tract build takes over.

use onnx::proto::{GraphProto, ModelProto, NodeProto};

use crate::{
    GuestError,
    ensemble::Ensemble,
    trees::{self, Votes},
};

/// A model that the compact build runs.
///
/// A binary classifier gives the probability of class 1, a regression its value.
#[derive(Clone, Debug)]
pub struct CompactModel {
    n_features: usize,
    scores: Scores,
}

#[derive(Clone, Debug)]
enum Scores {
    Trees(TreeModel),
    Linear(LinearModel),
}

/// One tree operator.
#[derive(Clone, Debug)]
pub(crate) struct TreeModel {
    ensemble: Ensemble,
    /// What the sums are divided by: 1, or the number of trees when they are averaged.
    divisor: f64,
    link: Link,
}

impl TreeModel {
    /// The answers for class 0 and class 1; a regression has its value in the second place.
    pub(crate) fn both(&self, row: &[f32]) -> [f32; 2] {
        self.link.apply(self.ensemble.sums(row).map(|sum| sum / self.divisor))
    }
}

/// One linear operator.
#[derive(Clone, Debug)]
struct LinearModel {
    /// Coefficients and intercept of class 0 and class 1, or of class 1 alone.
    classes: Vec<(Vec<f32>, f32)>,
    link: Link,
}

impl LinearModel {
    fn both(&self, row: &[f32]) -> [f32; 2] {
        self.link.apply(match self.classes.as_slice() {
            [zero, one] => [dot(zero, row), dot(one, row)],
            [one] => [0.0, dot(one, row)],
            _ => [0.0; 2],
        })
    }
}

/// How the two sums become the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    /// The sums as they are.
    Identity,
    /// σ of each sum.
    Logistic,
    /// Each sum's softmax value: σ of the difference.
    Softmax,
}

impl Link {
    #[allow(clippy::cast_possible_truncation)]
    fn apply(self, [zero, one]: [f64; 2]) -> [f32; 2] {
        match self {
            Self::Identity => [zero, one],
            Self::Logistic => [logistic(zero), logistic(one)],
            Self::Softmax => [logistic(zero - one), logistic(one - zero)],
        }
        .map(|answer| answer as f32)
    }
}

impl CompactModel {
    /// Reads an ONNX file.
    ///
    /// # Errors
    /// [`GuestError::Operator`] for an operator or attribute that is not supported, [`GuestError::Model`] for a file
    /// that is broken otherwise.
    pub fn from_onnx(bytes: &[u8]) -> Result<Self, GuestError> {
        let model = onnx::decode(bytes)?;
        check_versions(&model)?;
        let n_features = model.n_features()?;
        if n_features > features::limits::MAX_FEATURES {
            return Err(GuestError::model(format!("{n_features} features are too many")));
        }
        let graph = model.graph()?;
        let node = only_operator(graph)?;
        let output = match node.op_type.as_str() {
            "TreeEnsembleClassifier" | "LinearClassifier" => node.output.get(1),
            _ => node.output.first(),
        };
        if !graph.output.iter().any(|value| output.is_some_and(|name| *name == value.name && !name.is_empty())) {
            return Err(GuestError::operator(&node.op_type, "its scores are not an output of the graph"));
        }
        let scores = match node.op_type.as_str() {
            "TreeEnsembleClassifier" => Scores::Trees(tree_classifier(node, n_features)?),
            "TreeEnsembleRegressor" => Scores::Trees(tree_regressor(node, n_features)?),
            "LinearClassifier" => Scores::Linear(linear_classifier(node, n_features)?),
            "LinearRegressor" => Scores::Linear(linear_regressor(node, n_features)?),
            other => return Err(GuestError::operator(other, "is not supported by the compact build")),
        };
        Ok(Self { n_features, scores })
    }

    /// Number of features of a row.
    #[must_use]
    pub const fn n_features(&self) -> usize {
        self.n_features
    }

    /// Appends the answer for each row of `rows`, `(n_rows, n_features)` row after row.
    ///
    /// # Errors
    /// None; other evaluators, which share this signature, have some.
    pub fn predict(&self, rows: &[f32], out: &mut Vec<f32>) -> Result<(), GuestError> {
        let rows = rows.chunks_exact(self.n_features);
        match &self.scores {
            Scores::Trees(model) => out.extend(rows.map(|row| model.both(row)[1])),
            Scores::Linear(model) => out.extend(rows.map(|row| model.both(row)[1])),
        }
        Ok(())
    }
}

/// 1 / (1 + e^−x) without overflow. `libm` gives the same bits natively and in WebAssembly.
fn logistic(x: f64) -> f64 {
    let e = libm::exp(-x.abs());
    if x < 0.0 { e / (1.0 + e) } else { 1.0 / (1.0 + e) }
}

fn dot((coefficients, intercept): &(Vec<f32>, f32), row: &[f32]) -> f64 {
    let products = coefficients.iter().zip(row).map(|(&a, &b)| f64::from(a) * f64::from(b));
    products.fold(0.0, |sum, product| sum + product) + f64::from(*intercept)
}

fn check_versions(model: &ModelProto) -> Result<(), GuestError> {
    match model.opset(onnx::ML_DOMAIN) {
        Some(1..=3) => Ok(()),
        Some(version) => Err(GuestError::model(format!("{} opset {version} is not supported", onnx::ML_DOMAIN))),
        None => Err(GuestError::model(format!("the model does not import {}", onnx::ML_DOMAIN))),
    }
}

/// The operator that takes the input; whatever else there is may only name the class.
fn only_operator(graph: &GraphProto) -> Result<&NodeProto, GuestError> {
    let is_label = |node: &NodeProto| node.op_type == "ArgMax" && node.domain.is_empty();
    let mut operators = graph.node.iter().filter(|node| !is_label(node));
    let first = operators.next().ok_or_else(|| GuestError::model("the graph has no operator"))?;
    // Of two operators, the one that is not a model is the reason for the refusal.
    let is_model = |node: &NodeProto| {
        node.domain == onnx::ML_DOMAIN
            && (node.op_type.starts_with("TreeEnsemble") || node.op_type.starts_with("Linear"))
    };
    let mut refused = std::iter::once(first).chain(operators.clone()).filter(|node| !is_model(node));
    if let Some(node) = refused.next().or_else(|| operators.next()) {
        return Err(GuestError::operator(&node.op_type, "is not supported by the compact build"));
    }
    match (first.input.as_slice(), graph.input.first()) {
        ([name], Some(input)) if *name == input.name => Ok(first),
        _ => Err(GuestError::operator(&first.op_type, "does not take the input of the graph")),
    }
}

fn post_transform(node: &NodeProto) -> Result<Link, GuestError> {
    match node.text("post_transform")?.unwrap_or("NONE") {
        "NONE" => Ok(Link::Identity),
        "LOGISTIC" => Ok(Link::Logistic),
        "SOFTMAX" => Ok(Link::Softmax),
        other => {
            let reason = format!("is `{}`, which is not supported", other.escape_default());
            Err(node.bad_attribute("post_transform", reason).into())
        }
    }
}

fn check_two_classes(node: &NodeProto, ints: &str) -> Result<(), GuestError> {
    let n = node.ints(ints)?.len() + node.strings("classlabels_strings")?.len();
    if n == 2 { Ok(()) } else { Err(node.bad_attribute(ints, format!("has {n} classes, not two")).into()) }
}

/// Reads a `TreeEnsembleClassifier` of two classes.
pub(crate) fn tree_classifier(node: &NodeProto, n_features: usize) -> Result<TreeModel, GuestError> {
    check_two_classes(node, "classlabels_int64s")?;
    let link = post_transform(node)?;
    let trees = trees::read(node, "class", n_features)?;
    // Weights for one class only are read differently by each runtime, except for these two forms.
    let is_clear = match trees.votes {
        Votes { has: [true, true], .. } => true,
        Votes { has: [false, true], .. } => link != Link::Softmax,
        Votes { .. } => false,
    };
    if !is_clear {
        return Err(node
            .bad_attribute("class_ids", "must have weights for class 1: runtimes disagree otherwise")
            .into());
    }
    Ok(TreeModel { ensemble: trees.ensemble, divisor: 1.0, link })
}

/// Reads a `TreeEnsembleRegressor` of one target.
pub(crate) fn tree_regressor(node: &NodeProto, n_features: usize) -> Result<TreeModel, GuestError> {
    if node.int("n_targets")?.unwrap_or(1) != 1 || post_transform(node)? != Link::Identity {
        return Err(GuestError::operator(&node.op_type, "has several targets or a post transform"));
    }
    let ensemble = trees::read(node, "target", n_features)?.ensemble;
    let divisor = match node.text("aggregate_function")?.unwrap_or("SUM") {
        "SUM" => 1.0,
        "AVERAGE" => ensemble.n_trees() as f64,
        other => {
            let reason = format!("is `{}`, which is not supported", other.escape_default());
            return Err(node.bad_attribute("aggregate_function", reason).into());
        }
    };
    Ok(TreeModel { ensemble, divisor, link: Link::Identity })
}

fn linear_classifier(node: &NodeProto, n_features: usize) -> Result<LinearModel, GuestError> {
    check_two_classes(node, "classlabels_ints")?;
    let link = post_transform(node)?;
    let classes = linear_rows(node, n_features)?;
    if !(classes.len() == 2 || classes.len() == 1 && link == Link::Logistic) {
        return Err(node.bad_attribute("coefficients", "must have a row for each of two classes").into());
    }
    Ok(LinearModel { classes, link })
}

fn linear_regressor(node: &NodeProto, n_features: usize) -> Result<LinearModel, GuestError> {
    let classes = linear_rows(node, n_features)?;
    if node.int("targets")?.unwrap_or(1) != 1 || classes.len() != 1 || post_transform(node)? != Link::Identity {
        return Err(GuestError::operator(&node.op_type, "has several targets or a post transform"));
    }
    Ok(LinearModel { classes, link: Link::Identity })
}

fn linear_rows(node: &NodeProto, n_features: usize) -> Result<Vec<(Vec<f32>, f32)>, GuestError> {
    let coefficients = node.floats("coefficients")?;
    let intercepts = node.floats("intercepts")?;
    if coefficients.is_empty() || coefficients.len() % n_features != 0 {
        let reason = format!("has {} entries for rows of {n_features}", coefficients.len());
        return Err(node.bad_attribute("coefficients", reason).into());
    }
    let n_classes = coefficients.len() / n_features;
    if !intercepts.is_empty() && intercepts.len() != n_classes {
        let reason = format!("has {} entries for {n_classes} rows of coefficients", intercepts.len());
        return Err(node.bad_attribute("intercepts", reason).into());
    }
    if coefficients.iter().chain(intercepts).any(|value| !value.is_finite()) {
        return Err(node.bad_attribute("coefficients", "has a number that is not finite").into());
    }
    let intercepts = intercepts.iter().copied().chain(std::iter::repeat(0.0));
    Ok(coefficients.chunks_exact(n_features).map(<[f32]>::to_vec).zip(intercepts).collect())
}
