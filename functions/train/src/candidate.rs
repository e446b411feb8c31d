use std::collections::BTreeMap;

use contracts::{Settings, Sha256, SnapshotId, stage::TrainRequest};
use metrics::Objective;
use serde::Serialize;
use serde_json::Value;
use training::{Family, TRAINER_VERSION};
use usecases::UseCase;

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
    /// Comparison it is trained for: its name, and a digest of what the use case declares it to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Compared>,
}

/// A comparison, fixed by what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// Name in the use case.
    pub name: String,
    /// Digest of its split and features, which no snapshot holds.
    pub declaration: Sha256,
}

impl Candidate {
    /// The candidate asked for, with every default filled in.
    ///
    /// # Errors
    /// A family, hyperparameter, objective or comparison that does not exist or is out of range.
    pub fn new(use_case: &UseCase, request: &TrainRequest, settings: &Settings) -> Result<Self, TrainError> {
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
            comparison: request.comparison.as_ref().map(|name| compared(use_case, name)).transpose()?,
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

fn compared(use_case: &UseCase, name: &str) -> Result<Compared, TrainError> {
    let unknown = || TrainError::UnknownComparison { use_case: use_case.name.clone(), comparison: name.to_owned() };
    let comparison = use_case.comparison(name).ok_or_else(unknown)?;
    let declaration = etl::declaration(&(&comparison.split, &comparison.features))?;
    Ok(Compared { name: name.to_owned(), declaration: Sha256::of(declaration.as_bytes()) })
}
