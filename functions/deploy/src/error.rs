use contracts::{ErrorName, ModelVersion};
use inference::InferenceError;
use lake::LakeError;
use lambda_kit::Named;
use registry::RegistryError;
use serving::LoadError;

/// Why a step of a deployment was not taken.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// No such use case.
    #[error("use case `{0}` does not exist")]
    UnknownUseCase(String),
    /// The smoke test has nobody to ask.
    #[error("there is no endpoint to test; set SLUICE_PREDICT_URL to the address of `predict`")]
    NoEndpoint,
    /// The version failed before anybody could see it.
    #[error("{version} failed its integration test: {reason}")]
    Integration {
        /// Version tested.
        version: ModelVersion,
        /// What it did wrong.
        reason: String,
    },
    /// The live endpoint answers wrongly.
    #[error("{version} failed its smoke test at {url}: {reason}")]
    Smoke {
        /// Version tested.
        version: ModelVersion,
        /// Address tested.
        url: String,
        /// What it answered wrongly.
        reason: String,
    },
    /// The inference modules of this function cannot be used.
    #[error(transparent)]
    Modules(InferenceError),
    /// The thread of a test ended early.
    #[error("the thread of the test ended early")]
    Worker,
    /// The lake's own answer.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The registry's own answer.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

impl DeployError {
    /// A version that cannot be loaded has failed its test, unless the store did not answer.
    pub(crate) fn of_load(version: ModelVersion, error: LoadError) -> Self {
        match error {
            LoadError::Lake(error) if error.name() == ErrorName::Storage => Self::Lake(error),
            LoadError::Registry(error) => Self::Registry(error),
            LoadError::Inference(error) if error.name() == ErrorName::Internal => Self::Modules(error),
            error => Self::Integration { version, reason: format!("it cannot be loaded: {error}") },
        }
    }
}

impl Named for DeployError {
    fn name(&self) -> ErrorName {
        match self {
            Self::UnknownUseCase(_) => ErrorName::InvalidInput,
            Self::NoEndpoint | Self::Worker | Self::Modules(_) => ErrorName::Internal,
            Self::Integration { .. } => ErrorName::IntegrationTest,
            Self::Smoke { .. } => ErrorName::SmokeTest,
            Self::Lake(error) => error.name(),
            Self::Registry(error) => error.name(),
        }
    }
}
