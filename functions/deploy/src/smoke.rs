use std::{thread, time::Duration};

use contracts::{HealthStatus, ModelManifest, ModelSignature, ModelVersion, PredictionResponse, Reference};
use endpoint::{Endpoint, EndpointError, Method};
use serde_json::Value;

use crate::reference::{Comparison, Yardstick, bad_bodies};

/// A live endpoint, and how long a new version may take to show up there.
///
/// A function has many instances, and each asks the registry on its own, so for some seconds some answer with the
/// version before.
#[derive(Clone, Debug)]
pub struct Target {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Attempts in all to meet the new version.
    pub n_attempts: u32,
    /// Time between two of them.
    pub pause: Duration,
}

impl Target {
    /// The endpoint with 20 attempts, one a second: four times the age at which an instance asks the registry again.
    #[must_use]
    pub fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, n_attempts: 20, pause: Duration::from_secs(1) }
    }
}

/// A smoke test under way.
struct Smoke<'a> {
    target: &'a Target,
    manifest: &'a ModelManifest,
    n_attempts_left: u32,
}

/// Sends the reference rows to the live endpoint, and bad requests too. Blocks.
pub(crate) fn test(
    target: &Target,
    manifest: &ModelManifest,
    signature: &ModelSignature,
    reference: &Reference,
) -> Result<Comparison, String> {
    let yardstick = Yardstick::new(reference, manifest, signature)?;
    let mut smoke = Smoke { target, manifest, n_attempts_left: target.n_attempts };
    smoke.reload()?;
    let comparison = yardstick.compare(|body| smoke.predict(body))?;
    smoke.is_healthy()?;
    smoke.lists_the_version()?;
    smoke.refuses_bad_bodies(signature)?;
    Ok(comparison)
}

impl Smoke<'_> {
    fn reload(&mut self) -> Result<(), String> {
        let use_case = &self.manifest.use_case;
        self.until_new("/reload", |endpoint| Ok(endpoint.reload(use_case)?.new_version)).map(|_| ())
    }

    fn predict(&mut self, body: &Value) -> Result<PredictionResponse, String> {
        let use_case = &self.manifest.use_case;
        let mut answer = None;
        self.until_new("/predict", |endpoint| {
            let found = endpoint.predict(use_case, body)?;
            let version = found.provenance.model_version;
            answer = Some(found);
            Ok(Some(version))
        })?;
        answer.ok_or_else(|| "/predict gave no answer".to_owned())
    }

    /// Calls until the version under test answers; gives up at once on what waiting cannot cure.
    fn until_new(
        &mut self,
        route: &str,
        mut call: impl FnMut(&Endpoint) -> Result<Option<ModelVersion>, EndpointError>,
    ) -> Result<(), String> {
        loop {
            let reason = match call(&self.target.endpoint) {
                Ok(Some(version)) if version == self.manifest.version => return Ok(()),
                Ok(Some(version)) => format!("{route} still answers with {version}"),
                Ok(None) => format!("{route} finds no model"),
                Err(error) if is_passing(&error) => error.to_string(),
                Err(error) => return Err(error.to_string()),
            };
            self.n_attempts_left = self.n_attempts_left.saturating_sub(1);
            if self.n_attempts_left == 0 {
                return Err(format!("{reason}, after {} attempts", self.target.n_attempts));
            }
            thread::sleep(self.target.pause);
        }
    }

    fn is_healthy(&mut self) -> Result<(), String> {
        let use_case = &self.manifest.use_case;
        let mut status = HealthStatus::NoModel;
        let mut problem = None;
        self.until_new("/health", |endpoint| {
            let health = endpoint.health(use_case)?;
            (status, problem) = (health.status, health.problem);
            Ok(health.model_version)
        })?;
        if status == HealthStatus::Healthy {
            return Ok(());
        }
        Err(format!("/health says {status:?}: {}", problem.unwrap_or_default()))
    }

    fn lists_the_version(&mut self) -> Result<(), String> {
        let manifest = self.manifest;
        let mut is_live = false;
        self.until_new("/model_info", |endpoint| {
            let info = endpoint.model_info(&manifest.use_case)?;
            is_live = info.versions.iter().any(|version| version.version == manifest.version && version.live);
            Ok(Some(info.provenance.model_version))
        })?;
        if is_live { Ok(()) } else { Err("/model_info does not list the version as live".to_owned()) }
    }

    fn refuses_bad_bodies(&self, signature: &ModelSignature) -> Result<(), String> {
        let path = format!("/predict/{}", self.manifest.use_case);
        for (what, body, status) in bad_bodies(signature) {
            let sent = self.target.endpoint.send(Method::Post, &path, Some("application/json"), &body);
            let answer = sent.map_err(|error| error.to_string())?;
            if answer.status != status {
                return Err(format!("it answered {what} with {}, expected {status}", answer.status));
            }
            if answer.problem().is_none() {
                return Err(format!("it answered {what} with `{}` instead of a problem", answer.content_type));
            }
        }
        Ok(())
    }
}

/// Whether the answer may be another one a second later: the endpoint starts, is busy, or has no model yet.
fn is_passing(error: &EndpointError) -> bool {
    match error {
        EndpointError::Unreachable { .. } => true,
        EndpointError::Refused { status, .. } => matches!(status, 429 | 502 | 503 | 504),
        EndpointError::InvalidUrl { .. } | EndpointError::UnreadableAnswer { .. } => false,
    }
}
