//! Reads `TreeEnsembleClassifier` and `TreeEnsembleRegressor` (`ai.onnx.ml` 1 to 3) into an [`Ensemble`].
//!
//! Everything a hostile file could say is checked here, so that the walk needs no checks of its own: each tree is a
//! tree, of bounded depth, over existing features, with finite thresholds and weights.

use onnx::proto::NodeProto;

use crate::{
    GuestError,
    ensemble::{Builder, Ensemble, Step},
    limits,
};

/// Attributes that are understood; a file with another one could mean something else than what is computed.
const KNOWN: [&str; 24] = [
    "aggregate_function",
    "base_values",
    "class_ids",
    "class_nodeids",
    "class_treeids",
    "class_weights",
    "classlabels_int64s",
    "classlabels_strings",
    "n_targets",
    "nodes_falsenodeids",
    "nodes_featureids",
    "nodes_hitrates",
    "nodes_missing_value_tracks_true",
    "nodes_modes",
    "nodes_nodeids",
    "nodes_treeids",
    "nodes_truenodeids",
    "nodes_values",
    "post_transform",
    "target_ids",
    "target_nodeids",
    "target_treeids",
    "target_weights",
    "domain",
];

/// Which classes or targets have weights, and of which sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Votes {
    /// Whether any leaf votes for class 0, and for class 1.
    pub has: [bool; 2],
    /// Whether any weight is below zero.
    pub any_negative: bool,
}

/// Trees of one operator.
pub(crate) struct Trees {
    /// The trees.
    pub ensemble: Ensemble,
    /// Who votes.
    pub votes: Votes,
}

/// Reads the trees of `node` for rows of `n_features`. `prefix` is `class` or `target`.
pub(crate) fn read(node: &NodeProto, prefix: &str, n_features: usize) -> Result<Trees, GuestError> {
    if let Some(unknown) = node.attribute.iter().find(|attribute| !KNOWN.contains(&attribute.name.as_str())) {
        return Err(node.bad_attribute(&unknown.name, "is not supported").into());
    }
    if node.floats("base_values")?.iter().any(|&value| value != 0.0) {
        return Err(node.bad_attribute("base_values", "must be absent or zero: runtimes disagree about it").into());
    }
    let columns = Columns::read(node, n_features)?;
    let index = Index::new(node, &columns)?;
    let (weights, votes) = read_weights(node, prefix, &columns, &index)?;
    let links = columns.links(node, &index)?;

    let mut builder = Builder::default();
    let step = |at: u32| columns.step(index.source[at as usize], weights[at as usize]);
    let children = |at: u32| links[at as usize];
    for tree in &index.trees {
        let root = find_root(tree, &links, |at| columns.is_leaf[index.source[at as usize]]);
        let depth = root.and_then(|root| builder.push(root, tree.end - tree.start, step, children));
        match depth {
            Some(depth) if depth <= limits::MAX_DEPTH => {}
            Some(depth) => {
                let reason = format!("is {depth} deep; at most {} is allowed", limits::MAX_DEPTH);
                return Err(tree_error(node, tree.id, &reason));
            }
            None => {
                return Err(tree_error(node, tree.id, "is not a tree: a node has no way from the root, or several"));
            }
        }
    }
    Ok(Trees { ensemble: builder.finish(), votes })
}

fn tree_error(node: &NodeProto, tree: i64, reason: &str) -> GuestError {
    GuestError::operator(&node.op_type, format!("tree {tree} {reason}"))
}

/// Position of the only node that is nobody's child, when every other one has exactly one parent.
fn find_root(tree: &TreeSpan, links: &[(u32, u32)], is_leaf: impl Fn(u32) -> bool) -> Option<u32> {
    let mut n_parents = vec![0_u8; tree.end - tree.start];
    let start = u32::try_from(tree.start).ok()?;
    for at in start..u32::try_from(tree.end).ok()? {
        if !is_leaf(at) {
            let (left, right) = links[at as usize];
            for child in [left, right] {
                let n = &mut n_parents[(child - start) as usize];
                *n = n.saturating_add(1);
            }
        }
    }
    let mut roots = (start..).zip(&n_parents).filter(|&(_, &n)| n != 1);
    match (roots.next(), roots.next()) {
        (Some((root, 0)), None) => Some(root),
        _ => None,
    }
}

/// The parallel arrays of the operator, all of the same length.
struct Columns<'a> {
    tree_ids: &'a [i64],
    node_ids: &'a [i64],
    features: &'a [i64],
    thresholds: &'a [f32],
    true_ids: &'a [i64],
    false_ids: &'a [i64],
    missing_true: &'a [i64],
    modes: &'a [Vec<u8>],
    is_leaf: Vec<bool>,
}

