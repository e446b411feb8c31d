use contracts::{BinaryMetrics, DriftReference, Reference};
use etl::Split;
use features::Matrix;
use metrics::{MetricError, Objective, best_threshold, binary_metrics};
use training::{CrossValidation, Dataset, Fitted, Folds, OnnxMetadata, TOLERANCE, cross_validate, fit};

use crate::{Candidate, Inputs, TrainError, reference};

/// A candidate trained, measured and exported.
pub(crate) struct Evaluated {
    pub(crate) cv: CrossValidation,
    pub(crate) validation: BinaryMetrics,
    pub(crate) test: BinaryMetrics,
    pub(crate) onnx: Vec<u8>,
    pub(crate) reference: Reference,
    pub(crate) drift: DriftReference,
}

/// Rows of one split as the model takes them.
struct Rows {
    x: Matrix,
    y: Vec<f32>,
}

pub(crate) fn evaluate(candidate: &Candidate, inputs: &Inputs) -> Result<Evaluated, TrainError> {
    let Candidate { family, seed, .. } = *candidate;
    let params = candidate.params.clone().into_iter().collect();
    let gold = &inputs.gold;
    let train_rows = gold.rows_of(Split::Train);
    let folds = Folds {
        frame: &gold.frame,
        labels: &gold.labels,
        rows: &train_rows,
        spec: inputs.spec,
        n_folds: candidate.n_folds as usize,
        seed,
    };
    let cv = cross_validate(family, &params, &folds)?;
    let train = rows_of(inputs, Split::Train)?;
    let fitted = fit(family, &params, &Dataset { x: &train.x, y: &train.y }, seed)?;

    // What is measured is the model that will be served, not the trainer's own.
    let validation = rows_of(inputs, Split::Validation)?;
    let p = fitted.model.probabilities(&validation.x)?;
    let on_validation = |source| TrainError::Split { split: "validation", source };
    let objective: Objective = candidate.threshold_by.parse().map_err(TrainError::Settings)?;
    let threshold = best_threshold(&validation.y, &p, objective).map_err(on_validation)?.threshold;
    let validation = binary_metrics(&validation.y, &p, threshold).map_err(on_validation)?;
    let drift = monitoring::drift_reference(&gold.frame, inputs.plan.fields(), &train_rows, &p)?;

    let test_rows = gold.rows_of(Split::Test);
    let test = rows_of(inputs, Split::Test)?;
    let p = fitted.model.probabilities(&test.x)?;
    let trainer = fitted.trainer_probabilities(&test.x)?;
    check_agreement(&fitted, &p, &trainer)?;
    let on_test = |source: MetricError| TrainError::Split { split: "test", source };
    let metadata = OnnxMetadata {
        family,
        snapshot_id: candidate.snapshot_id.clone(),
        feature_fingerprint: inputs.plan.fingerprint(),
    };
    Ok(Evaluated {
        cv,
        validation,
        test: binary_metrics(&test.y, &p, threshold).map_err(on_test)?,
        onnx: fitted.model.to_onnx(&metadata)?,
        reference: reference::of_test_rows(gold, &inputs.plan, &test_rows, &trainer)?,
        drift,
    })
}

fn rows_of(inputs: &Inputs, split: Split) -> Result<Rows, TrainError> {
    let rows = inputs.gold.rows_of(split);
    let x = inputs.plan.transform(&inputs.gold.frame, &rows)?;
    let y = rows.iter().filter_map(|&row| inputs.gold.labels.get(row).copied()).collect();
    Ok(Rows { x, y })
}

/// A model that was read wrongly out of its trainer must not get any further.
fn check_agreement(fitted: &Fitted, ours: &[f64], trainer: &[f64]) -> Result<(), TrainError> {
    let difference = ours.iter().zip(trainer).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    if ours.len() == trainer.len() && difference <= TOLERANCE {
        Ok(())
    } else {
        Err(TrainError::Disagrees { family: fitted.family.to_string(), difference, tolerance: TOLERANCE })
    }
}
