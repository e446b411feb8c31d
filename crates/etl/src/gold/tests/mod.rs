#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod builder;
mod shop;
mod split;