impl<'a> Columns<'a> {
    fn read(node: &'a NodeProto, n_features: usize) -> Result<Self, GuestError> {
        let modes = node.strings("nodes_modes")?;
        let n = modes.len();
        if n == 0 || n > limits::MAX_NODES {
            let reason = format!("has {n} entries; 1 to {} are allowed", limits::MAX_NODES);
            return Err(node.bad_attribute("nodes_modes", reason).into());
        }
        let ints = |name: &str| same_length(node, name, node.ints(name)?, n);
        let missing = node.ints("nodes_missing_value_tracks_true")?;
        let columns = Self {
            tree_ids: ints("nodes_treeids")?,
            node_ids: ints("nodes_nodeids")?,
            features: ints("nodes_featureids")?,
            thresholds: same_length(node, "nodes_values", node.floats("nodes_values")?, n)?,
            true_ids: ints("nodes_truenodeids")?,
            false_ids: ints("nodes_falsenodeids")?,
            missing_true: if missing.is_empty() { missing } else { ints("nodes_missing_value_tracks_true")? },
            modes,
            is_leaf: modes.iter().map(|mode| mode == b"LEAF").collect(),
        };
        columns.check(node, n_features)?;
        Ok(columns)
    }

    fn check(&self, node: &NodeProto, n_features: usize) -> Result<(), GuestError> {
        for i in (0..self.modes.len()).filter(|&i| !self.is_leaf[i]) {
            if !matches!(self.modes[i].as_slice(), b"BRANCH_LEQ" | b"BRANCH_LT" | b"BRANCH_GT" | b"BRANCH_GTE") {
                let mode = String::from_utf8_lossy(&self.modes[i]).into_owned();
                let reason = format!("has the mode `{}`, which is not supported", mode.escape_default());
                return Err(node.bad_attribute("nodes_modes", reason).into());
            }
            if !self.thresholds[i].is_finite() {
                return Err(node.bad_attribute("nodes_values", "has a threshold that is not finite").into());
            }
            if usize::try_from(self.features[i]).map_or(true, |feature| feature >= n_features) {
                let reason = format!("has feature {} of {n_features}", self.features[i]);
                return Err(node.bad_attribute("nodes_featureids", reason).into());
            }
        }
        Ok(())
    }

    /// The branch or leaf at `i`, brought to the form `value <= threshold`.
    ///
    /// `x < t` is `x <= t'` with t' the next smaller float, and `x >= t`, `x > t` are the same two with the children
    /// exchanged, which [`Self::links`] does.
    fn step(&self, i: usize, weights: [f32; 2]) -> Step {
        if self.is_leaf[i] {
            return Step::Leaf { weights };
        }
        let threshold = match self.modes[i].as_slice() {
            b"BRANCH_LT" | b"BRANCH_GTE" => self.thresholds[i].next_down(),
            _ => self.thresholds[i],
        };
        let missing_true = self.missing_true.get(i).is_some_and(|&flag| flag != 0);
        let feature = u32::try_from(self.features[i]).unwrap_or_default();
        Step::Branch { feature, threshold, missing_left: missing_true != self.is_exchanged(i) }
    }

    fn is_exchanged(&self, i: usize) -> bool {
        matches!(self.modes[i].as_slice(), b"BRANCH_GT" | b"BRANCH_GTE")
    }

    /// Positions of the left and right child of every branch, by position.
    fn links(&self, node: &NodeProto, index: &Index) -> Result<Vec<(u32, u32)>, GuestError> {
        let mut links = vec![(0, 0); index.source.len()];
        for tree in &index.trees {
            #[expect(clippy::needless_range_loop, reason = "a position in all arrays of the ensemble, not in one")]
            for at in tree.start..tree.end {
                let i = index.source[at];
                if self.is_leaf[i] {
                    continue;
                }
                let find = |id| {
                    let child = index.find(tree, id);
                    child.ok_or_else(|| tree_error(node, tree.id, &format!("has a child {id} that does not exist")))
                };
                let (yes, no) = (find(self.true_ids[i])?, find(self.false_ids[i])?);
                links[at] = if self.is_exchanged(i) { (no, yes) } else { (yes, no) };
            }
        }
        Ok(links)
    }
}

fn same_length<'a, T>(node: &NodeProto, name: &str, values: &'a [T], n: usize) -> Result<&'a [T], GuestError> {
    if values.len() == n {
        Ok(values)
    } else {
        Err(node.bad_attribute(name, format!("has {} entries where others have {n}", values.len())).into())
    }
}

