//! The only place that reads the clock and the name of the user.

use anyhow::{Context as _, Result};
use time::{
    Date, OffsetDateTime, PrimitiveDateTime, UtcOffset, format_description::well_known::Rfc3339,
    macros::format_description,
};

/// Now, RFC 3339 in UTC with milliseconds.
pub(crate) fn now() -> Result<String> {
    let now = OffsetDateTime::now_utc();
    let now = now.replace_millisecond(now.millisecond()).unwrap_or(now);
    now.format(&Rfc3339).context("the clock shows a time that cannot be written")
}

/// A name for an execution that sorts by time and that no other has.
pub(crate) fn new_run_id() -> Result<String> {
    let now = OffsetDateTime::now_utc();
    let text = now.format(format_description!("[year][month][day]-[hour][minute][second]"))?;
    Ok(format!("{text}-{:05x}", (now.nanosecond() / 1000) & 0xf_ffff))
}

/// Who asks, for the event log.
pub(crate) fn user() -> String {
    ["SLUICE_USER", "USER", "LOGNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()))
        .unwrap_or_else(|| "sluice".to_owned())
}

/// A time given by a person: RFC 3339, or without an offset, or a date alone, both in UTC.
pub(crate) fn parse_time(text: &str) -> Result<String> {
    let minutes = format_description!("[year]-[month]-[day]T[hour]:[minute]");
    let seconds = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
    let day = format_description!("[year]-[month]-[day]");
    let spaced = text.trim().replacen(' ', "T", 1);
    let time = OffsetDateTime::parse(&spaced, &Rfc3339)
        .or_else(|_| PrimitiveDateTime::parse(&spaced, seconds).map(PrimitiveDateTime::assume_utc))
        .or_else(|_| PrimitiveDateTime::parse(&spaced, minutes).map(PrimitiveDateTime::assume_utc))
        .or_else(|_| Date::parse(&spaced, day).map(|date| date.midnight().assume_utc()))
        .with_context(|| format!("`{text}` is not a time such as 2026-11-21T12:00:00Z"))?;
    Ok(time.to_offset(UtcOffset::UTC).format(&Rfc3339)?)
}

/// Seconds between two RFC 3339 times; NaN when one cannot be read.
pub(crate) fn seconds_between(from: &str, to: &str) -> f64 {
    let parse = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    match (parse(from), parse(to)) {
        (Some(from), Some(to)) => (to - from).as_seconds_f64(),
        _ => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn people_may_leave_out_what_is_plain() {
        for text in ["2026-11-21T00:00:00Z", "2026-11-21", "2026-11-21 00:00", "2026-11-21T01:00:00+01:00"] {
            assert_eq!(parse_time(text).unwrap(), "2026-11-21T00:00:00Z", "{text}");
        }
        assert!(parse_time("yesterday").is_err());
    }

    #[test]
    fn a_run_id_is_a_run_id() {
        new_run_id().unwrap().parse::<contracts::RunId>().unwrap();
        assert!((seconds_between("2026-11-21T00:00:00Z", "2026-11-21T00:01:00.5Z") - 60.5).abs() < 1e-9);
    }
}
