//! From raw files to gold rows, as a use case declares it.
//!
//! This crate does no I/O: it takes bytes and gives bytes.
//! The stages fetch and store; what they fetch in pieces is fed here in pieces, so that memory is bounded by the part.
//!
//! | step | from | to |
//! |---|---|---|
//! | [`BronzeReader`] | a range of a delimited file | Parquet of text columns, with line and offset of every row |
//! | [`clean`] | bronze Parquet | Parquet of typed columns, one file per hash partition of the entity |
//! | [`PartitionValidation`] | silver Parquet of one partition, all tables | the rows that no rule sets aside, and what every rule found |
//! | [`judge`] | what was found in all partitions | the outcome of every rule and gate |
//! | [`GoldBuilder`] | validated silver Parquet of one hash partition | Parquet of key, date, label and raw fields: [`GoldRows`] |
//! | [`choose_split`] | keys, dates and labels of all partitions | the rule by which [`Gold`] is divided |
//!
//! Every step keeps the count: a row that goes in comes out, or is set aside with its place in the raw file and a
//! reason.
//! The same input gives the same bytes: row groups end by counts of rows and bytes, and nothing of the time or the
//! machine is written.

pub use bronze::{BronzeReader, BronzeSource, LINE_COLUMN, OFFSET_COLUMN, Part, SourceBytes};
pub use clean::clean;
pub use error::EtlError;
pub use gold::{Gold, GoldBuilder, GoldRows};
pub use header::{Header, MAX_HEADER_BYTES};
pub use partition::partition_of;
pub use predictions::{
    JoinedRows, MonitoringRow, Predictions, joined_from_parquet, joined_to_parquet, monitoring_to_parquet,
    predictions_from_parquet, predictions_to_parquet,
};
pub use split::{Split, Splitter, choose_split};
pub use validate::{
    Before, CheckKind, CheckOutcome, Checked, ExactSum, FlaggedEntities, PartitionFindings, PartitionValidation,
    QualityReport, RuleFindings, Scope, SilverPart, TableBefore, TableChecked, TableFindings, Tally, gates, judge,
};

/// A declaration as text: equal declarations, and only those, give equal texts.
///
/// # Errors
/// [`EtlError::Declaration`] when it has no JSON form.
pub fn declaration<T: serde::Serialize + ?Sized>(declared: &T) -> Result<String, EtlError> {
    serde_json::to_string(declared).map_err(|error| EtlError::declaration(error.to_string()))
}

mod bronze;
mod clean;
mod csv;
mod error;
mod frame;
mod gold;
mod header;
mod parquet;
mod partition;
mod predictions;
mod quarantine;
mod split;
mod validate;

#[cfg(test)]
mod tests;
