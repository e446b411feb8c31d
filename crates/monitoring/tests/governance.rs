//! What follows from figures, and that figures of too few rows decide nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use contracts::{Monitoring, stage::Decision};
use monitoring::{
    Assessment, Circumstances, Drift, FieldDrift, MonitoredRows, Performance, Scored, assess, by_month, estimate,
    performance,
};

const BOUNDS: Monitoring = Monitoring {
    min_rows: 200,
    min_labelled_rows: 50,
    min_roc_auc: 0.7,
    max_psi: 0.2,
    psi_confidence: 0.95,
    cool_down_hours: 24,
};
const CALM: Circumstances = Circumstances { hours_since_retraining: None, has_new_data: true };

fn rows(monitored: u64, positive: u64, negative: u64) -> MonitoredRows {
    let labelled = positive + negative;
    MonitoredRows {
        predicted: monitored + 1_000,
        seen_in_training: 1_000,
        monitored,
        labelled,
        positive,
        without_actual: monitored - labelled,
    }
}

fn field(name: &str, psi: f64) -> FieldDrift {
    FieldDrift {
        name: name.to_owned(),
        psi,
        critical_psi: 0.05,
        bound: 0.2,
        drifted: psi >= 0.2,
        ks: Some(0.1),
        ks_p_value: Some(0.5),
        jensen_shannon: 0.1,
        missing_reference: 0.0,
        missing_current: 0.0,
        bins: Vec::new(),
    }
}

fn drift(score: f64, fields: &[f64]) -> Drift {
    let fields = fields.iter().enumerate().map(|(i, &psi)| field(&format!("f{i}"), psi));
    Drift { score: field("score", score), fields: fields.collect() }
}

/// Performance with about this ROC-AUC.
fn measured(roc_auc: f64) -> Performance {
    let n_right = (roc_auc * 100.0).round() as usize;
    let labels: Vec<f32> = std::iter::repeat_n(0.0, 100).chain([1.0]).collect();
    let scores: Vec<f64> = (0..100).map(|i| f64::from(i) / 200.0).chain([(n_right as f64 - 0.5) / 200.0]).collect();
    let found = performance(&labels, &scores, 0.5).unwrap().unwrap();
    assert!((found.metrics.roc_auc - roc_auc).abs() < 1e-9);
    found
}

fn decided(assessment: &Assessment) -> Decision {
    match assessment {
        Assessment::Decided { decision, .. } => *decision,
        other => panic!("{other:?}"),
    }
}

#[test]
fn kept_bounds_are_healthy_and_say_by_how_much() {
    let found = assess(&BOUNDS, &rows(500, 100, 300), Some(&measured(0.8)), Some(&drift(0.01, &[0.03, 0.1])), CALM);
    assert_eq!(decided(&found), Decision::Healthy);
    assert_eq!(
        found.reasons(),
        [
            "performance holds: ROC-AUC 0.8000 is at least 0.7 on 101 labelled rows",
            "nothing has drifted: the largest PSI is 0.1000 (`f1`), below 0.2000"
        ]
    );
}

#[test]
fn decay_drift_of_the_score_and_drift_of_a_field_each_retrain() {
    let enough = rows(500, 100, 300);
    for (roc_auc, drift, reason) in [
        (0.69, drift(0.0, &[0.0]), "performance has decayed: ROC-AUC 0.6900 is below 0.7 on 101 labelled rows"),
        (0.80, drift(0.3, &[0.0]), "the score has drifted: PSI 0.3000 is not below 0.2000"),
        (0.80, drift(0.0, &[0.0, 0.2]), "field `f1` has drifted: PSI 0.2000 is not below 0.2000"),
    ] {
        let found = assess(&BOUNDS, &enough, Some(&measured(roc_auc)), Some(&drift), CALM);
        assert_eq!((decided(&found), found.reasons()), (Decision::Retrain, [reason.to_owned()].as_slice()));
    }
    let many = assess(&BOUNDS, &enough, Some(&measured(0.8)), Some(&drift(0.0, &[0.5; 8])), CALM);
    assert_eq!(many.reasons().last().unwrap(), "3 more fields have drifted");
}

