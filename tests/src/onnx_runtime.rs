//! The real ONNX Runtime, asked through the Python of the test environment.

use std::{fs, process::Command};

use features::Matrix;

/// Answers of ONNX Runtime for every row of `features`: the probability of class 1, and the label.
///
/// # Panics
/// When ONNX Runtime refuses the model; its own words are in the message.
#[must_use]
pub fn probabilities(onnx: &[u8], features: &Matrix) -> (Vec<f32>, Vec<i64>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name);
    fs::write(path("model.onnx"), onnx).expect("the model can be written");
    let input: Vec<u8> = features.values.iter().flat_map(|value| value.to_le_bytes()).collect();
    fs::write(path("input.f32"), input).expect("the rows can be written");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/python/onnx_predict.py");
    let output = Command::new(crate::from_xtask("SLUICE_TEST_PYTHON"))
        .arg(script)
        .arg(folder.path())
        .arg(features.n_features.to_string())
        .output()
        .expect("Python starts");
    assert!(output.status.success(), "ONNX Runtime: {}", String::from_utf8_lossy(&output.stderr));
    let read = |name: &str| fs::read(path(name)).expect("ONNX Runtime wrote its answers");
    let probabilities =
        read("probabilities.f32").as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let labels = read("label.i64").as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes)).collect();
    (probabilities, labels)
}
