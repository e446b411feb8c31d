//! A monitoring record as the stage `monitor` would write it, over rows that are made up.

use contracts::{BinaryMetrics, Monitoring, ObjectRef, Sha256};
use features::{Column, Field, Frame};
use monitoring::{
    Circumstances, DataQuality, MonitoredData, MonitoredModel, MonitoringRecord, PastRun, RECORD_FORMAT, Scored,
    assess, by_month, drift, drift_reference, estimate, performance, score_histogram,
};

const THRESHOLD: f64 = 0.34;
const FIELDS: [&str; 12] = [
    "annual_income",
    "monthly_inhand_salary",
    "num_bank_accounts",
    "num_credit_card",
    "interest_rate",
    "delay_from_due_date",
    "num_of_delayed_payment",
    "outstanding_debt",
    "credit_utilization_ratio",
    "credit_history_months",
    "total_emi_per_month_of_all_running_loans",
    "monthly_balance",
];

/// Numbers in [0, 1) that look random and are the same in every run.
struct Noise(u64);

impl Noise {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

/// What is made up.
pub(crate) struct Story {
    /// Monitored rows.
    pub(crate) n_rows: usize,
    /// Share of them whose label is known.
    pub(crate) share_labelled: f64,
    /// How far the first field has moved, in standard deviations.
    pub(crate) shift: f64,
    /// Months that the rows are spread over.
    pub(crate) n_months: usize,
}

pub(crate) const CALM: Story = Story { n_rows: 2_173, share_labelled: 0.9, shift: 0.0, n_months: 21 };

fn frame(n: usize, seed: u64, shift: f64) -> Frame {
    let mut noise = Noise::new(seed);
    let columns = FIELDS.iter().enumerate().map(|(i, name)| {
        let moved = if i == 0 { shift } else { 0.02 * i as f64 };
        let values = (0..n).map(|row| if row % 50 == i { f64::NAN } else { 1_000.0 * (5.0 + noise.normal() + moved) });
        ((*name).to_owned(), Column::Number(values.collect()))
    });
    Frame::new(columns.collect()).unwrap()
}

fn scored(story: &Story, seed: u64) -> Scored {
    let mut noise = Noise::new(seed);
    let mut rows = Scored::default();
    for i in 0..story.n_rows {
        let month = i * story.n_months / story.n_rows;
        rows.months.push(format!("{}-{:02}", 2023 + (month + 3) / 12, (month + 3) % 12 + 1));
        let score = 1.0 / (1.0 + (1.1 - 1.1 * noise.normal()).exp());
        rows.scores.push(score);
        let is_known = noise.uniform() < story.share_labelled;
        let actual = noise.uniform() < score;
        rows.actuals.push(is_known.then_some(actual));
    }
    rows
}

pub(crate) fn record(story: &Story) -> MonitoringRecord {
    let bounds = Monitoring {
        min_rows: 200,
        min_labelled_rows: 50,
        min_roc_auc: 0.7,
        max_psi: 0.2,
        psi_confidence: 0.95,
        cool_down_hours: 24,
    };
    let validation = scored(&Story { n_rows: 2_000, ..CALM }, 5);
    let reference = drift_reference(
        &frame(6_500, 1, 0.0),
        &FIELDS.map(Field::number),
        &(0..6_500).collect::<Vec<_>>(),
        &validation.scores,
    )
    .unwrap();
    let rows = scored(story, 9);
    let counts = rows.counts(8_694);
    let (labels, scores) = rows.labelled();
    let performance = performance(&labels, &scores, THRESHOLD).unwrap();
    let is_any = story.n_rows > 0;
    let drift = is_any.then(|| drift(&reference, &frame(story.n_rows, 2, story.shift), &rows.scores, &bounds).unwrap());
    let missing = drift.as_ref().and_then(monitoring::Drift::mean_missing);
    let calm = Circumstances { hours_since_retraining: None, has_new_data: true };
    MonitoringRecord {
        format: RECORD_FORMAT,
        use_case: "loan".to_owned(),
        run_id: "20261121-040000".parse().unwrap(),
        monitored_at: "2026-11-21T04:00:00Z".to_owned(),
        model: model(),
        data: data(),
        bounds,
        rows: counts,
        assessment: assess(&bounds, &counts, performance.as_ref(), drift.as_ref(), calm),
        performance,
        estimated: estimate(&rows.scores, THRESHOLD).unwrap(),
        months: by_month(&rows, THRESHOLD).unwrap(),
        scores: score_histogram(&reference.score, &rows.scores),
        quality: DataQuality {
            missing_share_reference: missing.map(|missing| missing.0),
            missing_share_current: missing.map(|missing| missing.1),
            n_raw_rows: 377_876,
            n_quarantined: 49_120,
            n_not_due: 310,
        },
        drift,
        history: vec![past("20261119-040000", "2026-11-19T04:00:00Z"), past("20261120-040000", "2026-11-20T04:00:00Z")],
    }
}

fn model() -> MonitoredModel {
    MonitoredModel {
        model_name: "loan-default".to_owned(),
        version: "v3".parse().unwrap(),
        family: "lightgbm".to_owned(),
        registered_at: "2026-11-15T02:20:00Z".to_owned(),
        snapshot_id: "0123456789abcdef".parse().unwrap(),
        classes: ["paid".to_owned(), "default".to_owned()],
        threshold: THRESHOLD,
        test: BinaryMetrics {
            n_rows: 2_173,
            n_positive: 626,
            threshold: THRESHOLD,
            accuracy: 0.74,
            precision: 0.54,
            recall: 0.66,
            f1: 0.594,
            roc_auc: 0.8012,
            log_loss: 0.47,
        },
    }
}

fn data() -> MonitoredData {
    MonitoredData {
        predictions: ObjectRef {
            key: "predictions/loan/20261121-030000/manifest.json".to_owned(),
            sha256: Sha256::of(b"predictions"),
            size_bytes: 900,
        },
        predicted_at: "2026-11-21T03:00:00Z".to_owned(),
        snapshot_id: "00112233aabbccdd".parse().unwrap(),
        labels_snapshot_id: "00112233aabbccdd".parse().unwrap(),
    }
}

fn past(run_id: &str, at: &str) -> PastRun {
    PastRun {
        run_id: run_id.parse().unwrap(),
        monitored_at: at.to_owned(),
        version: "v3".parse().unwrap(),
        roc_auc: Some(0.798),
        roc_auc_standard_error: Some(0.011),
        max_psi: Some(0.031),
        n_rows: 2_100,
        n_labelled: 1_900,
    }
}