#[test]
fn too_few_rows_or_labels_decide_nothing() {
    let calm = drift(0.0, &[0.0]);
    for (rows, performance, drift, reason) in [
        (rows(199, 90, 90), Some(measured(0.9)), Some(&calm), "199 rows that the model has not seen"),
        (rows(0, 0, 0), None, None, "0 rows that the model has not seen"),
        (rows(500, 49, 300), Some(measured(0.9)), Some(&calm), "49 positive and 300 negative labels"),
        (rows(500, 300, 49), Some(measured(0.3)), Some(&calm), "300 positive and 49 negative labels"),
        (rows(500, 0, 0), None, Some(&calm), "0 positive and 0 negative labels"),
    ] {
        let found = assess(&BOUNDS, &rows, performance.as_ref(), drift, CALM);
        assert!(matches!(found, Assessment::InsufficientData { .. }), "{found:?}");
        assert!(found.reasons()[0].starts_with(reason), "{found:?}");
    }
}

#[test]
fn bounds_of_zero_still_need_a_row_of_each_class() {
    let bounds = Monitoring { min_rows: 0, min_labelled_rows: 0, ..BOUNDS };
    let found = assess(&bounds, &rows(1, 1, 0), None, Some(&drift(0.0, &[])), CALM);
    assert!(matches!(found, Assessment::InsufficientData { .. }), "{found:?}");
    let nothing = assess(&bounds, &rows(0, 0, 0), None, None, CALM);
    assert!(matches!(nothing, Assessment::InsufficientData { .. }), "{nothing:?}");
}

#[test]
fn drift_speaks_for_itself_when_labels_are_late() {
    let found = assess(&BOUNDS, &rows(500, 0, 0), None, Some(&drift(0.0, &[0.4])), CALM);
    assert_eq!(decided(&found), Decision::Retrain);
    assert!(found.reasons()[1].starts_with("performance could not be measured"), "{found:?}");
}

#[test]
fn within_the_cool_down_and_without_new_data_nothing_is_started() {
    let broken = drift(0.5, &[]);
    let assess_in =
        |circumstances| assess(&BOUNDS, &rows(500, 100, 300), Some(&measured(0.8)), Some(&broken), circumstances);
    let cooling = assess_in(Circumstances { hours_since_retraining: Some(23.9), has_new_data: true });
    assert_eq!(decided(&cooling), Decision::CoolingDown);
    assert!(cooling.reasons()[1].contains("23.9 hours ago; the cool-down is 24 hours"), "{cooling:?}");
    let over = assess_in(Circumstances { hours_since_retraining: Some(24.0), has_new_data: true });
    assert_eq!(decided(&over), Decision::Retrain);
    let nothing_new = assess_in(Circumstances { hours_since_retraining: Some(1.0), has_new_data: false });
    assert_eq!(decided(&nothing_new), Decision::NothingNew);
    let healthy = assess(
        &BOUNDS,
        &rows(500, 100, 300),
        Some(&measured(0.8)),
        Some(&drift(0.0, &[])),
        Circumstances { hours_since_retraining: Some(1.0), has_new_data: false },
    );
    assert_eq!(decided(&healthy), Decision::Healthy, "nothing to hold back");
}

#[test]
fn months_have_volume_and_performance_where_both_classes_are_known() {
    let scored = Scored {
        months: ["2024-02", "2024-01", "2024-01", "2024-01", "2024-02"].map(str::to_owned).to_vec(),
        scores: vec![0.9, 0.2, 0.8, 0.5, 0.1],
        actuals: vec![Some(true), Some(false), Some(true), None, None],
    };
    let months = by_month(&scored, 0.5).unwrap();
    assert_eq!(months.iter().map(|month| month.month.as_str()).collect::<Vec<_>>(), ["2024-01", "2024-02"]);
    assert_eq!((months[0].n_rows, months[0].n_labelled, months[0].roc_auc), (3, 2, Some(1.0)));
    assert_eq!((months[1].n_labelled, months[1].roc_auc), (1, None), "one class cannot be ranked");
    assert!(months[1].estimated_roc_auc.unwrap() > 0.5 && (months[0].mean_score - 0.5).abs() < 1e-12);

    let counts = scored.counts(7);
    assert_eq!((counts.predicted, counts.monitored, counts.labelled), (12, 5, 3));
    assert_eq!((counts.positive, counts.without_actual, counts.seen_in_training), (2, 2, 7));
}

#[test]
fn rows_of_one_class_have_no_performance_and_no_rows_no_estimate() {
    assert_eq!(performance(&[1.0, 1.0], &[0.5, 0.6], 0.5), Ok(None));
    assert_eq!(performance(&[], &[], 0.5), Ok(None));
    assert_eq!(estimate(&[], 0.5), Ok(None));
    let estimated = estimate(&[0.2, 0.9], 0.5).unwrap().unwrap();
    assert_eq!((estimated.n_rows, estimated.precision), (2, 0.9));
}
