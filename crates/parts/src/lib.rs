//! What a stage leaves in the lake for one part of a table: rows kept, rows set aside, and the manifest of both.
//!
//! A part is written data first and manifest last, so a manifest says that everything it names is there.
//! A stage that is asked again finds the manifest and answers the same; a stage that was killed half-way writes the
//! same objects again, which the lake takes as done.
//! No manifest is written that does not balance: rows in = rows out + rows set aside.

use contracts::{ErrorName, ObjectRef, PartOutput, RowCounts, Sha256};
use etl::Part;
use lake::{Lake, LakeError, keys, keys::Layer};

pub use gold::{GoldError, gold, gold_rows};

mod gold;

/// Most hash partitions that rows are divided into: each part of a table is that many objects then.
pub const MAX_PARTITIONS: u32 = 256;

/// Where a stage puts one part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// Layer of the rows kept.
    pub layer: Layer,
    /// Stage that writes the part; names the quarantined rows.
    pub stage: &'a str,
    /// Use case.
    pub use_case: &'a str,
    /// Table.
    pub table: &'a str,
    /// Says what the part is made from, and how; see [`source_id`].
    pub source_id: String,
    /// Number of the part.
    pub part: u32,
}

/// Why a part could not be written.
#[derive(Debug, thiserror::Error)]
pub enum PartError {
    /// The row counts do not add up; the part was not written.
    #[error("{key}: {} rows in, but {} out and {} quarantined", .rows.rows_in, .rows.rows_out, .rows.rows_quarantined)]
    Unbalanced {
        /// Key the part would have had.
        key: String,
        /// The counts.
        rows: RowCounts,
    },
    /// A key that should be one of a part.
    #[error("`{key}` is not the key of a part of a table")]
    NotAPart {
        /// The key.
        key: String,
    },
    /// The lake failed.
    #[error(transparent)]
    Lake(#[from] LakeError),
}

impl PartError {
    /// The name by which the state machines know this error.
    #[must_use]
    pub fn name(&self) -> ErrorName {
        match self {
            Self::Unbalanced { .. } => ErrorName::Internal,
            Self::NotAPart { .. } => ErrorName::InvalidInput,
            Self::Lake(error) => error.name(),
        }
    }
}

/// A part that is stored, with its manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPart {
    /// The manifest.
    pub manifest: ObjectRef,
    /// What it says.
    pub output: PartOutput,
}

