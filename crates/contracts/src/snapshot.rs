use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{ObjectRef, RowCounts, Sha256, SnapshotId};

/// A version of the data: every object that a training run can see, fixed by content.
///
/// Stored at `snapshots/<use_case>/<id>.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Follows from the contents of the objects below; see [`Snapshot::with_id`].
    pub id: SnapshotId,
    /// Use case the data belongs to.
    pub use_case: String,
    /// Raw objects, by table.
    pub raw: BTreeMap<String, Vec<ObjectRef>>,
    /// Validated silver objects, by table.
    pub silver: BTreeMap<String, Vec<ObjectRef>>,
    /// Gold rows: key, date, label and fields; one object per hash partition, in their order.
    pub gold: Vec<ObjectRef>,
    /// Which rows train, which validate, which test.
    pub split: SplitRule,
    /// Feature plan fitted on the training rows.
    pub plan: ObjectRef,
    /// Fingerprint of the plan.
    pub feature_fingerprint: String,
    /// Rows from raw to gold.
    pub rows: RowCounts,
    /// Gold rows by split: `train`, `validation`, `test`, and `unlabelled` for rows that can only be scored.
    pub rows_by_split: BTreeMap<String, u64>,
}

/// Which split a gold row belongs to, as a function of the row alone.
///
/// The bounds are chosen once, from all labelled rows of a snapshot; a row without a label is in no split.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum SplitRule {
    /// By the hash of seed and key, in the order test, validation, train.
    Random {
        /// Seed of the hash.
        seed: u64,
        /// Bounds of the negative class.
        negative: HashBounds,
        /// Bounds of the positive class.
        positive: HashBounds,
    },
    /// By date, in the order train, validation, test.
    Time {
        /// First date of the validation split, days since 1970-01-01.
        validation_from: i32,
        /// First date of the test split, days since 1970-01-01.
        test_from: i32,
    },
}

/// Hashes that bound the splits of one class, as 32 hexadecimal digits; their order as texts is their order as numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HashBounds {
    /// Largest hash of the test split.
    pub test_to: String,
    /// Largest hash of the validation split.
    pub validation_to: String,
}

impl Snapshot {
    /// Sets the id to what the other fields say.
    ///
    /// Keys take no part in it, only contents do: the same data under another prefix is the same snapshot.
    #[must_use]
    pub fn with_id(mut self) -> Self {
        let mut lines = vec![format!("use_case {}", self.use_case)];
        for (layer, tables) in [("raw", &self.raw), ("silver", &self.silver)] {
            for (table, objects) in tables {
                lines.extend(objects.iter().map(|object| format!("{layer} {table} {}", object.sha256)));
            }
        }
        lines.extend(self.gold.iter().map(|object| format!("gold {}", object.sha256)));
        lines.push(format!("split {}", serde_json::to_string(&self.split).unwrap_or_default()));
        lines.push(format!("plan {}", self.plan.sha256));
        let digest = Sha256::of(lines.join("\n").as_bytes());
        if let Ok(id) = digest.short(16).parse() {
            self.id = id;
        }
        self
    }
}
