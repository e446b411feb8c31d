//! One bronze part becomes one silver part: typed columns, read as the use case declares each of them.
//!
//! Rows with a cell that cannot be read are quarantined under the name and line of the raw file, with column, reason
//! and the text at fault; the manifest counts rows by reason, and by column how many cells were changed and how.

use contracts::ErrorName;
use contracts::stage::PartStep;
use etl::EtlError;
use lake::{Lake, LakeError, keys};
use lambda_kit::Named;
use parts::{PartError, Place};

/// Changes when the same bronze would give another silver.
const VERSION: &str = "clean-1";

/// Why a part could not be cleaned.
#[derive(Debug, thiserror::Error)]
pub enum CleanError {
    /// The request names something that does not exist.
    #[error("request: {0}")]
    Request(String),
    /// The bronze part cannot be read, or silver not be made.
    #[error(transparent)]
    Etl(#[from] EtlError),
    /// The part could not be written.
    #[error(transparent)]
    Part(#[from] PartError),
    /// The lake failed.
    #[error(transparent)]
    Lake(#[from] LakeError),
}

impl Named for CleanError {
    fn name(&self) -> ErrorName {
        match self {
            Self::Request(_) => ErrorName::InvalidInput,
            Self::Etl(error) => error.name(),
            Self::Part(error) => error.name(),
            Self::Lake(error) => error.name(),
        }
    }
}

/// Cleans the part, or finds it cleaned.
///
/// # Errors
/// [`CleanError`], under the names `InvalidInput`, `NotFound`, `Conflict`, `Storage` and `Internal`.
pub async fn handle(lake: &Lake, request: PartStep) -> Result<PartStep, CleanError> {
    let PartStep { use_case, run_id, raw, output: bronze } = request;
    let declared =
        usecases::find(&use_case).ok_or_else(|| CleanError::Request(format!("there is no use case `{use_case}`")))?;
    let table = declared
        .table(&bronze.table)
        .ok_or_else(|| CleanError::Request(format!("use case `{use_case}` has no table `{}`", bronze.table)))?;
    let facts = [VERSION, &raw.key, bronze.data.sha256.as_str(), &etl::declaration(table)?];
    let place = Place {
        layer: keys::Layer::Silver,
        stage: "clean",
        use_case: &use_case,
        table: &bronze.table,
        source_id: parts::source_id(&facts),
        part: bronze.part,
    };
    let output = match place.find(lake).await? {
        Some(output) => output,
        None => {
            let bytes = lake.read(&bronze.data).await?;
            let part = etl::clean(table, &raw.key, &bronze.data.key, &bytes)?;
            drop(bytes);
            place.write(lake, bronze.data, part).await?
        }
    };
    tracing::info!(table = output.table, part = output.part, rows = ?output.rows, "part cleaned");
    Ok(PartStep { use_case, run_id, raw, output })
}

#[cfg(test)]
mod tests;
