use std::collections::HashMap;

use sha2::Digest as _;

use crate::frame::{Silver, SilverColumn};

/// Stands for a cell or for several; equal values have equal digests, and for different ones to have the same is as
/// likely as a hash collision on 128 bits.
pub(super) type Identity = u128;

/// The identity of some cells of a row.
pub(super) fn of_cells(silver: &Silver, row: usize, columns: &[usize]) -> Identity {
    let mut hasher = sha2::Sha256::new();
    for &column in columns {
        match &silver.columns[column] {
            SilverColumn::Texts(texts) => match texts.get(row) {
                Some(text) => {
                    hasher.update([2]);
                    hasher.update((text.len() as u64).to_le_bytes());
                    hasher.update(text);
                }
                None => hasher.update([0]),
            },
            SilverColumn::Dates(days) => match days.get(row) {
                Some(day) => {
                    hasher.update([3]);
                    hasher.update(day.to_le_bytes());
                }
                None => hasher.update([0]),
            },
            column => match column.number(row) {
                Some(number) => {
                    hasher.update([1]);
                    // -0 and 0 are one number.
                    hasher.update((number + 0.0).to_le_bytes());
                }
                None => hasher.update([0]),
            },
        }
    }
    first_bytes(hasher)
}

/// The identity of an entity.
pub(super) fn of_text(text: &str) -> Identity {
    first_bytes(sha2::Sha256::new_with_prefix(text))
}

fn first_bytes(hasher: sha2::Sha256) -> Identity {
    hasher.finalize().iter().take(16).fold(0, |identity, &byte| identity << 8 | u128::from(byte))
}

/// Which rows of a table share the values of some columns with another row.
#[derive(Debug, Default)]
pub(super) struct Duplicates {
    groups: HashMap<Identity, Group>,
}

#[derive(Debug)]
struct Group {
    first_row: u64,
    whole_row: Identity,
    n_rows: u64,
    is_contradictory: bool,
}

impl Duplicates {
    /// Takes note of a row, numbered through all parts.
    pub(super) fn add(&mut self, row: u64, key: Identity, whole_row: Identity) {
        let new = Group { first_row: row, whole_row, n_rows: 0, is_contradictory: false };
        let group = self.groups.entry(key).or_insert(new);
        group.n_rows += 1;
        group.is_contradictory |= group.whole_row != whole_row;
    }

    /// Forgets what occurs once, when all rows are known.
    pub(super) fn settle(&mut self) {
        self.groups.retain(|_, group| group.n_rows > 1);
        self.groups.shrink_to_fit();
    }

    /// What is wrong with a row, if anything is.
    ///
    /// Of rows that are alike in every column the first is kept: nothing is lost with the others.
    /// Of rows with one key that contradict each other none is kept, because nothing says which one is right.
    pub(super) fn problem(&self, row: u64, key: Identity) -> Option<&'static str> {
        let group = self.groups.get(&key)?;
        if group.is_contradictory {
            Some("several rows with this key contradict each other")
        } else {
            (group.first_row != row).then_some("an earlier row is the same in every column")
        }
    }
}
