use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::FeatureError;

/// What a raw field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A number, or missing.
    Number,
    /// One of a set of texts, or missing.
    Category,
}

impl Kind {
    /// The kind as signatures spell it: `number` or `category`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Category => "category",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A raw field of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Name, unique among the fields.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
}

impl Field {
    /// A field that holds a number.
    #[must_use]
    pub fn number(name: impl Into<String>) -> Self {
        Self { name: name.into(), kind: Kind::Number }
    }

    /// A field that holds a category.
    #[must_use]
    pub fn category(name: impl Into<String>) -> Self {
        Self { name: name.into(), kind: Kind::Category }
    }
}

/// One raw value of a row. A number that is NaN or infinite counts as missing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Nothing known; allowed for every field.
    Missing,
    /// A number.
    Number(f64),
    /// A level of a category.
    Category(&'a str),
}

impl Value<'_> {
    /// The kind, or `None` for a missing value.
    #[must_use]
    pub const fn kind(&self) -> Option<Kind> {
        match self {
            Self::Missing => None,
            Self::Number(_) => Some(Kind::Number),
            Self::Category(_) => Some(Kind::Category),
        }
    }
}

/// One raw field of many rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Numbers; NaN and infinities count as missing.
    Number(Vec<f64>),
    /// Levels; `None` is missing.
    Category(Vec<Option<String>>),
}

impl Column {
    /// Number of rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::Number(values) => values.len(),
            Self::Category(values) => values.len(),
        }
    }

    /// Whether there are no rows.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the column holds.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Number(_) => Kind::Number,
            Self::Category(_) => Kind::Category,
        }
    }

    /// The value of a row; missing beyond the end.
    #[must_use]
    pub fn value(&self, row: usize) -> Value<'_> {
        match self {
            Self::Number(values) => values.get(row).map_or(Value::Missing, |&number| Value::Number(number)),
            Self::Category(values) => match values.get(row) {
                Some(Some(level)) => Value::Category(level),
                _ => Value::Missing,
            },
        }
    }
}

/// Named columns of one length: raw gold fields of many rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    columns: Vec<(String, Column)>,
    n_rows: usize,
}

impl Frame {
    /// A frame of these columns.
    ///
    /// # Errors
    /// [`FeatureError::UnevenColumns`] or [`FeatureError::Duplicate`].
    pub fn new(columns: Vec<(String, Column)>) -> Result<Self, FeatureError> {
        let n_rows = columns.first().map_or(0, |(_, column)| column.len());
        let mut names = BTreeSet::new();
        for (name, column) in &columns {
            if column.len() != n_rows {
                return Err(FeatureError::UnevenColumns {
                    column: name.clone(),
                    expected: n_rows,
                    found: column.len(),
                });
            }
            if !names.insert(name.as_str()) {
                return Err(FeatureError::Duplicate { what: "column", name: name.clone() });
            }
        }
        Ok(Self { columns, n_rows })
    }

    /// Number of rows.
    #[must_use]
    pub const fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Names of the columns, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| name.as_str())
    }

    /// The column called `name`.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|(n, _)| n == name).map(|(_, column)| column)
    }

    /// Adds the rows of a frame with the same columns in the same order.
    ///
    /// # Errors
    /// [`FeatureError::UnknownField`] or [`FeatureError::WrongKind`]; nothing was added then.
    pub fn append(&mut self, other: Self) -> Result<(), FeatureError> {
        for (at, (name, column)) in self.columns.iter().enumerate() {
            let theirs = other.columns.get(at).filter(|(theirs, _)| theirs == name);
            let Some((_, theirs)) = theirs else { return Err(FeatureError::UnknownField { field: name.clone() }) };
            let (expected, found) = (column.kind(), theirs.kind());
            if expected != found {
                return Err(FeatureError::WrongKind { field: name.clone(), expected, found });
            }
        }
        if let Some((name, _)) = other.columns.get(self.columns.len()) {
            return Err(FeatureError::UnknownField { field: name.clone() });
        }
        self.n_rows += other.n_rows;
        for ((_, column), (_, theirs)) in self.columns.iter_mut().zip(other.columns) {
            match (column, theirs) {
                (Column::Number(ours), Column::Number(theirs)) => ours.extend(theirs),
                (Column::Category(ours), Column::Category(theirs)) => ours.extend(theirs),
                // The kinds are the same, as was just checked.
                (Column::Number(_), Column::Category(_)) | (Column::Category(_), Column::Number(_)) => {}
            }
        }
        Ok(())
    }

    /// Keeps the rows marked; those beyond the end of `is_kept` go.
    pub fn retain(&mut self, is_kept: &[bool]) {
        fn kept<T>(values: &mut Vec<T>, is_kept: &[bool]) {
            let mut marks = is_kept.iter();
            values.retain(|_| marks.next().copied().unwrap_or(false));
        }
        self.n_rows = is_kept.iter().take(self.n_rows).filter(|is_kept| **is_kept).count();
        for (_, column) in &mut self.columns {
            match column {
                Column::Number(values) => kept(values, is_kept),
                Column::Category(values) => kept(values, is_kept),
            }
        }
    }

    /// The columns of `fields`, in their order. Other columns of the frame are not looked at.
    ///
    /// # Errors
    /// [`FeatureError::UnknownField`] or [`FeatureError::WrongKind`].
    pub fn columns_of(&self, fields: &[Field]) -> Result<Vec<&Column>, FeatureError> {
        fields
            .iter()
            .map(|field| {
                let column =
                    self.column(&field.name).ok_or_else(|| FeatureError::UnknownField { field: field.name.clone() })?;
                if column.kind() == field.kind {
                    Ok(column)
                } else {
                    Err(FeatureError::WrongKind {
                        field: field.name.clone(),
                        expected: field.kind,
                        found: column.kind(),
                    })
                }
            })
            .collect()
    }
}
