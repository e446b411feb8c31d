use contracts::{ErrorName, ModelVersion};
use etl::EtlError;
use features::FeatureError;
use inference::InferenceError;
use lake::LakeError;
use lambda_kit::Named;
use registry::RegistryError;

/// Why nothing was scored.
#[derive(Debug, thiserror::Error)]
pub enum ScoreError {
    /// There is no such use case.
    #[error("use case `{0}` does not exist")]
    UnknownUseCase(String),
    /// Nothing is in production yet.
    #[error("`{model_name}` has no champion; train and deploy one with `sluice run {use_case}`")]
    NoChampion {
        /// Use case asked about.
        use_case: String,
        /// Registered name of its models.
        model_name: String,
    },
    /// A manifest that is not the version's.
    #[error("`{key}` is the manifest of {found}, the request is about {asked}")]
    OtherVersion {
        /// Key of the manifest.
        key: String,
        /// Version of the request.
        asked: ModelVersion,
        /// What the manifest says, name and version.
        found: String,
    },
    /// A model that does not answer with one of two classes.
    #[error("{model_name} {version} has {n} classes and the threshold {threshold}; two and a finite one are needed")]
    NoClasses {
        /// Registered name.
        model_name: String,
        /// Version.
        version: ModelVersion,
        /// Classes found.
        n: usize,
        /// Threshold found.
        threshold: f64,
    },
    /// A partition that the snapshot does not have.
    #[error("snapshot {snapshot_id} has {n_partitions} partitions, and no number {partition}")]
    NoSuchPartition {
        /// Snapshot of the request.
        snapshot_id: String,
        /// Partition of the request.
        partition: u32,
        /// Partitions of the snapshot.
        n_partitions: usize,
    },
    /// A time that cannot be read.
    #[error("`{0}` is not a time such as 2026-11-21T14:15:00Z")]
    InvalidTime(String),
    /// Parts that are not those of the snapshot, each once.
    #[error("run {run_id}: the scored parts are {found:?}, snapshot {snapshot_id} has {n_partitions} partitions")]
    OtherParts {
        /// Run at fault.
        run_id: String,
        /// Snapshot scored.
        snapshot_id: String,
        /// Partitions of the snapshot.
        n_partitions: usize,
        /// Numbers of the parts of the request.
        found: Vec<u32>,
    },
    /// A part that has lost rows.
    #[error("partition {partition}: {read} rows read, but {scored} scored and {not_due} not due")]
    Unbalanced {
        /// Partition at fault.
        partition: u32,
        /// Rows read.
        read: u64,
        /// Rows scored.
        scored: u64,
        /// Rows left for later.
        not_due: u64,
    },
    /// The feature plan of the version.
    #[error("the feature plan cannot be read: {0}")]
    Plan(#[from] FeatureError),
    /// The gold rows, or the predictions.
    #[error(transparent)]
    Rows(#[from] EtlError),
    /// The model does not run.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// The store.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The registry.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

impl Named for ScoreError {
    fn name(&self) -> ErrorName {
        match self {
            Self::UnknownUseCase(_)
            | Self::OtherVersion { .. }
            | Self::NoSuchPartition { .. }
            | Self::InvalidTime(_)
            | Self::OtherParts { .. } => ErrorName::InvalidInput,
            Self::NoChampion { .. } => ErrorName::NotFound,
            Self::NoClasses { .. } | Self::Plan(_) => ErrorName::ModelRejected,
            Self::Unbalanced { .. } => ErrorName::Internal,
            Self::Rows(error) => error.name(),
            Self::Inference(error) => error.name(),
            Self::Lake(error) => error.name(),
            Self::Registry(error) => error.name(),
        }
    }
}