/// Positions of one tree's nodes.
struct TreeSpan {
    id: i64,
    start: usize,
    end: usize,
}

/// Nodes in the order of tree and node id: a *position* is an index into that order.
struct Index {
    /// Node id at a position.
    ids: Vec<i64>,
    /// Index into the columns at a position.
    source: Vec<usize>,
    trees: Vec<TreeSpan>,
}

impl Index {
    fn new(node: &NodeProto, columns: &Columns<'_>) -> Result<Self, GuestError> {
        let key = |&i: &usize| (columns.tree_ids[i], columns.node_ids[i]);
        let mut source: Vec<usize> = (0..columns.modes.len()).collect();
        if !source.is_sorted_by_key(key) {
            source.sort_unstable_by_key(key);
        }
        if let Some(pair) = source.windows(2).find(|pair| key(&pair[0]) == key(&pair[1])) {
            let (tree, id) = key(&pair[0]);
            return Err(tree_error(node, tree, &format!("has two nodes {id}")));
        }
        let mut trees: Vec<TreeSpan> = Vec::new();
        for (at, &i) in source.iter().enumerate() {
            let id = columns.tree_ids[i];
            match trees.last_mut() {
                Some(tree) if tree.id == id => tree.end = at + 1,
                _ => trees.push(TreeSpan { id, start: at, end: at + 1 }),
            }
        }
        let ids = source.iter().map(|&i| columns.node_ids[i]).collect();
        Ok(Self { ids, source, trees })
    }

    fn find(&self, tree: &TreeSpan, id: i64) -> Option<u32> {
        let ids = &self.ids[tree.start..tree.end];
        // Most files number the nodes of a tree without gaps.
        let guess = usize::try_from(id.wrapping_sub(*ids.first()?)).ok();
        let at = match guess {
            Some(guess) if ids.get(guess) == Some(&id) => guess,
            _ => ids.binary_search(&id).ok()?,
        };
        u32::try_from(tree.start + at).ok()
    }

    fn find_tree(&self, id: i64, hint: usize) -> Option<usize> {
        if self.trees.get(hint).is_some_and(|tree| tree.id == id) {
            return Some(hint);
        }
        self.trees.binary_search_by_key(&id, |tree| tree.id).ok()
    }
}

/// Weights of the leaves by position, class 0 and class 1; a single target counts as class 1.
fn read_weights(
    node: &NodeProto,
    prefix: &str,
    columns: &Columns<'_>,
    index: &Index,
) -> Result<(Vec<[f32; 2]>, Votes), GuestError> {
    let name = |suffix: &str| format!("{prefix}_{suffix}");
    let values = node.floats(&name("weights"))?;
    let n = values.len();
    let ints = |suffix: &str| same_length(node, &name(suffix), node.ints(&name(suffix))?, n);
    let (tree_ids, node_ids, class_ids) = (ints("treeids")?, ints("nodeids")?, ints("ids")?);
    let is_target = prefix == "target";

    let mut weights = vec![[0.0; 2]; index.source.len()];
    let mut seen = vec![[false; 2]; index.source.len()];
    let mut votes = Votes::default();
    let mut tree = 0;
    for i in 0..n {
        let refuse = |reason: &str| tree_error(node, tree_ids[i], &format!("gives node {} {reason}", node_ids[i]));
        let class = match class_ids[i] {
            0 if is_target => 1,
            class @ (0 | 1) if !is_target => usize::from(class == 1),
            _ => return Err(node.bad_attribute(&name("ids"), format!("names class {}", class_ids[i])).into()),
        };
        tree = index.find_tree(tree_ids[i], tree).ok_or_else(|| refuse("a weight, but it does not exist"))?;
        let at = index.find(&index.trees[tree], node_ids[i]);
        let at = at.ok_or_else(|| refuse("a weight, but it does not exist"))? as usize;
        if !columns.is_leaf[index.source[at]] {
            return Err(refuse("a weight, but it is a branch"));
        }
        if !values[i].is_finite() {
            return Err(refuse("a weight that is not finite"));
        }
        if std::mem::replace(&mut seen[at][class], true) {
            return Err(refuse("two weights for the same class"));
        }
        weights[at][class] = values[i];
        votes.has[class] = true;
        votes.any_negative |= values[i] < 0.0;
        // The next weight is mostly for the same tree or for the next one.
        if tree_ids.get(i + 1).is_some_and(|&next| next != tree_ids[i]) {
            tree += 1;
        }
    }
    if n == 0 { Err(node.bad_attribute(&name("weights"), "is empty").into()) } else { Ok((weights, votes)) }
}
