use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Gate;

/// What a user may tune without code, for one use case.
///
/// The use case ships the values in `settings.json`; a run request may override any of them,
/// and `plan` stores the result at `runs/<use_case>/<run_id>/settings.json`, where every later stage reads it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Seed of splits, folds, searches and trainers.
    pub seed: u64,
    /// How a file is read.
    pub reading: Reading,
    /// When the data gate halts the pipeline.
    pub quality: Quality,
    /// How rows are divided.
    pub split: Split,
    /// What is trained.
    pub training: Training,
    /// Bounds on the selected model's test metrics, by metric name. No gate at all fails.
    pub gates: BTreeMap<String, Gate>,
    /// Largest drop of ROC-AUC below the champion on the same test rows that still lets a challenger through.
    pub champion_tolerance: f64,
    /// When a model in production is to be trained again.
    pub monitoring: Monitoring,
}

/// Limits of reading raw files.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// Bytes of raw file per part; bounds the memory of `ingest` and `clean`.
    pub bytes_per_part: u64,
    /// Bytes of raw files per hash partition of the entities; bounds the memory of `validate` and `features`.
    pub bytes_per_partition: u64,
    /// A longer record is set aside without being held in memory.
    pub max_record_bytes: u64,
    /// Share of rows that `ingest` and `clean` may set aside in all before the data gate halts.
    pub max_quarantined_fraction: f64,
}

/// Bounds of the data gate. A rule's own bound, where it has one, lies here under its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quality {
    /// Fewest rows that can be validated.
    pub min_rows: u64,
    /// Lowest `data_quality_score` that passes, in [0, 1].
    pub min_score: f64,
    /// Largest share of rows that may break a rule, by rule name; rules not named here halt on `default_max_fraction`.
    pub max_fraction: BTreeMap<String, f64>,
    /// Bound for rules without one of their own.
    pub default_max_fraction: f64,
}

/// How rows are assigned to splits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SplitBy {
    /// By a hash of seed and entity, the same shares in each class.
    Random,
    /// By date: the oldest rows train, the newest test.
    Time,
}

/// Shares of the rows in each split; `train` is what remains.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// What decides.
    pub by: SplitBy,
    /// Share for choosing the threshold.
    pub validation: f64,
    /// Share for the final figures and for champion against challenger.
    pub test: f64,
}

/// Search over model families and hyperparameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Folds of cross-validation, at least 2.
    pub folds: u32,
    /// Sampled candidates per family. The first of each family is the one the use case's search starts with.
    pub candidates_per_family: u32,
    /// Families to train.
    pub families: Vec<String>,
    /// Comparisons to train beside the candidates, of those the use case declares; each with every family's first
    /// hyperparameters.
    pub comparisons: Vec<String>,
    /// Metric that ranks the candidates by its cross-validated mean; `roc_auc` is the only one so far.
    pub rank_by: String,
    /// What the threshold maximises on the validation split: `f1`, `accuracy`, or such as `f1_where_accuracy_77`: F1
    /// among the thresholds that label at least 77 % of the rows right.
    pub threshold_by: String,
}

/// Bounds of the governance gate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Monitoring {
    /// Fewest scored rows that drift can be measured on.
    pub min_rows: u64,
    /// Fewest rows with a label, and fewest of each class, that performance can be measured on.
    pub min_labelled_rows: u64,
    /// Below this ROC-AUC the model has decayed.
    pub min_roc_auc: f64,
    /// From this population stability index on, a field or the score has drifted; more is needed where so few rows
    /// exceed it by chance.
    pub max_psi: f64,
    /// Probability of a chance index below the sample-size-aware critical value, such as 0.95.
    pub psi_confidence: f64,
    /// Hours after a training was started by monitoring in which it starts none.
    pub cool_down_hours: u32,
}

/// A setting that cannot be used, by its name from the top, such as `training.folds`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("setting `{setting}`: {reason}")]
pub struct InvalidSetting {
    /// Names from the top, joined by dots.
    pub setting: String,
    /// What is wrong with it.
    pub reason: String,
}

impl InvalidSetting {
    /// The error of one setting.
    pub fn new(setting: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { setting: setting.into(), reason: reason.into() }
    }
}

impl Settings {
    /// These settings with `overrides` laid over them; nested objects merge, everything else replaces.
    ///
    /// # Errors
    /// A name that does not exist, or a value of the wrong type.
    ///
    /// ```
    /// # let text = r#"{ "seed": 1, "reading": { "bytes_per_part": 1, "bytes_per_partition": 1,
    /// #     "max_record_bytes": 1, "max_quarantined_fraction": 0 }, "quality": { "min_rows": 1, "min_score": 0, "max_fraction": {},
    /// #     "default_max_fraction": 0 }, "split": { "by": "random", "validation": 0.2, "test": 0.2 },
    /// #     "training": { "folds": 5, "candidates_per_family": 1, "families": [], "comparisons": [],
    /// #     "rank_by": "roc_auc", "threshold_by": "f1" }, "gates": {}, "champion_tolerance": 0,
    /// #     "monitoring": { "min_rows": 1, "min_labelled_rows": 1, "min_roc_auc": 0.7, "max_psi": 0.2,
    /// #     "psi_confidence": 0.95, "cool_down_hours": 24 } }"#;
    /// # let settings: contracts::Settings = serde_json::from_str(text)?;
    /// let overrides = serde_json::json!({ "training": { "folds": 3 } });
    /// let changed = settings.with_overrides(overrides.as_object().ok_or("no object")?)?;
    /// assert_eq!((changed.training.folds, changed.seed), (3, settings.seed));
    ///
    /// let wrong = serde_json::json!({ "training": { "folds": "three" } });
    /// let error = settings.with_overrides(wrong.as_object().ok_or("no object")?).unwrap_err();
    /// assert_eq!(error.setting, "training.folds");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_overrides(&self, overrides: &Map<String, Value>) -> Result<Self, InvalidSetting> {
        let base = serde_json::to_value(self).map_err(|error| InvalidSetting::new("*", error.to_string()))?;
        let laid_over = |over: &Value| {
            let mut merged = base.clone();
            merge(&mut merged, over);
            serde_json::from_value::<Self>(merged)
        };
        let all = Value::Object(overrides.clone());
        laid_over(&all).map_err(|error| {
            // Only the parser knows the types, and it does not say where it stood: so each value is tried alone.
            let alone = leaves(&all).into_iter().find_map(|(setting, alone)| {
                let error = laid_over(&alone).err()?;
                Some(InvalidSetting::new(setting, error.to_string()))
            });
            alone.unwrap_or_else(|| InvalidSetting::new("*", error.to_string()))
        })
    }
}

/// Every value that is no object with its dotted name, each in an object that holds nothing else.
fn leaves(value: &Value) -> Vec<(String, Value)> {
    let Value::Object(fields) = value else { return Vec::new() };
    let mut found = Vec::new();
    for (name, value) in fields {
        let wrap = |inner: Value| Value::Object(Map::from_iter([(name.clone(), inner)]));
        let below = leaves(value);
        if below.is_empty() {
            found.push((name.clone(), wrap(value.clone())));
        }
        found.extend(below.into_iter().map(|(path, inner)| (format!("{name}.{path}"), wrap(inner))));
    }
    found
}

fn merge(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (name, value) in over {
                merge(base.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over.clone(),
    }
}
