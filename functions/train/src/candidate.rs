use std::collections::BTreeMap;

use contracts::{Settings, Sha256, SnapshotId, stage::TrainRequest};
use metrics::Objective;
use serde::Serialize;
use serde_json::Value;
use training::{Family, TRAINER_VERSION};

use crate::TrainError;

/// Everything that decides what comes out of a training.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Candidate {
    /// Version of the trainers.
    pub trainer_version: u32,
    /// Use case; its declaration says how each fold fits its features.
    pub use_case: String,
    /// Data, with the split of every row.
    pub snapshot_id: SnapshotId,
    /// Family of the model.
    pub family: Family,
    /// Hyperparameters, all of them, by name.
    pub params: BTreeMap<String, Value>,
    /// Seed of folds and trainers.
    pub seed: u64,
    /// Folds of the cross-validation.
    pub n_folds: u32,
    /// What the threshold maximises on the validation split.
    pub threshold_by: String,
}

impl Candidate {
    /// The candidate asked for, with every default filled in.
    ///
    /// # Errors
    /// A family, hyperparameter or objective that does not exist or is out of range.
    pub fn new(request: &TrainRequest, settings: &Settings) -> Result<Self, TrainError> {
        let family: Family = request.family.parse()?;
        settings.training.threshold_by.parse::<Objective>().map_err(TrainError::Settings)?;
        Ok(Self {
            trainer_version: TRAINER_VERSION,
            use_case: request.use_case.clone(),
            snapshot_id: request.snapshot_id.clone(),
            family,
            params: family.complete(&request.params)?.into_iter().collect(),
            seed: settings.seed,
            n_folds: settings.training.folds,
            threshold_by: settings.training.threshold_by.clone(),
        })
    }

    /// The digest of all fields: the name of the candidate's folder.
    #[must_use]
    pub fn key(&self) -> String {
        // Texts, numbers and maps with text keys always have a JSON form, and sorted maps always the same one.
        let json = serde_json::to_vec(self).unwrap_or_default();
        Sha256::of(&json).into()
    }
}
