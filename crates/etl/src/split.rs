use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use contracts::{HashBounds, SplitBy, SplitRule};
use sha2::Digest as _;

use crate::{EtlError, GoldRows};

/// What a gold row is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Split {
    /// Fitting the feature plan and the models.
    Train,
    /// Choosing the threshold.
    Validation,
    /// The final figures.
    Test,
    /// Nothing yet but scoring: nobody knows how it came out.
    Unlabelled,
}

impl Split {
    /// Every split.
    pub const ALL: [Self; 4] = [Self::Train, Self::Validation, Self::Test, Self::Unlabelled];

    /// The split as snapshots spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
            Self::Unlabelled => "unlabelled",
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Applies a [`SplitRule`] to rows.
#[derive(Clone, Copy, Debug)]
pub struct Splitter(Rule);

#[derive(Clone, Copy, Debug)]
enum Rule {
    Random { seed: u64, negative: Bounds, positive: Bounds },
    Time { validation_from: i32, test_from: i32 },
}

#[derive(Clone, Copy, Debug)]
struct Bounds {
    test_to: u128,
    validation_to: u128,
}

impl Splitter {
    /// Reads a rule.
    ///
    /// # Errors
    /// [`EtlError::Gold`] when its bounds are no hashes or out of order.
    pub fn new(rule: &SplitRule) -> Result<Self, EtlError> {
        let rule = match rule {
            SplitRule::Random { seed, negative, positive } => {
                Rule::Random { seed: *seed, negative: bounds(negative)?, positive: bounds(positive)? }
            }
            SplitRule::Time { validation_from, test_from } => {
                Rule::Time { validation_from: *validation_from, test_from: *test_from }
            }
        };
        let is_ordered = match &rule {
            Rule::Random { negative, positive, .. } => {
                negative.test_to <= negative.validation_to && positive.test_to <= positive.validation_to
            }
            Rule::Time { validation_from, test_from } => validation_from <= test_from,
        };
        if is_ordered { Ok(Self(rule)) } else { Err(EtlError::gold("the bounds of the split are out of order")) }
    }

