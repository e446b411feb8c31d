use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

use crate::RegistryError;

/// The moment that an RFC 3339 text names.
pub(crate) fn parse(text: &str) -> Result<OffsetDateTime, RegistryError> {
    OffsetDateTime::parse(text, &Rfc3339)
        .map(|time| time.to_offset(UtcOffset::UTC))
        .map_err(|error| RegistryError::InvalidTime { text: text.to_owned(), reason: error.to_string() })
}

/// The moment as the log holds it: RFC 3339 in UTC.
pub(crate) fn format(time: OffsetDateTime) -> Result<String, RegistryError> {
    time.format(&Rfc3339)
        .map_err(|error| RegistryError::InvalidTime { text: time.to_string(), reason: error.to_string() })
}
