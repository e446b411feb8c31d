//! Cross-validation looks at nothing but each fold's training rows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use features::{Column, FeatureRule, FeatureSpec, Field, Frame};
use serde_json::Map;
use training::{Family, Folds, Rng, TrainingError, cross_validate};

fn spec() -> FeatureSpec {
    FeatureSpec {
        fields: vec![Field::number("amount"), Field::category("plan")],
        rules: vec![FeatureRule::number("amount"), FeatureRule::one_hot("plan")],
    }
}

fn data(n_rows: usize) -> (Frame, Vec<f32>) {
    let mut rng = Rng::new(4);
    let (mut amounts, mut plans, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..n_rows {
        let amount = rng.unit();
        let plan = ["month", "year"][rng.below(2)];
        let p = 0.2 + 0.5 * amount + if plan == "month" { 0.2 } else { -0.1 };
        amounts.push(if i % 17 == 0 { f64::NAN } else { amount });
        plans.push(Some(plan.to_owned()));
        labels.push(f32::from(u8::from(rng.unit() < p)));
    }
    let frame =
        Frame::new(vec![("amount".to_owned(), Column::Number(amounts)), ("plan".to_owned(), Column::Category(plans))]);
    (frame.unwrap(), labels)
}

#[test]
fn measures_every_fold_and_repeats_itself() {
    let (frame, labels) = data(600);
    let (spec, rows) = (spec(), (0..600).collect::<Vec<_>>());
    let folds = Folds { frame: &frame, labels: &labels, rows: &rows, spec: &spec, n_folds: 5, seed: 8 };
    for family in [Family::LogisticRegression, Family::Lightgbm] {
        let result = cross_validate(family, &Map::new(), &folds).unwrap();
        assert_eq!((result.roc_auc.len(), result.log_loss.len()), (5, 5));
        assert!((0.6..0.85).contains(&result.roc_auc_mean()), "{family}: {result:?}");
        assert!(result.log_loss_mean() < 0.69, "{family}: {result:?}");
        assert_eq!(cross_validate(family, &Map::new(), &folds).unwrap(), result);
    }
}

#[test]
fn rows_that_take_no_part_change_nothing() {
    let (frame, mut labels) = data(600);
    let (spec, rows) = (spec(), (0..600).filter(|i| i % 3 != 0).collect::<Vec<_>>());
    let run = |frame: &Frame, labels: &[f32]| {
        let folds = Folds { frame, labels, rows: &rows, spec: &spec, n_folds: 4, seed: 8 };
        cross_validate(Family::LogisticRegression, &Map::new(), &folds).unwrap()
    };
    let before = run(&frame, &labels);
    let Some(Column::Number(mut amounts)) = frame.column("amount").cloned() else { panic!("a number") };
    for i in (0..600).step_by(3) {
        labels[i] = 1.0 - labels[i];
        amounts[i] = 1e9;
    }
    let poisoned = Frame::new(vec![
        ("amount".to_owned(), Column::Number(amounts)),
        ("plan".to_owned(), frame.column("plan").unwrap().clone()),
    ]);
    assert_eq!(run(&poisoned.unwrap(), &labels), before);
}

#[test]
fn labels_that_do_not_cover_the_rows_are_an_error() {
    let (frame, labels) = data(60);
    let (spec, rows) = (spec(), (0..60).collect::<Vec<_>>());
    let folds = Folds { frame: &frame, labels: &labels[..50], rows: &rows, spec: &spec, n_folds: 3, seed: 1 };
    let error = cross_validate(Family::LogisticRegression, &Map::new(), &folds).unwrap_err();
    assert!(matches!(error, TrainingError::LengthMismatch { what: "labels", .. }), "{error}");
}
