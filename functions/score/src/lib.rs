//! Batch inference.
