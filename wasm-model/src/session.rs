use features::{FeaturePlan, Value, wire};

use crate::{GuestError, Model, limits};

/// A loaded model with its feature plan, and the buffers of its answers.
///
/// The buffers are kept from call to call: once they have grown to the largest batch, nothing is allocated per row.
#[derive(Debug)]
pub struct Session {
    plan: FeaturePlan,
    fingerprint: String,
    model: Model,
    n_features: usize,
    matrix: Vec<f32>,
    output: Vec<f32>,
}

impl Session {
    /// Reads an ONNX file and a feature plan's JSON, and checks that they belong together.
    ///
    /// # Errors
    /// A model this build does not support, a broken plan, or a plan that makes another number of features than the
    /// model takes.
    pub fn load(model: &[u8], plan: &[u8]) -> Result<Self, GuestError> {
        let plan = FeaturePlan::from_json(plan).map_err(|error| GuestError::Plan { reason: error.to_string() })?;
        let model = Model::from_onnx(model)?;
        let n_features = plan.n_features();
        if n_features != model.n_features() {
            return Err(GuestError::FeatureCount { plan: n_features, model: model.n_features() });
        }
        let fingerprint = plan.fingerprint();
        Ok(Self { plan, fingerprint, model, n_features, matrix: Vec::new(), output: Vec::new() })
    }

    /// Fingerprint of the feature plan.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Number of features the plan makes.
    #[must_use]
    pub const fn n_features(&self) -> usize {
        self.n_features
    }

    /// Number of raw fields of a row.
    #[must_use]
    pub fn n_fields(&self) -> usize {
        self.plan.fields().len()
    }

    /// The features, `(n_rows, n_features)`, of rows in the coding of [`features::wire`].
    ///
    /// # Errors
    /// [`GuestError::Row`] names the row and, where there is one, the field.
    pub fn transform(&mut self, rows: &[u8], n_rows: usize) -> Result<&[f32], GuestError> {
        self.fill_matrix(rows, n_rows)?;
        Ok(&self.matrix)
    }

    /// The answer for each of the rows in the coding of [`features::wire`].
    ///
    /// # Errors
    /// As [`Self::transform`].
    pub fn predict_rows(&mut self, rows: &[u8], n_rows: usize) -> Result<&[f32], GuestError> {
        self.fill_matrix(rows, n_rows)?;
        self.output.clear();
        self.model.predict(&self.matrix, &mut self.output)?;
        Ok(&self.output)
    }

    /// The answer for each row of a matrix of features, `(n_rows, n_features)`.
    ///
    /// # Errors
    /// [`GuestError::Call`] when the matrix does not hold `n_rows` rows.
    pub fn predict_matrix(&mut self, matrix: &[f32], n_rows: usize) -> Result<&[f32], GuestError> {
        check_rows(n_rows)?;
        if n_rows.checked_mul(self.n_features) != Some(matrix.len()) {
            let reason = format!("{} values are not {n_rows} rows of {} features", matrix.len(), self.n_features);
            return Err(GuestError::Call { reason });
        }
        self.output.clear();
        self.model.predict(matrix, &mut self.output)?;
        Ok(&self.output)
    }

    fn fill_matrix(&mut self, rows: &[u8], n_rows: usize) -> Result<(), GuestError> {
        check_rows(n_rows)?;
        // Every value takes at least a byte, so a false count cannot make the matrix larger than the rows justify.
        if n_rows.saturating_mul(self.n_fields()) > rows.len() {
            let reason = format!("{} bytes are too few for {n_rows} rows", rows.len());
            return Err(GuestError::Call { reason });
        }
        self.matrix.clear();
        self.matrix.resize(n_rows * self.n_features, 0.0);
        let mut values = vec![Value::Missing; self.plan.fields().len()];
        let mut reader = wire::Reader::new(rows);
        for (row, out) in self.matrix.chunks_exact_mut(self.n_features).enumerate() {
            reader
                .read_row(&mut values)
                .and_then(|()| self.plan.transform_row(&values, out))
                .map_err(|error| GuestError::row(row, &error))?;
        }
        if reader.is_at_end() {
            Ok(())
        } else {
            Err(GuestError::Call { reason: format!("there are bytes left after {n_rows} rows") })
        }
    }
}

fn check_rows(n_rows: usize) -> Result<(), GuestError> {
    if n_rows <= limits::MAX_ROWS {
        Ok(())
    } else {
        let reason = format!("{n_rows} rows in one call; at most {} are allowed", limits::MAX_ROWS);
        Err(GuestError::Call { reason })
    }
}
