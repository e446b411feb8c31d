//! A model over rows that lie in columns.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use contracts::{ErrorName, WasmBuild};
use features::{Column, Frame, Value};
use inference::{InferenceError, Limits, Model};

/// Rows of [`support::plan`] with one number as a frame, with a column that no model reads.
fn frame(rows: &[Vec<Value<'_>>]) -> Frame {
    let number = |row: &Vec<Value<'_>>| if let Value::Number(number) = row[0] { number } else { f64::NAN };
    let level = |row: &Vec<Value<'_>>| if let Value::Category(level) = row[1] { Some(level.to_owned()) } else { None };
    let stranger = Column::Number(vec![1.0; rows.len()]);
    Frame::new(vec![
        ("stranger".to_owned(), stranger),
        ("contract".to_owned(), Column::Category(rows.iter().map(level).collect())),
        ("number 0".to_owned(), Column::Number(rows.iter().map(number).collect())),
    ])
    .unwrap()
}

fn model() -> Model {
    let plan = support::plan(1).to_json();
    Model::load(&support::module(WasmBuild::Compact), &support::linear(3), &plan, Limits::default()).unwrap()
}

#[test]
fn rows_in_columns_get_the_answers_of_rows_by_themselves_in_the_order_asked_for() {
    let rows = support::rows(1, 3000);
    let all: Vec<usize> = (0..rows.len()).rev().collect();
    let mut expected = model().predict_rows(&rows).unwrap();
    expected.reverse();
    assert_eq!(model().predict_frame(&frame(&rows), &all).unwrap(), expected);
    assert_eq!(model().predict_frame(&frame(&rows), &[]).unwrap(), Vec::<f32>::new());
}

#[test]
fn a_frame_without_a_field_of_the_model_is_named() {
    let frame = Frame::new(vec![("contract".to_owned(), Column::Category(vec![None]))]).unwrap();
    let error = model().predict_frame(&frame, &[0]).unwrap_err();
    assert!(matches!(error, InferenceError::Fields(_)), "{error}");
    assert_eq!(error.name(), ErrorName::InvalidInput);
    assert!(error.to_string().contains("number 0"), "{error}");
}
