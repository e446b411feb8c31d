use contracts::{ErrorName, ObjectRef, Snapshot};
use etl::{EtlError, Gold, GoldRows};
use features::Field;
use lake::{Lake, LakeError};

/// Why gold rows could not be read.
#[derive(Debug, thiserror::Error)]
pub enum GoldError {
    /// A snapshot that names no gold.
    #[error("snapshot {snapshot_id} names no gold rows")]
    Empty {
        /// Snapshot asked for.
        snapshot_id: String,
    },
    /// The rows are not what they should be.
    #[error(transparent)]
    Rows(#[from] EtlError),
    /// The lake failed.
    #[error(transparent)]
    Lake(#[from] LakeError),
}

impl GoldError {
    /// The name by which the state machines know this error.
    #[must_use]
    pub const fn name(&self) -> ErrorName {
        match self {
            Self::Empty { .. } => ErrorName::InvalidInput,
            Self::Rows(error) => error.name(),
            Self::Lake(error) => error.name(),
        }
    }
}

/// The gold rows of a snapshot with these fields, in the splits of the snapshot's rule.
///
/// The partitions are read one after the other and only the columns asked for are decoded.
///
/// # Errors
/// [`GoldError`], under the names `InvalidInput`, `DataQuality`, `NotFound`, `Storage` and `Internal`.
pub async fn gold(lake: &Lake, snapshot: &Snapshot, fields: &[Field]) -> Result<Gold, GoldError> {
    let Some(rows) = gold_rows(lake, &snapshot.gold, fields).await? else {
        return Err(GoldError::Empty { snapshot_id: snapshot.id.to_string() });
    };
    Ok(Gold::new(rows, &snapshot.split)?)
}

/// The rows of some gold parts with these fields, one part after the other; `None` without parts.
///
/// # Errors
/// [`GoldError`], as for [`gold`].
pub async fn gold_rows(lake: &Lake, parts: &[ObjectRef], fields: &[Field]) -> Result<Option<GoldRows>, GoldError> {
    let mut whole: Option<GoldRows> = None;
    for part in parts {
        let rows = GoldRows::from_parquet(&part.key, &lake.read(part).await?, fields)?;
        match &mut whole {
            None => whole = Some(rows),
            Some(whole) => whole.append(rows)?,
        }
    }
    Ok(whole)
}
