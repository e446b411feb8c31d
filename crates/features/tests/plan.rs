//! What a plan promises, on any specification and any rows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use features::{Column, Feature, FeatureError, FeaturePlan, FeatureRule, FeatureSpec, Field, Fill, Frame, Kind, Value};
use proptest::prelude::*;

/// Two numbers and two categories, and one rule of each sort.
fn spec() -> FeatureSpec {
    FeatureSpec {
        fields: vec![Field::number("a"), Field::category("c"), Field::number("b"), Field::category("d")],
        rules: vec![
            FeatureRule::number("a"),
            FeatureRule::number_or("b", -1.0),
            FeatureRule::missing_flag("b"),
            FeatureRule::missing_flag("c"),
            FeatureRule::OneHot { field: "c".into(), levels: vec![], min_count: 2, max_levels: 2, other: true },
            FeatureRule::ordinal("d", &["low", "high"]),
            FeatureRule::ratio("a_per_b", &["a"], &["b"], Fill::Median),
            FeatureRule::ratio("a_a_per_b", &["a", "a"], &["b"], Fill::Constant(7.0)),
            FeatureRule::linear("a_less_b", &[("a", 1.0), ("b", -1.0)], Fill::Median),
            FeatureRule::linear("a_and_half_b", &[("a", 1.0), ("b", 0.5)], Fill::Constant(-9.0)),
        ],
    }
}

fn frame(a: Vec<f64>, c: Vec<Option<&str>>, b: Vec<f64>, d: Vec<Option<&str>>) -> Frame {
    let category =
        |levels: Vec<Option<&str>>| Column::Category(levels.into_iter().map(|l| l.map(Into::into)).collect());
    Frame::new(vec![
        ("a".into(), Column::Number(a)),
        ("b".into(), Column::Number(b)),
        ("c".into(), category(c)),
        ("d".into(), category(d)),
    ])
    .unwrap()
}

fn sample() -> Frame {
    frame(
        vec![1.0, 2.0, f64::NAN, 10.0, 5.0],
        vec![Some("x"), Some("y"), Some("x"), None, Some("y")],
        vec![2.0, 0.0, 4.0, f64::NAN, 2.0],
        vec![Some("low"), Some("high"), None, Some("middle"), Some("high")],
    )
}

