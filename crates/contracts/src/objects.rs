use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Sha256;

/// An object in the lake, named by key and fixed by content.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectRef {
    /// Key inside the bucket.
    pub key: String,
    /// Digest of the whole object.
    pub sha256: Sha256,
    /// Length of the object.
    pub size_bytes: u64,
}

/// What became of the rows a stage read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowCounts {
    /// Rows read.
    pub rows_in: u64,
    /// Rows written for the next stage.
    pub rows_out: u64,
    /// Rows set aside, each with its reason.
    pub rows_quarantined: u64,
}

impl RowCounts {
    /// Whether every row read is accounted for.
    ///
    /// ```
    /// use contracts::RowCounts;
    ///
    /// assert!(RowCounts { rows_in: 3, rows_out: 2, rows_quarantined: 1 }.is_balanced());
    /// assert!(!RowCounts { rows_in: 3, rows_out: 2, rows_quarantined: 0 }.is_balanced());
    /// ```
    #[must_use]
    pub const fn is_balanced(&self) -> bool {
        match self.rows_out.checked_add(self.rows_quarantined) {
            Some(sum) => self.rows_in == sum,
            None => false,
        }
    }

    /// The counts of two parts together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            rows_in: self.rows_in.saturating_add(other.rows_in),
            rows_out: self.rows_out.saturating_add(other.rows_out),
            rows_quarantined: self.rows_quarantined.saturating_add(other.rows_quarantined),
        }
    }
}

/// What a stage made of one part of one table: its answer, and the manifest stored beside the part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartOutput {
    /// Table the part belongs to.
    pub table: String,
    /// Number of the part, from 0 in the order of the source.
    pub part: u32,
    /// What was read.
    pub source: ObjectRef,
    /// The rows kept: one object per hash partition of the entity, in their order; one in all where rows are not
    /// divided.
    pub data: Vec<ObjectRef>,
    /// The rows set aside; `None` when there were none.
    pub quarantine: Option<ObjectRef>,
    /// Row counts; always balanced.
    pub rows: RowCounts,
    /// Rows set aside, by reason.
    pub quarantined_by_reason: BTreeMap<String, u64>,
    /// Cells changed while the row was kept, by `column: what was done`.
    pub changed_cells: BTreeMap<String, u64>,
}

/// One row set aside, as stored under `quarantine/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quarantined {
    /// Key of the object the row came from.
    pub source: String,
    /// Line in the source, counted from 1 with the header; `None` in a later part of a file that is read in several,
    /// where the lines before are not counted.
    pub line: Option<u64>,
    /// First byte of the row in the source.
    pub offset: u64,
    /// Column at fault, where one can be named.
    pub column: Option<String>,
    /// Why the row was set aside.
    pub reason: String,
    /// The row as read; bytes that are not UTF-8 are replaced, very long rows are cut.
    pub row: String,
}
