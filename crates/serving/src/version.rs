use std::sync::Arc;

use contracts::{ModelManifest, ModelSignature, Prediction, PredictionResponse, Provenance, Task};
use features::{FeatureError, FeaturePlan};
use inference::{InferenceError, Limits, Modules};
use lake::{Lake, LakeError};

use crate::{
    body,
    pool::{Pool, Recipe},
    problem::{Kind, Refusal},
    rows::FieldTable,
};

/// Why a version cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file is not there, or not what the manifest promises.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The registry cannot be read.
    #[error(transparent)]
    Registry(#[from] registry::RegistryError),
    /// The wasm module is missing, or refuses the model.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// The feature plan is broken.
    #[error("feature plan: {0}")]
    Plan(#[from] FeatureError),
    /// The signature is broken, or does not fit the feature plan.
    #[error("signature: {0}")]
    Signature(String),
    /// The feature plan is another one than the model was trained with.
    #[error("the feature plan has the fingerprint {found}, the manifest says {expected}")]
    Fingerprint {
        /// Fingerprint in the manifest.
        expected: String,
        /// Fingerprint of the plan.
        found: String,
    },
    /// The model predicts something that no route answers.
    #[error("task {0:?} is not served yet")]
    Task(Task),
    /// The thread that loaded it failed.
    #[error("the worker that loaded the model failed")]
    Worker,
}

/// One model version, checked and ready.
pub(crate) struct Loaded {
    pub(crate) manifest: Arc<ModelManifest>,
    pub(crate) signature: ModelSignature,
    artifact_uri: String,
    fields: FieldTable,
    pool: Pool,
}

/// A version in service under the stage it has.
#[derive(Clone)]
pub(crate) struct Serving {
    pub(crate) loaded: Arc<Loaded>,
    pub(crate) stage: String,
}

impl Loaded {
    /// Reads and checks the files of a version: digests, fingerprint, signature, and that the module takes the model.
    pub(crate) async fn load(
        lake: &Lake,
        modules: Arc<Modules>,
        limits: Limits,
        manifest: Arc<ModelManifest>,
    ) -> Result<Self, LoadError> {
        let (onnx, plan, signature) =
            tokio::try_join!(lake.read(&manifest.model), lake.read(&manifest.plan), lake.read(&manifest.signature))?;
        let artifact_uri = lake.uri(&manifest.model.key);
        let work = move || {
            let signature: ModelSignature =
                serde_json::from_slice(&signature).map_err(|error| LoadError::Signature(error.to_string()))?;
            let fields = checked_fields(&manifest, &signature, &FeaturePlan::from_json(&plan)?)?;
            let module = modules.build(manifest.build)?;
            let fingerprint = manifest.feature_fingerprint.clone();
            let pool = Pool::new(Recipe { module, onnx, plan, fingerprint, limits })?;
            Ok(Self { manifest, signature, artifact_uri, fields, pool })
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| LoadError::Worker)?
    }
}

fn checked_fields(
    manifest: &ModelManifest,
    signature: &ModelSignature,
    plan: &FeaturePlan,
) -> Result<FieldTable, LoadError> {
    let found = plan.fingerprint();
    if found != manifest.feature_fingerprint {
        return Err(LoadError::Fingerprint { expected: manifest.feature_fingerprint.clone(), found });
    }
    if signature.task != Task::BinaryClassification {
        return Err(LoadError::Task(signature.task));
    }
    if signature.classes.len() != 2 || !signature.threshold.is_finite() {
        return Err(LoadError::Signature("two classes and a finite threshold are needed".to_owned()));
    }
    let spellings = usecases::find(&manifest.use_case);
    if plan.feature_names() != signature.features {
        return Err(LoadError::Signature("its features are not those of the feature plan".to_owned()));
    }
    let table = FieldTable::new(signature, spellings).map_err(LoadError::Signature)?;
    let expected = plan.fields().iter().map(|field| (field.name.as_str(), field.kind));
    if !table.fields().eq(expected) {
        return Err(LoadError::Signature("its fields are not those of the feature plan".to_owned()));
    }
    Ok(table)
}

impl Serving {
    /// Answers a body. It computes, so a server calls it on a worker.
    pub(crate) fn answer(
        &self,
        body: &[u8],
        max_rows: usize,
        request_id: String,
    ) -> Result<PredictionResponse, Refusal> {
        let node = body::parse(body)?;
        let rows = self.loaded.fields.read(&node, max_rows)?;
        let probabilities = self.loaded.pool.predict(&rows.values).map_err(|error| {
            tracing::error!(request_id, version = %self.loaded.manifest.version, %error, "the model failed on valid rows");
            Refusal::new(Kind::Internal, "the model failed on this request; the log has the reason under its id")
        })?;
        let signature = &self.loaded.signature;
        Ok(PredictionResponse {
            num_samples: probabilities.len(),
            predictions: probabilities.into_iter().map(|probability| prediction(signature, probability)).collect(),
            threshold: signature.threshold,
            request_id,
            warnings: rows.warnings,
            provenance: self.provenance(),
        })
    }

    /// Where its answers come from.
    pub(crate) fn provenance(&self) -> Provenance {
        let manifest = &self.loaded.manifest;
        Provenance {
            use_case: manifest.use_case.clone(),
            model_name: manifest.model_name.clone(),
            model_version: manifest.version,
            model_stage: self.stage.clone(),
            run_id: manifest.run_id.clone(),
            run_name: manifest.run_name.clone(),
            artifact_uri: self.loaded.artifact_uri.clone(),
            feature_fingerprint: manifest.feature_fingerprint.clone(),
        }
    }
}

fn prediction(signature: &ModelSignature, probability: f32) -> Prediction {
    let positive = f64::from(probability) >= signature.threshold;
    let label = signature.classes.get(usize::from(positive)).cloned().unwrap_or_default();
    Prediction { label, predicted: u8::from(positive), probability }
}
