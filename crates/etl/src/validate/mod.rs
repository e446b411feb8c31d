//! Checks that rows, and tables as a whole, are what a use case says they must be.
//!
//! Rows are checked one hash partition at a time, in all tables together ([`PartitionValidation`]); what was found in
//! the partitions is put together and judged once ([`judge`]).
//! A rule finds in many partitions what it would find in one: counts add up, sums are exact, the rows of an entity lie
//! in one partition, and a rule that would have to compare rows across partitions says that it cannot.

use usecases::Table;

pub use exact_sum::ExactSum;
pub use findings::{FlaggedEntities, PartitionFindings, RuleFindings, TableBefore, TableChecked, TableFindings, Tally};
pub use judge::{Before, gates, judge};
pub use partition::{Checked, PartitionValidation, SilverPart};
pub use report::{CheckKind, CheckOutcome, QualityReport};

mod exact_sum;
mod findings;
mod flags;
mod identity;
mod judge;
mod measure;
mod partition;
mod report;
mod row_check;

/// What a partition is checked against besides the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Day on which the run started, counted from 1970-01-01: later ones lie in the future.
    pub today: i32,
    /// How many partitions there are.
    pub n_partitions: u32,
}

impl Scope {
    /// Whether rows that agree in `columns` may lie in several partitions.
    fn divides(self, table: &Table, columns: &[String]) -> bool {
        self.n_partitions > 1 && table.entity.as_ref().is_none_or(|entity| !columns.contains(entity))
    }
}
