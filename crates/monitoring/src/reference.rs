//! What a model was trained on, in few numbers.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use contracts::{DriftReference, FieldBins, FieldReference};
use features::{Column, Field, Frame};

use crate::MonitoringError;

/// Bins of a number, where its values allow: their edges are the deciles of the reference rows.
pub const N_BINS: usize = 10;
/// Most levels of a category with a bin of their own; the rarest of more share the bin of other texts.
pub const MAX_LEVELS: usize = 50;
/// Most quantiles kept of a number; a field with fewer values keeps all of them.
pub const N_QUANTILES: usize = 501;
/// Name of the reference of the model's answers.
pub const SCORE: &str = "score";

/// Describes the raw fields of `rows` and the model's `scores`, to compare later rows with.
///
/// `rows` are the rows the model was trained on; `scores` are its probabilities of the positive class on rows it was
/// not fitted to, because a model is surer of the rows it has seen.
///
/// # Errors
/// No rows or no scores, a row that does not exist, a score outside [0, 1], or a field that the frame does not have.
///
/// ```
/// use features::{Column, Field, Frame};
///
/// let frame = Frame::new(vec![("age".into(), Column::Number(vec![20.0, f64::NAN, 40.0]))])?;
/// let reference = monitoring::drift_reference(&frame, &[Field::number("age")], &[0, 1, 2], &[0.2, 0.7])?;
/// assert_eq!(reference.fields[0].counts, [1, 1, 1]); // up to 20, above, missing
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn drift_reference(
    frame: &Frame,
    fields: &[Field],
    rows: &[usize],
    scores: &[f64],
) -> Result<DriftReference, MonitoringError> {
    if rows.is_empty() {
        return Err(MonitoringError::NoRows { what: "the training split".to_owned() });
    }
    if scores.is_empty() {
        return Err(MonitoringError::NoRows { what: "the list of scores".to_owned() });
    }
    if let Some(&row) = rows.iter().find(|&&row| row >= frame.n_rows()) {
        return Err(MonitoringError::NoSuchRow { row, n_rows: frame.n_rows() });
    }
    if let Some((row, &score)) = scores.iter().enumerate().find(|(_, score)| !(0.0..=1.0).contains(*score)) {
        return Err(MonitoringError::NotAProbability { row, score });
    }
    let columns = frame.columns_of(fields)?;
    let described = fields.iter().zip(columns).map(|(field, column)| match column {
        Column::Number(values) => numbers(&field.name, rows.iter().map(|&row| values[row])),
        Column::Category(levels) => categories(&field.name, rows.iter().map(|&row| levels[row].as_deref())),
    });
    Ok(DriftReference { fields: described.collect(), score: numbers(SCORE, scores.iter().copied()) })
}

fn numbers(name: &str, values: impl ExactSizeIterator<Item = f64>) -> FieldReference {
    let n_rows = values.len();
    let mut sorted: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let edges = edges(&sorted);
    let bins = FieldBins::Number { edges };
    let mut counts = vec![0; n_bins(&bins)];
    for &value in &sorted {
        if let FieldBins::Number { edges } = &bins {
            counts[bin_of_number(edges, value)] += 1;
        }
    }
    counts.push((n_rows - sorted.len()) as u64);
    FieldReference { name: name.to_owned(), bins, counts, quantiles: quantiles(&sorted) }
}

/// Deciles as values that occur (the inverse of the empirical distribution, type 1 of Hyndman and Fan, *Sample
/// quantiles in statistical packages*, 1996), without repetitions and without the largest value: so every bin has
/// reference rows. Of a constant there are two edges that enclose it, so that any other value is seen to differ.
fn edges(sorted: &[f64]) -> Vec<f64> {
    let (Some(&smallest), Some(&largest)) = (sorted.first(), sorted.last()) else { return Vec::new() };
    if smallest == largest {
        return vec![largest.next_down(), largest];
    }
    let decile = |k: usize| sorted[(k * sorted.len()).div_ceil(N_BINS).max(1) - 1];
    let mut edges: Vec<f64> = (1..N_BINS).map(decile).filter(|&edge| edge < largest).collect();
    if edges.is_empty() {
        // Nine tenths of the rows have the largest value: what lies below it is one bin.
        edges.push(largest.next_down());
    }
    edges.dedup();
    edges
}

fn quantiles(sorted: &[f64]) -> Vec<f64> {
    if sorted.len() <= N_QUANTILES {
        return sorted.to_vec();
    }
    let place = |k: usize| (k * (sorted.len() - 1) + (N_QUANTILES - 1) / 2) / (N_QUANTILES - 1);
    (0..N_QUANTILES).map(|k| sorted[place(k)]).collect()
}

fn categories<'a>(name: &str, values: impl Iterator<Item = Option<&'a str>>) -> FieldReference {
    let mut by_level: BTreeMap<&str, u64> = BTreeMap::new();
    let mut n_missing = 0;
    for value in values {
        match value {
            Some(level) => *by_level.entry(level).or_default() += 1,
            None => n_missing += 1,
        }
    }
    let mut levels: Vec<(&str, u64)> = by_level.into_iter().collect();
    levels.sort_by_key(|&(level, count)| (Reverse(count), level));
    let rare = levels.split_off(levels.len().min(MAX_LEVELS));
    levels.sort_unstable();
    let mut counts: Vec<u64> = levels.iter().map(|&(_, count)| count).collect();
    counts.push(rare.iter().map(|&(_, count)| count).sum());
    counts.push(n_missing);
    let levels = levels.into_iter().map(|(level, _)| level.to_owned()).collect();
    FieldReference { name: name.to_owned(), bins: FieldBins::Category { levels }, counts, quantiles: Vec::new() }
}

