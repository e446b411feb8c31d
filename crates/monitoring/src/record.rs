//! Everything known about one monitoring run, in one object.

use contracts::{BinaryMetrics, ModelVersion, Monitoring, ObjectRef, RunId, SnapshotId};
use serde::{Deserialize, Serialize};

use crate::{Assessment, Drift};

/// The form of [`MonitoringRecord`] that this crate writes.
pub const RECORD_FORMAT: u32 = 1;

/// What one monitoring run found: all that the report shows and governance decides by.
///
/// Stored at `monitoring/<use_case>/<run_id>/record.json`, written once. New fields may come to later forms; a field
/// that is here keeps its meaning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonitoringRecord {
    /// Form of this object, [`RECORD_FORMAT`].
    pub format: u32,
    /// Use case.
    pub use_case: String,
    /// The monitoring run.
    pub run_id: RunId,
    /// When it started, RFC 3339.
    pub monitored_at: String,
    /// The version whose predictions were monitored.
    pub model: MonitoredModel,
    /// What was read.
    pub data: MonitoredData,
    /// Bounds, from the settings of the run that trained the version.
    pub bounds: Monitoring,
    /// What became of the predictions.
    pub rows: MonitoredRows,
    /// Performance on the labelled rows; `None` without a row of each class.
    pub performance: Option<Performance>,
    /// Performance as it would be if the probabilities were right; `None` without rows.
    pub estimated: Option<EstimatedPerformance>,
    /// Volume and performance by month of the prediction date, oldest first.
    pub months: Vec<Month>,
    /// Drift of the score and of the raw fields that the model reads; `None` without rows.
    pub drift: Option<Drift>,
    /// How the scores are distributed; `None` without rows.
    pub scores: Option<ScoreHistogram>,
    /// What was missing and what was set aside.
    pub quality: DataQuality,
    /// Earlier monitoring runs of the use case, oldest first, without this one.
    pub history: Vec<PastRun>,
    /// What follows from the figures at the time of the run. The step `govern` decides by the same function.
    pub assessment: Assessment,
}

/// The version whose predictions were monitored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonitoredModel {
    /// Registered model name.
    pub model_name: String,
    /// Version.
    pub version: ModelVersion,
    /// Family of the model.
    pub family: String,
    /// When it was registered, RFC 3339.
    pub registered_at: String,
    /// Data it was trained on.
    pub snapshot_id: SnapshotId,
    /// Names of the classes, negative first.
    pub classes: [String; 2],
    /// Probability from which a row gets the positive class.
    pub threshold: f64,
    /// Its metrics on the test split when it was trained.
    pub test: BinaryMetrics,
}

/// What a monitoring run read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonitoredData {
    /// The `PredictionSet`.
    pub predictions: ObjectRef,
    /// When it was made, RFC 3339.
    pub predicted_at: String,
    /// Data that was scored.
    pub snapshot_id: SnapshotId,
    /// Data that the labels come from: the newest at the time.
    pub labels_snapshot_id: SnapshotId,
}

/// What became of the predictions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitoredRows {
    /// Rows predicted.
    pub predicted: u64,
    /// Rows left out: the model was fitted to them, or its threshold chosen on them.
    pub seen_in_training: u64,
    /// Rows monitored: all others.
    pub monitored: u64,
    /// Monitored rows whose label is known by now.
    pub labelled: u64,
    /// Labelled rows of the positive class.
    pub positive: u64,
    /// Monitored rows whose label is not known yet.
    pub without_actual: u64,
}

/// Performance where labels are known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Performance {
    /// Metrics at the model's threshold.
    pub metrics: BinaryMetrics,
    /// Standard error of the ROC-AUC.
    pub roc_auc_standard_error: f64,
    /// Mean squared difference of probability and label.
    pub brier_score: f64,
    /// Expected calibration error over the bins below.
    pub calibration_error: f64,
    /// The ROC curve, thinned.
    pub roc: Vec<RocPoint>,
    /// The calibration curve over bins of about equal counts.
    pub calibration: Vec<CalibrationBin>,
}

