//! Days as files write them.

use serde::Serialize;
use time::{Date, Month};

use crate::{Change, ColumnDecl, ColumnKind};

/// Which number of a date with slashes comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// `31/12/2024`.
    DayFirst,
    /// `12/31/2024`.
    MonthFirst,
}

impl DateOrder {
    pub(crate) const fn change(self) -> Change {
        match self {
            Self::DayFirst => Change::DayFirst,
            Self::MonthFirst => Change::MonthFirst,
        }
    }
}

/// A date that was taken apart and not yet understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrittenDate {
    /// `2024-12-31`: the day, counted from 1970-01-01.
    Iso(i32),
    /// With slashes.
    Slashes(SlashDate),
}

/// Two numbers and a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlashDate {
    first: u8,
    second: u8,
    year: i32,
}

impl WrittenDate {
    /// Takes a date apart; `None` for what cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number = |text: &str| {
            let is_short = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
            if is_short { text.parse::<u16>().ok() } else { None }
        };
        let three = |separator: char| {
            let mut parts = text.split(separator);
            let three = (number(parts.next()?)?, number(parts.next()?)?, number(parts.next()?)?);
            parts.next().is_none().then_some(three)
        };
        if let Some((year, month, day)) = three('-') {
            return days(i32::from(year), u8::try_from(month).ok()?, u8::try_from(day).ok()?).map(Self::Iso);
        }
        let (first, second, year) = three('/')?;
        let date =
            SlashDate { first: u8::try_from(first).ok()?, second: u8::try_from(second).ok()?, year: year.into() };
        (year >= 1000).then_some(Self::Slashes(date))
    }
}

impl SlashDate {
    /// The day, when the numbers come in this order.
    #[must_use]
    pub fn day(self, order: DateOrder) -> Option<i32> {
        match order {
            DateOrder::DayFirst => days(self.year, self.second, self.first),
            DateOrder::MonthFirst => days(self.year, self.first, self.second),
        }
    }

    /// The only order in which this date can be meant; `None` when it says nothing: both orders give the same day, or
    /// both are possible, or neither is.
    ///
    /// `in_id` is the day that another column gives for the same date.
    #[must_use]
    pub fn order(self, is_first_of_month: bool, in_id: Option<i32>) -> Option<DateOrder> {
        let possible = |order: DateOrder| {
            self.day(order).is_some_and(|day| match in_id {
                Some(in_id) => day == in_id,
                None => !is_first_of_month || self.first_of_month(order),
            })
        };
        match (possible(DateOrder::DayFirst), possible(DateOrder::MonthFirst)) {
            (true, false) => Some(DateOrder::DayFirst),
            (false, true) => Some(DateOrder::MonthFirst),
            (true, true) | (false, false) => None,
        }
    }

    /// Whether the order changes what is meant.
    #[must_use]
    pub const fn is_ambiguous(self) -> bool {
        self.first != self.second && self.first <= 12 && self.second <= 12
    }

    const fn first_of_month(self, order: DateOrder) -> bool {
        match order {
            DateOrder::DayFirst => self.first == 1,
            DateOrder::MonthFirst => self.second == 1,
        }
    }
}

impl ColumnDecl {
    /// The declaration of the date, for a column of dates.
    #[must_use]
    pub const fn date(&self) -> Option<&crate::Date> {
        match &self.kind {
            ColumnKind::Date(date) => Some(date),
            _ => None,
        }
    }
}

/// The day at the end of an id such as `CUS_0x1000_2023_05_01`.
#[must_use]
pub fn day_in_id(id: &str) -> Option<i32> {
    let mut parts = id.rsplitn(4, '_');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    parts.next()?;
    WrittenDate::parse(&format!("{year}-{month}-{day}")).and_then(|date| match date {
        WrittenDate::Iso(day) => Some(day),
        WrittenDate::Slashes(_) => None,
    })
}

/// Julian day number of 1970-01-01.
const EPOCH: i32 = 2_440_588;

/// Days from 1970-01-01 to a day of the Gregorian calendar; `None` when there is no such day.
#[must_use]
pub fn days(year: i32, month: u8, day: u8) -> Option<i32> {
    let date = Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()?;
    Some(date.to_julian_day() - EPOCH)
}

/// Year, month and day of a count of days from 1970-01-01: the inverse of [`days`]. Days beyond the calendar are the
/// last or first of it.
#[must_use]
pub fn civil(days: i32) -> (i32, u8, u8) {
    let beyond = if days < 0 { Date::MIN } else { Date::MAX };
    let date = days.checked_add(EPOCH).and_then(|day| Date::from_julian_day(day).ok()).unwrap_or(beyond);
    (date.year(), date.month().into(), date.day())
}

/// The same day some months later; the last day of that month where it is shorter.
#[must_use]
pub fn add_months(day: i32, months: u32) -> i32 {
    let (year, month, day_of_month) = civil(day);
    let months = i64::from(year) * 12 + i64::from(month) - 1 + i64::from(months);
    let (year, month) = (months.div_euclid(12) as i32, months.rem_euclid(12) as u8 + 1);
    (1..=day_of_month).rev().find_map(|day| days(year, month, day)).unwrap_or(day)
}

/// A day as `2023-05-01`.
#[must_use]
pub fn iso(days: i32) -> String {
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn slashes(text: &str) -> SlashDate {
        match WrittenDate::parse(text) {
            Some(WrittenDate::Slashes(date)) => date,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn days_and_their_dates_are_inverse_over_eight_centuries() {
        assert_eq!((days(1970, 1, 1), days(2000, 3, 1), days(2023, 2, 29)), (Some(0), Some(11_017), None));
        for day in days(1600, 1, 1).unwrap()..days(2400, 1, 1).unwrap() {
            let (year, month, of_month) = civil(day);
            assert_eq!(days(year, month, of_month), Some(day));
        }
    }

    #[test]
    fn months_are_added_in_the_calendar() {
        let after = |year, month, day, months| iso(add_months(days(year, month, day).unwrap(), months));
        assert_eq!(after(2023, 11, 1, 3), "2024-02-01");
        assert_eq!(after(2024, 1, 31, 1), "2024-02-29");
    }

    #[test]
    fn an_order_is_settled_by_the_calendar_by_the_first_of_a_month_or_by_an_id() {
        use DateOrder::{DayFirst, MonthFirst};
        assert_eq!(slashes("31/12/2024").order(false, None), Some(DayFirst));
        assert_eq!(slashes("12/31/2024").order(false, None), Some(MonthFirst));
        assert_eq!(slashes("1/5/2023").order(false, None), None);
        assert_eq!(slashes("1/5/2023").order(true, None), Some(DayFirst));
        assert_eq!(slashes("5/1/2023").order(true, None), Some(MonthFirst));
        assert_eq!(slashes("1/5/2023").order(false, day_in_id("CUS_0x1000_2023_05_01")), Some(DayFirst));
        assert_eq!(slashes("1/5/2023").order(false, day_in_id("CUS_0x1000_2023_01_05")), Some(MonthFirst));
        assert_eq!(slashes("1/5/2023").order(false, day_in_id("CUS_0x1000_2022_01_05")), None);
        assert!(!slashes("1/1/2023").is_ambiguous() && slashes("1/5/2023").is_ambiguous());
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in ["", "2023-13-01", "2023-02-30", "2023-5", "1/2", "1/2/23", "a/b/2023", "1/2/2023/4", "-1-2-3"] {
            assert_eq!(WrittenDate::parse(text), None, "{text}");
        }
        assert_eq!(day_in_id("2023_05_01"), None, "an id is more than its date");
    }
}
