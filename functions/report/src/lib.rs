//! The monitoring report.
