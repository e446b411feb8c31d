use std::sync::Arc;

use contracts::{ModelManifest, ModelSignature, Reference};
use inference::Modules;
use lake::Lake;
use serving::Trial;

use crate::{
    DeployError,
    reference::{Comparison, Yardstick, bad_bodies},
};

/// Loads the version with the code that will serve it, and compares it with its reference rows.
pub(crate) async fn test(
    lake: &Lake,
    modules: &Arc<Modules>,
    manifest: ModelManifest,
) -> Result<Comparison, DeployError> {
    let version = manifest.version;
    let failed = move |reason: String| DeployError::Integration { version, reason };
    let reference: Reference = lake.read_json_ref(&manifest.reference).await.map_err(|error| match error {
        lake::LakeError::Store(_) => DeployError::Lake(error),
        error => failed(error.to_string()),
    })?;
    lake.read(&manifest.model_card).await.map_err(|error| match error {
        lake::LakeError::Store(_) => DeployError::Lake(error),
        error => failed(error.to_string()),
    })?;
    let trial = Trial::load(lake, Arc::clone(modules), manifest.clone())
        .await
        .map_err(|error| DeployError::of_load(version, error))?;
    let work = move || compare(&trial, &reference, &manifest);
    tokio::task::spawn_blocking(work).await.map_err(|_| DeployError::Worker)?.map_err(failed)
}

fn compare(trial: &Trial, reference: &Reference, manifest: &ModelManifest) -> Result<Comparison, String> {
    let yardstick = Yardstick::new(reference, manifest, trial.signature())?;
    let comparison = yardstick.compare(|body| {
        trial.answer(body.to_string().as_bytes()).map_err(|problem| {
            let field = problem.field.as_ref().map_or(String::new(), |field| format!(" (field `{field}`)"));
            format!("it refused reference rows: {}{field}", problem.detail)
        })
    })?;
    refuses_bad_bodies(trial, trial.signature())?;
    Ok(comparison)
}

fn refuses_bad_bodies(trial: &Trial, signature: &ModelSignature) -> Result<(), String> {
    for (what, body, status) in bad_bodies(signature) {
        match trial.answer(&body) {
            Err(problem) if problem.status == status => {}
            Err(problem) => return Err(format!("it answered {what} with {}, expected {status}", problem.status)),
            Ok(_) => return Err(format!("it answered {what} with a prediction")),
        }
    }
    Ok(())
}
