//! `register`: makes the candidate that a run selected a model version.
//!
//! Before a version exists, every build of the inference module that can run the graph answers the reference rows, and
//! each must agree with the trainer within the tolerance that the trainer stated.
//! What is registered is complete: graph, feature plan, signature, reference rows, the distributions that later rows are
//! compared with, and a card for people.

use bytes::Bytes;
use contracts::{
    CandidateRecord, ErrorName, Reference, RunRecord, Snapshot,
    stage::{RegisterRequest, RegisterResponse},
};
use features::{FeatureError, FeaturePlan};
use inference::Modules;
use lake::{Lake, LakeError, keys};
use lambda_kit::Named;
use parts::GoldError;
use registry::{Change, ModelFiles, NewVersion, Registry, RegistryError};
use tracing::info;

pub use referee::RefereeError;
use referee::Verdict;

mod model_card;
mod referee;
mod signature;

/// Why no version was registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// There is no such use case.
    #[error("use case `{0}` does not exist")]
    UnknownUseCase(String),
    /// The run's record names a candidate that is not in it.
    #[error("run {run_id} selected candidate {candidate_key}, which its record does not hold")]
    NotInRecord {
        /// Run asked about.
        run_id: String,
        /// Candidate selected.
        candidate_key: String,
    },
    /// The plan file is not the plan that the candidate was trained with.
    #[error("feature plan `{key}` has the fingerprint {found}, the candidate was trained with {expected}")]
    OtherPlan {
        /// Key of the plan.
        key: String,
        /// Fingerprint in the candidate's record.
        expected: String,
        /// Fingerprint of the file.
        found: String,
    },
    /// No build of the inference module runs the model, or one disagrees with the trainer.
    #[error(transparent)]
    Referee(#[from] RefereeError),
    /// The plan or the gold rows do not fit together.
    #[error(transparent)]
    Features(#[from] FeatureError),
    /// The gold rows cannot be read.
    #[error(transparent)]
    Gold(#[from] GoldError),
    /// The signature cannot be written as JSON.
    #[error("signature: {0}")]
    Signature(#[from] serde_json::Error),
    /// The store.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The registry.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

impl Named for RegisterError {
    fn name(&self) -> ErrorName {
        match self {
            Self::UnknownUseCase(_) | Self::NotInRecord { .. } | Self::Features(_) => ErrorName::InvalidInput,
            Self::OtherPlan { .. } => ErrorName::ModelRejected,
            Self::Referee(error) => error.name(),
            Self::Gold(error) => error.name(),
            Self::Signature(_) => ErrorName::Internal,
            Self::Lake(error) => error.name(),
            Self::Registry(error) => error.name(),
        }
    }
}

/// Registers the selected candidate of a run.
///
/// The very same graph and feature plan are one version only: asked again, by this run or another, it answers that
/// version with `created: false`.
///
/// # Errors
/// `ModelRejected` when the graph does not run or disagrees with its trainer.
pub async fn handle(
    lake: &Lake,
    modules: &Modules,
    request: RegisterRequest,
) -> Result<RegisterResponse, RegisterError> {
    let use_case =
        usecases::find(&request.use_case).ok_or_else(|| RegisterError::UnknownUseCase(request.use_case.clone()))?;
    let run: RunRecord = lake.read_json_ref(&request.run).await?;
    let candidate = selected(&run)?;
    let files = read_files(lake, candidate).await?;
    let verdict = referee::judge(modules, &files.model, &files.plan_json, &files.reference)?;
    info!(build = ?verdict.build, max_abs_difference = ?verdict.max_abs_difference, "agrees with the trainer");

    let snapshot: Snapshot = lake.read_json(&keys::snapshot(&request.use_case, &run.snapshot_id)).await?;
    let gold = parts::gold(lake, &snapshot, files.plan.fields()).await?;
    let signature = signature::describe(use_case, &files.plan, &gold, candidate.validation.threshold)?;
    let files = ModelFiles {
        model: files.model,
        plan: files.plan_json,
        signature: Bytes::from(serde_json::to_vec_pretty(&signature)?),
        reference: files.reference_json,
        drift: files.drift,
    };
    let card = |version, at: &str| model_card::write(use_case, version, at, &run, candidate, &snapshot, &verdict);
    let change = Change {
        who: "register".to_owned(),
        why: format!("selected by run {}", run.run_name),
        at: request.at.clone(),
        run_id: Some(request.run_id.clone()),
    };
    let new = new_version(&run, candidate, &verdict, files);
    let registry = Registry::new(lake, &*use_case.name, &*use_case.model_name);
    let registered = registry.register(&new, card, &change).await?;
    info!(version = %registered.version, created = registered.created, "registered");
    Ok(RegisterResponse {
        use_case: request.use_case,
        run_id: request.run_id,
        model_name: use_case.model_name.clone(),
        version: registered.version,
        created: registered.created,
    })
}

fn new_version(run: &RunRecord, candidate: &CandidateRecord, verdict: &Verdict, files: ModelFiles) -> NewVersion {
    NewVersion {
        run_id: run.run_id.clone(),
        snapshot_id: run.snapshot_id.clone(),
        candidate_key: candidate.candidate_key.clone(),
        family: candidate.family.clone(),
        test: candidate.test,
        cv_roc_auc: candidate.cv_roc_auc_mean(),
        feature_fingerprint: candidate.feature_fingerprint.clone(),
        build: verdict.build,
        max_abs_difference: verdict.max_abs_difference.clone(),
        files,
    }
}

fn selected(run: &RunRecord) -> Result<&CandidateRecord, RegisterError> {
    run.candidates.iter().find(|candidate| candidate.candidate_key == run.selected).ok_or_else(|| {
        RegisterError::NotInRecord { run_id: run.run_id.to_string(), candidate_key: run.selected.clone() }
    })
}

/// The files of a candidate, as bytes and as what they mean.
struct Files {
    model: Bytes,
    plan_json: Bytes,
    plan: FeaturePlan,
    reference_json: Bytes,
    reference: Reference,
    drift: Bytes,
}

async fn read_files(lake: &Lake, candidate: &CandidateRecord) -> Result<Files, RegisterError> {
    let plan_json = lake.read(&candidate.plan).await?;
    let plan = FeaturePlan::from_json(&plan_json)?;
    if plan.fingerprint() != candidate.feature_fingerprint {
        return Err(RegisterError::OtherPlan {
            key: candidate.plan.key.clone(),
            expected: candidate.feature_fingerprint.clone(),
            found: plan.fingerprint(),
        });
    }
    let reference_json = lake.read(&candidate.reference).await?;
    let reference = serde_json::from_slice(&reference_json)
        .map_err(|source| LakeError::Json { key: candidate.reference.key.clone(), source })?;
    let (model, drift) = (lake.read(&candidate.model).await?, lake.read(&candidate.drift).await?);
    Ok(Files { model, plan_json, plan, reference_json, reference, drift })
}
