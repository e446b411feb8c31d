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
}

/// Limits of reading raw files.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// Bytes of raw file per part; bounds the memory of `ingest` and `clean`.
    pub bytes_per_part: u64,
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

/// Shares of the rows in each split; `train` is what remains.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
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
    /// Sampled candidates per family. The first of each family has the family's default hyperparameters.
    pub candidates_per_family: u32,
    /// Families to train.
    pub families: Vec<String>,
    /// Metric that ranks the candidates by its cross-validated mean; `roc_auc` is the only one so far.
    pub rank_by: String,
    /// Metric that the threshold maximises on the validation split: `f1` or `accuracy`.
    pub threshold_by: String,
}

impl Settings {
    /// These settings with `overrides` laid over them; nested objects merge, everything else replaces.
    ///
    /// # Errors
    /// A name that does not exist, or a value of the wrong type.
    pub fn with_overrides(&self, overrides: &Map<String, Value>) -> Result<Self, serde_json::Error> {
        let mut merged = serde_json::to_value(self)?;
        merge(&mut merged, &Value::Object(overrides.clone()));
        serde_json::from_value(merged)
    }
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
