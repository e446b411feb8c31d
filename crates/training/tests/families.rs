//! What every family must keep, on data with a planted signal.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use features::Matrix;
use serde_json::{Map, Value, json};
use training::{Dataset, Family, Fitted, Model, OnnxMetadata, Rng, TOLERANCE, TrainingError, fit};

/// Six features of very different scales; the label depends on the first three with noise, on the fourth through a
/// step, never on the fifth; the sixth is constant.
fn planted(n_rows: usize, seed: u64) -> (Matrix, Vec<f32>) {
    let mut rng = Rng::new(seed);
    let mut values = Vec::new();
    let mut labels = Vec::new();
    for _ in 0..n_rows {
        let u: Vec<f64> = (0..5).map(|_| rng.unit() * 2.0 - 1.0).collect();
        let score = 2.0 * u[0] - 1.5 * u[1] + u[2] + if u[3] > 0.25 { 1.5 } else { -0.5 };
        labels.push(f32::from(u8::from(rng.unit() < 1.0 / (1.0 + (-2.0 * score).exp()))));
        let row = [u[0] * 5_000.0 + 3_000.0, u[1] * 0.01, f64::from(u[2] > 0.0), u[3] * 7.0, u[4], 1.0];
        values.extend(row.map(|value| value as f32));
    }
    (Matrix::new(values, n_rows, 6).unwrap(), labels)
}

/// Small settings, so that the test takes seconds; every kind of randomness a family has is switched on.
fn params(family: Family) -> Map<String, Value> {
    let value = match family {
        Family::LogisticRegression => json!({"alpha": 0.5}),
        Family::RandomForest => json!({"n_estimators": 60, "min_samples_leaf": 3}),
        Family::Lightgbm => json!({"num_iterations": 80, "feature_fraction": 0.7, "bagging_fraction": 0.8}),
        Family::Xgboost => json!({"n_estimators": 80, "subsample": 0.8, "colsample_bytree": 0.7}),
    };
    value.as_object().unwrap().clone()
}

fn train(family: Family, seed: u64) -> Fitted {
    let (x, y) = planted(1_500, 11);
    fit(family, &params(family), &Dataset { x: &x, y: &y }, seed).unwrap()
}

fn onnx_bytes(fitted: &Fitted) -> Vec<u8> {
    let metadata = OnnxMetadata {
        family: fitted.family,
        snapshot_id: "0123456789abcdef".parse().unwrap(),
        feature_fingerprint: "fingerprint".to_owned(),
    };
    fitted.model.to_onnx(&metadata).unwrap()
}

