//! What follows from the figures.

use contracts::{Monitoring, RunId, stage::Decision};
use serde::{Deserialize, Serialize};

use crate::{Drift, FieldDrift, MonitoredRows, Performance, grouped};

/// Most drifted fields that a reason names.
const MAX_NAMED: usize = 5;

/// What governance knows beside the figures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Circumstances {
    /// Hours since monitoring last started a training; `None` when it never has.
    pub hours_since_retraining: Option<f64>,
    /// Whether there is data that the champion was not trained from.
    pub has_new_data: bool,
}

/// What follows from the figures, with the reasons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Assessment {
    /// There is enough data to decide.
    Decided {
        /// What to do.
        decision: Decision,
        /// Why, for people.
        reasons: Vec<String>,
    },
    /// There is too little data to call the model healthy, and no drift that speaks for itself.
    InsufficientData {
        /// What is missing, for people.
        reasons: Vec<String>,
    },
}

/// The last training that monitoring started. Stored at `state/<use_case>/last_retraining.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retraining {
    /// The monitoring run that started it.
    pub run_id: RunId,
    /// When, RFC 3339.
    pub at: String,
    /// Name of the execution started.
    pub retrain_as: RunId,
    /// Why, for people.
    pub reasons: Vec<String>,
}

impl Assessment {
    /// The reasons, whatever the outcome.
    #[must_use]
    pub fn reasons(&self) -> &[String] {
        match self {
            Self::Decided { reasons, .. } | Self::InsufficientData { reasons } => reasons,
        }
    }
}

/// Judges the figures by the bounds.
///
/// Drift that breaks its bound speaks for itself, whether labels are known or not. Calling a model healthy takes both:
/// enough rows to see drift, and enough labelled rows of each class to measure performance; with less the answer is
/// [`Assessment::InsufficientData`], never that all is well.
#[must_use]
pub fn assess(
    bounds: &Monitoring,
    rows: &MonitoredRows,
    performance: Option<&Performance>,
    drift: Option<&Drift>,
    circumstances: Circumstances,
) -> Assessment {
    let Some(drift) = drift.filter(|_| rows.monitored >= bounds.min_rows.max(1)) else {
        return Assessment::InsufficientData { reasons: vec![too_few_rows(bounds, rows)] };
    };
    let measured = performance.filter(|_| has_enough_labels(bounds, rows));
    let mut broken: Vec<String> = measured.and_then(|measured| decayed(bounds, measured)).into_iter().collect();
    broken.extend(drifted(drift));
    if broken.is_empty() {
        return match measured {
            Some(measured) => {
                Assessment::Decided { decision: Decision::Healthy, reasons: kept(bounds, measured, drift) }
            }
            None => Assessment::InsufficientData { reasons: vec![too_few_labels(bounds, rows)] },
        };
    }
    if measured.is_none() {
        broken.push(format!("performance could not be measured: {}", too_few_labels(bounds, rows)));
    }
    let decision = match circumstances {
        Circumstances { has_new_data: false, .. } => {
            broken.push(
                "the champion was trained on the newest data: training again would give the same model".to_owned(),
            );
            Decision::NothingNew
        }
        Circumstances { hours_since_retraining: Some(hours), .. } if hours < f64::from(bounds.cool_down_hours) => {
            let cool_down = bounds.cool_down_hours;
            broken.push(format!("a training was started {hours:.1} hours ago; the cool-down is {cool_down} hours"));
            Decision::CoolingDown
        }
        Circumstances { .. } => Decision::Retrain,
    };
    Assessment::Decided { decision, reasons: broken }
}

fn has_enough_labels(bounds: &Monitoring, rows: &MonitoredRows) -> bool {
    // The bound holds for all labelled rows and for those of each class.
    let negative = rows.labelled - rows.positive.min(rows.labelled);
    rows.positive.min(negative) >= bounds.min_labelled_rows.max(1)
}

fn too_few_rows(bounds: &Monitoring, rows: &MonitoredRows) -> String {
    format!(
        "{} rows that the model has not seen in training are fewer than the {} needed to measure drift \
         (of {} predicted, {} were seen in training)",
        grouped(rows.monitored),
        grouped(bounds.min_rows),
        grouped(rows.predicted),
        grouped(rows.seen_in_training)
    )
}

fn too_few_labels(bounds: &Monitoring, rows: &MonitoredRows) -> String {
    format!(
        "{} positive and {} negative labels among {} rows that the model has not seen; {} of each class are needed",
        grouped(rows.positive),
        grouped(rows.labelled - rows.positive.min(rows.labelled)),
        grouped(rows.monitored),
        grouped(bounds.min_labelled_rows)
    )
}

fn decayed(bounds: &Monitoring, measured: &Performance) -> Option<String> {
    let roc_auc = measured.metrics.roc_auc;
    (roc_auc < bounds.min_roc_auc).then(|| {
        format!(
            "performance has decayed: ROC-AUC {roc_auc:.4} is below {} on {} labelled rows",
            bounds.min_roc_auc,
            grouped(measured.metrics.n_rows)
        )
    })
}

fn drifted(drift: &Drift) -> Vec<String> {
    let named = |what: &str, field: &FieldDrift| {
        format!("{what} has drifted: PSI {:.4} is not below {:.4}", field.psi, field.bound)
    };
    let mut reasons: Vec<String> = Vec::new();
    if drift.score.drifted {
        reasons.push(named("the score", &drift.score));
    }
    let fields: Vec<&FieldDrift> = drift.ranked().into_iter().filter(|field| field.drifted).collect();
    reasons.extend(fields.iter().take(MAX_NAMED).map(|field| named(&format!("field `{}`", field.name), field)));
    if fields.len() > MAX_NAMED {
        reasons.push(format!("{} more fields have drifted", fields.len() - MAX_NAMED));
    }
    reasons
}

fn kept(bounds: &Monitoring, measured: &Performance, drift: &Drift) -> Vec<String> {
    let mut reasons = vec![format!(
        "performance holds: ROC-AUC {:.4} is at least {} on {} labelled rows",
        measured.metrics.roc_auc,
        bounds.min_roc_auc,
        grouped(measured.metrics.n_rows)
    )];
    if let Some(most) = drift.all().max_by(|a, b| a.psi.total_cmp(&b.psi)) {
        reasons.push(format!(
            "nothing has drifted: the largest PSI is {:.4} (`{}`), below {:.4}",
            most.psi, most.name, most.bound
        ));
    }
    reasons
}
