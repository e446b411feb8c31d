//! Figures of monitoring against scipy 1.17.1 and scikit-learn 1.9.1, and what must hold for any rows:
//!
//! ```python
//! y = [0, 1, 1, 0, 1, 0, 0, 1, 0, 0, 1, 0]
//! p = [0.1, 0.35, 0.8, 0.35, 0.65, 0.5, 0.2, 0.9, 0.05, 0.65, 0.5, 0.0]
//! brier_score_loss(y, p), roc_curve(y, p)
//! jensenshannon(a, b, base=2), ks_2samp(x, z).statistic, kstwobign.sf(d * sqrt(n * m / (n + m)))
//! calibration_curve(y40, p40, n_bins=5, strategy="quantile")
//! roc_auc_score([1] * 12 + [0] * 12, p + p, sample_weight=p + [1 - v for v in p])
//! ```
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use metrics::{
    MetricError, brier_score, calibration_curve, estimated_metrics, expected_calibration_error,
    jensen_shannon_distance, kolmogorov_smirnov, kolmogorov_survival, n_occupied_bins, population_stability_index,
    roc_auc, roc_auc_standard_error, roc_curve,
};
use proptest::prelude::*;

const LABELS: [f32; 12] = [0., 1., 1., 0., 1., 0., 0., 1., 0., 0., 1., 0.];
const PROBABILITIES: [f64; 12] = [0.1, 0.35, 0.8, 0.35, 0.65, 0.5, 0.2, 0.9, 0.05, 0.65, 0.5, 0.0];

fn assert_close(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{found} is not {expected}");
}

#[test]
fn stability_index_equals_its_formula_and_empty_bins_count_half_a_row() {
    assert_close(population_stability_index(&[10, 20, 30, 40], &[20, 20, 10, 50]).unwrap(), 0.3113515309210374);
    let half = population_stability_index(&[50, 50, 0], &[50, 45, 5]).unwrap();
    let by_hand = 0.05_f64.mul_add((0.5_f64 / 0.45).ln(), (0.05 - 0.005) * (0.05_f64 / 0.005).ln());
    assert_close(half, by_hand);
    let nowhere = population_stability_index(&[50, 50, 0, 0], &[50, 45, 5, 0]).unwrap();
    assert_eq!(half, nowhere, "a bin that is empty on both sides does not count");
    assert_eq!(n_occupied_bins(&[50, 50, 0, 0], &[50, 45, 5, 0]), 3);
}

#[test]
fn jensen_shannon_equals_scipy() {
    assert_close(jensen_shannon_distance(&[10, 20, 30, 40], &[20, 20, 10, 50]).unwrap(), 0.23241293654355816);
    assert_close(jensen_shannon_distance(&[5, 0, 3], &[2, 2, 0]).unwrap(), 0.6652215543268273);
    assert_eq!(jensen_shannon_distance(&[1, 0], &[0, 1]), Ok(1.0));
}

#[test]
fn kolmogorov_smirnov_equals_scipy() {
    let found = kolmogorov_smirnov(&[1., 2., 2., 3., 5., 8.], &[10., 2., 4., 4., 6., 9., 9.]).unwrap();
    assert_close(found.statistic, 0.5238095238095238);
    assert_close(found.p_value, 0.33801765639896586);
    let rounded = |x: f64| (x * 10.0).round() / 10.0;
    let x: Vec<f64> = (0..200).map(|i| rounded((f64::from(i) * 1.3).sin() * 10.0)).collect();
    let z: Vec<f64> = (0..150).map(|i| rounded((f64::from(i) * 0.7).sin() * 9.0 + 1.5)).collect();
    let found = kolmogorov_smirnov(&x, &z).unwrap();
    assert_close(found.statistic, 0.24);
    assert_close(found.p_value, 0.00010296323927041809);
}

#[test]
fn the_limiting_distribution_equals_scipy_on_both_series() {
    let expected = [
        (0.2, 0.999999999999495),
        (0.5, 0.9639452436648751),
        (0.8, 0.5441424115741981),
        (1.0, 0.26999967167735456),
        (1.36, 0.049485876755377876),
        (2.0, 0.0006709252557796953),
    ];
    for (x, survival) in expected {
        assert_close(kolmogorov_survival(x), survival);
    }
    assert_eq!((kolmogorov_survival(0.0), kolmogorov_survival(-1.0)), (1.0, 1.0));
}

