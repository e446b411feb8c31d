use std::collections::BTreeMap;

use contracts::{SplitBy, SplitRule};
use features::Frame;

use crate::{Gold, GoldRows, Split, choose_split};

const SHARES: contracts::Split = contracts::Split { by: SplitBy::Random, validation: 0.2, test: 0.2 };
const BY_TIME: contracts::Split = contracts::Split { by: SplitBy::Time, ..SHARES };

fn rows(rows: impl IntoIterator<Item = (String, Option<i32>, f32)>) -> GoldRows {
    let mut gold = GoldRows { keys: vec![], dates: vec![], labels: vec![], frame: Frame::new(vec![]).unwrap() };
    for (key, date, label) in rows {
        gold.keys.push(key);
        gold.dates.push(date);
        gold.labels.push(label);
    }
    gold
}

/// A thousand entities, of which every tenth is of the positive class.
fn thousand() -> Vec<(String, Option<i32>, f32)> {
    (0..1000).map(|i| (format!("k{i}"), None, if i % 10 == 7 { 1.0 } else { 0.0 })).collect()
}

fn by_key(entities: Vec<(String, Option<i32>, f32)>, seed: u64) -> BTreeMap<String, Split> {
    let rows = rows(entities);
    let rule = choose_split(&SHARES, seed, &rows).unwrap();
    let gold = Gold::new(rows, &rule).unwrap();
    gold.keys.into_iter().zip(gold.splits).collect()
}

#[test]
fn the_split_of_a_row_does_not_depend_on_the_order_of_rows() {
    let mut turned = thousand();
    turned.reverse();
    assert_eq!(by_key(thousand(), 7), by_key(turned, 7));
    assert_ne!(by_key(thousand(), 7), by_key(thousand(), 8));
}

#[test]
fn every_class_has_the_same_shares() {
    let mut counts: BTreeMap<(bool, Split), usize> = BTreeMap::new();
    for (key, split) in by_key(thousand(), 42) {
        *counts.entry((key.ends_with('7'), split)).or_default() += 1;
    }
    let found: Vec<usize> = counts.into_values().collect();
    assert_eq!(found, [540, 180, 180, 60, 20, 20]);
}

#[test]
fn the_ranks_of_the_hashes_decide() {
    // The test split of a class are the rows with the smallest SHA-256 of seed and key, whatever the bounds' form.
    let rows = rows(thousand());
    let SplitRule::Random { negative, .. } = choose_split(&SHARES, 42, &rows).unwrap() else { panic!("by chance") };
    let hash =
        |key: &str| contracts::Sha256::of(&[&42_u64.to_le_bytes(), key.as_bytes()].concat()).short(32).to_owned();
    let mut hashes: Vec<String> = (0..1000).filter(|i| i % 10 != 7).map(|i| hash(&format!("k{i}"))).collect();
    hashes.sort();
    assert_eq!((negative.test_to, negative.validation_to), (hashes[179].clone(), hashes[359].clone()));
}

#[test]
fn a_row_without_a_label_is_in_no_split_and_moves_no_other() {
    let known = by_key(thousand(), 42);
    let mut more = thousand();
    more.extend((0..300).map(|i| (format!("new{i}"), None, f32::NAN)));
    let found = by_key(more, 42);
    assert!(known.iter().all(|(key, split)| found[key] == *split));
    assert!((0..300).all(|i| found[&format!("new{i}")] == Split::Unlabelled));
}

/// `(date, negative, positive)` rows.
fn dated(counts: &[(i32, usize, usize)]) -> GoldRows {
    let mut entities = Vec::new();
    for &(date, negative, positive) in counts {
        entities.extend((0..negative).map(|i| (format!("{date}-n{i}"), Some(date), 0.0)));
        entities.extend((0..positive).map(|i| (format!("{date}-p{i}"), Some(date), 1.0)));
    }
    rows(entities)
}

#[test]
fn whole_dates_go_to_one_split_and_shares_are_as_near_as_they_allow() {
    let mut rows = dated(&[(10, 30, 10), (20, 20, 5), (30, 12, 3), (40, 10, 4), (50, 5, 1)]);
    rows.keys.push("unlabelled".to_owned());
    rows.dates.push(Some(60));
    rows.labels.push(f32::NAN);
    let rule = choose_split(&BY_TIME, 1, &rows).unwrap();
    // Of 100 rows: 20 from day 40 on, 15 on day 30 (with day 20 it would be 40).
    assert_eq!(rule, SplitRule::Time { validation_from: 30, test_from: 40 });
    let gold = Gold::new(rows, &rule).unwrap();
    let expected = [("test", 20), ("train", 65), ("unlabelled", 1), ("validation", 15)];
    assert_eq!(gold.rows_by_split(), expected.map(|(name, n)| (name.to_owned(), n)).into());
    for (row, split) in gold.splits.iter().enumerate() {
        let is_newest = gold.dates[row].unwrap() >= 40 && !gold.labels[row].is_nan();
        assert_eq!(*split == Split::Test, is_newest);
    }
}

#[test]
fn a_split_that_would_lack_rows_or_a_class_is_refused() {
    let refusal = |shares, rows: &GoldRows| choose_split(&shares, 1, rows).unwrap_err().to_string();
    let few = rows([("a", 1.0), ("b", 0.0), ("c", 0.0)].map(|(key, label)| (key.to_owned(), Some(1), label)));
    assert_eq!(
        refusal(SHARES, &few),
        "gold rows: 2 rows of the negative class are too few for training, validation and test"
    );
    let days = dated(&[(1, 5, 5), (2, 5, 5)]);
    assert_eq!(refusal(BY_TIME, &days), "gold rows: rows of 2 dates cannot be split by time into three");
    let one_class = dated(&[(1, 5, 5), (2, 5, 5), (3, 5, 0)]);
    assert!(refusal(BY_TIME, &one_class).contains("the test split by time has 5 negative and 0 positive rows"));
    let undated = rows(thousand());
    assert!(refusal(BY_TIME, &undated).contains("a row with a label has no date"));
    let mut twice = rows(thousand());
    twice.keys[3] = twice.keys[5].clone();
    let error = refusal(SHARES, &twice);
    assert!(error.contains("has two gold rows") && !error.contains("k5"), "{error}");
    let greedy = contracts::Split { test: 0.6, validation: 0.4, ..SHARES };
    assert!(refusal(greedy, &rows(thousand())).contains("leave nothing to train on"));
}

#[test]
fn a_broken_rule_is_refused() {
    let gold = |rule: &SplitRule| Gold::new(dated(&[(1, 1, 1)]), rule).map(|_| ()).unwrap_err().to_string();
    let bounds = |test_to: &str, validation_to: &str| contracts::HashBounds {
        test_to: test_to.to_owned(),
        validation_to: validation_to.to_owned(),
    };
    let (low, high) = ("0".repeat(32), "f".repeat(32));
    let random =
        |bounds: contracts::HashBounds| SplitRule::Random { seed: 1, negative: bounds.clone(), positive: bounds };
    assert!(gold(&random(bounds(&high, &low))).contains("out of order"));
    assert!(gold(&random(bounds("+f", &high))).contains("`+f`, which is no hash"));
    assert!(gold(&SplitRule::Time { validation_from: 5, test_from: 4 }).contains("out of order"));
}
