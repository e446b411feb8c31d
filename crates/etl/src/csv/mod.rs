//! Delimited text, fed in pieces of any size.
//!
//! Unless a table says otherwise, a line break ends a record, inside quotes too.
//! The price is that a quoted line break makes two bad records of one, and both are set aside with their line.
//! It buys two things: a stray quote costs one line and not the rest of the file, and a file can be cut at any byte
//! without having been read from the start, so that its parts are read independently.

pub(crate) use fields::{Fields, split};
pub(crate) use lines::{Line, LineReader, Text};

mod fields;
mod lines;
