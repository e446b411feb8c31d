//! What cannot be measured has a name.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use metrics::{Confusion, MetricError, Objective, best_threshold, binary_metrics, log_loss, roc_auc};

#[test]
fn no_rows_are_an_error() {
    assert_eq!(roc_auc(&[], &[]), Err(MetricError::Empty));
    assert_eq!(log_loss(&[], &[]), Err(MetricError::Empty));
    assert_eq!(Confusion::at(&[], &[], 0.5), Err(MetricError::Empty));
    assert_eq!(best_threshold(&[], &[], Objective::F1), Err(MetricError::Empty));
}

#[test]
fn labels_without_scores_are_an_error() {
    let expected = MetricError::LengthMismatch { n_labels: 2, n_scores: 1 };
    assert_eq!(roc_auc(&[0., 1.], &[0.5]), Err(expected));
}

#[test]
fn one_class_alone_cannot_be_ranked() {
    let expected = MetricError::OneClass { n_rows: 2, label: 1 };
    assert_eq!(binary_metrics(&[1., 1.], &[0.5, 0.6], 0.5), Err(expected.clone()));
    assert_eq!(best_threshold(&[1., 1.], &[0.5, 0.6], Objective::F1), Err(expected));
    assert_eq!(expected_text(), "all 2 rows have the label 1; both classes are needed");
}

fn expected_text() -> String {
    MetricError::OneClass { n_rows: 2, label: 1 }.to_string()
}

#[test]
fn names_the_row_with_the_bad_label_or_score() {
    let bad_label = roc_auc(&[0., 2.], &[0.5, 0.5]);
    assert_eq!(bad_label, Err(MetricError::InvalidLabel { row: 1, label: 2.0 }));
    let nan = roc_auc(&[0., 1.], &[0.5, f64::NAN]).unwrap_err();
    assert_eq!(nan.to_string(), "score NaN of row 1 is not finite");
    let above_one = log_loss(&[0., 1.], &[1.5, 0.5]);
    assert_eq!(above_one, Err(MetricError::NotAProbability { row: 0, score: 1.5 }));
}

#[test]
fn a_threshold_that_is_no_number_is_an_error() {
    let found = binary_metrics(&[0., 1.], &[0.5, 0.6], f64::NAN);
    assert!(matches!(found, Err(MetricError::InvalidThreshold { .. })), "{found:?}");
}

#[test]
fn an_unknown_objective_is_named() {
    let error = "auc".parse::<Objective>().unwrap_err();
    let message = "`auc` is not an objective for a threshold: `f1`, `accuracy` or such as `f1_where_accuracy_77`";
    assert_eq!(error.to_string(), message);
    assert_eq!("accuracy".parse(), Ok(Objective::Accuracy));
    assert_eq!("f1_where_accuracy_77".parse(), Ok(Objective::F1WhereAccuracy { min_percent: 77 }));
    for name in ["f1_where_accuracy_", "f1_where_accuracy_0", "f1_where_accuracy_100", "f1_where_accuracy_0.8"] {
        assert!(name.parse::<Objective>().is_err(), "{name}");
    }
}

#[test]
fn when_no_positive_prediction_helps_accuracy_the_threshold_lies_above_every_score() {
    let best = best_threshold(&[0., 1., 0., 0.], &[0.9, 0.1, 0.8, 0.7], Objective::Accuracy).unwrap();
    assert_eq!(best.value, 0.75);
    assert!(best.threshold > 0.9 && best.threshold < 1.0);
}
