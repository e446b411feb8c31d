use serde::Serialize;

/// Something that must hold for the data before a model may be trained on it.
///
/// The share of rows that may break a row rule, and so whether the machine halts, lies in the settings under
/// `quality.max_fraction` by the rule's name. A table rule has no share: it holds or the machine halts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QualityRule {
    /// Name, unique in the use case; the reason in quarantine files and reports.
    pub name: String,
    /// Table checked.
    pub table: String,
    /// What it is about.
    pub aspect: Aspect,
    /// What is checked.
    pub check: Check,
    /// What becomes of a row that breaks it. Means nothing for a table rule.
    pub on_break: OnBreak,
}

/// What a rule is about, for reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Aspect {
    /// Form: types, levels, nulls, keys.
    Schema,
    /// Meaning: what cannot be true of a customer.
    Business,
    /// Shape: what a sound delivery looks like as a whole.
    Distribution,
}

/// What becomes of a row that breaks a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnBreak {
    /// It is set aside with the rule's name as reason, and counted.
    Quarantine,
    /// It is kept and counted: odd, but possible.
    Count,
    /// Its entity is flagged: every row of the entity, in all tables, is set aside.
    FlagEntity,
}

/// What is checked. A null satisfies every row check but those that are about nulls.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Row: the number lies within the bounds, both inclusive.
    Range {
        /// Column of numbers.
        column: String,
        /// Smallest value allowed.
        min: Option<f64>,
        /// Largest value allowed.
        max: Option<f64>,
    },
    /// Row: the text is one of these.
    AllowedLevels {
        /// Column of texts.
        column: String,
        /// Canonical names of the levels.
        levels: Vec<String>,
    },
    /// Row: the column is null only where another holds this number.
    NullOnlyIf {
        /// Column that may be null.
        column: String,
        /// Column of numbers that decides.
        other: String,
        /// Number it must hold.
        equals: f64,
    },
    /// Row: where the column holds this level, another holds one of these.
    Implies {
        /// Column of texts.
        column: String,
        /// Level that has a consequence.
        level: String,
        /// Column of texts that must agree.
        other: String,
        /// Levels it may hold then.
        allowed: Vec<String>,
    },
    /// Row: `|value - product| <= fraction × |product|`, the product being that of the factors.
    /// Satisfied where any of the numbers is null or the product is zero.
    Product {
        /// Column of numbers.
        column: String,
        /// Columns of numbers multiplied.
        factors: Vec<String>,
        /// Largest relative difference allowed.
        fraction: f64,
    },
    /// Row: no other row has the same values in these columns. Of rows that are alike in every column the first keeps
    /// the rule, in the order of sources, parts and records; of rows that contradict each other none does.
    Unique {
        /// Columns compared together.
        columns: Vec<String>,
    },
    /// Row: the date is not after the start of the run.
    NotInFuture {
        /// Column of dates.
        column: String,
    },
    /// Row: the row's entity has a row in another table as well.
    EntityIn {
        /// The other table.
        table: String,
    },
    /// Table: the mean of the numbers that are not null lies within the bounds, both inclusive.
    MeanBetween {
        /// Column of numbers.
        column: String,
        /// Smallest mean allowed.
        min: f64,
        /// Largest mean allowed.
        max: f64,
    },
    /// Table: the share of rows with this level, of those that are not null, lies within the bounds, both inclusive.
    ShareBetween {
        /// Column of texts.
        column: String,
        /// Level counted.
        level: String,
        /// Smallest share allowed.
        min: f64,
        /// Largest share allowed.
        max: f64,
    },
    /// Table: at most so many different values that are not null.
    DistinctAtMost {
        /// Column counted.
        column: String,
        /// Most values allowed.
        max: u64,
    },
    /// Table: at least so many different values that are not null; a constant column teaches nothing.
    DistinctAtLeast {
        /// Column counted.
        column: String,
        /// Fewest values allowed.
        min: u64,
    },
    /// Table: at most this share of rows is null.
    MissingShareAtMost {
        /// Column counted.
        column: String,
        /// Largest share allowed.
        max_fraction: f64,
    },
    /// Table: at most this share of rows equals an earlier row in all columns but these.
    DuplicateShareAtMost {
        /// Columns not compared.
        except: Vec<String>,
        /// Largest share allowed.
        max_fraction: f64,
    },
}

impl Check {
    /// Whether single rows are checked; otherwise the table as a whole is.
    #[must_use]
    pub const fn is_row_check(&self) -> bool {
        matches!(
            self,
            Self::Range { .. }
                | Self::AllowedLevels { .. }
                | Self::NullOnlyIf { .. }
                | Self::Implies { .. }
                | Self::Product { .. }
                | Self::Unique { .. }
                | Self::NotInFuture { .. }
                | Self::EntityIn { .. }
        )
    }

    /// Names of the columns that the check reads or leaves out.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Self::Range { column, .. }
            | Self::AllowedLevels { column, .. }
            | Self::NotInFuture { column }
            | Self::MeanBetween { column, .. }
            | Self::ShareBetween { column, .. }
            | Self::DistinctAtMost { column, .. }
            | Self::DistinctAtLeast { column, .. }
            | Self::MissingShareAtMost { column, .. } => vec![column],
            Self::EntityIn { .. } => Vec::new(),
            Self::NullOnlyIf { column, other, .. } | Self::Implies { column, other, .. } => vec![column, other],
            Self::Product { column, factors, .. } => {
                std::iter::once(column).chain(factors).map(String::as_str).collect()
            }
            Self::Unique { columns } | Self::DuplicateShareAtMost { except: columns, .. } => {
                columns.iter().map(String::as_str).collect()
            }
        }
    }
}
