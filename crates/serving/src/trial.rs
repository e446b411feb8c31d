use std::sync::Arc;

use contracts::{ModelManifest, ModelSignature, PredictionResponse, Problem};
use inference::{Limits, Modules};
use lake::Lake;

use crate::{
    LoadError, Settings,
    problem::Refusal,
    version::{Loaded, Serving},
};

/// One version, loaded and checked as a server would, that answers bodies without a server.
pub struct Trial {
    serving: Serving,
    max_rows: usize,
}

impl Trial {
    /// Loads the version that `manifest` describes.
    ///
    /// # Errors
    /// Whatever would keep a server from serving it.
    pub async fn load(lake: &Lake, modules: Arc<Modules>, manifest: ModelManifest) -> Result<Self, LoadError> {
        let settings = Settings::new(manifest.use_case.clone(), 1);
        let loaded = Loaded::load(lake, modules, Limits::default(), Arc::new(manifest)).await?;
        let serving = Serving { loaded: Arc::new(loaded), stage: registry::Stage::None.to_string() };
        Ok(Self { serving, max_rows: settings.max_rows })
    }

    /// What the version takes and gives.
    #[must_use]
    pub fn signature(&self) -> &ModelSignature {
        &self.serving.loaded.signature
    }

    /// Answers the body of a `POST /predict`. It computes on the calling thread.
    ///
    /// # Errors
    /// The problem that a server would answer with.
    pub fn answer(&self, body: &[u8]) -> Result<PredictionResponse, Box<Problem>> {
        self.serving.answer(body, self.max_rows, "trial".to_owned()).map_err(Refusal::into_problem)
    }
}
