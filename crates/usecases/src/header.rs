use crate::table::fold;
use crate::{Table, WhenAbsent};

/// How the columns of a file meet the columns declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderMatch {
    /// For each column of the file, the index of the declared column; `None` where it is to be left out.
    pub columns: Vec<Option<usize>>,
    /// Indices of the declared columns that the file lacks, ascending. None of them is [`WhenAbsent::Refuse`].
    pub absent: Vec<usize>,
}

/// Why a header was refused. Columns of the file are counted from 1, as people count them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Columns are missing.
    #[error("the header lacks {}", quoted(names))]
    Missing {
        /// Canonical names of the columns missing.
        names: Vec<String>,
    },
    /// A column is not declared.
    #[error(
        "column {position} of the header, `{name}`, is not known; did you mean one of the missing {}?",
        quoted(missing)
    )]
    Unknown {
        /// Position in the file, from 1.
        position: usize,
        /// Name in the file.
        name: String,
        /// Canonical names of declared columns that the file lacks.
        missing: Vec<String>,
    },
    /// Two columns of the file mean the same declared column.
    #[error("columns {first} and {second} of the header both mean `{name}`")]
    Twice {
        /// Position of the first, from 1.
        first: usize,
        /// Position of the second, from 1.
        second: usize,
        /// Canonical name.
        name: String,
    },
}

impl Table {
    /// Finds the declared column of every column in a file's header, whatever their order and spelling.
    ///
    /// # Errors
    /// The first column that is unknown or occurs twice, or all the columns that are missing.
    pub fn match_header(&self, header: &[&str]) -> Result<HeaderMatch, HeaderError> {
        let mut columns = Vec::with_capacity(header.len());
        let mut found: Vec<Option<usize>> = vec![None; self.columns.len()];
        let mut unknown = None;
        for (position, name) in header.iter().enumerate() {
            // A byte order mark is part of the encoding, not of the first name.
            let folded = fold(name.trim_start_matches('\u{feff}'));
            let index = self.columns.iter().position(|column| column.is_spelled(&folded));
            if let Some(index) = index {
                if let Some(first) = found[index].replace(position) {
                    let name = self.columns[index].name.clone();
                    return Err(HeaderError::Twice { first: first + 1, second: position + 1, name });
                }
            } else if !self.ignores_extra_columns && unknown.is_none() {
                unknown = Some(position);
            }
            columns.push(index);
        }
        let absent: Vec<usize> = (0..found.len()).filter(|&index| found[index].is_none()).collect();
        let names = |indices: &mut dyn Iterator<Item = usize>| indices.map(|i| self.columns[i].name.clone()).collect();
        if let Some(position) = unknown {
            let missing = names(&mut absent.iter().copied());
            return Err(HeaderError::Unknown { position: position + 1, name: header[position].to_owned(), missing });
        }
        let refuses = |index: &usize| self.columns[*index].when_absent == WhenAbsent::Refuse;
        if absent.iter().any(refuses) {
            return Err(HeaderError::Missing { names: names(&mut absent.iter().copied().filter(refuses)) });
        }
        Ok(HeaderMatch { columns, absent })
    }
}

fn quoted(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "columns (none is missing)".to_owned() } else { names.join(", ") }
}
