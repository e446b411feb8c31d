use std::fmt;

use serde::Serialize;

use crate::date::{DateOrder, WrittenDate};
use crate::table::fold;
use crate::{ColumnDecl, ColumnKind, INVALID, VALID};

/// The value of a cell after cleaning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Nothing.
    Null,
    /// A finite number, of a number or integer column.
    Number(f64),
    /// A trimmed text, or the canonical name of a level.
    Text(&'a str),
    /// A day, counted from 1970-01-01.
    Date(i32),
}

/// What cleaning did to a cell that it kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// White space around the value was removed.
    Trimmed,
    /// A cell of nothing but white space became null. (An empty cell is null without being changed.)
    BlankToNull,
    /// Another spelling of a level became its canonical name.
    Respelled,
    /// Stray characters around the value were removed.
    Stripped,
    /// A text that stands for nothing became null.
    PlaceholderToNull,
    /// A number that cannot be true became null.
    ImplausibleToNull,
    /// A date was read as day/month/year.
    DayFirst,
    /// A date was read as month/day/year.
    MonthFirst,
}

impl Change {
    /// The change as manifests spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trimmed => "trimmed",
            Self::BlankToNull => "blank to null",
            Self::Respelled => "respelled",
            Self::Stripped => "stripped",
            Self::PlaceholderToNull => "placeholder to null",
            Self::ImplausibleToNull => "implausible to null",
            Self::DayFirst => "read as day/month/year",
            Self::MonthFirst => "read as month/day/year",
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a row was set aside before any quality rule saw it. Rows set aside by a rule have the rule's name as reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The record is longer than the settings allow.
    RecordTooLong,
    /// The record is not UTF-8.
    InvalidUtf8,
    /// The record has more or fewer fields than the header.
    WrongFieldCount,
    /// A quoted field is never closed, or text follows its closing quote.
    BrokenQuote,
    /// A cell holds a NUL character.
    NulCharacter,
    /// A cell is empty that must not be.
    MissingValue,
    /// A cell of a number column is not a finite decimal number.
    NotANumber,
    /// A cell of an integer column has a fraction or is beyond 2^53.
    NotAnInteger,
    /// A cell of a category is none of its levels.
    UnknownLevel,
    /// A text is longer than its column allows.
    TextTooLong,
    /// A cell of a date column is no day of the calendar in the way the file writes days.
    NotADate,
    /// A date differs from the date in the column that settles it.
    ContradictsId,
    /// A cell of a column of lengths of time is not of the form `3 Years and 2 Months`.
    NotADuration,
}

impl Reason {
    /// The reason as manifests and quarantine files spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RecordTooLong => "record too long",
            Self::InvalidUtf8 => "invalid utf-8",
            Self::WrongFieldCount => "wrong field count",
            Self::BrokenQuote => "broken quote",
            Self::NulCharacter => "nul character",
            Self::MissingValue => "missing value",
            Self::NotANumber => "not a number",
            Self::NotAnInteger => "not an integer",
            Self::UnknownLevel => "unknown level",
            Self::TextTooLong => "text too long",
            Self::NotADate => "not a date",
            Self::ContradictsId => "date contradicts its id",
            Self::NotADuration => "not a duration",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A cell that was kept, and what was done to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Read<'a> {
    /// The value.
    pub cell: Cell<'a>,
    /// The last thing done to it, if anything was.
    pub change: Option<Change>,
}