fn row(plan: &FeaturePlan, values: &[Value<'_>]) -> Vec<f32> {
    let mut out = vec![f32::NAN; plan.n_features()];
    plan.transform_row(values, &mut out).unwrap();
    out
}

#[test]
fn every_rule_does_what_it_says() {
    let plan = FeaturePlan::fit(&spec(), &sample(), &[0, 1, 2, 3, 4]).unwrap();
    let names = ["a", "b", "b_missing", "c_missing", "c=x", "c=y", "c=<other>", "d", "a_per_b", "a_a_per_b"];
    let sums = ["a_less_b", "a_and_half_b"];
    assert_eq!(plan.feature_names(), [names.as_slice(), &sums].concat());
    let matrix = plan.transform(&sample(), &[0, 1, 2, 3]).unwrap();
    // The median of a is that of 1, 2, 5, 10; of a/b that of 1/2 and 5/2, as 2/0 and missing numbers have no ratio;
    // of a - b that of -1, 2 and 3.
    assert_eq!(matrix.row(0), [1.0, 2.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.5, 0.5, -1.0, 2.0]);
    assert_eq!(matrix.row(1), [2.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.5, 7.0, 2.0, 2.0]);
    assert_eq!(matrix.row(2), [3.5, 4.0, 0.0, 0.0, 1.0, 0.0, 0.0, -1.0, 1.5, 7.0, 2.0, -9.0]);
    assert_eq!(matrix.row(3), [10.0, -1.0, 1.0, 1.0, 0.0, 0.0, 1.0, -1.0, 1.5, 7.0, 2.0, -9.0]);
}

#[test]
fn only_the_fitted_rows_are_looked_at() {
    let rows = [0, 2, 4];
    let plan = FeaturePlan::fit(&spec(), &sample(), &rows).unwrap();
    let poisoned = frame(
        vec![1.0, 1e30, f64::NAN, -1e30, 5.0],
        vec![Some("x"), Some("poison"), Some("x"), Some("poison"), Some("y")],
        vec![2.0, 1e-30, 4.0, 1e-30, 2.0],
        vec![Some("low"), Some("poison"), None, Some("poison"), Some("high")],
    );
    assert_eq!(FeaturePlan::fit(&spec(), &poisoned, &rows).unwrap(), plan);
}

#[test]
fn rare_levels_share_the_feature_for_others() {
    let spec = FeatureSpec {
        fields: vec![Field::category("c")],
        rules: vec![FeatureRule::OneHot {
            field: "c".into(),
            levels: vec![],
            min_count: 2,
            max_levels: 2,
            other: true,
        }],
    };
    let levels = ["w", "x", "x", "y", "y", "z", "z", "z"].map(|level| Some(level.to_owned()));
    let frame = Frame::new(vec![("c".into(), Column::Category(levels.to_vec()))]).unwrap();
    let plan = FeaturePlan::fit(&spec, &frame, &[0, 1, 2, 3, 4, 5, 6, 7]).unwrap();
    // w is too rare; of x and y, which are as frequent, the first by name is kept.
    assert_eq!(plan.feature_names(), ["c=x", "c=z", "c=<other>"]);
    assert_eq!(row(&plan, &[Value::Category("y")]), [0.0, 0.0, 1.0]);
}

#[test]
fn a_number_too_large_for_f32_stays_finite() {
    let plan = FeaturePlan::fit(&spec(), &sample(), &[0]).unwrap();
    let out = row(&plan, &[Value::Number(1e300), Value::Missing, Value::Number(-1e300), Value::Missing]);
    assert_eq!((out[0], out[1]), (f32::MAX, f32::MIN));
    let sum = out.len() - 2;
    assert_eq!(out[sum], f32::MAX, "a sum as well");
    let most = [Value::Number(f64::MAX), Value::Missing, Value::Number(f64::MIN), Value::Missing];
    assert_eq!(row(&plan, &most)[sum], -1.0, "a sum that overflows is undefined, and 1 - 2 was the only one fitted");
    let out = row(&plan, &[Value::Number(f64::INFINITY), Value::Missing, Value::Number(f64::NAN), Value::Missing]);
    assert_eq!((out[0], out[1], out[2]), (1.0, -1.0, 1.0), "infinite and NaN count as missing");
}

#[test]
fn a_row_of_the_wrong_shape_or_kind_is_refused() {
    let plan = FeaturePlan::fit(&spec(), &sample(), &[0]).unwrap();
    let mut out = vec![0.0; plan.n_features()];
    let missing = [Value::Missing; 4];
    assert!(matches!(plan.transform_row(&missing[..3], &mut out), Err(FeatureError::WrongLength { expected: 4, .. })));
    let n = out.len();
    let expected = FeatureError::WrongLength { what: "features of a row", expected: n, found: n - 1 };
    assert_eq!(plan.transform_row(&missing, &mut out[1..]), Err(expected));
    let values = [Value::Category("1"), Value::Missing, Value::Missing, Value::Missing];
    let error = plan.transform_row(&values, &mut out).unwrap_err();
    assert_eq!(error.to_string(), "field `a` must be a number, not a category");
}

#[test]
fn a_frame_without_a_field_is_refused_by_name() {
    let frame = Frame::new(vec![("a".into(), Column::Number(vec![1.0]))]).unwrap();
    let error = FeaturePlan::fit(&spec(), &frame, &[0]).unwrap_err();
    assert_eq!(error, FeatureError::UnknownField { field: "c".into() });
    let plan = FeaturePlan::fit(&spec(), &sample(), &[0]).unwrap();
    assert_eq!(plan.transform(&frame, &[0]).unwrap_err(), error);
}

#[test]
fn fitting_needs_rows_that_exist() {
    assert_eq!(FeaturePlan::fit(&spec(), &sample(), &[]), Err(FeatureError::NoRows));
    let error = FeaturePlan::fit(&spec(), &sample(), &[5]);
    assert_eq!(error, Err(FeatureError::NoSuchRow { row: 5, n_rows: 5 }));
    let plan = FeaturePlan::fit(&spec(), &sample(), &[0]).unwrap();
    assert_eq!(plan.transform(&sample(), &[9]), Err(FeatureError::NoSuchRow { row: 9, n_rows: 5 }));
}

#[test]
fn frames_are_even_and_their_names_unique() {
    let columns = |names: [&str; 2], lengths: [usize; 2]| {
        let column = |i: usize| (names[i].to_owned(), Column::Number(vec![0.0; lengths[i]]));
        Frame::new(vec![column(0), column(1)])
    };
    assert!(columns(["a", "b"], [2, 2]).is_ok());
    let uneven = FeatureError::UnevenColumns { column: "b".into(), expected: 2, found: 3 };
    assert_eq!(columns(["a", "b"], [2, 3]), Err(uneven));
    assert_eq!(columns(["a", "a"], [2, 2]), Err(FeatureError::Duplicate { what: "column", name: "a".into() }));
}

#[test]
fn frames_are_put_together_and_rows_taken_out() {
    let mut whole = sample();
    whole.append(sample()).unwrap();
    assert_eq!(whole.n_rows(), 10);
    whole.retain(&[false, true, false, false, false, true, true]);
    assert_eq!(whole.n_rows(), 3);
    let texts = |frame: &Frame| format!("{:?}", ["a", "b", "c", "d"].map(|name| frame.column(name).unwrap().value(0)));
    let mut second = sample();
    second.retain(&[false, true]);
    assert_eq!((texts(&whole), second.n_rows()), (texts(&second), 1));
    let only_a = Frame::new(vec![("a".into(), Column::Number(vec![1.0]))]).unwrap();
    assert_eq!(whole.append(only_a.clone()), Err(FeatureError::UnknownField { field: "b".into() }));
    let mut few = only_a;
    assert_eq!(few.append(sample()), Err(FeatureError::UnknownField { field: "b".into() }));
    let other_kind = Frame::new(vec![("a".into(), Column::Category(vec![None]))]).unwrap();
    assert!(matches!(few.append(other_kind), Err(FeatureError::WrongKind { .. })));
    assert_eq!(few.n_rows(), 1);
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -1e3..1e3,
        1 => any::<f64>(), // subnormal, infinite, NaN of any sign
        1 => Just(0.0),
        1 => Just(f64::NAN),
    ]
}

