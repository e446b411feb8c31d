use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

/// How a binary classifier did on a set of rows it was not trained on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BinaryMetrics {
    /// Rows measured.
    pub n_rows: u64,
    /// Rows of the positive class among them.
    pub n_positive: u64,
    /// Probability from which a row counts as positive.
    pub threshold: f64,
    /// Share of rows labelled right at the threshold.
    pub accuracy: f64,
    /// Share of rows labelled positive that are.
    pub precision: f64,
    /// Share of positive rows labelled so.
    pub recall: f64,
    /// Harmonic mean of precision and recall.
    pub f1: f64,
    /// Area under the ROC curve; ties count half.
    pub roc_auc: f64,
    /// Mean negative log likelihood, natural logarithm.
    pub log_loss: f64,
}

impl BinaryMetrics {
    /// The metric called `name`, such as `roc_auc`; `None` for a name that does not exist.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f64> {
        Some(match name {
            "accuracy" => self.accuracy,
            "precision" => self.precision,
            "recall" => self.recall,
            "f1" => self.f1,
            "roc_auc" => self.roc_auc,
            "log_loss" => self.log_loss,
            _ => return None,
        })
    }
}

/// A bound that a metric must keep before a model may go on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// Smallest value that passes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// Largest value that passes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
}

/// A gate beside the value it was given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GateOutcome {
    /// Metric measured.
    pub metric: String,
    /// Bound from the settings.
    pub gate: Gate,
    /// Value measured; `None` when the metric does not exist, which never passes.
    pub value: Option<f64>,
    /// Whether the value keeps the bound.
    pub passed: bool,
}

impl Gate {
    /// Applies every gate to `metrics`. A gate without a bound, or on a metric that does not exist, fails.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use contracts::{BinaryMetrics, Gate};
    ///
    /// let metrics = BinaryMetrics {
    ///     n_rows: 100, n_positive: 30, threshold: 0.4, accuracy: 0.78, precision: 0.6, recall: 0.62, f1: 0.61,
    ///     roc_auc: 0.84, log_loss: 0.42,
    /// };
    /// let gates = BTreeMap::from([
    ///     ("f1".to_owned(), Gate { min: Some(0.6), max: None }),
    ///     ("log_loss".to_owned(), Gate { min: None, max: Some(0.4) }),
    /// ]);
    /// let passed: Vec<_> = Gate::apply_all(&gates, &metrics).iter().map(|outcome| outcome.passed).collect();
    /// assert_eq!(passed, [true, false]);
    /// ```
    #[must_use]
    pub fn apply_all(gates: &BTreeMap<String, Self>, metrics: &BinaryMetrics) -> Vec<GateOutcome> {
        gates.iter().map(|(metric, gate)| gate.apply(metric, metrics.get(metric))).collect()
    }

    /// Applies the gate to the value of `metric`.
    #[must_use]
    pub fn apply(self, metric: &str, value: Option<f64>) -> GateOutcome {
        let has_rule = self.min.is_some() || self.max.is_some();
        // A comparison with NaN is false, so a metric that could not be computed fails its gate.
        let passed = has_rule
            && value.is_some_and(|v| self.min.is_none_or(|min| v >= min) && self.max.is_none_or(|max| v <= max));
        GateOutcome { metric: metric.to_owned(), gate: self, value, passed }
    }
}

impl fmt::Display for GateOutcome {
    /// The value beside its bound: `f1 0.512 (min 0.6)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value {
            Some(value) => write!(f, "{} {value:.4}", self.metric)?,
            None => write!(f, "{}, which is no metric,", self.metric)?,
        }
        match (self.gate.min, self.gate.max) {
            (Some(min), Some(max)) => write!(f, " (min {min}, max {max})"),
            (Some(min), None) => write!(f, " (min {min})"),
            (None, Some(max)) => write!(f, " (max {max})"),
            (None, None) => f.write_str(" (no bound set)"),
        }
    }
}
