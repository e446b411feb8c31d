use crate::FeatureError;

/// Features of many rows, `(n_rows, n_features)`, row after row.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// `n_rows × n_features` values; all finite when a plan made them.
    pub values: Vec<f32>,
    /// Number of rows.
    pub n_rows: usize,
    /// Number of features.
    pub n_features: usize,
}

impl Matrix {
    /// A matrix of these values, row after row.
    ///
    /// # Errors
    /// [`FeatureError::WrongLength`] when there are not `n_rows × n_features` of them.
    pub fn new(values: Vec<f32>, n_rows: usize, n_features: usize) -> Result<Self, FeatureError> {
        let expected = n_rows.saturating_mul(n_features);
        if values.len() != expected {
            return Err(FeatureError::WrongLength { what: "values of a matrix", expected, found: values.len() });
        }
        Ok(Self { values, n_rows, n_features })
    }

    /// The features of a row; empty beyond the end.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f32] {
        let start = row.saturating_mul(self.n_features);
        self.values.get(start..start.saturating_add(self.n_features)).unwrap_or_default()
    }

    /// All rows, in order.
    pub fn rows(&self) -> impl Iterator<Item = &[f32]> {
        (0..self.n_rows).map(|row| self.row(row))
    }

    /// A matrix of the rows named, in that order.
    ///
    /// # Errors
    /// [`FeatureError::NoSuchRow`].
    pub fn select(&self, rows: &[usize]) -> Result<Self, FeatureError> {
        let mut values = Vec::with_capacity(rows.len().saturating_mul(self.n_features));
        for &row in rows {
            if row >= self.n_rows {
                return Err(FeatureError::NoSuchRow { row, n_rows: self.n_rows });
            }
            values.extend_from_slice(self.row(row));
        }
        Ok(Self { values, n_rows: rows.len(), n_features: self.n_features })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn rows_are_selected_in_the_order_asked_for() {
        let matrix = Matrix::new(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3, 2).unwrap();
        assert_eq!(matrix.select(&[2, 0]).unwrap().values, [5.0, 6.0, 1.0, 2.0]);
        assert_eq!(matrix.select(&[3]), Err(FeatureError::NoSuchRow { row: 3, n_rows: 3 }));
        assert_eq!(matrix.rows().count(), 3);
        assert!(matrix.row(3).is_empty());
    }

    #[test]
    fn values_must_fill_the_matrix_exactly() {
        let error = Matrix::new(vec![1.0; 5], 3, 2).unwrap_err();
        assert_eq!(error.to_string(), "values of a matrix: 6 expected, 5 found");
    }
}
