use crate::{Rng, TrainingError};

/// Divides rows into `n_folds` test sets with equal shares of both classes.
///
/// Every row is in exactly one fold; sizes differ by at most one, and so do the positives in them.
/// Rows within a fold are in ascending order. The same labels and seed give the same folds.
///
/// # Errors
/// [`TrainingError::Folds`] for fewer than 2 folds, or more than a class has rows;
/// [`TrainingError::InvalidLabel`].
///
/// ```
/// let folds = training::stratified_folds(&[0.0, 0.0, 0.0, 1.0, 1.0, 0.0], 2, 42)?;
/// assert_eq!(folds.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3]);
/// # Ok::<(), training::TrainingError>(())
/// ```
pub fn stratified_folds(labels: &[f32], n_folds: usize, seed: u64) -> Result<Vec<Vec<usize>>, TrainingError> {
    if let Some((row, &label)) = labels.iter().enumerate().find(|&(_, &label)| label != 0.0 && label != 1.0) {
        return Err(TrainingError::InvalidLabel { row, label });
    }
    let (mut positive, mut negative): (Vec<usize>, Vec<usize>) = (0..labels.len()).partition(|&i| labels[i] == 1.0);
    if n_folds < 2 || n_folds > positive.len().min(negative.len()) {
        return Err(TrainingError::Folds { n_folds, n_negative: negative.len(), n_positive: positive.len() });
    }
    let mut rng = Rng::new(seed);
    rng.shuffle(&mut positive);
    rng.shuffle(&mut negative);
    let mut folds = vec![Vec::with_capacity(labels.len() / n_folds + 1); n_folds];
    // Dealing the negatives on from where the positives ended keeps the sizes even.
    for (i, row) in positive.into_iter().chain(negative).enumerate() {
        folds[i % n_folds].push(row);
    }
    for fold in &mut folds {
        fold.sort_unstable();
    }
    Ok(folds)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use proptest::prelude::*;

    use super::stratified_folds;

    proptest! {
        #[test]
        fn every_row_is_in_one_fold_and_classes_are_even(
            labels in proptest::collection::vec(prop_oneof![Just(0_f32), Just(1_f32)], 20..200),
            n_folds in 2_usize..5, seed: u64,
        ) {
            let n_positive = labels.iter().filter(|&&y| y == 1.0).count();
            prop_assume!(n_positive >= n_folds && labels.len() - n_positive >= n_folds);
            let folds = stratified_folds(&labels, n_folds, seed).unwrap();
            let mut rows: Vec<usize> = folds.concat();
            rows.sort_unstable();
            prop_assert_eq!(rows, (0..labels.len()).collect::<Vec<_>>());
            for fold in &folds {
                prop_assert!(fold.len().abs_diff(labels.len() / n_folds) <= 1);
                let positives = fold.iter().filter(|&&i| labels[i] == 1.0).count();
                prop_assert!(positives.abs_diff(n_positive / n_folds) <= 1);
            }
            prop_assert_eq!(&folds, &stratified_folds(&labels, n_folds, seed).unwrap());
        }
    }

    #[test]
    fn another_seed_gives_other_folds() {
        let labels: Vec<f32> = (0..100).map(|i| f32::from(u8::from(i % 3 == 0))).collect();
        assert_ne!(stratified_folds(&labels, 5, 1).unwrap(), stratified_folds(&labels, 5, 2).unwrap());
    }

    #[test]
    fn more_folds_than_rows_of_a_class_are_refused() {
        let error = stratified_folds(&[0., 0., 0., 1., 1.], 3, 1).unwrap_err();
        assert_eq!(error.to_string(), "cannot make 3 stratified folds of 3 negative and 2 positive rows");
        assert!(stratified_folds(&[0., 1.], 1, 1).is_err());
    }
}
