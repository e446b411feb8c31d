//! The model in production, measured on the test rows that the candidates were measured on.

use contracts::{BinaryMetrics, Champion, ErrorName, ModelManifest, ModelSignature, Snapshot};
use etl::Split;
use features::{FeatureError, FeaturePlan};
use inference::{InferenceError, Limits, Model, Modules};
use lake::{Lake, LakeError};
use metrics::MetricError;
use parts::GoldError;
use registry::{Registry, RegistryError};

/// Why the champion could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum ChampionError {
    /// The store.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The registry.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The gold rows.
    #[error(transparent)]
    Gold(#[from] GoldError),
    /// Its feature plan cannot be read.
    #[error("its feature plan cannot be read: {0}")]
    Plan(#[from] FeatureError),
    /// The model does not run.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// The test rows cannot be measured.
    #[error(transparent)]
    Metric(#[from] MetricError),
}

impl ChampionError {
    pub(crate) fn name(&self) -> ErrorName {
        match self {
            Self::Lake(error) => error.name(),
            Self::Registry(error) => error.name(),
            Self::Gold(error) => error.name(),
            Self::Plan(_) | Self::Metric(_) => ErrorName::InvalidInput,
            Self::Inference(error) => error.name(),
        }
    }
}

/// The champion's metrics on the test split of `snapshot`; `None` when there is no champion yet.
pub(crate) async fn measure(
    lake: &Lake,
    modules: &Modules,
    model_name: &str,
    snapshot: &Snapshot,
) -> Result<Option<Champion>, ChampionError> {
    let registry = Registry::new(lake, &*snapshot.use_case, model_name);
    let Some(version) = registry.state().await?.champion else { return Ok(None) };
    let manifest = registry.manifest(version).await?;
    let test = if manifest.snapshot_id == snapshot.id {
        manifest.test
    } else {
        evaluate(lake, modules, &manifest, snapshot).await?
    };
    Ok(Some(Champion { version, test }))
}

async fn evaluate(
    lake: &Lake,
    modules: &Modules,
    manifest: &ModelManifest,
    snapshot: &Snapshot,
) -> Result<BinaryMetrics, ChampionError> {
    let signature: ModelSignature = lake.read_json_ref(&manifest.signature).await?;
    let plan_json = lake.read(&manifest.plan).await?;
    let plan = FeaturePlan::from_json(&plan_json)?;
    let onnx = lake.read(&manifest.model).await?;
    let gold = parts::gold(lake, snapshot, plan.fields()).await?;
    let mut model = Model::load(&modules.build(manifest.build)?, &onnx, &plan_json, Limits::default())?;
    let rows = gold.rows_of(Split::Test);
    let probabilities: Vec<f64> = model.predict_frame(&gold.frame, &rows)?.into_iter().map(f64::from).collect();
    let labels: Vec<f32> = rows.iter().map(|&row| gold.labels[row]).collect();
    Ok(metrics::binary_metrics(&labels, &probabilities, signature.threshold)?)
}
