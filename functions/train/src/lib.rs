//! `train`: cross-validates, fits, measures and exports one candidate.
//!
//! | rows | used for |
//! |---|---|
//! | training split | cross-validation, which ranks the candidates, and the final fit |
//! | validation split | choosing the threshold |
//! | test split | the figures that are gated and reported; nothing is chosen on them |
//!
//! A candidate is known by a digest of everything that decides its result, so the same one is never trained twice: a
//! retry, or another run on the same data, finds its record.
//! The record is written last; a candidate without one is as good as not trained, and training it again gives the
//! very same files.

use contracts::{
    CandidateRecord, ErrorName, ObjectRef, Reference, Snapshot,
    stage::{TrainRequest, TrainResponse},
};
use etl::EtlError;
use features::{FeatureError, FeaturePlan};
use lake::{
    Lake, LakeError,
    keys::{self, CandidateFile},
};
use lambda_kit::Named;
use metrics::MetricError;
use training::TrainingError;

pub use candidate::Candidate;

use evaluation::Evaluated;

mod candidate;
mod evaluation;
mod reference;

/// Why a candidate was not trained.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// There is no such use case.
    #[error("there is no use case `{0}`")]
    UnknownUseCase(String),
    /// A snapshot that does not hold what it says.
    #[error("snapshot {snapshot_id} of {use_case}: {problem}")]
    Snapshot {
        /// Snapshot read.
        snapshot_id: String,
        /// Use case asked for.
        use_case: String,
        /// What is wrong.
        problem: String,
    },
    /// The settings ask for something that does not exist.
    #[error("settings: {0}")]
    Settings(MetricError),
    /// A split on which nothing can be measured.
    #[error("{split} split: {source}")]
    Split {
        /// Split measured.
        split: &'static str,
        /// What is missing.
        source: MetricError,
    },
    /// The exported model answers differently from the library that trained it.
    #[error("the exported {family} model differs from its trainer by {difference}, more than {tolerance}")]
    Disagrees {
        /// Family trained.
        family: String,
        /// Largest difference of a probability.
        difference: f64,
        /// Largest difference allowed.
        tolerance: f64,
    },
    /// Hyperparameters, data or trainer.
    #[error(transparent)]
    Training(#[from] TrainingError),
    /// The gold rows.
    #[error(transparent)]
    Etl(#[from] EtlError),
    /// The feature plan.
    #[error(transparent)]
    Features(#[from] FeatureError),
    /// The store.
    #[error(transparent)]
    Lake(#[from] LakeError),
}

impl Named for TrainError {
    fn name(&self) -> ErrorName {
        match self {
            Self::UnknownUseCase(_) | Self::Snapshot { .. } | Self::Settings(_) | Self::Features(_) => {
                ErrorName::InvalidInput
            }
            Self::Split { .. } => ErrorName::DataQuality,
            Self::Disagrees { .. } => ErrorName::ModelRejected,
            Self::Training(error) => error.name(),
            Self::Etl(error) => error.name(),
            Self::Lake(error) => error.name(),
        }
    }
}

/// Trains a candidate, or finds it trained.
///
/// # Errors
/// [`TrainError`], under the names `InvalidInput`, `DataQuality`, `ModelRejected`, `NotFound`, `Conflict`, `Storage`
/// and `Internal`.
pub async fn handle(lake: &Lake, request: TrainRequest) -> Result<TrainResponse, TrainError> {
    let use_case =
        usecases::find(&request.use_case).ok_or_else(|| TrainError::UnknownUseCase(request.use_case.clone()))?;
    let settings = lambda_kit::settings(lake, &request.use_case, &request.run_id).await?;
    let candidate = Candidate::new(&request, &settings)?;
    let key = candidate.key();
    let record_key = keys::candidate(&request.use_case, &key, CandidateFile::Record);
    let reused = lake.find_json::<CandidateRecord>(&record_key).await?.is_some();
    if !reused {
        let inputs = Inputs::read(lake, &candidate).await?;
        let evaluated = evaluation::evaluate(&candidate, &use_case.gold.features, &inputs)?;
        write(lake, &candidate, &inputs, evaluated).await?;
    }
    // Read back even when just written: a retry and the first try answer from the same object.
    let (record_ref, record): (ObjectRef, CandidateRecord) = lake.read_json_key(&record_key).await?;
    let (cv_roc_auc, test_roc_auc) = (record.cv_roc_auc_mean(), record.test.roc_auc);
    tracing::info!(family = record.family, candidate_key = key, reused, cv_roc_auc, test_roc_auc, "candidate trained");
    Ok(TrainResponse {
        family: record.family,
        candidate_key: key,
        record: record_ref,
        cv_roc_auc,
        test_roc_auc,
        reused,
    })
}

/// What a candidate is trained from.
struct Inputs {
    snapshot: Snapshot,
    gold: etl::Gold,
    plan: FeaturePlan,
}

impl Inputs {
    async fn read(lake: &Lake, candidate: &Candidate) -> Result<Self, TrainError> {
        let Candidate { use_case, snapshot_id, .. } = candidate;
        let snapshot: Snapshot = lake.read_json(&keys::snapshot(use_case, snapshot_id)).await?;
        let refuse = |problem: String| TrainError::Snapshot {
            snapshot_id: snapshot_id.to_string(),
            use_case: use_case.clone(),
            problem,
        };
        if snapshot.id != *snapshot_id || snapshot.use_case != *use_case {
            return Err(refuse(format!("it says it is {} of {}", snapshot.id, snapshot.use_case)));
        }
        let gold = etl::gold_frame(&lake.read(&snapshot.gold).await?)?;
        let plan = FeaturePlan::from_json(&lake.read(&snapshot.plan).await?)?;
        if plan.fingerprint() != snapshot.feature_fingerprint {
            let (found, expected) = (plan.fingerprint(), &snapshot.feature_fingerprint);
            return Err(refuse(format!("its feature plan has the fingerprint {found}, expected {expected}")));
        }
        Ok(Self { snapshot, gold, plan })
    }
}

/// Data first, the record last.
async fn write(lake: &Lake, candidate: &Candidate, inputs: &Inputs, evaluated: Evaluated) -> Result<(), TrainError> {
    let key = candidate.key();
    let place = |file| keys::candidate(&candidate.use_case, &key, file);
    let reference: Reference = evaluated.reference;
    let record = CandidateRecord {
        family: candidate.family.to_string(),
        params: candidate.params.clone().into_iter().collect(),
        snapshot_id: candidate.snapshot_id.clone(),
        seed: candidate.seed,
        cv_roc_auc: evaluated.cv.roc_auc.clone(),
        cv_log_loss: evaluated.cv.log_loss_mean(),
        validation: evaluated.validation,
        test: evaluated.test,
        model: lake.write_once(&place(CandidateFile::Model), evaluated.onnx.into()).await?,
        plan: lake.write_once(&place(CandidateFile::Plan), inputs.plan.to_json().into()).await?,
        feature_fingerprint: inputs.snapshot.feature_fingerprint.clone(),
        reference: lake.write_json_once(&place(CandidateFile::Reference), &reference).await?,
        candidate_key: key.clone(),
    };
    lake.write_json_once(&place(CandidateFile::Record), &record).await?;
    Ok(())
}
