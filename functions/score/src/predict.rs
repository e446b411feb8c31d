//! The predictions of one hash partition.

use contracts::{
    ModelManifest, ModelSignature, ModelVersion, ObjectRef, Snapshot,
    stage::{ScorePartRequest, ScoredPart, ScoredRows},
};
use etl::{GoldRows, Predictions};
use features::FeaturePlan;
use inference::{Limits, Model, Modules};
use lake::{Lake, keys};
use tracing::info;

use crate::{ScoreError, find, time_text};

/// Scores the rows of a partition whose prediction date has come.
pub(crate) async fn part(lake: &Lake, modules: &Modules, request: &ScorePartRequest) -> Result<ScoredPart, ScoreError> {
    let use_case = find(&request.use_case)?;
    let today = time_text::day(&request.at)?;
    let manifest = manifest(lake, request).await?;
    let scorer = Scorer::load(lake, modules, &manifest).await?;
    let object = gold_object(lake, request).await?;
    let gold = GoldRows::from_parquet(&object.key, &lake.read(&object).await?, scorer.plan.fields())?;
    let n_read = gold.len() as u64;
    let predictions = scorer.predict(gold, today)?;
    let scored = predictions.len() as u64;
    let rows = ScoredRows { read: n_read, scored, not_due: n_read - scored };
    let bytes = etl::predictions_to_parquet(&use_case.gold.entity_key, &predictions)?;
    let key = keys::prediction_part(&request.use_case, &request.run_id, request.partition);
    let data = lake.write_once(&key, bytes.into()).await?;
    info!(partition = request.partition, rows = n_read, scored, not_due = rows.not_due, "partition scored");
    Ok(ScoredPart { partition: request.partition, data, rows })
}

async fn manifest(lake: &Lake, request: &ScorePartRequest) -> Result<ModelManifest, ScoreError> {
    let asked = &request.model;
    let manifest: ModelManifest = lake.read_json_ref(&asked.manifest).await?;
    let is_it = manifest.use_case == request.use_case
        && manifest.model_name == asked.model_name
        && manifest.version == asked.version;
    if is_it {
        Ok(manifest)
    } else {
        let found = format!("{} {}", manifest.model_name, manifest.version);
        Err(ScoreError::OtherVersion { key: asked.manifest.key.clone(), asked: asked.version, found })
    }
}

async fn gold_object(lake: &Lake, request: &ScorePartRequest) -> Result<ObjectRef, ScoreError> {
    let snapshot: Snapshot = lake.read_json(&keys::snapshot(&request.use_case, &request.snapshot_id)).await?;
    let object = usize::try_from(request.partition).ok().and_then(|at| snapshot.gold.get(at));
    object.cloned().ok_or_else(|| ScoreError::NoSuchPartition {
        snapshot_id: request.snapshot_id.to_string(),
        partition: request.partition,
        n_partitions: snapshot.gold.len(),
    })
}

/// A version, ready to score.
struct Scorer {
    version: ModelVersion,
    model: Model,
    plan: FeaturePlan,
    threshold: f64,
    /// Names of the classes, negative first.
    classes: [String; 2],
}

impl Scorer {
    async fn load(lake: &Lake, modules: &Modules, manifest: &ModelManifest) -> Result<Self, ScoreError> {
        let signature: ModelSignature = lake.read_json_ref(&manifest.signature).await?;
        let (threshold, n_classes) = (signature.threshold, signature.classes.len());
        let classes = <[String; 2]>::try_from(signature.classes).ok().filter(|_| threshold.is_finite());
        let Some(classes) = classes else {
            let (model_name, version) = (manifest.model_name.clone(), manifest.version);
            return Err(ScoreError::NoClasses { model_name, version, n: n_classes, threshold });
        };
        let plan_json = lake.read(&manifest.plan).await?;
        let onnx = lake.read(&manifest.model).await?;
        let model = Model::load(&modules.build(manifest.build)?, &onnx, &plan_json, Limits::default())?
            .expecting_fingerprint(&manifest.feature_fingerprint)?;
        let plan = FeaturePlan::from_json(&plan_json)?;
        Ok(Self { version: manifest.version, model, plan, threshold, classes })
    }

    /// The predictions of the rows whose date has come; a row without a date counts from today.
    fn predict(mut self, mut gold: GoldRows, today: i32) -> Result<Predictions, ScoreError> {
        let due: Vec<usize> = (0..gold.len()).filter(|&row| gold.dates[row].is_none_or(|day| day <= today)).collect();
        let answers = self.model.predict_frame(&gold.frame, &due)?;
        let mut predictions = Predictions::default();
        for (row, probability) in due.into_iter().zip(answers) {
            let probability = f64::from(probability);
            let label = &self.classes[usize::from(probability >= self.threshold)];
            predictions.keys.push(std::mem::take(&mut gold.keys[row]));
            predictions.dates.push(gold.dates[row].unwrap_or(today));
            predictions.labels.push(label.clone());
            predictions.probabilities.push(probability);
            predictions.versions.push(self.version);
        }
        Ok(predictions)
    }
}
