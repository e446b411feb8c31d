//! Times as requests give them.

use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

use crate::ScoreError;

/// A moment, from RFC 3339.
pub(crate) fn moment(text: &str) -> Result<OffsetDateTime, ScoreError> {
    OffsetDateTime::parse(text, &Rfc3339).map_err(|_| ScoreError::InvalidTime(text.to_owned()))
}

/// The day of a moment in UTC, counted from 1970-01-01.
pub(crate) fn day(text: &str) -> Result<i32, ScoreError> {
    let date = moment(text)?.to_offset(UtcOffset::UTC).date();
    Ok(date.to_julian_day() - OffsetDateTime::UNIX_EPOCH.date().to_julian_day())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_utc() {
        assert_eq!(day("1970-01-01T00:00:00Z").unwrap(), 0);
        assert_eq!(day("1969-12-31T23:59:59Z").unwrap(), -1);
        assert_eq!(day("2024-10-16T01:30:00.123+02:00").unwrap(), 20_011);
        assert!(day("2024-10-16").is_err());
    }
}
