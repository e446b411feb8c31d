use std::{fmt, str::FromStr};

use sha2::Digest as _;

use crate::EtlError;

/// What a gold row is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Split {
    /// Fitting the feature plan and the models.
    Train,
    /// Choosing the threshold.
    Validation,
    /// The final figures.
    Test,
}

impl Split {
    /// Every split.
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];

    /// The split as gold spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Split {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|split| split.as_str() == text).ok_or_else(|| format!("`{text}` is not a split"))
    }
}

/// Assigns every row to a split by its key, the same shares in each class.
///
/// The rows of a class are put in the order of a hash of seed and key; the first go to the test split, the next to
/// the validation split, the rest to the training split.
/// So the split of a row depends neither on the order of the rows nor on the other class, and the shares are exact to
/// half a row per class.
///
/// # Errors
/// [`EtlError::Gold`] when the shares leave a split without rows of a class.
pub(crate) fn stratified(
    keys: &[&str],
    is_positive: &[bool],
    shares: &contracts::Split,
    seed: u64,
) -> Result<Vec<Split>, EtlError> {
    let valid = |share: f64| (0.0..1.0).contains(&share);
    if !valid(shares.validation) || !valid(shares.test) || shares.validation + shares.test >= 1.0 {
        return Err(EtlError::gold(format!(
            "a validation share of {} and a test share of {} leave nothing to train on",
            shares.validation, shares.test
        )));
    }
    let mut splits = vec![Split::Train; keys.len()];
    for class in [false, true] {
        let mut rows: Vec<(u128, usize)> =
            (0..keys.len()).filter(|&row| is_positive[row] == class).map(|row| (hash(seed, keys[row]), row)).collect();
        rows.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| keys[a.1].cmp(keys[b.1])));
        let n_test = count(rows.len(), shares.test);
        let n_validation = count(rows.len(), shares.validation);
        if n_test == 0 || n_validation == 0 || n_test + n_validation >= rows.len() {
            return Err(EtlError::gold(format!(
                "{} rows of the {} class are too few for training, validation and test",
                rows.len(),
                if class { "positive" } else { "negative" }
            )));
        }
        for (rank, &(_, row)) in rows.iter().enumerate() {
            splits[row] = match rank {
                rank if rank < n_test => Split::Test,
                rank if rank < n_test + n_validation => Split::Validation,
                _ => Split::Train,
            };
        }
    }
    Ok(splits)
}

fn count(n_rows: usize, share: f64) -> usize {
    (n_rows as f64 * share).round() as usize
}

fn hash(seed: u64, key: &str) -> u128 {
    let digest = sha2::Sha256::new().chain_update(seed.to_le_bytes()).chain_update(key.as_bytes()).finalize();
    digest.iter().take(16).fold(0, |hash, &byte| hash << 8 | u128::from(byte))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use std::collections::BTreeMap;

    use super::*;

    const SHARES: contracts::Split = contracts::Split { validation: 0.2, test: 0.2 };

    fn by_key(keys: &[String], seed: u64) -> BTreeMap<String, Split> {
        let texts: Vec<&str> = keys.iter().map(String::as_str).collect();
        let positive: Vec<bool> = keys.iter().map(|key| key.ends_with('7')).collect();
        let splits = stratified(&texts, &positive, &SHARES, seed).unwrap();
        keys.iter().cloned().zip(splits).collect()
    }

    #[test]
    fn the_split_of_a_row_does_not_depend_on_the_order_of_rows() {
        let keys: Vec<String> = (0..1000).map(|i| format!("k{i}")).collect();
        let mut turned = keys.clone();
        turned.reverse();
        assert_eq!(by_key(&keys, 7), by_key(&turned, 7));
        assert_ne!(by_key(&keys, 7), by_key(&keys, 8));
    }

    #[test]
    fn every_class_has_the_same_shares() {
        let keys: Vec<String> = (0..1000).map(|i| format!("k{i}")).collect();
        let mut counts: BTreeMap<(bool, Split), usize> = BTreeMap::new();
        for (key, split) in by_key(&keys, 42) {
            *counts.entry((key.ends_with('7'), split)).or_default() += 1;
        }
        let found: Vec<usize> = counts.into_values().collect();
        assert_eq!(found, [540, 180, 180, 60, 20, 20]);
    }

    #[test]
    fn too_few_rows_of_a_class_are_refused() {
        let error = stratified(&["a", "b", "c"], &[true, false, false], &SHARES, 1).unwrap_err();
        assert_eq!(
            error.to_string(),
            "gold rows: 2 rows of the negative class are too few for training, validation and test"
        );
    }
}