/// Bins of values that are not missing.
pub(crate) fn n_bins(bins: &FieldBins) -> usize {
    match bins {
        FieldBins::Number { edges } => edges.len() + 1,
        FieldBins::Category { levels } => levels.len() + 1,
    }
}

/// The bin of a finite number.
pub(crate) fn bin_of_number(edges: &[f64], value: f64) -> usize {
    edges.partition_point(|&edge| edge < value)
}

/// The bin of a text; one that is no level belongs to the bin after the last level.
pub(crate) fn bin_of_level(levels: &[String], value: &str) -> usize {
    levels.binary_search_by(|level| level.as_str().cmp(value)).unwrap_or(levels.len())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use proptest::prelude::*;

    use super::*;

    fn of_numbers(values: &[f64]) -> FieldReference {
        numbers("x", values.iter().copied())
    }

    #[test]
    fn a_number_has_ten_bins_of_equal_counts_and_one_for_missing() {
        let values: Vec<f64> = (1..=1000).map(f64::from).chain([f64::NAN, f64::INFINITY]).collect();
        let reference = of_numbers(&values);
        let FieldBins::Number { edges } = &reference.bins else { panic!("numbers") };
        assert_eq!(*edges, [100., 200., 300., 400., 500., 600., 700., 800., 900.]);
        assert_eq!(reference.counts, [100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 2]);
        assert_eq!(reference.quantiles.len(), N_QUANTILES);
        assert_eq!((reference.quantiles[0], reference.quantiles[500]), (1.0, 1000.0));
    }

    #[test]
    fn few_values_have_fewer_bins_and_none_is_empty() {
        let values: Vec<f64> = [0.0; 70].into_iter().chain([1.0; 20]).chain([2.0; 10]).collect();
        let reference = of_numbers(&values);
        assert_eq!(reference.bins, FieldBins::Number { edges: vec![0.0, 1.0] });
        assert_eq!(reference.counts, [70, 20, 10, 0]);
        assert_eq!(reference.quantiles.len(), 100);
    }

    #[test]
    fn a_constant_and_a_nearly_constant_number_keep_a_bin_for_what_differs() {
        let constant = of_numbers(&[5.0; 4]);
        assert_eq!(constant.bins, FieldBins::Number { edges: vec![5.0_f64.next_down(), 5.0] });
        assert_eq!(constant.counts, [0, 4, 0, 0]);
        let nearly = of_numbers(&[1.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0]);
        assert_eq!(nearly.counts, [1, 11, 0]);
    }

    #[test]
    fn a_number_that_is_never_there_has_no_edges() {
        let reference = of_numbers(&[f64::NAN, f64::NAN]);
        assert_eq!(reference.bins, FieldBins::Number { edges: Vec::new() });
        assert_eq!((reference.counts.as_slice(), reference.quantiles.is_empty()), ([0, 2].as_slice(), true));
    }

    #[test]
    fn the_rarest_levels_beyond_fifty_are_other() {
        let names: Vec<String> = (0..60).map(|i| format!("level {i:02}")).collect();
        let values: Vec<Option<&str>> = names
            .iter()
            .enumerate()
            .flat_map(|(i, name)| std::iter::repeat_n(Some(name.as_str()), 1 + i))
            .chain([None, None])
            .collect();
        let reference = categories("c", values.iter().copied());
        let FieldBins::Category { levels } = &reference.bins else { panic!("levels") };
        assert_eq!((levels.len(), levels[0].as_str(), levels[49].as_str()), (50, "level 10", "level 59"));
        assert_eq!(reference.counts.len(), 52);
        assert_eq!((reference.counts[0], reference.counts[50], reference.counts[51]), (11, 55, 2));
    }

    #[test]
    fn what_cannot_be_described_has_a_name() {
        let frame = Frame::new(vec![("a".into(), Column::Number(vec![1.0]))]).unwrap();
        let fields = [Field::number("a")];
        let error = |fields: &[Field], rows: &[usize], scores: &[f64]| {
            drift_reference(&frame, fields, rows, scores).unwrap_err().to_string()
        };
        assert_eq!(error(&fields, &[], &[0.5]), "the training split has no rows");
        assert_eq!(error(&fields, &[0], &[]), "the list of scores has no rows");
        assert_eq!(error(&fields, &[1], &[0.5]), "row 1 does not exist: there are 1");
        assert_eq!(error(&fields, &[0], &[0.5, 1.5]), "score 1.5 of row 1 is not a probability");
        assert!(error(&[Field::category("a")], &[0], &[0.5]).contains('a'));
    }

    proptest! {
        #[test]
        fn every_row_is_in_one_bin_whatever_the_order(mut values in proptest::collection::vec(
            prop_oneof![Just(f64::NAN), (0_i32..6).prop_map(f64::from), -1e9..1e9_f64], 1..200)
        ) {
            let reference = of_numbers(&values);
            prop_assert_eq!(reference.counts.iter().sum::<u64>(), values.len() as u64);
            let FieldBins::Number { edges } = &reference.bins else { panic!("numbers") };
            prop_assert!(edges.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert_eq!(reference.counts.len(), edges.len() + 2);
            values.reverse();
            prop_assert_eq!(of_numbers(&values), reference);
        }
    }
}
