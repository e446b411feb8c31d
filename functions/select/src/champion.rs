//! The model in production, measured on the test rows that the candidates were measured on.

use contracts::{BinaryMetrics, Champion, ErrorName, ModelManifest, ModelSignature, Snapshot};
use etl::{Gold, Split};
use features::{FeatureError, FeaturePlan, Value};
use inference::{InferenceError, Limits, Model, Modules};
use lake::{Lake, LakeError};
use metrics::MetricError;
use parts::GoldError;
use registry::{Registry, RegistryError};

/// Rows sent through the model at once; bounds the memory beside the gold rows.
const ROWS_PER_CALL: usize = 1024;

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
    /// The champion takes a field that the gold rows do not have.
    #[error("the gold rows do not fit its features: {0}")]
    Fields(#[from] FeatureError),
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
            Self::Fields(_) | Self::Metric(_) => ErrorName::InvalidInput,
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
    let probabilities = predict(&mut model, &plan, &gold, &rows)?;
    let labels: Vec<f32> = rows.iter().map(|&row| gold.labels[row]).collect();
    Ok(metrics::binary_metrics(&labels, &probabilities, signature.threshold)?)
}

fn predict(model: &mut Model, plan: &FeaturePlan, gold: &Gold, rows: &[usize]) -> Result<Vec<f64>, ChampionError> {
    let columns = gold.frame.columns_of(plan.fields())?;
    let mut probabilities = Vec::with_capacity(rows.len());
    for chunk in rows.chunks(ROWS_PER_CALL) {
        let values: Vec<Vec<Value<'_>>> =
            chunk.iter().map(|&row| columns.iter().map(|column| column.value(row)).collect()).collect();
        probabilities.extend(model.predict_rows(&values)?.into_iter().map(f64::from));
    }
    Ok(probabilities)
}
