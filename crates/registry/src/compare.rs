use std::collections::BTreeMap;

use contracts::{BinaryMetrics, ModelManifest, ModelVersion};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde::{Deserialize, Serialize};

use crate::{Registry, RegistryError, Stage};

/// Manifests read at once.
const N_PARALLEL_READS: usize = 16;

/// A version as a list shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersionSummary {
    /// Its number.
    pub version: ModelVersion,
    /// How far it has come.
    pub stage: Stage,
    /// `live`, `champion`, both or none.
    pub aliases: Vec<String>,
    /// Everything it is made of.
    pub manifest: ModelManifest,
}

/// Two versions side by side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// First version.
    pub left: ModelVersion,
    /// Second version.
    pub right: ModelVersion,
    /// Metrics on each version's own test split, and `cv_roc_auc`.
    pub metrics: BTreeMap<String, MetricPair>,
    /// What else differs, such as the snapshot or the family.
    pub differences: Vec<Difference>,
    /// Whether both were measured on the same data, so that the metrics can be compared row by row.
    pub is_same_data: bool,
}

/// One metric of two versions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricPair {
    /// Of the first version.
    pub left: f64,
    /// Of the second version.
    pub right: f64,
    /// Second minus first.
    pub difference: f64,
}

/// Something in which two versions differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// What differs.
    pub what: String,
    /// Of the first version.
    pub left: String,
    /// Of the second version.
    pub right: String,
}

const METRICS: [&str; 6] = ["accuracy", "precision", "recall", "f1", "roc_auc", "log_loss"];

impl Registry {
    /// Every registered version with its manifest, newest first.
    ///
    /// # Errors
    /// A manifest is not the one registered, the log is broken, or the lake failed.
    pub async fn versions(&self) -> Result<Vec<VersionSummary>, RegistryError> {
        let state = self.state().await?;
        let summaries = state.versions.iter().rev().map(|(version, found)| {
            let state = &state;
            async move {
                let manifest = self.manifest_in(state, *version).await?;
                let aliases = [("live", state.live), ("champion", state.champion)];
                let aliases = aliases.iter().filter(|(_, alias)| *alias == Some(*version));
                let aliases = aliases.map(|(name, _)| (*name).to_owned()).collect();
                Ok(VersionSummary { version: *version, stage: found.stage, aliases, manifest })
            }
        });
        stream::iter(summaries).buffered(N_PARALLEL_READS).try_collect().await
    }

    /// Two versions side by side.
    ///
    /// # Errors
    /// As [`Registry::manifest`].
    pub async fn compare(&self, left: ModelVersion, right: ModelVersion) -> Result<Comparison, RegistryError> {
        let state = self.state().await?;
        let (a, b) = (self.manifest_in(&state, left).await?, self.manifest_in(&state, right).await?);
        Ok(compare(&a, &b))
    }
}

fn compare(left: &ModelManifest, right: &ModelManifest) -> Comparison {
    let pair = |left: f64, right: f64| MetricPair { left, right, difference: right - left };
    let metric = |name: &str, metrics: &BinaryMetrics| metrics.get(name).unwrap_or(f64::NAN);
    let mut metrics: BTreeMap<_, _> = METRICS
        .iter()
        .map(|name| ((*name).to_owned(), pair(metric(name, &left.test), metric(name, &right.test))))
        .collect();
    metrics.insert("cv_roc_auc".to_owned(), pair(left.cv_roc_auc, right.cv_roc_auc));
    metrics.insert("threshold".to_owned(), pair(left.test.threshold, right.test.threshold));
    let facts = |manifest: &ModelManifest| {
        [
            ("run", manifest.run_id.to_string()),
            ("run name", manifest.run_name.clone()),
            ("snapshot", manifest.snapshot_id.to_string()),
            ("family", manifest.family.clone()),
            ("candidate", manifest.candidate_key.clone()),
            ("feature fingerprint", manifest.feature_fingerprint.clone()),
            ("wasm build", manifest.build.file_name().to_owned()),
            ("model", manifest.model.sha256.to_string()),
            ("model size in bytes", manifest.model.size_bytes.to_string()),
        ]
    };
    let pairs = facts(left).into_iter().zip(facts(right)).filter(|((_, left), (_, right))| left != right);
    let differences =
        pairs.map(|((what, left), (_, right))| Difference { what: what.to_owned(), left, right }).collect();
    let is_same_data = left.snapshot_id == right.snapshot_id;
    Comparison { left: left.version, right: right.version, metrics, differences, is_same_data }
}