#[test]
fn roc_curve_has_the_corners_of_scikit_learn() {
    let points = roc_curve(&LABELS, &PROBABILITIES, 1000).unwrap();
    let found: Vec<(f64, f64, Option<f64>)> =
        points.iter().map(|point| (point.false_positive_rate, point.true_positive_rate, point.threshold)).collect();
    let expected =
        [(0.0, 0.0, None), (0.0, 0.4, Some(0.8)), (0.42857142857142855, 1.0, Some(0.35)), (1.0, 1.0, Some(0.0))];
    assert_eq!(found, expected);
}

#[test]
fn calibration_and_brier_score_equal_scikit_learn() {
    assert_close(brier_score(&LABELS, &PROBABILITIES).unwrap(), 0.14104166666666668);
    let probabilities: Vec<f64> = (0..40).map(|i| (f64::from(i * 7 % 40) + 0.5) / 40.0).collect();
    let labels: Vec<f32> = (0..40).map(|i| f32::from(u8::from(i * 11 % 5 < 2))).collect();
    let bins = calibration_curve(&labels, &probabilities, 5).unwrap();
    let expected = [(0.1, 0.5), (0.3, 0.375), (0.5, 0.375), (0.7, 0.375), (0.9, 0.375)];
    assert_eq!(bins.len(), expected.len());
    for (bin, (predicted, positive)) in bins.iter().zip(expected) {
        assert_eq!(bin.n_rows, 8);
        assert_close(bin.mean_predicted, predicted);
        assert_close(bin.share_positive, positive);
    }
    assert_close(expected_calibration_error(&bins), 0.29);
}

#[test]
fn the_estimate_without_labels_is_that_of_expected_rows() {
    let found = estimated_metrics(&PROBABILITIES, 0.5).unwrap();
    assert_close(found.roc_auc.unwrap(), 0.8326447752688939);
    assert_close(found.precision, 0.6666666666666666);
    assert_close(found.recall, 0.7920792079207921);
    assert_close(found.f1, 0.7239819004524886);
    assert_close(found.accuracy, 0.7458333333333332);
    assert_eq!(estimated_metrics(&[1.0, 1.0], 0.5).unwrap().roc_auc, None, "no row could be negative");
}

#[test]
fn the_standard_error_shrinks_with_the_rows() {
    assert_close(roc_auc_standard_error(0.8714285714285714, 5, 7), 0.11663465030889085);
    assert!(roc_auc_standard_error(0.8, 500, 700) < roc_auc_standard_error(0.8, 50, 70));
    assert_eq!(roc_auc_standard_error(1.0, 5, 7), 0.0);
}

#[test]
fn what_cannot_be_compared_has_a_name() {
    let mismatch = Err(MetricError::BinMismatch { n_reference: 2, n_current: 1 });
    assert_eq!(population_stability_index(&[1, 2], &[1]), mismatch);
    assert_eq!(jensen_shannon_distance(&[1, 2], &[0, 0]), Err(MetricError::Empty));
    assert_eq!(kolmogorov_smirnov(&[], &[1.0]), Err(MetricError::Empty));
    let nan = kolmogorov_smirnov(&[0.0], &[0.0, f64::NAN]);
    assert!(matches!(nan, Err(MetricError::NotFinite { row: 1, .. })), "{nan:?}");
    assert!(matches!(estimated_metrics(&[0.5, 2.0], 0.5), Err(MetricError::NotAProbability { row: 1, .. })));
    assert!(matches!(estimated_metrics(&[0.5], f64::NAN), Err(MetricError::InvalidThreshold { .. })));
    assert!(roc_curve(&[1.0, 1.0], &[0.1, 0.2], 10).is_err());
    assert!(calibration_curve(&[], &[], 5).is_err());
}

/// Labelled rows with many ties.
fn rows() -> impl Strategy<Value = (Vec<f32>, Vec<f64>)> {
    proptest::collection::vec((any::<bool>(), 0_u32..=40), 2..200)
        .prop_filter("both classes", |rows| rows.iter().any(|r| r.0) && rows.iter().any(|r| !r.0))
        .prop_map(|rows| rows.into_iter().map(|(y, p)| (f32::from(u8::from(y)), f64::from(p) / 40.0)).unzip())
}

