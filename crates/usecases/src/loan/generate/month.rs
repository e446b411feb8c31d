use std::{fmt, str::FromStr};

/// A month of the calendar, from year 1000 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    /// Whole months since the first of year 0.
    index: u32,
}

impl Month {
    /// The month of a year, counted from 1; `None` when there is no such month.
    #[must_use]
    pub fn new(year: u32, month: u32) -> Option<Self> {
        let exists = (1_000..=9_999).contains(&year) && (1..=12).contains(&month);
        exists.then(|| Self::of(year, month))
    }

    /// A month that is known to exist.
    pub(super) const fn of(year: u32, month: u32) -> Self {
        Self { index: year * 12 + month - 1 }
    }

    /// The month so many months later.
    pub(super) const fn plus(self, months: u32) -> Self {
        Self { index: self.index + months }
    }

    pub(super) const fn year(self) -> u32 {
        self.index / 12
    }

    pub(super) const fn month(self) -> u32 {
        self.index % 12 + 1
    }
}

/// Reads `2024-07`.
impl FromStr for Month {
    type Err = NotAMonth;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (year, month) = text.split_once('-')?;
            Self::new(year.parse().ok()?, month.parse().ok()?)
        };
        read().ok_or_else(|| NotAMonth { text: text.to_owned() })
    }
}

/// Writes `2024-07`.
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.month())
    }
}

/// A text that is no month.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a month such as 2024-07")]
pub struct NotAMonth {
    /// The text.
    pub text: String,
}
