//! clean.
