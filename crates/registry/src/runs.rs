use std::cmp::Reverse;

use contracts::RunRecord;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use lake::{Lake, keys};

use crate::{RegistryError, time_text};

/// Records read at once.
const N_PARALLEL_READS: usize = 16;

/// The record of every run of a use case that came to a selection, newest first.
///
/// # Errors
/// A record is not what it should be, or the lake failed.
pub async fn runs(lake: &Lake, use_case: &str) -> Result<Vec<RunRecord>, RegistryError> {
    let objects = lake.list(&keys::runs_prefix(use_case)).await?;
    let is_record = |key: &str| key.rsplit('/').next() == Some(keys::RUN_RECORD);
    let records = objects.iter().filter(|object| is_record(&object.key)).map(|object| async {
        let record: RunRecord = lake.read_json(&object.key).await?;
        let started_at = time_text::parse(&record.started_at)?;
        Ok::<_, RegistryError>((started_at, record))
    });
    let mut records: Vec<_> = stream::iter(records).buffered(N_PARALLEL_READS).try_collect().await?;
    records.sort_by_key(|(started_at, record)| (Reverse(*started_at), Reverse(record.run_id.clone())));
    Ok(records.into_iter().map(|(_, record)| record).collect())
}
