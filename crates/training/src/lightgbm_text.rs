//! Reads the trees out of LightGBM's text format (`Booster::save_string`, version 4).
//!
//! A tree is a block of `name=value value …` lines. Branches are numbered from 0; a child below 0 is leaf `-child - 1`.
//! A row goes left when its feature is at or below the threshold. `decision_type` is a set of bits: 1 for a categorical
//! branch, 2 for missing values going left, and from bit 2 on what counts as missing: nothing, zero or NaN.
//! The average log odds that boosting starts from are part of the first tree's leaves.

use std::{collections::BTreeMap, str::FromStr};

use onnx::{Tree, TreeNode};

use crate::{model::branch, rounding};

/// Why a text is no model that can be read without loss.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TextError {
    #[error("there are no trees")]
    NoTrees,
    #[error("tree {tree} has no `{name}`")]
    Absent { tree: usize, name: &'static str },
    #[error("tree {tree}: `{name}` holds `{text}`")]
    Invalid { tree: usize, name: &'static str, text: String },
    #[error("tree {tree}: `{name}` has {found} values instead of {expected}")]
    Count { tree: usize, name: &'static str, expected: usize, found: usize },
    #[error("tree {tree} {what}, which cannot be exported without changing answers")]
    Unsupported { tree: usize, what: &'static str },
}

/// All trees, in order.
pub(crate) fn read_trees(text: &str) -> Result<Vec<Tree>, TextError> {
    let body = text.split("end of trees").next().unwrap_or_default();
    let blocks = body.split("\nTree=").skip(1);
    let trees: Vec<Tree> = blocks.enumerate().map(|(tree, block)| read_tree(tree, block)).collect::<Result<_, _>>()?;
    if trees.is_empty() { Err(TextError::NoTrees) } else { Ok(trees) }
}

fn read_tree(tree: usize, block: &str) -> Result<Tree, TextError> {
    let block = Block { tree, lines: block.lines().filter_map(|line| line.split_once('=')).collect() };
    let n_leaves: usize = *block.values("num_leaves", 1)?.first().unwrap_or(&1);
    if n_leaves == 0 {
        return Err(TextError::Invalid { tree, name: "num_leaves", text: "0".to_owned() });
    }
    if block.lines.get("is_linear").is_some_and(|&is_linear| is_linear.trim() == "1") {
        return Err(TextError::Unsupported { tree, what: "has linear leaves" });
    }
    let weights: Vec<f64> = block.values("leaf_value", n_leaves)?;
    #[allow(clippy::cast_possible_truncation)]
    let leaves = weights.iter().map(|&weight| TreeNode::margin(weight as f32));
    let n_branches = n_leaves - 1;
    if n_branches == 0 {
        return Ok(Tree { nodes: leaves.collect() });
    }
    let features: Vec<u32> = block.values("split_feature", n_branches)?;
    let thresholds: Vec<f64> = block.values("threshold", n_branches)?;
    let kinds: Vec<u32> = block.values("decision_type", n_branches)?;
    let left: Vec<i64> = block.values("left_child", n_branches)?;
    let right: Vec<i64> = block.values("right_child", n_branches)?;
    let mut nodes = Vec::with_capacity(n_branches + n_leaves);
    for i in 0..n_branches {
        if kinds[i] & 1 != 0 {
            return Err(TextError::Unsupported { tree, what: "has a categorical branch" });
        }
        if (kinds[i] >> 2) & 3 == 1 {
            return Err(TextError::Unsupported { tree, what: "takes zero for missing" });
        }
        let threshold = rounding::at_or_below(thresholds[i]);
        let (if_true, if_false) = (block.child(left[i], n_branches)?, block.child(right[i], n_branches)?);
        nodes.push(branch(features[i], threshold, if_true, if_false));
    }
    nodes.extend(leaves);
    Ok(Tree { nodes })
}

struct Block<'a> {
    tree: usize,
    lines: BTreeMap<&'a str, &'a str>,
}

impl Block<'_> {
    fn values<T: FromStr>(&self, name: &'static str, expected: usize) -> Result<Vec<T>, TextError> {
        let tree = self.tree;
        let line = self.lines.get(name).ok_or(TextError::Absent { tree, name })?;
        let values: Vec<T> = line
            .split_whitespace()
            .map(|text| text.parse().map_err(|_| TextError::Invalid { tree, name, text: text.to_owned() }))
            .collect::<Result<_, _>>()?;
        if values.len() == expected {
            Ok(values)
        } else {
            Err(TextError::Count { tree, name, expected, found: values.len() })
        }
    }

    /// Index of a child among the nodes: branches first, then leaves.
    fn child(&self, child: i64, n_branches: usize) -> Result<u32, TextError> {
        let index = if child >= 0 { child } else { n_branches as i64 + (-child - 1) };
        u32::try_from(index).map_err(|_| TextError::Invalid {
            tree: self.tree,
            name: "left_child or right_child",
            text: child.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    const TEXT: &str = "tree\nversion=v4\n\nTree=0\nnum_leaves=3\nnum_cat=0\nsplit_feature=1 0\nthreshold=0.5 1.25\n\
        decision_type=2 2\nleft_child=1 -1\nright_child=-2 -3\nleaf_value=-0.5 0.25 1\nis_linear=0\nshrinkage=1\n\n\n\
        Tree=1\nnum_leaves=1\nnum_cat=0\nleaf_value=-1.5\nis_linear=0\nshrinkage=1\n\n\nend of trees\n\nTree=9\n";

    #[test]
    fn branches_come_first_and_leaves_after_them() {
        let trees = read_trees(TEXT).unwrap();
        assert_eq!(trees.len(), 2);
        assert_eq!(trees[0].nodes[0], branch(1, 0.5, 1, 3));
        assert_eq!(trees[0].nodes[1], branch(0, 1.25, 2, 4));
        assert_eq!(trees[0].nodes[2..], [-0.5, 0.25, 1.0].map(TreeNode::margin));
        assert_eq!(trees[1].nodes, [TreeNode::margin(-1.5)]);
    }

    #[test]
    fn what_cannot_be_exported_exactly_is_refused() {
        let zero_is_missing = TEXT.replace("decision_type=2 2", "decision_type=2 6");
        let what = "takes zero for missing";
        assert_eq!(read_trees(&zero_is_missing), Err(TextError::Unsupported { tree: 0, what }));
        let categorical = TEXT.replace("decision_type=2 2", "decision_type=1 2");
        let what = "has a categorical branch";
        assert_eq!(read_trees(&categorical), Err(TextError::Unsupported { tree: 0, what }));
    }

    #[test]
    fn broken_text_names_tree_and_line() {
        let short = TEXT.replace("threshold=0.5 1.25", "threshold=0.5");
        assert_eq!(read_trees(&short).unwrap_err().to_string(), "tree 0: `threshold` has 1 values instead of 2");
        let word = TEXT.replace("leaf_value=-1.5", "leaf_value=x");
        assert_eq!(read_trees(&word).unwrap_err().to_string(), "tree 1: `leaf_value` holds `x`");
        assert_eq!(read_trees("tree\n"), Err(TextError::NoTrees));
    }
}
