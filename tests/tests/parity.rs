//! The same rows through every evaluator: the trainer, ONNX Runtime, and both builds of the wasm module.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use contracts::{SnapshotId, WasmBuild};
use etl::{Gold, Split};
use features::{FeaturePlan, Matrix, Value};
use inference::{Limits, Model};
use serde_json::{Map, json};
use tests::{local::LocalPipeline, modules, onnx_runtime, raw};
use training::{Dataset, Family, OnnxMetadata};

/// Largest difference between ONNX Runtime and the trainer.
///
/// ONNX Runtime adds the leaves of up to a few hundred trees in `f32`; each addition is off by at most half a unit in
/// the last place of a sum below 4, so 500 additions stay below 500 × 2⁻²³ = 6e-5 in the margin, and the logistic
/// function divides that by at least 4. The wasm module adds in `f64` and keeps the trainer's own, tighter tolerance.
const ONNX_RUNTIME_TOLERANCE: f64 = 1.5e-5;

struct Fixture {
    snapshot_id: SnapshotId,
    gold: Gold,
    plan_json: Vec<u8>,
    plan: FeaturePlan,
    matrix: Matrix,
}

async fn fixture() -> Fixture {
    let pipeline = LocalPipeline::new(json!({}));
    pipeline.deliver(&raw::telco().bytes).await;
    let features = pipeline.data("parity").await;
    let (gold, plan_json) = pipeline.gold(&features).await;
    let plan = FeaturePlan::from_json(&plan_json).unwrap();
    let rows: Vec<usize> = (0..gold.frame.n_rows()).collect();
    let matrix = plan.transform(&gold.frame, &rows).unwrap();
    Fixture { snapshot_id: features.snapshot_id, gold, plan_json, plan, matrix }
}

impl Fixture {
    fn values(&self) -> Vec<Vec<Value<'_>>> {
        let columns = self.gold.frame.columns_of(self.plan.fields()).unwrap();
        (0..self.gold.frame.n_rows()).map(|row| columns.iter().map(|column| column.value(row)).collect()).collect()
    }

    fn metadata(&self, family: Family) -> OnnxMetadata {
        OnnxMetadata { family, snapshot_id: self.snapshot_id.clone(), feature_fingerprint: self.plan.fingerprint() }
    }

    /// A model of `family` with the family's defaults, trained on the training rows.
    fn trained(&self, family: Family) -> training::Fitted {
        let rows = self.gold.rows_of(Split::Train);
        let x = self.plan.transform(&self.gold.frame, &rows).unwrap();
        let y: Vec<f32> = rows.iter().map(|&row| self.gold.labels[row]).collect();
        training::fit(family, &Map::new(), &Dataset { x: &x, y: &y }, 42).unwrap()
    }
}

fn largest_difference(expected: &[f64], found: impl IntoIterator<Item = f32>) -> f64 {
    let found: Vec<f32> = found.into_iter().collect();
    assert_eq!(expected.len(), found.len());
    expected.iter().zip(found).map(|(a, b)| (a - f64::from(b)).abs()).fold(0.0, f64::max)
}

#[tokio::test]
async fn features_have_the_same_bits_in_training_and_in_the_wasm_module() {
    let fixture = fixture().await;
    let onnx = fixture
        .trained(Family::LogisticRegression)
        .model
        .to_onnx(&fixture.metadata(Family::LogisticRegression))
        .unwrap();
    let mut model =
        Model::load(&modules().build(WasmBuild::Compact).unwrap(), &onnx, &fixture.plan_json, Limits::default())
            .unwrap();
    let mut n_compared = 0;
    for (chunk, values) in fixture.values().chunks(512).enumerate() {
        let in_wasm = model.transform(values).unwrap();
        let first = chunk * 512 * fixture.matrix.n_features;
        let native = &fixture.matrix.values[first..first + in_wasm.values.len()];
        for (position, (a, b)) in native.iter().zip(&in_wasm.values).enumerate() {
            assert_eq!(a.to_bits(), b.to_bits(), "value {} of the matrix: {a} natively, {b} in wasm", first + position);
        }
        n_compared += in_wasm.values.len();
    }
    assert_eq!(n_compared, fixture.matrix.values.len());
    println!("{n_compared} feature values of {} rows are the same bits", fixture.matrix.n_rows);
}

#[tokio::test]
async fn every_family_agrees_with_onnx_runtime_and_with_both_wasm_builds() {
    let fixture = fixture().await;
    let modules = modules();
    for family in Family::ALL {
        let fitted = fixture.trained(family);
        let onnx = fitted.model.to_onnx(&fixture.metadata(family)).unwrap();
        let trainer = fitted.trainer_probabilities(&fixture.matrix).unwrap();

        let (runtime, labels) = onnx_runtime::probabilities(&onnx, &fixture.matrix);
        for (row, (label, probability)) in labels.iter().zip(&runtime).enumerate() {
            assert!(
                *label == i64::from(*probability > 0.5) || *probability == 0.5,
                "{family} row {row}: label {label}"
            );
        }
        let difference = largest_difference(&trainer, runtime);
        println!("{family}: ONNX Runtime differs from the trainer by at most {difference:.1e}");
        assert!(difference <= ONNX_RUNTIME_TOLERANCE, "{family}: {difference:e}");

        for build in [WasmBuild::Compact, WasmBuild::Tract] {
            let module = modules.build(build).unwrap();
            let mut model = Model::load(&module, &onnx, &fixture.plan_json, Limits::default()).unwrap();
            let mut answers = Vec::new();
            for values in fixture.values().chunks(512) {
                answers.extend(model.predict_rows(values).unwrap());
            }
            let difference = largest_difference(&trainer, answers);
            println!("{family}: the {build:?} build differs from the trainer by at most {difference:.1e}");
            assert!(difference <= training::TOLERANCE, "{family} {build:?}: {difference:e}");
        }
    }
}