fn counts() -> impl Strategy<Value = (Vec<u64>, Vec<u64>)> {
    proptest::collection::vec((0_u64..50, 0_u64..50), 1..12)
        .prop_filter("rows", |bins| bins.iter().any(|b| b.0 > 0) && bins.iter().any(|b| b.1 > 0))
        .prop_map(|bins| bins.into_iter().unzip())
}

proptest! {
    #[test]
    fn distances_are_symmetric_and_zero_for_equal_shares((a, b) in counts(), times in 1_u64..5) {
        for distance in [population_stability_index, jensen_shannon_distance] {
            let (there, back) = (distance(&a, &b).unwrap(), distance(&b, &a).unwrap());
            prop_assert!(there >= 0.0 && (there - back).abs() < 1e-12);
        }
        prop_assert!(jensen_shannon_distance(&a, &b).unwrap() <= 1.0);
        let more: Vec<u64> = a.iter().map(|count| count * times).collect();
        prop_assert!(jensen_shannon_distance(&a, &more).unwrap() < 1e-7);
    }

    #[test]
    fn kolmogorov_smirnov_is_the_largest_gap_of_the_two_shares_below_any_value(
        a in proptest::collection::vec(0_i32..20, 1..60), b in proptest::collection::vec(0_i32..20, 1..60)
    ) {
        let numbers = |values: &[i32]| values.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
        let share = |values: &[i32], x: i32| values.iter().filter(|&&v| v <= x).count() as f64 / values.len() as f64;
        let plain = (0..20).map(|x| (share(&a, x) - share(&b, x)).abs()).fold(0.0, f64::max);
        prop_assert!((kolmogorov_smirnov(&numbers(&a), &numbers(&b)).unwrap().statistic - plain).abs() < 1e-12);
    }

    #[test]
    fn a_full_roc_curve_has_the_area_and_a_thinned_one_few_points((labels, scores) in rows(), max in 2_usize..30) {
        let area = |points: &[metrics::RocPoint]| -> f64 {
            points.windows(2).map(|pair| {
                let width = pair[1].false_positive_rate - pair[0].false_positive_rate;
                width * f64::midpoint(pair[0].true_positive_rate, pair[1].true_positive_rate)
            }).sum()
        };
        let full = roc_curve(&labels, &scores, usize::MAX).unwrap();
        prop_assert!((area(&full) - roc_auc(&labels, &scores).unwrap()).abs() < 1e-12);
        let thin = roc_curve(&labels, &scores, max).unwrap();
        prop_assert!(thin.len() <= max && thin.iter().all(|point| full.contains(point)));
        prop_assert!(thin.first() == full.first() && thin.last() == full.last());
        let rises = |a: &metrics::RocPoint, b: &metrics::RocPoint| {
            a.false_positive_rate <= b.false_positive_rate && a.true_positive_rate <= b.true_positive_rate
        };
        prop_assert!(thin.windows(2).all(|pair| rises(&pair[0], &pair[1])));
    }

    #[test]
    fn calibration_bins_hold_every_row_once_and_ascend((labels, scores) in rows(), n_bins in 1_usize..15) {
        let bins = calibration_curve(&labels, &scores, n_bins).unwrap();
        prop_assert!(bins.len() <= n_bins);
        prop_assert_eq!(bins.iter().map(|bin| bin.n_rows).sum::<u64>(), labels.len() as u64);
        prop_assert!(bins.windows(2).all(|pair| pair[0].mean_predicted < pair[1].mean_predicted));
        let positives: f64 = bins.iter().map(|bin| bin.share_positive * bin.n_rows as f64).sum();
        prop_assert!((positives - f64::from(labels.iter().sum::<f32>())).abs() < 1e-9);
    }

    #[test]
    fn certain_and_right_probabilities_are_estimated_as_measured((labels, _) in rows()) {
        let certain: Vec<f64> = labels.iter().map(|&label| f64::from(label)).collect();
        let estimated = estimated_metrics(&certain, 0.5).unwrap();
        prop_assert_eq!((estimated.roc_auc, estimated.f1, estimated.accuracy), (Some(1.0), 1.0, 1.0));
    }
}
