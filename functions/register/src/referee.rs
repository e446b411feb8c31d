//! Do all evaluators agree with the trainer?

use std::collections::BTreeMap;

use bytes::Bytes;
use contracts::{ErrorName, Reference, WasmBuild};
use inference::{InferenceError, Limits, Model, Modules};

/// Why a model was refused.
#[derive(Debug, thiserror::Error)]
pub enum RefereeError {
    /// No reference row to compare with; an unchecked model is never registered.
    #[error("the candidate has no reference rows to compare with")]
    NothingToCompare,
    /// Neither build runs the graph.
    #[error("no build of the inference module runs the model: compact: {compact}; tract: {tract}")]
    Unsupported {
        /// Why the compact build refuses it.
        compact: Box<InferenceError>,
        /// Why the tract build refuses it.
        tract: Box<InferenceError>,
    },
    /// A build answers something else than the trainer.
    #[error("the {build} build differs from the trainer by {difference:e}, more than {tolerance:e}")]
    Disagrees {
        /// Build at fault.
        build: &'static str,
        /// Largest difference found.
        difference: f64,
        /// Largest difference allowed.
        tolerance: f64,
    },
    /// The inference module itself failed.
    #[error(transparent)]
    Inference(#[from] InferenceError),
}

impl RefereeError {
    pub(crate) fn name(&self) -> ErrorName {
        match self {
            Self::Inference(error) => error.name(),
            _ => ErrorName::ModelRejected,
        }
    }
}

/// The build that serves a model, and how far each build is from the trainer.
pub(crate) struct Verdict {
    /// Build to serve with: compact where it runs the graph, else tract.
    pub(crate) build: WasmBuild,
    /// Largest absolute difference from the trainer's probabilities, by build.
    pub(crate) max_abs_difference: BTreeMap<String, f64>,
}

/// Lets both builds answer the reference rows. Tract is the referee: it must run whatever compact runs.
pub(crate) fn judge(
    modules: &Modules,
    onnx: &Bytes,
    plan_json: &Bytes,
    reference: &Reference,
) -> Result<Verdict, RefereeError> {
    if reference.rows.is_empty() {
        return Err(RefereeError::NothingToCompare);
    }
    let load = |build| Model::load(&modules.build(build)?, onnx, plan_json, Limits::default());
    let tract = load(WasmBuild::Tract);
    let compact = load(WasmBuild::Compact);
    let (build, models) = match (compact, tract) {
        (Ok(compact), Ok(tract)) => (WasmBuild::Compact, vec![("compact", compact), ("tract", tract)]),
        (Err(InferenceError::Rejected { .. }), Ok(tract)) => (WasmBuild::Tract, vec![("tract", tract)]),
        (Err(compact), Err(tract)) => {
            return Err(RefereeError::Unsupported { compact: compact.into(), tract: tract.into() });
        }
        (Ok(_), Err(error)) | (Err(error), Ok(_)) => return Err(error.into()),
    };
    let mut max_abs_difference = BTreeMap::new();
    for (name, mut model) in models {
        let difference = model.max_abs_difference(reference)?;
        // Written so that NaN is refused as well.
        if difference.is_nan() || difference > reference.tolerance {
            return Err(RefereeError::Disagrees { build: name, difference, tolerance: reference.tolerance });
        }
        max_abs_difference.insert(name.to_owned(), difference);
    }
    Ok(Verdict { build, max_abs_difference })
}
