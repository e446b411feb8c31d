/// How a generated file spells its columns and levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// As IBM's file does: `SeniorCitizen`, `Yes`, `No internet service`.
    Ibm,
    /// In snake case: `senior_citizen`, 1; without customer ids, demographic and phone columns.
    SnakeCase,
}

/// Synthetic telecom customers as CSV text.
#[must_use]
pub fn generate(_n_rows: usize, _seed: u64, _spelling: Spelling) -> String {
    String::new()
}
