use contracts::{ModelVersion, RunId};
use serde::{Deserialize, Serialize};

use crate::RegistryState;

/// Who asks for a change, when and why; every event keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Person or function.
    pub who: String,
    /// In words.
    pub why: String,
    /// Time now, RFC 3339. The log never goes back in time: a clock that is behind gets the time of the last event.
    pub at: String,
    /// Execution that asks; `None` for a person at a command line.
    pub run_id: Option<RunId>,
}

/// What happened to a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// All its files are there.
    Registered,
    /// It passed its integration tests.
    Staged,
    /// The endpoint answers with it.
    WentLive,
    /// It is the champion, and the one before is archived.
    Promoted,
    /// It was put aside.
    Archived,
    /// It stopped being live, and the aliases are where they were before it.
    RolledBack,
}

/// One line of a model's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Number, from 1 without gaps.
    pub seq: u64,
    /// What happened.
    pub kind: EventKind,
    /// Version it happened to.
    pub version: ModelVersion,
    /// Person or function that asked for it.
    pub who: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Why, in words.
    pub why: String,
    /// Execution that asked for it, if any.
    pub run_id: Option<RunId>,
    /// Everything as it is after this event.
    pub state: RegistryState,
}