    /// The split of a row; `label` is NaN where there is none.
    ///
    /// # Errors
    /// [`EtlError::Gold`] for a row with a label and without the date that the rule goes by.
    pub fn split(&self, key: &str, date: Option<i32>, label: f32) -> Result<Split, EtlError> {
        if label.is_nan() {
            return Ok(Split::Unlabelled);
        }
        Ok(match self.0 {
            Rule::Random { seed, negative, positive } => {
                let bounds = if label > 0.5 { positive } else { negative };
                match hash(seed, key) {
                    hash if hash <= bounds.test_to => Split::Test,
                    hash if hash <= bounds.validation_to => Split::Validation,
                    _ => Split::Train,
                }
            }
            Rule::Time { validation_from, test_from } => match date.ok_or_else(undated)? {
                date if date >= test_from => Split::Test,
                date if date >= validation_from => Split::Validation,
                _ => Split::Train,
            },
        })
    }
}

fn undated() -> EtlError {
    EtlError::gold("a row with a label has no date to be split by")
}

fn bounds(bounds: &HashBounds) -> Result<Bounds, EtlError> {
    let read = |text: &str| {
        let is_hash = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let hash = if is_hash { u128::from_str_radix(text, 16).ok() } else { None };
        hash.ok_or_else(|| EtlError::gold(format!("the split is bounded by `{text}`, which is no hash")))
    };
    Ok(Bounds { test_to: read(&bounds.test_to)?, validation_to: read(&bounds.validation_to)? })
}

/// Chooses the rule that divides these rows as the settings say; only keys, dates and labels are looked at.
///
/// By chance: the rows of a class are put in the order of a hash of seed and key; the first go to the test split, the
/// next to the validation split, the rest to the training split. So the shares are exact to half a row per class.
/// By time: the newest whole dates go to the test split, those before them to the validation split, with shares as near
/// to those asked for as whole dates allow.
///
/// # Errors
/// [`EtlError::Gold`] when a key occurs twice, a split would lack rows of a class, or dates are missing that the rule
/// would go by.
pub fn choose_split(shares: &contracts::Split, seed: u64, rows: &GoldRows) -> Result<SplitRule, EtlError> {
    let valid = |share: f64| (0.0..1.0).contains(&share);
    if !valid(shares.validation) || !valid(shares.test) || shares.validation + shares.test >= 1.0 {
        return Err(EtlError::gold(format!(
            "a validation share of {} and a test share of {} leave nothing to train on",
            shares.validation, shares.test
        )));
    }
    let mut keys = BTreeSet::new();
    if let Some(row) = rows.keys.iter().position(|key| !keys.insert(key.as_str())) {
        let digest = contracts::Sha256::of(rows.keys[row].as_bytes());
        return Err(EtlError::gold(format!("entity {} (a SHA-256 of its key) has two gold rows", digest.short(12))));
    }
    match shares.by {
        SplitBy::Random => by_hash(shares, seed, rows),
        SplitBy::Time => by_date(shares, rows),
    }
}

fn by_hash(shares: &contracts::Split, seed: u64, rows: &GoldRows) -> Result<SplitRule, EtlError> {
    let bounds = |label: f32, class: &str| {
        let of_class = (0..rows.len()).filter(|&row| rows.labels[row] == label);
        let mut hashes: Vec<u128> = of_class.map(|row| hash(seed, &rows.keys[row])).collect();
        hashes.sort_unstable();
        let n_test = count(hashes.len(), shares.test);
        let n_validation = count(hashes.len(), shares.validation);
        if n_test == 0 || n_validation == 0 || n_test + n_validation >= hashes.len() {
            let n = hashes.len();
            let problem = format!("{n} rows of the {class} class are too few for training, validation and test");
            return Err(EtlError::gold(problem));
        }
        let bound = |rank: usize| format!("{:032x}", hashes[rank - 1]);
        Ok(HashBounds { test_to: bound(n_test), validation_to: bound(n_test + n_validation) })
    };
    Ok(SplitRule::Random { seed, negative: bounds(0.0, "negative")?, positive: bounds(1.0, "positive")? })
}

fn by_date(shares: &contracts::Split, rows: &GoldRows) -> Result<SplitRule, EtlError> {
    // Labelled rows of each date, by class.
    let mut dates: BTreeMap<i32, [usize; 2]> = BTreeMap::new();
    for (date, label) in rows.dates.iter().zip(&rows.labels).filter(|(_, label)| !label.is_nan()) {
        let date = date.ok_or_else(undated)?;
        dates.entry(date).or_default()[usize::from(*label > 0.5)] += 1;
    }
    let dates: Vec<(i32, [usize; 2])> = dates.into_iter().collect();
    if dates.len() < 3 {
        let problem = format!("rows of {} dates cannot be split by time into three", dates.len());
        return Err(EtlError::gold(problem));
    }
    let n_rows: usize = dates.iter().map(|(_, counts)| counts.iter().sum::<usize>()).sum();
    let wanted = |share: f64| n_rows as f64 * share;
    // At least one date stays for each split before.
    let test = newest(&dates, 2, wanted(shares.test));
    let validation = newest(&dates[..test], 1, wanted(shares.validation));
    for (split, range) in [("training", 0..validation), ("validation", validation..test), ("test", test..dates.len())] {
        let counts = dates[range].iter().fold([0, 0], |sum, (_, n)| [sum[0] + n[0], sum[1] + n[1]]);
        if counts.contains(&0) {
            let [negative, positive] = counts;
            let problem = format!(
                "the {split} split by time has {negative} negative and {positive} positive rows, and needs both"
            );
            return Err(EtlError::gold(problem));
        }
    }
    Ok(SplitRule::Time { validation_from: dates[validation].0, test_from: dates[test].0 })
}

/// The first of the newest dates that together have as near to `wanted` rows as whole dates allow; `n_before` dates
/// stay before it. Of two that are as near, the later.
fn newest(dates: &[(i32, [usize; 2])], n_before: usize, wanted: f64) -> usize {
    let mut n_rows = 0;
    let mut best = (f64::INFINITY, dates.len() - 1);
    for (first, (_, counts)) in dates.iter().enumerate().skip(n_before).rev() {
        n_rows += counts.iter().sum::<usize>();
        let distance = (n_rows as f64 - wanted).abs();
        if distance < best.0 {
            best = (distance, first);
        }
    }
    best.1
}

fn count(n_rows: usize, share: f64) -> usize {
    (n_rows as f64 * share).round() as usize
}

fn hash(seed: u64, key: &str) -> u128 {
    let digest = sha2::Sha256::new().chain_update(seed.to_le_bytes()).chain_update(key.as_bytes()).finalize();
    digest.iter().take(16).fold(0, |hash, &byte| hash << 8 | u128::from(byte))
}
