//! Every metric against the plainest way to compute it, on random rows with many ties.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use metrics::{Confusion, Objective, best_threshold, binary_metrics, log_loss, roc_auc};
use proptest::prelude::*;

/// At least two rows, both classes, probabilities on a coarse grid so that ties are common.
fn rows() -> impl Strategy<Value = (Vec<f32>, Vec<f64>)> {
    proptest::collection::vec((any::<bool>(), 0_u32..=12), 2..60)
        .prop_filter("both classes", |rows| rows.iter().any(|r| r.0) && rows.iter().any(|r| !r.0))
        .prop_map(|rows| rows.into_iter().map(|(y, p)| (f32::from(u8::from(y)), f64::from(p) / 12.0)).unzip())
}

fn auc_by_pairs(labels: &[f32], scores: &[f64]) -> f64 {
    let (mut right, mut pairs) = (0.0, 0.0);
    for (i, _) in labels.iter().enumerate().filter(|(_, y)| **y == 1.0) {
        for (j, _) in labels.iter().enumerate().filter(|(_, y)| **y == 0.0) {
            pairs += 1.0;
            right += if scores[i] > scores[j] {
                1.0
            } else if scores[i] == scores[j] {
                0.5
            } else {
                0.0
            };
        }
    }
    right / pairs
}

fn value_at(labels: &[f32], scores: &[f64], threshold: f64, objective: Objective) -> f64 {
    let confusion = Confusion::at(labels, scores, threshold).unwrap();
    match objective {
        Objective::F1 => confusion.f1(),
        Objective::Accuracy => confusion.accuracy(),
        Objective::F1WhereAccuracy { .. } => panic!("has no value of its own"),
    }
}

proptest! {
    #[test]
    fn roc_auc_equals_the_share_of_ordered_pairs((labels, scores) in rows()) {
        prop_assert!((roc_auc(&labels, &scores).unwrap() - auc_by_pairs(&labels, &scores)).abs() < 1e-12);
    }

    #[test]
    fn roc_auc_of_reversed_scores_is_the_rest_to_one((labels, scores) in rows()) {
        let reversed: Vec<f64> = scores.iter().map(|score| -score).collect();
        let sum = roc_auc(&labels, &scores).unwrap() + roc_auc(&labels, &reversed).unwrap();
        prop_assert!((sum - 1.0).abs() < 1e-12);
    }

    #[test]
    fn row_order_changes_nothing((labels, scores) in rows(), shift in 1_usize..50) {
        let turn = |n: usize| (0..n).map(move |i| (i + shift) % n);
        let turned: Vec<f64> = turn(scores.len()).map(|i| scores[i]).collect();
        let turned_labels: Vec<f32> = turn(labels.len()).map(|i| labels[i]).collect();
        prop_assert_eq!(roc_auc(&labels, &scores), roc_auc(&turned_labels, &turned));
        for objective in [Objective::F1, Objective::Accuracy] {
            prop_assert_eq!(
                best_threshold(&labels, &scores, objective),
                best_threshold(&turned_labels, &turned, objective)
            );
        }
    }

    #[test]
    fn log_loss_equals_its_definition(
        rows in proptest::collection::vec((any::<bool>(), 0.001_f64..0.999), 1..60)
    ) {
        let (labels, p): (Vec<f32>, Vec<f64>) =
            rows.iter().map(|&(y, p)| (f32::from(u8::from(y)), p)).unzip();
        let likelihood: f64 = rows.iter().map(|&(y, p)| if y { p } else { 1.0 - p }).map(f64::ln).sum();
        prop_assert!((log_loss(&labels, &p).unwrap() + likelihood / rows.len() as f64).abs() < 1e-12);
    }

    #[test]
    fn counts_add_up_to_the_rows((labels, scores) in rows(), threshold in 0.0_f64..=1.0) {
        let counts = Confusion::at(&labels, &scores, threshold).unwrap();
        prop_assert_eq!(counts.n_rows(), labels.len() as u64);
        prop_assert_eq!(
            counts.true_positives + counts.false_negatives,
            labels.iter().filter(|&&y| y == 1.0).count() as u64
        );
        let predicted = scores.iter().filter(|&&score| score >= threshold).count() as u64;
        prop_assert_eq!(counts.true_positives + counts.false_positives, predicted);
    }

    #[test]
    fn no_other_threshold_is_better((labels, scores) in rows()) {
        for objective in [Objective::F1, Objective::Accuracy] {
            let best = best_threshold(&labels, &scores, objective).unwrap();
            prop_assert!((0.0..=1.0).contains(&best.threshold));
            prop_assert!((value_at(&labels, &scores, best.threshold, objective) - best.value).abs() < 1e-15);
            for step in 0..=240 {
                let other = value_at(&labels, &scores, f64::from(step) / 240.0, objective);
                prop_assert!(other <= best.value + 1e-15, "{} at {step}/240 beats {best:?}", other);
            }
        }
    }

    #[test]
    fn f1_is_best_among_the_thresholds_that_are_accurate_enough((labels, scores) in rows(), min_percent in 1_u8..100) {
        let best = best_threshold(&labels, &scores, Objective::F1WhereAccuracy { min_percent }).unwrap();
        let is_met = |threshold: f64| {
            let counts = Confusion::at(&labels, &scores, threshold).unwrap();
            (counts.true_positives + counts.true_negatives) * 100 >= u64::from(min_percent) * counts.n_rows()
        };
        let objective = if is_met(best.threshold) { Objective::F1 } else { Objective::Accuracy };
        prop_assert!((value_at(&labels, &scores, best.threshold, objective) - best.value).abs() < 1e-15);
        for other in (0..=240).map(|step| f64::from(step) / 240.0) {
            prop_assert!(is_met(best.threshold) || !is_met(other), "{other} is accurate enough, unlike {best:?}");
            if is_met(other) == is_met(best.threshold) {
                prop_assert!(value_at(&labels, &scores, other, objective) <= best.value + 1e-15);
            }
        }
    }

    #[test]
    fn a_threshold_keeps_its_distance_from_every_score((labels, scores) in rows()) {
        let best = best_threshold(&labels, &scores, Objective::F1).unwrap();
        let nearest = scores.iter().map(|score| (score - best.threshold).abs()).fold(1.0, f64::min);
        // Grid points lie 1/12 apart; only the point 0 itself may coincide with a threshold.
        prop_assert!(nearest > 0.04 || best.threshold == 0.0);
    }

    #[test]
    fn no_metric_is_ever_nan(labels in proptest::collection::vec(prop_oneof![Just(0_f32), Just(1.0), Just(f32::NAN), Just(0.5)], 0..6),
                             scores in proptest::collection::vec(any::<f64>(), 0..6), threshold in any::<f64>()) {
        if let Ok(found) = binary_metrics(&labels, &scores, threshold) {
            for name in ["accuracy", "precision", "recall", "f1", "roc_auc", "log_loss"] {
                prop_assert!(found.get(name).unwrap().is_finite(), "{}", name);
            }
        }
    }
}
