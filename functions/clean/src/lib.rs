//! One bronze part becomes one silver part: typed columns, read as the use case declares each of them.
//!
//! The rows of a silver part are divided by a hash of their entity, one object per partition, so that later stages can
//! look at an entity in all tables without reading all tables.
//!
//! Rows with a cell that cannot be read are quarantined under the name and line of the raw file, with column, reason
//! and the text at fault; the manifest counts rows by reason, and by column how many cells were changed and how.

use contracts::stage::PartStep;
use contracts::{ErrorName, PartOutput};
use etl::EtlError;
use lake::{Lake, LakeError, keys};
use lambda_kit::Named;
use parts::{PartError, Place};

/// Changes when the same bronze would give another silver.
const VERSION: &str = "clean-2";

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
    let PartStep { use_case, run_id, table: name, n_partitions, manifest } = request;
    let declared =
        usecases::find(&use_case).ok_or_else(|| CleanError::Request(format!("there is no use case `{use_case}`")))?;
    let table = declared
        .table(&name)
        .ok_or_else(|| CleanError::Request(format!("use case `{use_case}` has no table `{name}`")))?;
    if !(1..=parts::MAX_PARTITIONS).contains(&n_partitions) {
        let max = parts::MAX_PARTITIONS;
        return Err(CleanError::Request(format!("{n_partitions} partitions are not between 1 and {max}")));
    }
    let bronze: PartOutput = lake.read_json_ref(&manifest).await?;
    let [data] = bronze.data.as_slice() else {
        return Err(CleanError::Request(format!("{} is not the manifest of a bronze part", manifest.key)));
    };
    if bronze.table != name {
        let of = &bronze.table;
        return Err(CleanError::Request(format!("{} is of table `{of}`, not of `{name}`", manifest.key)));
    }
    let raw_file = &bronze.source.key;
    let facts = [VERSION, raw_file, data.sha256.as_str(), &n_partitions.to_string(), &etl::declaration(table)?];
    let place = Place {
        layer: keys::Layer::Silver,
        stage: "clean",
        use_case: &use_case,
        table: &name,
        source_id: parts::source_id(&facts),
        part: bronze.part,
    };
    let stored = match place.find(lake).await? {
        Some(stored) => stored,
        None => {
            let bytes = lake.read(data).await?;
            let part = etl::clean(table, raw_file, &data.key, &bytes, n_partitions)?;
            drop(bytes);
            place.write(lake, data.clone(), part).await?
        }
    };
    tracing::info!(table = name, part = bronze.part, rows = ?stored.output.rows, "part cleaned");
    Ok(PartStep { use_case, run_id, table: name, n_partitions, manifest: stored.manifest })
}

#[cfg(test)]
mod tests;
