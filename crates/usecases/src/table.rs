use serde::Serialize;

/// A table as it is delivered: files under `raw/<use_case>/`, all of one format.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Table {
    /// Name of the table, in keys and requests.
    pub name: String,
    /// Which files belong to it: file names with at most one `*` each, which stands for any text.
    pub files: Vec<String>,
    /// How the files are written.
    pub format: Format,
    /// The columns, in the order of bronze, silver and gold.
    pub columns: Vec<ColumnDecl>,
    /// Column that identifies the entity a row belongs to: rows are divided into hash partitions by it, and removed
    /// together with the entity's rows in other tables. `None` where the table is never divided.
    pub entity: Option<String>,
    /// Names of the columns that identify a row; a second row with the same key is set aside.
    pub key: Vec<String>,
    /// Whether a file may have columns that are not declared; they are then left out. Otherwise the file is refused.
    pub ignores_extra_columns: bool,
}

/// How the files of a table are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Text with delimited fields.
    Csv(Csv),
}

/// A dialect of CSV (RFC 4180): fields may be in double quotes, a quote inside is doubled, lines end in LF or CR LF.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Csv {
    /// Byte between fields.
    pub delimiter: u8,
    /// Whether the first record names the columns; otherwise they come in the order declared.
    pub has_header: bool,
    /// Whether a quoted field may hold line breaks. Only when it may not, a file can be cut at any line break.
    pub records_span_lines: bool,
}

/// A column: how it is spelled in raw files, and what its cells may hold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ColumnDecl {
    /// Canonical name, in snake case; the name from bronze onwards and in prediction requests.
    pub name: String,
    /// Further spellings of the name in headers. Case and separators never matter: `seniorCitizen` is `senior_citizen`.
    pub spellings: Vec<String>,
    /// What a cell holds.
    pub kind: ColumnKind,
    /// What happens when a file lacks the column.
    pub when_absent: WhenAbsent,
    /// Whether a cell may be empty in a file that has the column.
    pub nulls: Nulls,
    /// What the column is for.
    pub role: Role,
    /// Whether the value says who a person is: then it is never logged and never a feature.
    pub is_personal: bool,
    /// Whether silver leaves the column out.
    pub ends_at_bronze: bool,
    /// Dirt that is mended before a cell is read.
    pub dirt: Dirt,
}

/// Dirt known to occur in a column, and how it is mended. Every mended cell is counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Dirt {
    /// Characters removed from both ends.
    pub strip: String,
    /// Texts that stand for nothing: such a cell becomes null.
    pub placeholders: Vec<String>,
    /// A larger number cannot be true: such a cell becomes null. Negative numbers are left to quality rules.
    pub max_plausible: Option<f64>,
}

/// What the cells of a column hold.
///
/// All cells are trimmed first, and a cell that is blank then is null.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// Any text up to a length.
    Text {
        /// Longest value kept, in bytes.
        max_bytes: usize,
    },
    /// One of a fixed set of levels.
    Category {
        /// The levels, each with its spellings.
        levels: Vec<Level>,
    },
    /// A finite number in decimal notation.
    Number,
    /// A whole number of at most 2^53 either way; `12.0` is one.
    Integer,
    /// A day, as `2023-05-01` or with slashes, day or month first.
    Date(Date),
    /// A length of time such as `31 Years and 0 Months`; silver holds the months.
    YearsAndMonths,
    /// A text that ought to have a form; silver holds only whether it has: [`VALID`] or [`INVALID`].
    Form {
        /// The form: `d` stands for a digit, anything else for itself.
        pattern: String,
    },
}

/// What silver holds of a [`ColumnKind::Form`] that has its form.
pub const VALID: &str = "valid";
/// What silver holds of a [`ColumnKind::Form`] that has not.
pub const INVALID: &str = "invalid";

/// How the dates of a column are settled when they are written with slashes.
///
/// `1/5/2023` is the first of May or the fifth of January, and nothing in it says which. All date columns of a file
/// are taken to be written alike, so one cell that is settled settles the file; a file that nothing settles is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Date {
    /// Column whose text ends in the same date, as in `CUS_0x1000_2023_05_01`. A row where the two differ is set aside.
    pub in_column: Option<String>,
    /// Whether every date is the first of a month.
    pub is_first_of_month: bool,
}

/// A level of a category and the spellings that mean it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Level {
    /// Canonical name.
    pub name: String,
    /// Further spellings. Case and separators never matter.
    pub spellings: Vec<String>,
}

/// What happens when a file lacks a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenAbsent {
    /// The file is refused.
    Refuse,
    /// Every cell is null, whatever `nulls` says.
    Null,
    /// The cell is made of the source and the place of the record in it: an identity for rows that come without one.
    RowIdentity,
}

