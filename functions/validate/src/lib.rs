//! Quality control: every rule of the use case over the rows of all tables, and the data gate.
//!
//! It has two steps.
//! `partition` checks the rows of one hash partition, in all tables together: rules set rows aside, flag entities
//! (every row of which is set aside, in all tables), and measure what is left.
//! It writes what it set aside, the parts that lost rows, and last what it found.
//! `gate` puts the findings of all partitions together, writes the report, and halts the machine with `DataQuality`
//! when one check failed.
//! A gate with no rule, a rule that cannot be applied, a bound for a rule that does not exist, or no rows: each fails.
//!
//! A part that lost no row is passed on as it is; one that did is written again under a key that follows from what
//! it was made of and what was made of it.

use contracts::stage::{PartitionVerdict, ValidateRequest, ValidateResponse};
use lake::Lake;
use serde::Serialize;
use usecases::UseCase;

pub use error::ValidateError;

mod error;
mod gate;
mod partition;

/// The answer of the step that was asked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ValidateAnswer {
    /// What was found in one partition.
    Partition(PartitionVerdict),
    /// All partitions passed the gate.
    Gate(ValidateResponse),
}

/// Takes one of the two steps.
///
/// # Errors
/// [`ValidateError`], under the names `DataQuality`, `InvalidInput`, `NotFound`, `Conflict`, `Storage` and `Internal`.
pub async fn handle(lake: &Lake, request: ValidateRequest) -> Result<ValidateAnswer, ValidateError> {
    match request {
        ValidateRequest::Partition(request) => partition::check(lake, request).await.map(ValidateAnswer::Partition),
        ValidateRequest::Gate(request) => gate::judge(lake, request).await.map(ValidateAnswer::Gate),
    }
}

fn use_case(name: &str) -> Result<&'static UseCase, ValidateError> {
    usecases::find(name).ok_or_else(|| ValidateError::Request(format!("there is no use case `{name}`")))
}

#[cfg(test)]
mod tests;
