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
    /// Gold rows: key, fields, label, split.
    pub gold: ObjectRef,
    /// Feature plan fitted on the training rows.
    pub plan: ObjectRef,
    /// Fingerprint of the plan.
    pub feature_fingerprint: String,
    /// Rows from raw to gold.
    pub rows: RowCounts,
    /// Gold rows by split: `train`, `validation`, `test`.
    pub rows_by_split: BTreeMap<String, u64>,
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
        lines.push(format!("gold {}", self.gold.sha256));
        lines.push(format!("plan {}", self.plan.sha256));
        let digest = Sha256::of(lines.join("\n").as_bytes());
        if let Ok(id) = digest.short(16).parse() {
            self.id = id;
        }
        self
    }
}