#[test]
fn every_family_finds_the_planted_signal() {
    let (x, y) = planted(4_000, 12);
    for family in Family::ALL {
        let p = train(family, 1).model.probabilities(&x).unwrap();
        let auc = metrics::roc_auc(&y, &p).unwrap();
        // The scores the labels were drawn from reach 0.95 here; shuffled labels would give 0.5.
        assert!(auc > 0.90, "{family}: {auc}");
        assert!(metrics::log_loss(&y, &p).unwrap() < 0.45, "{family}");
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    for family in Family::ALL {
        assert_eq!(onnx_bytes(&train(family, 5)), onnx_bytes(&train(family, 5)), "{family}");
    }
}

#[test]
fn another_seed_gives_another_model_where_there_is_randomness() {
    for family in [Family::RandomForest, Family::Lightgbm, Family::Xgboost] {
        assert_ne!(onnx_bytes(&train(family, 5)), onnx_bytes(&train(family, 6)), "{family}");
    }
    let family = Family::LogisticRegression;
    assert_eq!(onnx_bytes(&train(family, 5)), onnx_bytes(&train(family, 6)));
}

#[test]
fn the_exported_model_agrees_with_the_trainer() {
    for family in Family::ALL {
        let fitted = train(family, 2);
        for x in [planted(1_500, 11).0, planted(3_000, 13).0, beside_thresholds(&fitted.model)] {
            let ours = fitted.model.probabilities(&x).unwrap();
            let theirs = fitted.trainer_probabilities(&x).unwrap();
            assert_eq!((ours.len(), theirs.len()), (x.n_rows, x.n_rows));
            let largest = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            // Both sides sum in f64, so only the rounding of weights remains: a tenth of what other evaluators may show.
            assert!(largest < TOLERANCE / 10.0, "{family}: {largest}");
        }
    }
}

/// Rows that a threshold rounded the wrong way would send down the other branch: at every threshold, and right above.
fn beside_thresholds(model: &Model) -> Matrix {
    let mut rows = Vec::new();
    if let Model::Trees { trees, .. } = model {
        for node in trees.iter().flat_map(|tree| &tree.nodes) {
            if let onnx::TreeNode::Branch { feature, threshold, .. } = node {
                for value in [threshold.next_down(), *threshold, threshold.next_up(), threshold.next_up().next_up()] {
                    let mut row = [3_000.0, 0.0, 1.0, 0.0, 0.0, 1.0];
                    row[*feature as usize] = value;
                    rows.extend(row);
                }
            }
        }
        assert!(!rows.is_empty(), "no tree has a branch");
    }
    let n_rows = rows.len() / 6;
    Matrix::new(rows, n_rows, 6).unwrap()
}

#[test]
fn the_file_holds_the_model_and_says_where_it_comes_from() {
    for family in Family::ALL {
        let file = onnx::decode(&onnx_bytes(&train(family, 2))).unwrap();
        assert_eq!(file.n_features().unwrap(), 6);
        let metadata: Vec<(&str, &str)> =
            file.metadata_props.iter().map(|entry| (entry.key.as_str(), entry.value.as_str())).collect();
        let expected =
            [("family", family.as_str()), ("feature_fingerprint", "fingerprint"), ("snapshot_id", "0123456789abcdef")];
        assert_eq!(metadata, expected);
        let operator = &file.graph().unwrap().node[0].op_type;
        let linear = family == Family::LogisticRegression;
        assert_eq!(operator, if linear { "LinearClassifier" } else { "TreeEnsembleClassifier" });
    }
}

#[test]
fn logistic_regression_reaches_the_minimum_of_its_objective() {
    // At the minimum of Σ loss + alpha / 2 ‖w‖², the derivative by the intercept is the sum of residuals: zero.
    let (x, y) = planted(1_500, 11);
    let p = train(Family::LogisticRegression, 1).trainer_probabilities(&x).unwrap();
    let residual: f64 = p.iter().zip(&y).map(|(p, y)| p - f64::from(*y)).sum();
    assert!(residual.abs() < 1e-4, "{residual}");
}

#[test]
fn a_split_that_nothing_improves_leaves_a_constant() {
    let x = Matrix::new(vec![1.0; 40], 40, 1).unwrap();
    let y: Vec<f32> = (0..40).map(|i| f32::from(u8::from(i % 4 == 0))).collect();
    for family in Family::ALL {
        let fitted = fit(family, &params(family), &Dataset { x: &x, y: &y }, 1).unwrap();
        let ours = fitted.model.probabilities(&x).unwrap();
        let theirs = fitted.trainer_probabilities(&x).unwrap();
        assert!((ours[0] - 0.25).abs() < 0.05, "{family}: {}", ours[0]);
        assert!((ours[0] - theirs[0]).abs() < TOLERANCE / 10.0, "{family}");
        onnx_bytes(&fitted);
    }
}

#[test]
fn bad_hyperparameters_are_named() {
    let (x, y) = planted(100, 1);
    let cases = [
        (Family::LogisticRegression, json!({"alpha": -1}), "`alpha`"),
        (Family::RandomForest, json!({"n_estimators": 0}), "`n_estimators`"),
        (Family::RandomForest, json!({"max_features": 1.5}), "`max_features`"),
        (Family::Lightgbm, json!({"learning_rate": 0}), "`learning_rate`"),
        (Family::Lightgbm, json!({"num_leaves": 1}), "`num_leaves`"),
        (Family::Lightgbm, json!({"max_depth": 0}), "`max_depth`"),
        (Family::Xgboost, json!({"subsample": 0}), "`subsample`"),
        (Family::Xgboost, json!({"max_bin": 1}), "`max_bin`"),
    ];
    for (family, params, name) in cases {
        let error = fit(family, params.as_object().unwrap(), &Dataset { x: &x, y: &y }, 1).err().unwrap();
        assert!(matches!(error, TrainingError::OutOfRange { .. }), "{error}");
        assert!(error.to_string().contains(name) && error.to_string().contains(family.as_str()), "{error}");
    }
    let misspelt = json!({"learning_rat": 0.1});
    for family in Family::ALL {
        let error = family.complete(misspelt.as_object().unwrap()).unwrap_err();
        assert!(error.to_string().contains("learning_rat"), "{error}");
    }
    assert!(matches!("catboost".parse::<Family>(), Err(TrainingError::UnknownFamily { .. })));
}

#[test]
fn completed_hyperparameters_are_all_of_them_and_stay_the_same() {
    for family in Family::ALL {
        let complete = family.complete(&params(family)).unwrap();
        assert!(params(family).iter().all(|(name, value)| complete.get(name) == Some(value)), "{family}");
        assert_eq!(family.complete(&complete).unwrap(), complete);
        assert_eq!(family.as_str().parse::<Family>().unwrap(), family);
    }
}

#[test]
fn data_that_cannot_be_learned_from_is_named() {
    let (x, y) = planted(50, 1);
    let error = |x: &Matrix, y: &[f32]| fit(Family::Lightgbm, &Map::new(), &Dataset { x, y }, 1).err().unwrap();
    let empty = Matrix::new(Vec::new(), 0, 6).unwrap();
    assert!(matches!(error(&empty, &[]), TrainingError::Empty { n_rows: 0, n_features: 6 }));
    assert!(matches!(error(&x, &[1.0; 50]), TrainingError::OneClass { n_rows: 50, label: 1 }));
    assert!(matches!(error(&x, &[0.0; 50]), TrainingError::OneClass { n_rows: 50, label: 0 }));
    assert!(matches!(error(&x, &y[..49]), TrainingError::LengthMismatch { expected: 50, found: 49, .. }));
    let mut half = y.clone();
    half[7] = 0.5;
    assert!(matches!(error(&x, &half), TrainingError::InvalidLabel { row: 7, .. }));
    for bad in [f32::NAN, f32::INFINITY] {
        let mut hole = x.clone();
        hole.values[6 * 3 + 2] = bad;
        assert!(matches!(error(&hole, &y), TrainingError::NotFinite { row: 3, feature: 2, .. }));
    }
}

#[test]
fn a_matrix_of_another_width_is_refused() {
    let fitted = train(Family::Xgboost, 1);
    let narrow = Matrix::new(vec![0.0; 10], 2, 5).unwrap();
    for error in [fitted.model.probabilities(&narrow).err(), fitted.trainer_probabilities(&narrow).err()] {
        assert!(matches!(error, Some(TrainingError::LengthMismatch { expected: 6, found: 5, .. })));
    }
    let none = Matrix::new(Vec::new(), 0, 6).unwrap();
    assert!(fitted.trainer_probabilities(&none).unwrap().is_empty());
}