impl Place<'_> {
    /// The part, when it has been written before.
    ///
    /// # Errors
    /// The lake failed.
    pub async fn find(&self, lake: &Lake) -> Result<Option<StoredPart>, LakeError> {
        match lake.read_json_key(&self.key(keys::part_manifest)).await {
            Ok((manifest, output)) => Ok(Some(StoredPart { manifest, output })),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes the rows set aside, the rows kept, and the manifest, in this order. `source` is what was read.
    ///
    /// # Errors
    /// [`PartError::Unbalanced`], or the lake failed.
    pub async fn write(&self, lake: &Lake, source: ObjectRef, part: Part) -> Result<StoredPart, PartError> {
        if !part.rows.is_balanced() {
            return Err(PartError::Unbalanced { key: self.key(keys::part), rows: part.rows });
        }
        let quarantine = match part.quarantine {
            lines if lines.is_empty() => None,
            lines => Some(lake.write_once(&self.quarantine_key(), lines.into()).await?),
        };
        let is_divided = part.data.len() > 1;
        let mut data = Vec::with_capacity(part.data.len());
        for (partition, bytes) in (0..).zip(part.data) {
            let key = if is_divided { self.partition_key(partition) } else { self.key(keys::part) };
            data.push(lake.write_once(&key, bytes.into()).await?);
        }
        let output = PartOutput {
            table: self.table.to_owned(),
            part: self.part,
            source,
            data,
            quarantine,
            rows: part.rows,
            quarantined_by_reason: part.quarantined_by_reason,
            changed_cells: part.changed_cells,
        };
        let manifest = lake.write_json_once(&self.key(keys::part_manifest), &output).await?;
        Ok(StoredPart { manifest, output })
    }

    fn key(&self, key: fn(Layer, &str, &str, &str, u32) -> String) -> String {
        key(self.layer, self.use_case, self.table, &self.source_id, self.part)
    }

    fn partition_key(&self, partition: u32) -> String {
        keys::partition(self.layer, self.use_case, self.table, &self.source_id, self.part, partition)
    }

    fn quarantine_key(&self) -> String {
        keys::quarantine(self.use_case, self.table, &self.source_id, self.stage, self.part)
    }
}

/// The manifest of the part that has rows under `key`, which another stage has written.
///
/// # Errors
/// The key is not one of a part ([`PartError::NotAPart`]), or the lake failed.
pub async fn manifest_of(lake: &Lake, key: &str) -> Result<PartOutput, PartError> {
    let not_a_part = || PartError::NotAPart { key: key.to_owned() };
    let (folder, file) = key.strip_suffix(".parquet").and_then(|stem| stem.rsplit_once('/')).ok_or_else(not_a_part)?;
    // A part that is divided has one manifest, above the folders of its partitions.
    let folder = match folder.rsplit_once('/') {
        Some((above, partition)) if partition.starts_with("partition=") => above,
        _ => folder,
    };
    Ok(lake.read_json(&format!("{folder}/{file}.manifest.json")).await?)
}

/// An id that changes with every one of `facts`: what a part is made from, the declaration it is made by, and the
/// version of the stage.
///
/// ```
/// assert_eq!(parts::source_id(&["clean-1", "the bronze part"]).len(), 16);
/// assert_ne!(parts::source_id(&["clean-1", "a"]), parts::source_id(&["clean-2", "a"]));
/// ```
#[must_use]
pub fn source_id(facts: &[&str]) -> String {
    // Lengths keep apart what would otherwise run together.
    let text: String = facts.iter().map(|fact| format!("{}:{fact}\n", fact.len())).collect();
    Sha256::of(text.as_bytes()).short(16).to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use std::{collections::BTreeMap, sync::Arc};

    use lake::MemoryStore;

    use super::*;

    fn place() -> Place<'static> {
        let source_id = source_id(&["ingest-1", "file"]);
        Place { layer: Layer::Bronze, stage: "ingest", use_case: "telco", table: "customers", source_id, part: 0 }
    }

    fn part(rows: RowCounts) -> Part {
        Part {
            data: vec![b"data".to_vec()],
            quarantine: b"{}\n".to_vec(),
            rows,
            quarantined_by_reason: BTreeMap::new(),
            changed_cells: BTreeMap::new(),
        }
    }

    fn source() -> ObjectRef {
        ObjectRef { key: "raw/telco/a.csv".to_owned(), sha256: Sha256::of(b"a"), size_bytes: 1 }
    }

    #[tokio::test]
    async fn a_part_is_found_once_it_is_written() {
        let lake = Lake::new(Arc::new(MemoryStore::new()), "memory://test");
        assert_eq!(place().find(&lake).await.unwrap(), None);
        let rows = RowCounts { rows_in: 3, rows_out: 2, rows_quarantined: 1 };
        let written = place().write(&lake, source(), part(rows)).await.unwrap();
        assert_eq!(place().find(&lake).await.unwrap(), Some(written.clone()));
        assert_eq!(lake.read_json_ref::<PartOutput>(&written.manifest).await.unwrap(), written.output);
        assert_eq!(
            written.output.data[0].key,
            format!("bronze/telco/customers/{}/part-000000.parquet", place().source_id)
        );
        assert_eq!(manifest_of(&lake, &written.output.data[0].key).await.unwrap(), written.output);
        assert!(matches!(manifest_of(&lake, "raw/telco/a.csv").await, Err(PartError::NotAPart { .. })));
        assert_eq!(place().write(&lake, source(), part(rows)).await.unwrap(), written);
    }

    #[tokio::test]
    async fn a_divided_part_is_one_object_per_partition_under_one_manifest() {
        let lake = Lake::new(Arc::new(MemoryStore::new()), "memory://test");
        let rows = RowCounts { rows_in: 3, rows_out: 2, rows_quarantined: 1 };
        let divided = Part { data: vec![b"even".to_vec(), b"odd".to_vec()], ..part(rows) };
        let written = place().write(&lake, source(), divided).await.unwrap();
        for (partition, (object, text)) in written.output.data.iter().zip(["even", "odd"]).enumerate() {
            assert!(object.key.ends_with(&format!("/partition=00{partition}/part-000000.parquet")), "{}", object.key);
            assert_eq!(lake.read(object).await.unwrap(), text);
            assert_eq!(manifest_of(&lake, &object.key).await.unwrap(), written.output);
        }
        assert_eq!(place().find(&lake).await.unwrap(), Some(written));
    }

    #[tokio::test]
    async fn counts_that_do_not_add_up_are_refused_before_anything_is_written() {
        let lake = Lake::new(Arc::new(MemoryStore::new()), "memory://test");
        let rows = RowCounts { rows_in: 3, rows_out: 1, rows_quarantined: 1 };
        let error = place().write(&lake, source(), part(rows)).await.unwrap_err();
        assert_eq!(error.name(), ErrorName::Internal);
        assert!(error.to_string().ends_with("3 rows in, but 1 out and 1 quarantined"), "{error}");
        assert!(lake.store().list("", None).await.unwrap().is_empty());
    }

    #[test]
    fn facts_do_not_run_together() {
        assert_ne!(source_id(&["ab", "c"]), source_id(&["a", "bc"]));
        assert_ne!(source_id(&["a\n1:b"]), source_id(&["a", "b"]));
    }
}
