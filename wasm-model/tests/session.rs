//! Plan and model together, natively.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use features::{Column, FeaturePlan, FeatureRule, FeatureSpec, Field, Frame, Value, wire};
use onnx::ModelInfo;
use proptest::prelude::*;
use wasm_model::{GuestError, Session};

fn plan() -> FeaturePlan {
    let spec = FeatureSpec {
        fields: vec![Field::number("tenure"), Field::category("contract")],
        rules: vec![FeatureRule::number("tenure"), FeatureRule::one_hot("contract")],
    };
    let contracts = ["month", "year"].map(|level| Some(level.to_owned())).to_vec();
    let frame = Frame::new(vec![
        ("tenure".into(), Column::Number(vec![1.0, 3.0])),
        ("contract".into(), Column::Category(contracts)),
    ]);
    FeaturePlan::fit(&spec, &frame.unwrap(), &[0, 1]).unwrap()
}

fn model(n_features: usize) -> Vec<u8> {
    onnx::encode(&onnx::linear_classifier(&vec![0.5; n_features], -1.0, &ModelInfo::default()).unwrap())
}

fn session() -> Session {
    Session::load(&model(3), &plan().to_json()).unwrap()
}

fn coded(values: &[Value<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for value in values {
        wire::encode_value(value, &mut bytes);
    }
    bytes
}

#[test]
fn features_and_answers_are_those_of_the_plan_and_the_model() {
    let rows = coded(&[Value::Number(1.0), Value::Category("month"), Value::Missing, Value::Category("never seen")]);
    let mut session = session();
    assert_eq!(session.transform(&rows, 2).unwrap(), [1.0, 1.0, 0.0, 2.0, 0.0, 0.0]);
    assert_eq!(session.predict_rows(&rows, 2).unwrap(), [0.5, 0.5]);
    assert_eq!(session.predict_matrix(&[1.0, 1.0, 0.0, 2.0, 0.0, 0.0], 2).unwrap(), [0.5, 0.5]);
    assert_eq!(session.fingerprint(), plan().fingerprint());
}

#[test]
fn refuses_a_plan_of_another_width() {
    let error = Session::load(&model(4), &plan().to_json()).unwrap_err();
    assert_eq!(error, GuestError::FeatureCount { plan: 3, model: 4 });
}

#[test]
fn names_the_row_and_the_field_of_the_wrong_kind() {
    let number = [Value::Number(1.0), Value::Category("month")];
    let text = [Value::Category("one"), Value::Category("month")];
    let error = session().predict_rows(&coded(&[number, text].concat()), 2).unwrap_err();
    let GuestError::Row { row, field, .. } = error else { panic!("wrong error: {error}") };
    assert_eq!((row, field.as_deref()), (1, Some("tenure")));
}

#[test]
fn counts_that_do_not_fit_are_errors() {
    let rows = coded(&[Value::Missing, Value::Missing]);
    let mut session = session();
    for n_rows in [2, 1 << 21, usize::MAX] {
        assert!(matches!(session.predict_rows(&rows, n_rows), Err(GuestError::Call { .. })), "{n_rows} rows");
        assert!(matches!(session.predict_matrix(&[0.0; 3], n_rows), Err(GuestError::Call { .. })), "{n_rows} rows");
    }
    assert!(matches!(session.predict_rows(&rows, 0), Err(GuestError::Call { .. })));
    assert!(session.predict_rows(&[], 0).unwrap().is_empty());
}

proptest! {
    #[test]
    fn broken_rows_never_panic(bytes in prop::collection::vec(0_u8..4, 0..64), n_rows in 0_usize..8) {
        if let Ok(answers) = session().predict_rows(&bytes, n_rows) {
            prop_assert_eq!(answers.len(), n_rows);
        }
    }
}