impl ColumnDecl {
    /// Cleans one cell as this column says. Whether null is allowed is left to the caller, who knows if the column
    /// was there at all.
    ///
    /// # Errors
    /// The reason for which the row must be set aside.
    ///
    /// ```
    /// use usecases::{Cell, Change, Reason};
    ///
    /// let telco = usecases::find("telco").ok_or("no such use case")?;
    /// let table = telco.table("customers").ok_or("no such table")?;
    /// let senior = table.column_spelled("SeniorCitizen").ok_or("no such column")?;
    /// assert_eq!(senior.read("1", None).map(|read| read.cell), Ok(Cell::Text("Yes")));
    /// assert_eq!(senior.read("perhaps", None), Err(Reason::UnknownLevel));
    ///
    /// let total = table.column("total_charges").ok_or("no such column")?;
    /// assert_eq!(total.read(" ", None).map(|read| (read.cell, read.change)), Ok((Cell::Null, Some(Change::BlankToNull))));
    /// assert_eq!(total.read("1e999", None), Err(Reason::NotANumber));
    /// # Ok::<(), &str>(())
    /// ```
    ///
    /// A date with slashes is read in the order of its file, `None` while that is not known; see [`DateOrder`].
    pub fn read<'a>(&'a self, text: &'a str, order: Option<DateOrder>) -> Result<Read<'a>, Reason> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            let change = (!text.is_empty()).then_some(Change::BlankToNull);
            return Ok(Read { cell: Cell::Null, change });
        }
        let bare = trimmed.trim_matches(|c| self.dirt.strip.contains(c));
        if bare.is_empty() || self.dirt.placeholders.iter().any(|placeholder| placeholder == trimmed) {
            return Ok(Read { cell: Cell::Null, change: Some(Change::PlaceholderToNull) });
        }
        let (cell, read_as) = self.read_bare(bare, order)?;
        if let (Cell::Number(number), Some(max)) = (cell, self.dirt.max_plausible)
            && number > max
        {
            return Ok(Read { cell: Cell::Null, change: Some(Change::ImplausibleToNull) });
        }
        let change = match (bare.len() != trimmed.len(), trimmed.len() != text.len()) {
            _ if read_as.is_some() => read_as,
            (true, _) => Some(Change::Stripped),
            (false, true) => Some(Change::Trimmed),
            (false, false) => None,
        };
        Ok(Read { cell, change })
    }

    /// What a cell without dirt says, and how it had to be read.
    fn read_bare<'a>(&'a self, text: &'a str, order: Option<DateOrder>) -> Result<(Cell<'a>, Option<Change>), Reason> {
        Ok(match &self.kind {
            ColumnKind::Text { max_bytes } if text.len() > *max_bytes => return Err(Reason::TextTooLong),
            ColumnKind::Text { .. } => (Cell::Text(text), None),
            ColumnKind::Number => (Cell::Number(number(text).ok_or(Reason::NotANumber)?), None),
            ColumnKind::Integer => (Cell::Number(integer(text)?), None),
            ColumnKind::YearsAndMonths => (Cell::Number(months(text).ok_or(Reason::NotADuration)?), None),
            ColumnKind::Form { pattern } => (Cell::Text(if has_form(text, pattern) { VALID } else { INVALID }), None),
            ColumnKind::Category { .. } => {
                let level = self.level_spelled(text).ok_or(Reason::UnknownLevel)?;
                (Cell::Text(level), (level != text).then_some(Change::Respelled))
            }
            ColumnKind::Date(_) => match WrittenDate::parse(text).ok_or(Reason::NotADate)? {
                WrittenDate::Iso(day) => (Cell::Date(day), None),
                WrittenDate::Slashes(date) => {
                    let order = order.ok_or(Reason::NotADate)?;
                    (Cell::Date(date.day(order).ok_or(Reason::NotADate)?), Some(order.change()))
                }
            },
        })
    }

    /// The canonical name of the level spelled this way; `None` when there is none, or for other kinds of columns.
    #[must_use]
    pub fn level_spelled(&self, text: &str) -> Option<&str> {
        let ColumnKind::Category { levels } = &self.kind else { return None };
        if let Some(level) = levels.iter().find(|level| level.name == text) {
            return Some(&level.name);
        }
        let folded = fold(text);
        let is_meant = |spelling: &String| fold(spelling) == folded;
        levels
            .iter()
            .find(|level| is_meant(&level.name) || level.spellings.iter().any(is_meant))
            .map(|level| level.name.as_str())
    }
}

/// Reads a finite number in plain or scientific decimal notation: `1`, `-2.5`, `.5`, `1e3`.
fn number(text: &str) -> Option<f64> {
    // `f64::from_str` takes `inf`, `infinity` and `nan` as well, which no raw file means as a number.
    let is_decimal = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    let number: f64 = if is_decimal { text.parse().ok()? } else { return None };
    number.is_finite().then_some(number)
}

fn integer(text: &str) -> Result<f64, Reason> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
    let number = number(text).ok_or(Reason::NotANumber)?;
    if number.trunc() == number && number.abs() <= EXACT { Ok(number) } else { Err(Reason::NotAnInteger) }
}

/// Reads `31 Years and 0 Months` as months.
fn months(text: &str) -> Option<f64> {
    let (years, rest) = text.split_once(" Year")?;
    let months = rest.trim_start_matches('s').strip_prefix(" and ")?;
    let months = months.strip_suffix(" Months").or_else(|| months.strip_suffix(" Month"))?;
    let (years, months): (u16, u16) = (years.parse().ok()?, months.parse().ok()?);
    Some(f64::from(years) * 12.0 + f64::from(months))
}

fn has_form(text: &str, pattern: &str) -> bool {
    let fits = |(found, wanted): (u8, u8)| if wanted == b'd' { found.is_ascii_digit() } else { found == wanted };
    text.len() == pattern.len() && text.bytes().zip(pattern.bytes()).all(fits)
}