fn level() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        Just(None),
        Just(Some("low".to_owned())),
        Just(Some("high".to_owned())),
        prop::option::of("[a-z]{0,2}"),
        prop::option::of(any::<String>()),
    ]
}

type Row = (f64, Option<String>, f64, Option<String>);

fn any_frame() -> impl Strategy<Value = Frame> {
    prop::collection::vec((number(), level(), number(), level()), 1..40).prop_map(|rows| {
        let categories =
            |pick: fn(&Row) -> &Option<String>| Column::Category(rows.iter().map(|row| pick(row).clone()).collect());
        Frame::new(vec![
            ("a".into(), Column::Number(rows.iter().map(|row| row.0).collect())),
            ("b".into(), Column::Number(rows.iter().map(|row| row.2).collect())),
            ("c".into(), categories(|row| &row.1)),
            ("d".into(), categories(|row| &row.3)),
        ])
        .unwrap()
    })
}

proptest! {
    #[test]
    fn one_row_at_a_time_gives_the_bits_of_the_batch(train in any_frame(), test in any_frame()) {
        let rows: Vec<_> = (0..train.n_rows()).collect();
        let plan = FeaturePlan::fit(&spec(), &train, &rows).unwrap();
        let all: Vec<_> = (0..test.n_rows()).rev().collect();
        let matrix = plan.transform(&test, &all).unwrap();
        prop_assert!(matrix.values.iter().all(|value| value.is_finite()));
        for (i, &r) in all.iter().enumerate() {
            let values: Vec<_> = plan.fields().iter().map(|f| test.column(&f.name).unwrap().value(r)).collect();
            let alone = row(&plan, &values);
            let bits = |row: &[f32]| row.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&alone), bits(matrix.row(i)));
        }
    }

    #[test]
    fn the_order_of_the_fitted_rows_does_not_matter(frame in any_frame()) {
        let rows: Vec<_> = (0..frame.n_rows()).collect();
        let reversed: Vec<_> = rows.iter().rev().copied().collect();
        let plan = FeaturePlan::fit(&spec(), &frame, &rows).unwrap();
        prop_assert_eq!(plan.to_json(), FeaturePlan::fit(&spec(), &frame, &reversed).unwrap().to_json());
    }

    #[test]
    fn a_plan_survives_its_json_form(frame in any_frame(), fill in any::<f32>()) {
        let mut spec = spec();
        if fill.is_finite() {
            spec.rules.push(FeatureRule::linear("l", &[("a", fill), ("b", 0.1)], Fill::Median));
            spec.rules.push(FeatureRule::ratio("r", &["a"], &["b"], Fill::Constant(fill)));
        }
        let rows: Vec<_> = (0..frame.n_rows()).collect();
        let plan = FeaturePlan::fit(&spec, &frame, &rows).unwrap();
        let read = FeaturePlan::from_json(&plan.to_json()).unwrap();
        prop_assert_eq!(read.to_json(), plan.to_json());
        prop_assert_eq!(read.fingerprint(), plan.fingerprint());
        if let (Some(Feature::Ratio { fill: a, .. }), Some(Feature::Ratio { fill: b, .. })) =
            (plan.features().last(), read.features().last())
        {
            prop_assert_eq!(a.to_bits(), b.to_bits());
        }
        prop_assert_eq!(read, plan);
    }

    #[test]
    fn any_level_whatever_gives_features(level in any::<String>()) {
        let plan = FeaturePlan::fit(&spec(), &sample(), &[0, 1, 2, 3, 4]).unwrap();
        let out = row(&plan, &[Value::Missing, Value::Category(&level), Value::Missing, Value::Category(&level)]);
        prop_assert_eq!(out[4] + out[5] + out[6], 1.0);
        prop_assert!([-1.0, 0.0, 1.0].contains(&out[7]));
    }
}

#[test]
fn a_field_is_found_whatever_the_order_of_the_frame() {
    let frame = sample();
    assert_eq!(frame.names().collect::<Vec<_>>(), ["a", "b", "c", "d"]);
    let plan = FeaturePlan::fit(&spec(), &frame, &[0, 1]).unwrap();
    assert_eq!(plan.fields()[1], Field { name: "c".into(), kind: Kind::Category });
}
