//! The `sluice` command: runs pipelines, shows runs and models, asks the endpoint, moves versions.
//!
//! ```text
//! sluice run telco --file churn.csv        raw file → data → training → deployment, with each state as it ends
//! sluice run loan --file folder            the same with every file of the folder that belongs to a table
//! sluice deliver loan folder               raw files for the next run that names none
//! sluice score loan                        everything delivered → predictions of the champion
//! sluice monitor loan --report folder      figures, decision, report; follows the retraining where one was started
//! sluice runs telco                        every training run; with a run id its candidates
//! sluice models telco                      versions, stages, aliases, metrics; --compare v1 v2
//! sluice predict telco --json '{…}'        an answer of the live endpoint with its provenance
//! sluice promote telco v2 --reason …       tests, live, smoke test, Production: the deployment machine
//! sluice rollback telco --reason …         live points at the version before, and the endpoint follows
//! sluice live telco --at 2026-11-21T12:00  what was live then
//! ```
//!
//! It finds its stack by options, the environment, or `.sluice/stack.json`, which `cargo xtask up` writes: see [`Target`].
//! What it shows goes to standard output, as text or with `--json` as one JSON document; progress and errors go to
//! standard error. Exit codes: 0 done, 1 an error, 2 wrong usage, 3 a pipeline that ran and failed.

// This is a command for people: it prints.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;

use clap::Parser as _;

pub use arguments::{Arguments, Command};
pub use target::{OtherS3, Target};

pub mod history;
pub mod table;

mod arguments;
mod clock;
mod commands;
mod execution;
mod machines;
mod overrides;
mod subject;
mod target;
mod upload;

use commands::Outcome;

/// Exit code of a pipeline that ran and failed.
const PIPELINE_FAILED: u8 = 3;

/// Reads the arguments, does what they say, and prints what came of it.
pub async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match commands::run(&arguments).await {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::PipelineFailed) => ExitCode::from(PIPELINE_FAILED),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
