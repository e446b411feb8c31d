//! Model versions, their stages and aliases, and the runs they come from.
//!
//! A model's history is a log: one object per event under `models/<use case>/<name>/events/`, numbered from 1 and
//! never changed. A change reads the last event, decides, and writes the next number if nobody else has: a
//! compare-and-swap, so writers need no lock and no event is lost. Each event carries the whole state after it, so a
//! reader needs one LIST and one GET, and "what was live at T" is a search for the last event before T.
//!
//! ```text
//!              register      stage        promote          promote another
//!   (claimed) ─────────▶ None ────▶ Staging ────▶ Production ────▶ Archived
//!                          │           │  ▲           │               │ │
//!                          └──archive──┴──┼───────────┼──────────────▶┘ │
//!                                         └─roll back─┘◀───roll back────┘
//! ```
//!
//! `live` is the version that the endpoint answers with, and `champion` the one in Production. They differ only while
//! a deployment is being tested: `go_live` moves `live`, `promote` moves both, `roll_back` moves both back.
//!
//! Every operation is idempotent: when its result holds already it changes nothing and gives the same answer, so a
//! Lambda may be killed anywhere and be run again.
//!
//! ```
//! # use std::sync::Arc;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), registry::RegistryError> {
//! # let lake = lake::Lake::new(Arc::new(lake::MemoryStore::new()), "memory://example");
//! let registry = registry::Registry::new(&lake, "telco", "telco-churn");
//! assert_eq!(registry.state().await?.live, None);
//! assert_eq!(registry.state_at("2026-11-21T12:00:00Z").await?.live, None);
//! # Ok(())
//! # }
//! ```

pub use change::{Change, Event, EventKind};
pub use error::RegistryError;
pub use state::{Aliases, RegistryState, Stage, VersionState};

pub use compare::{Comparison, Difference, MetricPair, VersionSummary};
pub use log::Registry;
pub use register::{ModelFiles, NewVersion, Registered};
pub use runs::runs;

mod change;
mod compare;
mod error;
mod log;
mod register;
mod runs;
mod state;
mod time_text;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