/// Whether a cell may be empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Nulls {
    /// A row with an empty cell is set aside.
    Refused,
    /// An empty cell is null; a quality rule may say when.
    Allowed,
}

/// What a column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Identifies the row.
    Key,
    /// A raw field of the model.
    Feature,
    /// What is predicted.
    Label,
    /// Kept for checks, not a field of the model.
    Other,
}

impl Table {
    /// The column with this canonical name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&ColumnDecl> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The columns of silver: all but those that end at bronze.
    pub fn silver_columns(&self) -> impl Iterator<Item = &ColumnDecl> {
        self.columns.iter().filter(|column| !column.ends_at_bronze)
    }

    /// The column that a header or a request spells this way.
    #[must_use]
    pub fn column_spelled(&self, spelling: &str) -> Option<&ColumnDecl> {
        self.column(spelling).or_else(|| {
            let folded = fold(spelling);
            self.columns.iter().find(|column| column.is_spelled(&folded))
        })
    }

    /// Whether a file of this name (the part of its key after `raw/<use_case>/`) belongs to the table.
    ///
    /// ```
    /// let telco = usecases::find("telco").ok_or("no such use case")?;
    /// let table = telco.table("customers").ok_or("no such table")?;
    /// assert!(table.has_file("WA_Fn-UseC_-Telco-Customer-Churn.csv"));
    /// assert!(!table.has_file("notes.txt"));
    /// # Ok::<(), &str>(())
    /// ```
    #[must_use]
    pub fn has_file(&self, file_name: &str) -> bool {
        self.files.iter().any(|pattern| match pattern.split_once('*') {
            None => pattern == file_name,
            Some((before, after)) => {
                file_name.len() >= before.len() + after.len()
                    && file_name.starts_with(before)
                    && file_name.ends_with(after)
            }
        })
    }

    /// The delimiter and header rule of the table's files.
    #[must_use]
    pub const fn csv(&self) -> Csv {
        match self.format {
            Format::Csv(csv) => csv,
        }
    }
}

impl ColumnDecl {
    /// A required column without nulls that is a field of the model.
    #[must_use]
    pub fn new(name: &str, kind: ColumnKind) -> Self {
        Self {
            name: name.to_owned(),
            spellings: Vec::new(),
            kind,
            when_absent: WhenAbsent::Refuse,
            nulls: Nulls::Refused,
            role: Role::Feature,
            is_personal: false,
            ends_at_bronze: false,
            dirt: Dirt::default(),
        }
    }

    /// The same with further header spellings.
    #[must_use]
    pub fn spelled(mut self, spellings: &[&str]) -> Self {
        self.spellings.extend(spellings.iter().map(|&spelling| spelling.to_owned()));
        self
    }

    /// The same where a cell may be empty.
    #[must_use]
    pub fn nullable(mut self) -> Self {
        self.nulls = Nulls::Allowed;
        self
    }

    /// The same with this dirt.
    #[must_use]
    pub fn with_dirt(mut self, strip: &str, placeholders: &[&str], max_plausible: Option<f64>) -> Self {
        let placeholders = placeholders.iter().map(|&text| text.to_owned()).collect();
        self.dirt = Dirt { strip: strip.to_owned(), placeholders, max_plausible };
        self
    }

    /// Whether the name or a spelling folds to `folded`.
    pub(crate) fn is_spelled(&self, folded: &str) -> bool {
        fold(&self.name) == folded || self.spellings.iter().any(|spelling| fold(spelling) == folded)
    }
}

impl ColumnKind {
    /// A category of these levels, each a canonical name with its further spellings.
    #[must_use]
    pub fn category(levels: &[(&str, &[&str])]) -> Self {
        let levels = levels
            .iter()
            .map(|(name, spellings)| Level {
                name: (*name).to_owned(),
                spellings: spellings.iter().map(|&spelling| spelling.to_owned()).collect(),
            })
            .collect();
        Self::Category { levels }
    }

    /// Whether cells are numbers.
    #[must_use]
    pub const fn is_number(&self) -> bool {
        matches!(self, Self::Number | Self::Integer | Self::YearsAndMonths)
    }

    /// The canonical names of the levels; empty for other kinds.
    pub fn level_names(&self) -> impl Iterator<Item = &str> {
        let levels = match self {
            Self::Category { levels } => levels.as_slice(),
            _ => &[],
        };
        levels.iter().map(|level| level.name.as_str())
    }
}

/// The letters, digits and dots of `text` in lower case: what is left when case and separators do not matter.
pub(crate) fn fold(text: &str) -> String {
    text.chars().filter(|&c| c.is_alphanumeric() || c == '.').flat_map(char::to_lowercase).collect()
}
