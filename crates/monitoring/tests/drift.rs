//! Drift against frozen references. Expected numbers are from scipy 1.17.1 (`chi2.ppf`) or follow from the formulas.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use contracts::{DriftReference, Monitoring};
use features::{Column, Field, Frame};
use monitoring::{
    Drift, FieldDrift, MonitoringError, compare, critical_psi, drift, drift_reference, score_histogram, short,
};
use proptest::prelude::*;

const BOUNDS: Monitoring = Monitoring {
    min_rows: 10,
    min_labelled_rows: 5,
    min_roc_auc: 0.7,
    max_psi: 0.2,
    psi_confidence: 0.95,
    cool_down_hours: 24,
};

/// Numbers that look random and are the same in every run.
fn noise(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..n).map(|_| (0..6).map(|_| next()).sum::<f64>() - 3.0).collect()
}

fn frame(column: Column) -> Frame {
    Frame::new(vec![("x".to_owned(), column)]).unwrap()
}

fn reference_of(column: Column) -> DriftReference {
    let n = column.len();
    let kind = Field { name: "x".to_owned(), kind: column.kind() };
    drift_reference(&frame(column), &[kind], &(0..n).collect::<Vec<_>>(), &[0.1, 0.5, 0.9]).unwrap()
}

fn compared(reference: Column, current: Column) -> FieldDrift {
    compare(&reference_of(reference).fields[0], &current, &BOUNDS).unwrap()
}

fn texts(values: &[(&str, usize)]) -> Column {
    let repeat = |&(value, n): &(&str, usize)| {
        std::iter::repeat_n(if value.is_empty() { None } else { Some(value.to_owned()) }, n)
    };
    Column::Category(values.iter().flat_map(repeat).collect())
}

#[test]
fn chance_alone_stays_below_the_critical_value_as_often_as_it_says() {
    for (n_bins, quantile) in [(2, 3.841458820694124), (10, 16.918977604620448), (11, 18.307038053275146)] {
        let found = critical_psi(n_bins, 1_000, 4_000, 0.95);
        assert!((found - quantile * (0.001 + 0.00025)).abs() < 1e-8, "{n_bins}: {found}");
    }
    assert_eq!(critical_psi(1, 10, 10, 0.95), 0.0, "one bin cannot differ");
    let reference = reference_of(Column::Number(noise(2_000, 1)));
    let n_above = (2..402)
        .filter(|&seed| {
            let found = compare(&reference.fields[0], &Column::Number(noise(500, seed)), &BOUNDS).unwrap();
            found.psi >= found.critical_psi
        })
        .count();
    assert!((8..=32).contains(&n_above), "{n_above} of 400 samples without drift are above, 20 are expected");
}

#[test]
fn few_rows_need_more_than_the_fixed_bound() {
    let values = noise(2_000, 1);
    let few = compared(Column::Number(values.clone()), Column::Number(noise(30, 9)));
    assert!(few.critical_psi > 0.5 && few.bound == few.critical_psi, "{few:?}");
    let many = compared(Column::Number(values), Column::Number(noise(3_000, 9)));
    assert!(many.critical_psi < 0.02 && many.bound == 0.2 && !many.drifted, "{many:?}");
}

#[test]
fn a_shifted_number_has_drifted_by_every_measure() {
    let shifted: Vec<f64> = noise(1_000, 3).iter().map(|value| value + 1.0).collect();
    let found = compared(Column::Number(noise(2_000, 1)), Column::Number(shifted));
    assert!(found.drifted && found.psi > 1.0, "{found:?}");
    assert!(found.ks.unwrap() > 0.4 && found.ks_p_value.unwrap() < 1e-9);
    assert!(found.jensen_shannon > 0.3);
    let shares: f64 = found.bins.iter().map(|bin| bin.current).sum();
    assert!((shares - 1.0).abs() < 1e-12);
}

#[test]
fn missing_values_are_a_bin_of_their_own() {
    let reference = noise(1_000, 1);
    let current: Vec<f64> =
        noise(1_000, 2).iter().enumerate().map(|(i, &v)| if i % 2 == 0 { f64::NAN } else { v }).collect();
    let found = compared(Column::Number(reference), Column::Number(current));
    assert_eq!((found.missing_reference, found.missing_current), (0.0, 0.5));
    assert!(found.drifted, "half of the values are gone: {found:?}");
    assert!(found.ks.unwrap() < 0.1, "those that are there have not moved");
    assert_eq!(found.bins.last().unwrap().label, "missing");
    let all_gone = compared(Column::Number(noise(100, 1)), Column::Number(vec![f64::NAN; 100]));
    assert_eq!((all_gone.ks, all_gone.drifted), (None, true));
}

#[test]
fn a_constant_field_that_changes_has_drifted() {
    for other in [4.0, 6.0] {
        let found = compared(Column::Number(vec![5.0; 200]), Column::Number(vec![other; 200]));
        assert!(found.drifted && found.psi > 5.0, "{found:?}");
    }
    let same = compared(Column::Number(vec![5.0; 200]), Column::Number(vec![5.0; 100]));
    assert_eq!((same.psi, same.critical_psi, same.drifted), (0.0, 0.0, false));
}

