//! What a model's history does, step by step.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod faults;
mod history;
mod races;
mod registration;
mod run_records;
