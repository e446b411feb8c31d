//! What Sluice can be used for: one module of declarations per use case.
//!
//! A [`UseCase`] says what its raw files look like, which dirt is cleaned how, what must hold for the data, which
//! features a model sees, which models are tried, and which figures let one through.
//! It is plain data. The stages are the same for every use case: `ingest` and `clean` interpret the [`Table`]s,
//! `validate` the [`QualityRule`]s, `features` the [`Gold`] declaration, `plan` the searches and settings.
//! One more use case is one more module here and no new function.
//!
//! ```
//! let telco = usecases::find("telco").ok_or("no such use case")?;
//! assert_eq!(telco.model_name, "telco-churn");
//! assert_eq!(telco.table("customers").map(|table| table.columns.len()), Some(21));
//! assert!(usecases::find("lottery").is_none());
//! # Ok::<(), &str>(())
//! ```

pub use cell::{Cell, Change, Read, Reason};
pub use gold::{Aggregate, Comparison, Figure, Gold, GoldDates, Label, See, Source, Take};
pub use header::{HeaderError, HeaderMatch};
pub use rules::{Aspect, Check, OnBreak, QualityRule};
pub use search::{FamilySearch, SearchSpace};
pub use table::{
    ColumnDecl, ColumnKind, Csv, Date, Dirt, Format, INVALID, Level, Nulls, Role, Table, VALID, WhenAbsent,
};
pub use use_case::{UseCase, find, names};

pub mod date;
pub mod loan;
pub mod rng;
pub mod search;
pub mod telco;

mod cell;
mod gold;
mod header;
mod rules;
mod settings;
mod table;
mod use_case;