/// A point of the ROC curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RocPoint {
    /// Share of the negative rows predicted positive.
    pub false_positive_rate: f64,
    /// Share of the positive rows predicted positive.
    pub true_positive_rate: f64,
    /// Probability from which a row is predicted positive; `None` where no row is.
    pub threshold: Option<f64>,
}

/// Rows with similar probabilities.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrationBin {
    /// Rows.
    pub n_rows: u64,
    /// Their mean predicted probability.
    pub mean_predicted: f64,
    /// Their share of the positive class.
    pub share_positive: f64,
}

/// Performance by confidence-based estimation (CBPE): an estimate, from probabilities alone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EstimatedPerformance {
    /// Rows estimated on: all that were monitored.
    pub n_rows: u64,
    /// Estimated ROC-AUC; `None` when no row could be of one of the classes.
    pub roc_auc: Option<f64>,
    /// Estimated accuracy.
    pub accuracy: f64,
    /// Estimated precision.
    pub precision: f64,
    /// Estimated recall.
    pub recall: f64,
    /// Estimated F1.
    pub f1: f64,
}

/// Monitored rows whose prediction date lies in one month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Month {
    /// The month, such as `2024-05`.
    pub month: String,
    /// Rows.
    pub n_rows: u64,
    /// Rows with a label.
    pub n_labelled: u64,
    /// Rows of the positive class.
    pub n_positive: u64,
    /// Mean probability.
    pub mean_score: f64,
    /// ROC-AUC of the labelled rows; `None` without a row of each class.
    pub roc_auc: Option<f64>,
    /// Its standard error.
    pub roc_auc_standard_error: Option<f64>,
    /// ROC-AUC estimated without labels, over all rows of the month.
    pub estimated_roc_auc: Option<f64>,
}

/// Shares of the rows in bins of equal width over [0, 1].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreHistogram {
    /// Bounds of the bins, one more than there are bins.
    pub edges: Vec<f64>,
    /// Shares of the rows the version was validated on.
    pub reference: Vec<f64>,
    /// Shares of the monitored rows.
    pub current: Vec<f64>,
}

/// What was missing and what was set aside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataQuality {
    /// Mean share of missing values over the model's fields, in the rows it was trained on; `None` without rows.
    pub missing_share_reference: Option<f64>,
    /// The same in the monitored rows.
    pub missing_share_current: Option<f64>,
    /// Raw rows of the scored data.
    pub n_raw_rows: u64,
    /// Raw rows of these that were set aside.
    pub n_quarantined: u64,
    /// Gold rows that were not scored because their prediction date lay in the future.
    pub n_not_due: u64,
}

impl DataQuality {
    /// Share of the raw rows that was set aside; `None` without raw rows.
    #[must_use]
    pub fn quarantined_share(&self) -> Option<f64> {
        (self.n_raw_rows > 0).then(|| self.n_quarantined as f64 / self.n_raw_rows as f64)
    }
}

/// The main figures of an earlier monitoring run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PastRun {
    /// The run.
    pub run_id: RunId,
    /// When it started, RFC 3339.
    pub monitored_at: String,
    /// Version monitored.
    pub version: ModelVersion,
    /// ROC-AUC, where it could be measured.
    pub roc_auc: Option<f64>,
    /// Its standard error.
    pub roc_auc_standard_error: Option<f64>,
    /// Largest population stability index of score and fields.
    pub max_psi: Option<f64>,
    /// Rows monitored.
    pub n_rows: u64,
    /// Rows of these with a label.
    pub n_labelled: u64,
}

impl MonitoringRecord {
    /// The main figures, as the history of later runs keeps them.
    #[must_use]
    pub fn summary(&self) -> PastRun {
        PastRun {
            run_id: self.run_id.clone(),
            monitored_at: self.monitored_at.clone(),
            version: self.model.version,
            roc_auc: self.performance.as_ref().map(|performance| performance.metrics.roc_auc),
            roc_auc_standard_error: self.performance.as_ref().map(|performance| performance.roc_auc_standard_error),
            max_psi: self.drift.as_ref().map(Drift::max_psi),
            n_rows: self.rows.monitored,
            n_labelled: self.rows.labelled,
        }
    }
}
