//! etl.
