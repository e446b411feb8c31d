use contracts::ErrorName;
use lake::{Lake, S3Store, StoreError};

use crate::Named;

/// Why a function could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A variable that a function cannot do without.
    #[error("environment variable {name} is not set: {meaning}")]
    MissingVariable {
        /// Its name.
        name: &'static str,
        /// What it should hold.
        meaning: &'static str,
    },
    /// The store could not be set up.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Named for SetupError {
    fn name(&self) -> ErrorName {
        match self {
            Self::MissingVariable { .. } => ErrorName::Internal,
            Self::Store(error) => error.name(),
        }
    }
}

/// The lake in the bucket `SLUICE_BUCKET`, on the S3 service that the `AWS_*` variables point at.
///
/// No request is sent yet.
///
/// # Errors
/// `SLUICE_BUCKET` is missing or empty, or no AWS configuration can be made.
pub async fn lake_from_env() -> Result<Lake, SetupError> {
    let bucket = std::env::var("SLUICE_BUCKET")
        .ok()
        .filter(|bucket| !bucket.is_empty())
        .ok_or(SetupError::MissingVariable { name: "SLUICE_BUCKET", meaning: "the name of the lake's bucket" })?;
    Ok(Lake::in_bucket(S3Store::connect(&bucket).await?))
}
