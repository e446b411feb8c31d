//! `cargo xtask`: what a clone needs beyond `cargo build` and `cargo test`.
//!
//! Every verb checks the tools it needs first, says what it does with the seconds passed, and reuses what is there:
//! emulators, private Python environments, wasm modules and packages are made once and kept by a digest of what
//! they are made from. Nothing here knows AWS or async Rust, so that the command itself compiles in seconds.

// This is a command for people: it prints.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::{paths::Paths, stack::StackKind};

mod bench;
mod cargo;
mod data;
mod demo;
mod deploy;
mod digest;
mod emulator;
mod http;
mod layers;
mod lock;
mod package;
mod paths;
mod process;
mod second_s3;
mod shell;
mod stack;
mod test;
mod tidy;
mod tools;
mod venv;
mod wasm;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, runs and checks Sluice")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// From nothing to a live prediction: emulator, stack, data, training, deployment, answer
    Demo {
        /// Use case to show: telco or loan
        #[arg(default_value = "telco")]
        use_case: String,
        /// Raw file of telco, folder of loan; without it `data/`, then the shared data folder, then generated rows
        #[arg(long)]
        data: Option<PathBuf>,
        /// Emulator to run on
        #[arg(long, value_enum, default_value_t = StackKind::Ministack)]
        stack: StackKind,
        /// Port of the emulator
        #[arg(long, default_value_t = 4566)]
        port: u16,
    },
    /// Every check and test, with emulators of its own
    Test,
    /// Starts the emulator and creates or updates the stack
    Up {
        /// Emulator to start
        #[arg(long, value_enum, default_value_t = StackKind::Ministack)]
        stack: StackKind,
        /// Port of the emulator
        #[arg(long, default_value_t = 4566)]
        port: u16,
        /// Lets the schedules start machines by themselves
        #[arg(long)]
        schedules: bool,
    },
    /// Stops what `up` started
    Down,
    /// Builds the inference modules and compiles them ahead of time
    Wasm,
    /// Builds everything and zips one package per function
    Package,
    /// Deploys to the AWS account of the current credentials
    Deploy {
        /// Arguments for infra/deploy.sh
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Compares with the peers on the same data in the same run
    Bench {
        /// Use case to compare on
        #[arg(default_value = "telco")]
        use_case: String,
        /// Raw file, or folder of files, to compare on
        #[arg(long)]
        data: Option<PathBuf>,
        /// Arguments for the comparison, such as `--scale 1,10,46` for loan
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Checks the rules of the house that no compiler knows
    Tidy,
}

fn main() -> ExitCode {
    shell::start_clock();
    process::stop_on_signals();
    let result = Paths::find().and_then(|paths| match Arguments::parse().verb {
        Verb::Demo { use_case, data, stack, port } => demo::run(&paths, &use_case, data.as_deref(), stack, port),
        Verb::Test => test::run(&paths),
        Verb::Up { stack, port, schedules } => {
            let parameters = if schedules { &["Schedules=ENABLED"][..] } else { &[] };
            stack::up(&paths, stack, port, parameters).map(|_| ())
        }
        Verb::Down => stack::down(&paths),
        Verb::Wasm => wasm::build(&paths).map(|_| ()),
        Verb::Package => package::run(&paths).map(|_| ()),
        Verb::Deploy { arguments } => deploy::run(&paths, &arguments),
        Verb::Bench { use_case, data, arguments } => bench::run(&paths, &use_case, data.as_deref(), &arguments),
        Verb::Tidy => tidy::run(&paths),
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
