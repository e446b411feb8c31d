use std::collections::BTreeMap;

use contracts::Quarantined;
use usecases::{ColumnDecl, ColumnKind};

use crate::EtlError;

/// What stands in quarantine for a personal value that silver does not hold.
pub(crate) const MASK: &str = "***";

/// Whether a value says who a person is and silver does not hold it: then it does not go to quarantine either.
pub(crate) const fn is_hidden(decl: &ColumnDecl) -> bool {
    decl.ends_at_bronze || (decl.is_personal && matches!(decl.kind, ColumnKind::Form { .. }))
}

/// Bytes of a row that are kept to show.
const SHOWN_BYTES: usize = 4096;

/// Where a row came from in its raw file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// First byte of the row.
    pub(crate) offset: u64,
    /// Line from 1, where it is known.
    pub(crate) line: Option<u64>,
}

/// Why a row is set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Column at fault.
    column: Option<String>,
    /// The kind of problem; one of a few texts.
    kind: String,
    /// What rows are counted by.
    counted_as: String,
    /// What it is about in this row, such as the text that is not a number.
    detail: Option<String>,
}

impl Problem {
    pub(crate) fn of_row(kind: &str) -> Self {
        Self { column: None, kind: kind.to_owned(), counted_as: kind.to_owned(), detail: None }
    }

    pub(crate) fn of_cell(column: &str, kind: &str) -> Self {
        let counted_as = format!("{column}: {kind}");
        Self { column: Some(column.to_owned()), kind: kind.to_owned(), counted_as, detail: None }
    }

    /// The row breaks a quality rule, the name of which is the reason.
    pub(crate) fn of_rule(rule: &str, column: Option<&str>) -> Self {
        Self { column: column.map(str::to_owned), ..Self::of_row(rule) }
    }

    pub(crate) fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    fn reason(&self) -> String {
        match &self.detail {
            Some(detail) => format!("{}: {detail}", self.kind),
            None => self.kind.clone(),
        }
    }
}

/// Rows set aside by a stage, as JSON lines.
#[derive(Clone, Debug, Default)]
pub(crate) struct Quarantine {
    source: String,
    lines: Vec<u8>,
    n_rows: u64,
    by_reason: BTreeMap<String, u64>,
}

impl Quarantine {
    /// For rows of the raw file `source`.
    pub(crate) fn new(source: &str) -> Self {
        Self { source: source.to_owned(), ..Self::default() }
    }

    pub(crate) fn add(&mut self, origin: Origin, problem: &Problem, row: &str) -> Result<(), EtlError> {
        let row = Quarantined {
            source: self.source.clone(),
            line: origin.line,
            offset: origin.offset,
            column: problem.column.clone(),
            reason: problem.reason(),
            row: shown(row).to_owned(),
        };
        serde_json::to_writer(&mut self.lines, &row).map_err(|error| EtlError::write("a quarantined row", error))?;
        self.lines.push(b'\n');
        self.n_rows += 1;
        *self.by_reason.entry(problem.counted_as.clone()).or_default() += 1;
        Ok(())
    }

    pub(crate) const fn n_rows(&self) -> u64 {
        self.n_rows
    }

    /// The JSON lines, and the number of rows by reason.
    pub(crate) fn into_parts(self) -> (Vec<u8>, BTreeMap<String, u64>) {
        (self.lines, self.by_reason)
    }
}

/// The first bytes of `text`, cut between characters.
pub(crate) fn shown(text: &str) -> &str {
    &text[..text.floor_char_boundary(SHOWN_BYTES)]
}
