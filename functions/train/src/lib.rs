//! `train`: cross-validates, fits, measures and exports one candidate.
//!
//! | rows | used for |
//! |---|---|
//! | training split | cross-validation, which ranks the candidates, and the final fit |
//! | validation split | choosing the threshold |
//! | test split | the figures that are gated and reported; nothing is chosen on them |
//!
//! A candidate for a comparison has the features and the split that the comparison declares, and everything else the
//! same; its plan is fitted here, on its own training rows.
//!
//! A candidate is known by a digest of everything that decides its result, so the same one is never trained twice: a
//! retry, or another run on the same data, finds its record.
//! The record is written last; a candidate without one is as good as not trained, and training it again gives the
//! very same files.

use contracts::{
    CandidateRecord, ErrorName, ObjectRef,
    stage::{TrainRequest, TrainResponse},
};
use etl::EtlError;
use features::FeatureError;
use lake::{
    Lake, LakeError,
    keys::{self, CandidateFile},
};
use lambda_kit::Named;
use metrics::MetricError;
use monitoring::MonitoringError;
use parts::GoldError;
use training::TrainingError;

pub use candidate::{Candidate, Compared};

use evaluation::Evaluated;
use inputs::Inputs;

mod candidate;
mod evaluation;
mod inputs;
mod reference;

/// Why a candidate was not trained.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// There is no such use case.
    #[error("there is no use case `{0}`")]
    UnknownUseCase(String),
    /// The use case declares no such comparison.
    #[error("use case `{use_case}` declares no comparison `{comparison}`")]
    UnknownComparison {
        /// Use case asked for.
        use_case: String,
        /// Comparison asked for.
        comparison: String,
    },
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
    Gold(#[from] GoldError),
    /// The split of a comparison.
    #[error(transparent)]
    Etl(#[from] EtlError),
    /// The distributions to compare later rows with.
    #[error(transparent)]
    Drift(#[from] MonitoringError),
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
            Self::UnknownUseCase(_)
            | Self::UnknownComparison { .. }
            | Self::Snapshot { .. }
            | Self::Settings(_)
            | Self::Features(_) => ErrorName::InvalidInput,
            Self::Split { .. } => ErrorName::DataQuality,
            Self::Disagrees { .. } => ErrorName::ModelRejected,
            Self::Training(error) => error.name(),
            Self::Gold(error) => error.name(),
            Self::Etl(error) => error.name(),
            // Scores and rows are this stage's own.
            Self::Drift(_) => ErrorName::Internal,
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
    let candidate = Candidate::new(use_case, &request, &settings)?;
    let key = candidate.key();
    let record_key = keys::candidate(&request.use_case, &key, CandidateFile::Record);
    let reused = lake.find_json::<CandidateRecord>(&record_key).await?.is_some();
    if !reused {
        let inputs = Inputs::read(lake, use_case, &candidate).await?;
        let evaluated = evaluation::evaluate(&candidate, &inputs)?;
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
        comparison: record.comparison,
    })
}

/// Data first, the record last.
async fn write(lake: &Lake, candidate: &Candidate, inputs: &Inputs, evaluated: Evaluated) -> Result<(), TrainError> {
    let key = candidate.key();
    let place = |file| keys::candidate(&candidate.use_case, &key, file);
    let plan = &inputs.plan;
    let record = CandidateRecord {
        family: candidate.family.to_string(),
        params: candidate.params.clone().into_iter().collect(),
        comparison: candidate.comparison.as_ref().map(|comparison| comparison.name.clone()),
        snapshot_id: candidate.snapshot_id.clone(),
        seed: candidate.seed,
        cv_roc_auc: evaluated.cv.roc_auc.clone(),
        cv_log_loss: evaluated.cv.log_loss_mean(),
        validation: evaluated.validation,
        test: evaluated.test,
        model: lake.write_once(&place(CandidateFile::Model), evaluated.onnx.into()).await?,
        plan: lake.write_once(&place(CandidateFile::Plan), plan.to_json().into()).await?,
        feature_fingerprint: plan.fingerprint(),
        reference: lake.write_json_once(&place(CandidateFile::Reference), &evaluated.reference).await?,
        drift: lake.write_json_once(&place(CandidateFile::Drift), &evaluated.drift).await?,
        candidate_key: key.clone(),
    };
    lake.write_json_once(&place(CandidateFile::Record), &record).await?;
    Ok(())
}