#[test]
fn levels_are_compared_and_new_ones_are_other() {
    let reference = texts(&[("month", 60), ("year", 40)]);
    let same = compared(reference.clone(), texts(&[("month", 30), ("year", 20)]));
    assert!(same.psi < 1e-12 && !same.drifted && same.ks.is_none());
    let new = compared(reference.clone(), texts(&[("month", 30), ("year", 20), ("week", 50)]));
    let labels: Vec<&str> = new.bins.iter().map(|bin| bin.label.as_str()).collect();
    assert_eq!(labels, ["month", "year", "other", "missing"]);
    assert_eq!((new.bins[2].current, new.drifted), (0.5, true));
    let gone = compared(reference, texts(&[("month", 60), ("", 40)]));
    assert_eq!((gone.missing_current, gone.drifted), (0.4, true));
}

#[test]
fn score_and_fields_are_ranked_by_how_far_they_moved() {
    let both = |shift: f64| {
        let moved: Vec<f64> = noise(500, 7).iter().map(|value| value + shift).collect();
        let columns = vec![("a".to_owned(), Column::Number(noise(500, 5))), ("b".to_owned(), Column::Number(moved))];
        Frame::new(columns).unwrap()
    };
    let fields = [Field::number("a"), Field::number("b")];
    let scores: Vec<f64> = (0..500).map(|i| f64::from(i) / 500.0).collect();
    let reference = drift_reference(&both(0.0), &fields, &(0..500).collect::<Vec<_>>(), &scores).unwrap();
    let found: Drift = drift(&reference, &both(2.0), &scores, &BOUNDS).unwrap();
    assert_eq!(found.score.name, "score");
    assert!(found.score.psi < 1e-12 && found.score.ks.unwrap() < 0.003, "{:?}", found.score);
    assert_eq!(found.ranked().iter().map(|field| field.name.as_str()).collect::<Vec<_>>(), ["b", "a"]);
    assert_eq!(found.max_psi(), found.ranked()[0].psi);
    assert_eq!(found.mean_missing(), Some((0.0, 0.0)));
}

#[test]
fn what_does_not_fit_the_reference_is_named() {
    let reference = reference_of(Column::Number(vec![1.0, 2.0]));
    let other = drift(&reference, &frame(texts(&[("a", 2)])), &[0.5, 0.5], &BOUNDS).unwrap_err();
    assert_eq!(other, MonitoringError::OtherKind { field: "x".to_owned() });
    let absent = Frame::new(vec![("y".to_owned(), Column::Number(vec![1.0]))]).unwrap();
    assert!(drift(&reference, &absent, &[0.5], &BOUNDS).unwrap_err().to_string().contains('x'));
    let none = drift(&reference, &frame(Column::Number(Vec::new())), &[], &BOUNDS).unwrap_err();
    assert_eq!(none.to_string(), "field `score` has no rows");
    let mut broken = reference;
    broken.fields[0].counts.pop();
    let broken = drift(&broken, &frame(Column::Number(vec![1.0])), &[0.5], &BOUNDS).unwrap_err();
    assert!(matches!(broken, MonitoringError::BrokenReference { .. }), "{broken}");
}

#[test]
fn the_histogram_has_every_row_in_twenty_bins() {
    let reference = reference_of(Column::Number(vec![1.0]));
    let found = score_histogram(&reference.score, &[0.0, 0.04, 0.5, 1.0]).unwrap();
    assert_eq!((found.edges.len(), found.current.len()), (21, 20));
    assert_eq!((found.current[0], found.current[10], found.current[19]), (0.5, 0.25, 0.25));
    assert!((found.reference.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    assert_eq!(score_histogram(&reference.score, &[]), None);
}

#[test]
fn numbers_are_short_and_stay_readable() {
    let shown: Vec<String> =
        [0.0, -0.0, 0.12345, 12.0, 123.456, 12_345.678, -5.5, 1e-7, 2.5e10].into_iter().map(short).collect();
    assert_eq!(shown, ["0", "0", "0.1235", "12", "123.5", "12346", "-5.5", "1.000e-7", "2.500e10"]);
}

proptest! {
    #[test]
    fn frozen_quantiles_stand_for_the_whole_sample(seed in 0_u64..1_000, shift in -1.0..1.0_f64) {
        let reference = noise(3_000, seed + 1);
        let current: Vec<f64> = noise(400, seed + 5_000).iter().map(|value| value + shift).collect();
        let exact = metrics::kolmogorov_smirnov(&reference, &current).unwrap().statistic;
        let found = compared(Column::Number(reference), Column::Number(current)).ks.unwrap();
        prop_assert!((found - exact).abs() <= 1.0 / 400.0, "{found} for {exact}");
    }
}
