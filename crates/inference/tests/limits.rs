//! What a model, a row or a file may not do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use std::{fs, time::Duration};

use contracts::{ErrorName, Sha256, WasmBuild};
use features::{Matrix, Value};
use inference::{InferenceError, Limits, Model, Module, Modules};
use onnx::proto::NodeProto;

fn load(build: WasmBuild, onnx: &[u8], n_numbers: usize, limits: Limits) -> Result<Model, InferenceError> {
    Model::load(&support::module(build), onnx, &support::plan(n_numbers).to_json(), limits)
}

fn compact(onnx: &[u8], n_numbers: usize) -> Model {
    load(WasmBuild::Compact, onnx, n_numbers, Limits::default()).unwrap()
}

fn zeros(n_rows: usize, n_features: usize) -> Matrix {
    Matrix::new(vec![0.0; n_rows * n_features], n_rows, n_features).unwrap()
}

#[test]
fn a_call_that_takes_too_long_is_stopped_and_the_next_one_answers() {
    // 8,192 rows × 100 trees × 4,000 steps take seconds; one row takes well below a millisecond.
    let trees: Vec<_> = (0..100).map(|_| support::chain(2_000)).collect();
    let limits = Limits { time_per_call: Duration::from_millis(200), ..Limits::default() };
    let mut model = load(WasmBuild::Compact, &support::ensemble(3, &trees), 1, limits).unwrap();
    let error = model.predict_matrix(&zeros(8_192, 3)).unwrap_err();
    assert!(matches!(error, InferenceError::OutOfTime { limit } if limit == limits.time_per_call), "{error}");
    let answers = model.predict_matrix(&zeros(1, 3)).unwrap();
    assert!((answers[0] - 1.0 / (1.0 + (-1.0_f32).exp())).abs() < 1e-5, "{answers:?}");
}

#[test]
fn rows_that_need_too_much_memory_are_refused_and_the_next_ones_answer() {
    let n_numbers = 998;
    let limits = Limits { memory_bytes: 8 << 20, ..Limits::default() };
    let mut model = load(WasmBuild::Compact, &support::linear(n_numbers + 2), n_numbers, limits).unwrap();
    let error = model.predict_matrix(&zeros(8_000, n_numbers + 2)).unwrap_err();
    assert!(matches!(error, InferenceError::OutOfMemory { limit_bytes } if limit_bytes == 8 << 20), "{error}");
    assert_eq!(model.predict_matrix(&zeros(10, n_numbers + 2)).unwrap().len(), 10);
}

#[test]
fn a_model_that_needs_too_much_memory_is_refused() {
    let onnx = support::boosted(20, 300, 255);
    let limits = Limits { memory_bytes: 8 << 20, ..Limits::default() };
    let error = load(WasmBuild::Compact, &onnx, 18, limits).unwrap_err();
    assert!(matches!(error, InferenceError::OutOfMemory { .. }), "{error}");
    assert_eq!(error.name(), ErrorName::ModelRejected);
    compact(&onnx, 18);
}

#[test]
fn a_module_that_does_not_fit_at_all_is_refused() {
    let limits = Limits { memory_bytes: 1 << 16, ..Limits::default() };
    let error = load(WasmBuild::Compact, &support::linear(3), 1, limits).unwrap_err();
    assert!(matches!(error, InferenceError::OutOfMemory { .. }), "{error}");
}

#[test]
fn names_the_operator_that_a_build_does_not_have() {
    let mut model = onnx::decode(&support::linear(3)).unwrap();
    let node = NodeProto { op_type: "NoSuchOperator".to_owned(), ..NodeProto::default() };
    model.graph.as_mut().unwrap().node.push(node);
    for build in [WasmBuild::Compact, WasmBuild::Tract] {
        let error = load(build, &onnx::encode(&model), 1, Limits::default()).unwrap_err();
        let InferenceError::Rejected { operator, .. } = &error else { panic!("wrong error: {error}") };
        assert_eq!(operator.as_deref(), Some("NoSuchOperator"));
    }
}

#[test]
fn bytes_that_are_no_model_or_no_plan_are_refused() {
    let module = support::module(WasmBuild::Compact);
    let plan = support::plan(1).to_json();
    for (onnx, plan) in
        [(&b"GIF89a"[..], &plan[..]), (&[], &plan), (&support::linear(3), b"{}"), (&support::linear(3), &[])]
    {
        let error = Model::load(&module, onnx, plan, Limits::default()).unwrap_err();
        assert!(matches!(error, InferenceError::Rejected { .. }), "{error}");
        assert_eq!(error.name(), ErrorName::ModelRejected);
    }
}

#[test]
fn refuses_a_plan_of_another_width() {
    let error = load(WasmBuild::Compact, &support::linear(4), 1, Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), "the feature plan makes 3 features, the model takes 4");
}

#[test]
fn names_the_row_and_field_at_fault_and_goes_on() {
    let mut model = compact(&support::linear(3), 1);
    let good = vec![Value::Number(1.0), Value::Category("year")];
    let mut rows = vec![good.clone(); 9_000];
    rows[8_500] = vec![Value::Category("one"), Value::Missing];
    let error = model.predict_rows(&rows).unwrap_err();
    let InferenceError::Row { row, field, .. } = &error else { panic!("wrong error: {error}") };
    assert_eq!((*row, field.as_deref()), (8_500, Some("number 0")));
    assert_eq!(error.name(), ErrorName::InvalidInput);
    rows[8_500] = vec![Value::Missing];
    assert_eq!(model.predict_rows(&rows).unwrap_err().to_string(), "row 8500: 2 values expected, 1 found");
    assert_eq!(model.predict_rows(&[good]).unwrap().len(), 1);
    assert!(model.predict_rows(&[]).unwrap().is_empty());
    let error = model.predict_matrix(&zeros(1, 2)).unwrap_err();
    assert!(matches!(error, InferenceError::Width { expected: 3, found: 2 }));
}

#[test]
fn a_module_with_another_digest_is_not_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let original = std::env::var("SLUICE_WASM_DIR").expect("SLUICE_WASM_DIR is not set; see `cargo xtask test`");
    let mut bytes = fs::read(format!("{original}/compact.cwasm")).unwrap();
    let listed = Sha256::of(&bytes);
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let path = folder.path().join("compact.cwasm");
    fs::write(&path, &bytes).unwrap();
    let error = Module::load(&path, &listed).unwrap_err();
    assert!(matches!(&error, InferenceError::Digest { found, .. } if *found == Sha256::of(&bytes)), "{error}");
    assert_eq!(error.name(), ErrorName::Internal);
}

#[test]
fn a_folder_without_the_module_says_what_makes_it() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(Modules::open(folder.path()).unwrap_err(), InferenceError::File { .. }));
    fs::write(folder.path().join("wasm.json"), "{}").unwrap();
    let error = Modules::open(folder.path()).unwrap().build(WasmBuild::Tract).unwrap_err();
    assert!(error.to_string().ends_with("it does not list tract.cwasm; `cargo xtask wasm` makes it"), "{error}");
}
