use features::Matrix;

use crate::TrainingError;

/// Rows to learn from.
#[derive(Clone, Copy, Debug)]
pub struct Dataset<'a> {
    /// Features, `(n_rows, n_features)`, all finite.
    pub x: &'a Matrix,
    /// Labels, 0 or 1, one per row.
    pub y: &'a [f32],
}

/// A dataset that every trainer can take: rows, features, both classes, nothing but finite numbers.
#[derive(Clone, Copy, Debug)]
pub struct ValidDataset<'a> {
    pub(crate) x: &'a Matrix,
    pub(crate) y: &'a [f32],
}

impl<'a> Dataset<'a> {
    /// Checks what all trainers need, so that none of them has to be trusted with less.
    ///
    /// # Errors
    /// [`TrainingError::Empty`], [`TrainingError::LengthMismatch`], [`TrainingError::InvalidLabel`],
    /// [`TrainingError::NotFinite`] or [`TrainingError::OneClass`].
    pub fn check(&self) -> Result<ValidDataset<'a>, TrainingError> {
        let Matrix { values, n_rows, n_features } = self.x;
        let (n_rows, n_features) = (*n_rows, *n_features);
        if n_rows == 0 || n_features == 0 {
            return Err(TrainingError::Empty { n_rows, n_features });
        }
        if self.y.len() != n_rows {
            return Err(TrainingError::LengthMismatch { what: "labels", expected: n_rows, found: self.y.len() });
        }
        check_finite(self.x)?;
        if let Some((row, &label)) = self.y.iter().enumerate().find(|&(_, &label)| label != 0.0 && label != 1.0) {
            return Err(TrainingError::InvalidLabel { row, label });
        }
        let n_positive = self.y.iter().filter(|&&label| label == 1.0).count();
        if n_positive == 0 || n_positive == n_rows {
            return Err(TrainingError::OneClass { n_rows, label: u8::from(n_positive > 0) });
        }
        debug_assert_eq!(values.len(), n_rows * n_features);
        Ok(ValidDataset { x: self.x, y: self.y })
    }
}

/// The matrix is as long as it says, and every value is finite.
pub(crate) fn check_finite(x: &Matrix) -> Result<(), TrainingError> {
    let expected = x.n_rows.saturating_mul(x.n_features);
    if x.values.len() != expected {
        return Err(TrainingError::LengthMismatch { what: "values", expected, found: x.values.len() });
    }
    match x.values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
        Some((i, &value)) => Err(TrainingError::NotFinite { row: i / x.n_features, feature: i % x.n_features, value }),
        None => Ok(()),
    }
}

impl ValidDataset<'_> {
    /// Values column after column, as `f64`, for the trainers that want them so.
    pub(crate) fn column_major(x: &Matrix) -> Vec<f64> {
        (0..x.n_features)
            .flat_map(|feature| x.values.iter().skip(feature).step_by(x.n_features).map(|&value| f64::from(value)))
            .collect()
    }
}
