//! The module gives what the same source gives natively, and both builds agree.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod support;

use contracts::{Reference, WasmBuild};
use features::{Column, FeaturePlan, FeatureRule, FeatureSpec, Field, Fill, Frame, Value, wire};
use inference::{InferenceError, Limits, Model};
use onnx::proto::{DataType, NodeProto, TensorProto};
use wasm_model::Session;

const N_NUMBERS: usize = 18;
const N_FEATURES: usize = N_NUMBERS + 2;
/// More than one call's worth of rows, so that splitting is covered.
const N_ROWS: usize = 9_000;

fn model(build: WasmBuild, onnx: &[u8]) -> Model {
    let plan = support::plan(N_NUMBERS).to_json();
    Model::load(&support::module(build), onnx, &plan, Limits::default()).unwrap()
}

fn native(onnx: &[u8]) -> (Vec<f32>, Vec<f32>) {
    let mut session = Session::load(onnx, &support::plan(N_NUMBERS).to_json()).unwrap();
    let mut coded = Vec::new();
    for value in support::rows(N_NUMBERS, N_ROWS).iter().flatten() {
        wire::encode_value(value, &mut coded);
    }
    let features = session.transform(&coded, N_ROWS).unwrap().to_vec();
    (features, session.predict_rows(&coded, N_ROWS).unwrap().to_vec())
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn features_and_answers_have_the_same_bits_natively_and_in_the_module() {
    for onnx in [support::boosted(N_FEATURES, 100, 31), support::linear(N_FEATURES)] {
        let (features, answers) = native(&onnx);
        let mut model = model(WasmBuild::Compact, &onnx);
        let rows = support::rows(N_NUMBERS, N_ROWS);
        let matrix = model.transform(&rows).unwrap();
        assert_eq!(bits(&matrix.values), bits(&features));
        assert_eq!(bits(&model.predict_rows(&rows).unwrap()), bits(&answers));
        assert_eq!(bits(&model.predict_matrix(&matrix).unwrap()), bits(&answers));
        let distinct: std::collections::BTreeSet<u32> = bits(&answers).into_iter().collect();
        assert!(distinct.len() > N_ROWS / 10, "the rows do not exercise the model");
    }
}

#[test]
fn ratios_and_weighted_sums_have_the_same_bits_natively_and_in_the_module() {
    let fields: Vec<Field> = ["a", "b", "c"].map(Field::number).to_vec();
    let rules = vec![
        // 0.1 has no exact form, so a fused multiplication would show in the last bits.
        FeatureRule::linear("sum", &[("a", 0.1), ("b", -0.7), ("c", 1e-3)], Fill::Median),
        FeatureRule::linear("difference", &[("a", 1.0), ("b", -1.0)], Fill::Constant(0.0)),
        FeatureRule::ratio("ratio", &["a", "b"], &["c"], Fill::Median),
    ];
    let columns = ["a", "b", "c"].map(|name| (name.to_owned(), Column::Number(vec![1.0, -2.0, 3.5])));
    let frame = Frame::new(columns.to_vec()).unwrap();
    let plan = FeaturePlan::fit(&FeatureSpec { fields, rules }, &frame, &[0, 1, 2]).unwrap();
    let mut numbers = support::Numbers(11);
    let rows: Vec<Vec<Value<'_>>> = (0..2_000)
        .map(|_| {
            // Of any magnitude: cancellation and overflow occur.
            let mut number = || match f64::from_bits(numbers.next()) {
                number if numbers.next().is_multiple_of(3) => Value::Number(number),
                _ => Value::Number(f64::from(numbers.unit()) * 1e6),
            };
            vec![number(), number(), number()]
        })
        .collect();
    let onnx = support::linear(plan.n_features());
    let mut coded = Vec::new();
    rows.iter().flatten().for_each(|value| wire::encode_value(value, &mut coded));
    let mut native = Session::load(&onnx, &plan.to_json()).unwrap();
    let expected = native.transform(&coded, rows.len()).unwrap().to_vec();
    for build in [WasmBuild::Compact, WasmBuild::Tract] {
        let mut model = Model::load(&support::module(build), &onnx, &plan.to_json(), Limits::default()).unwrap();
        assert_eq!(bits(&model.transform(&rows).unwrap().values), bits(&expected), "{build:?}");
    }
    let distinct: std::collections::BTreeSet<u32> = bits(&expected).into_iter().collect();
    assert!(distinct.len() > rows.len(), "the rows do not exercise the features");
}

#[test]
fn the_tract_build_agrees_with_the_compact_one() {
    // Trees run the same code in both; tract's matrix product is f32, 20 products of at most 1 each.
    for (onnx, tolerance) in [(support::boosted(N_FEATURES, 100, 31), 0.0), (support::linear(N_FEATURES), 1e-6)] {
        let (_, answers) = native(&onnx);
        let found = model(WasmBuild::Tract, &onnx).predict_rows(&support::rows(N_NUMBERS, N_ROWS)).unwrap();
        let largest = answers.iter().zip(&found).map(|(a, b)| f64::from(a - b).abs()).fold(0.0, f64::max);
        println!("largest difference between the builds: {largest:e}");
        assert_eq!(answers.len(), found.len());
        assert!(largest <= tolerance, "{largest:e} is more than {tolerance:e}");
    }
}

/// σ(x · weights) as three operators that have nothing to do with trees.
fn dense(weights: &[f32]) -> Vec<u8> {
    let mut model = onnx::decode(&support::linear(weights.len())).unwrap();
    let node = |op_type: &str, input: &[&str], output: &str| NodeProto {
        op_type: op_type.to_owned(),
        input: input.iter().map(|&name| name.to_owned()).collect(),
        output: vec![output.to_owned()],
        ..NodeProto::default()
    };
    let graph = model.graph.as_mut().unwrap();
    graph.node = vec![
        node("MatMul", &["input", "weights"], "scores"),
        node("Sigmoid", &["scores"], "sigmoid"),
        node("Identity", &["sigmoid"], "probabilities"),
    ];
    graph.initializer = vec![TensorProto {
        name: "weights".to_owned(),
        dims: vec![weights.len() as i64, 1],
        data_type: DataType::Float.into(),
        float_data: weights.to_vec(),
        ..TensorProto::default()
    }];
    graph.output.remove(0);
    let shape = graph.output[0].r#type.as_mut().unwrap().tensor_type.as_mut().unwrap().shape.as_mut().unwrap();
    shape.dim[1].dim_value = Some(1);
    onnx::encode(&model)
}

#[test]
fn the_tract_build_runs_graphs_that_the_compact_one_refuses() {
    let weights: Vec<f32> = (0..N_FEATURES).map(|i| i as f32 / 40.0 - 0.25).collect();
    let onnx = dense(&weights);
    let plan = support::plan(N_NUMBERS).to_json();
    let error = Model::load(&support::module(WasmBuild::Compact), &onnx, &plan, Limits::default()).unwrap_err();
    assert!(matches!(error, InferenceError::Rejected { operator: Some(name), .. } if name == "MatMul"));

    let mut model = model(WasmBuild::Tract, &onnx);
    let matrix = model.transform(&support::rows(N_NUMBERS, 100)).unwrap();
    let answers = model.predict_matrix(&matrix).unwrap();
    assert_eq!(answers.len(), 100);
    for (row, answer) in matrix.rows().zip(answers) {
        let score: f64 = row.iter().zip(&weights).map(|(&x, &w)| f64::from(x) * f64::from(w)).sum();
        assert!((1.0 / (1.0 + (-score).exp()) - f64::from(answer)).abs() < 1e-6);
    }
}

#[test]
fn a_regression_has_the_same_value_in_both_builds() {
    let mut file = onnx::decode(&support::boosted(N_FEATURES, 20, 15)).unwrap();
    let graph = file.graph.as_mut().unwrap();
    let node = &mut graph.node[0];
    node.op_type = "TreeEnsembleRegressor".to_owned();
    node.output.remove(0);
    // One target instead of two classes: every second weight.
    for attribute in &mut node.attribute {
        if let Some(rest) = attribute.name.strip_prefix("class_") {
            attribute.name = format!("target_{rest}");
            attribute.ints = attribute.ints.iter().skip(1).step_by(2).copied().collect();
            attribute.floats = attribute.floats.iter().skip(1).step_by(2).copied().collect();
            if attribute.name == "target_ids" {
                attribute.ints.fill(0);
            }
        }
    }
    node.attribute.retain(|attribute| !["classlabels_int64s", "post_transform"].contains(&attribute.name.as_str()));
    graph.node.truncate(1);
    graph.output.remove(0);
    let shape = graph.output[0].r#type.as_mut().unwrap().tensor_type.as_mut().unwrap().shape.as_mut().unwrap();
    shape.dim[1].dim_value = Some(1);
    let onnx = onnx::encode(&file);
    let rows = support::rows(N_NUMBERS, 500);
    let [compact, tract] =
        [WasmBuild::Compact, WasmBuild::Tract].map(|build| model(build, &onnx).predict_rows(&rows).unwrap());
    assert_eq!(bits(&compact), bits(&tract));
    assert!(compact.iter().any(|&value| value < 0.0), "a regression is no probability");
}

#[test]
fn the_guest_computes_the_fingerprint_of_the_plan() {
    let model = model(WasmBuild::Compact, &support::linear(N_FEATURES));
    let fingerprint = support::plan(N_NUMBERS).fingerprint();
    assert_eq!(model.fingerprint(), fingerprint);
    assert_eq!((model.n_features(), model.n_fields()), (N_FEATURES, N_NUMBERS + 1));
    let model = model.expecting_fingerprint(&fingerprint).unwrap();
    let error = model.expecting_fingerprint("another").unwrap_err();
    assert!(matches!(error, InferenceError::Fingerprint { expected, .. } if expected == "another"));
}

#[test]
fn the_difference_from_a_reference_is_the_largest_one() {
    let plan = support::plan(1);
    let onnx = onnx::encode(&onnx::linear_classifier(&[1.0, 0.0, 0.0], 0.0, &onnx::ModelInfo::default()).unwrap());
    let mut model =
        Model::load(&support::module(WasmBuild::Compact), &onnx, &plan.to_json(), Limits::default()).unwrap();
    let mut reference = Reference {
        fields: vec!["contract".to_owned(), "number 0".to_owned()],
        rows: vec![vec!["year".into(), 0.0.into()], vec![serde_json::Value::Null, 0.0.into()]],
        probabilities: vec![0.5, 0.25],
        tolerance: 0.0,
    };
    assert_eq!(model.max_abs_difference(&reference).unwrap(), 0.25);
    reference.probabilities[0] = f64::NAN;
    assert!(model.max_abs_difference(&reference).unwrap().is_nan());
    reference.fields[0] = "another".to_owned();
    assert!(matches!(model.max_abs_difference(&reference), Err(InferenceError::Rejected { .. })));
}
