use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

use crate::MonitorError;

/// Julian day number of 1970-01-01.
const EPOCH: i32 = 2_440_588;

/// The moment that an RFC 3339 text names; `what` holds it.
pub(crate) fn moment(what: &'static str, text: &str) -> Result<OffsetDateTime, MonitorError> {
    let parsed = OffsetDateTime::parse(text, &Rfc3339).map(|time| time.to_offset(UtcOffset::UTC));
    parsed.map_err(|error| MonitorError::InvalidTime { what, text: text.to_owned(), reason: error.to_string() })
}

/// The day of a moment in UTC, as days since 1970-01-01.
pub(crate) fn day(moment: OffsetDateTime) -> i32 {
    moment.date().to_julian_day() - EPOCH
}

/// Hours from one moment to another; negative when it lies before.
pub(crate) fn hours(from: OffsetDateTime, to: OffsetDateTime) -> f64 {
    (to - from).as_seconds_f64() / 3600.0
}
