use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use contracts::{ModelVersion, SnapshotId};

use crate::machines::Machine;

/// Runs Sluice's pipelines and shows what they made.
#[derive(Debug, Parser)]
#[command(name = "sluice", version)]
pub struct Arguments {
    /// Where the stack is.
    #[command(flatten)]
    pub place: Place,
    /// Prints one JSON document instead of text
    #[arg(long = "json", id = "print_json")]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options that say where the stack is; what is left out comes from `.sluice/stack.json`.
#[derive(Clone, Debug, Default, Args)]
pub struct Place {
    /// Address of an emulator; AWS itself when neither this nor .sluice/stack.json says otherwise
    #[arg(long, global = true, env = "AWS_ENDPOINT_URL")]
    pub endpoint_url: Option<String>,
    /// Bucket of the lake
    #[arg(long, global = true, env = "SLUICE_BUCKET")]
    pub bucket: Option<String>,
    /// Address of the prediction endpoint
    #[arg(long, global = true, env = "SLUICE_PREDICT_URL")]
    pub predict_url: Option<String>,
    /// Name of the stack, with which the names of its state machines begin
    #[arg(long, global = true, env = "SLUICE_STACK")]
    pub stack: Option<String>,
}

/// `--json` where it is not already the input.
#[derive(Clone, Copy, Debug, Args)]
pub struct Output {
    /// Prints one JSON document instead of text
    #[arg(long)]
    pub json: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs a pipeline and shows each state as it ends
    Run(RunArguments),
    /// Puts raw files where the machines find them, and starts nothing
    Deliver {
        /// Use case
        use_case: String,
        /// Raw file to deliver, or a folder with them
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Form of what is printed.
        #[command(flatten)]
        output: Output,
    },
    /// Scores everything delivered with the champion
    Score(ScoreArguments),
    /// Measures the champion on predictions that have come true, and follows the training that may be started
    Monitor(MonitorArguments),
    /// Lists training runs, newest first; with a run id its candidates, best first
    Runs {
        /// Use case; all of them when left out
        use_case: Option<String>,
        /// Run to show
        run_id: Option<String>,
        /// Form of what is printed.
        #[command(flatten)]
        output: Output,
    },
    /// Lists versions with stages, aliases and metrics, newest first
    Models {
        /// Use case; all of them when left out
        use_case: Option<String>,
        /// Two versions to put side by side
        #[arg(long, num_args = 2, value_names = ["VERSION", "VERSION"], requires = "use_case")]
        compare: Option<Vec<ModelVersion>>,
        /// Form of what is printed.
        #[command(flatten)]
        output: Output,
    },
    /// Asks the live endpoint; `sluice --json predict …` prints its answer as it comes
    Predict {
        /// Use case
        use_case: String,
        /// A record, an array of records, {"records": […]} or {"rows": [[…]]}; `@FILE` reads a file, `-` standard input
        #[arg(long = "json", value_name = "JSON")]
        input: String,
    },
    /// Tests a version, puts it live, tests the endpoint and makes it Production
    Promote {
        /// Use case
        use_case: String,
        /// Version, such as v2
        version: ModelVersion,
        /// Why, for the event log
        #[arg(long)]
        reason: String,
        /// Form of what is printed.
        #[command(flatten)]
        output: Output,
    },
    /// Takes the live version back: the one before it is live again
    Rollback {
        /// Use case
        use_case: String,
        /// Why, for the event log
        #[arg(long)]
        reason: String,
        /// Form of what is printed.
        #[command(flatten)]
        output: Output,
    },
    /// Puts a version aside
    Archive {
        /// Use case
        use_case: String,
        /// Version, such as v1
        version: ModelVersion,
        /// Why, for the event log
        #[arg(long)]
        reason: String,
        /// Form of what is printed.
        #[command(flatten)]
        output: Output,
    },
    /// Says what is live, or what was at some time
    Live {
        /// Use case; all of them when left out
        use_case: Option<String>,
        /// Time, RFC 3339 such as 2026-11-21T12:00:00Z; a date alone means its first moment in UTC
        #[arg(long)]
        at: Option<String>,
        /// Form of what is printed.
        #[command(flatten)]
        output: Output,
    },
    /// Lists every change of a model's versions: who, when, why
    Log {
        /// Use case
        use_case: String,
        /// Form of what is printed.
        #[command(flatten)]
        output: Output,
    },
    /// Says where the stack is and whether its endpoint answers
    Status {
        /// Form of what is printed.
        #[command(flatten)]
        output: Output,
    },
    /// Writes synthetic raw rows with the dirt of the real files
    Generate(GenerateArguments),
}

/// Spelling of a generated file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Spelling {
    /// As the original: `SeniorCitizen`, `Yes`
    Ibm,
    /// `senior_citizen`, 1
    SnakeCase,
}

/// What `run` is told.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// Use case
    pub use_case: String,
    /// Raw file to deliver and read, or a folder with them; repeatable. Without one, everything delivered before is read,
    /// and where nothing was, the files in `data/` or the shared data folder
    #[arg(long = "file", value_name = "FILE", conflicts_with_all = ["snapshot", "version"])]
    pub files: Vec<PathBuf>,
    /// Machine to begin with
    #[arg(long, value_enum, default_value_t = Machine::Data)]
    pub from: Machine,
    /// Only this machine: the same as `--from` with `--no-cascade`
    #[arg(long, value_enum, conflicts_with = "from")]
    pub only: Option<Machine>,
    /// Ends after the first machine
    #[arg(long)]
    pub no_cascade: bool,
    /// Setting laid over the use case's own, such as training.folds=3; repeatable
    #[arg(long = "settings", value_name = "K=V", num_args = 1..)]
    pub settings: Vec<String>,
    /// Snapshot to train on; the newest when left out
    #[arg(long)]
    pub snapshot: Option<SnapshotId>,
    /// Version to deploy; the newest when left out
    #[arg(long)]
    pub version: Option<ModelVersion>,
    /// Why, for the event log of a deployment
    #[arg(long)]
    pub reason: Option<String>,
    /// Output.
    #[command(flatten)]
    pub output: Output,
}

/// What `score` is told.
#[derive(Debug, Args)]
pub struct ScoreArguments {
    /// Use case
    pub use_case: String,
    /// Raw file to deliver and score, or a folder with them; repeatable. Without one, everything delivered is scored
    #[arg(long = "file", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Setting laid over the use case's own, such as reading.bytes_per_part=1000000; repeatable
    #[arg(long = "settings", value_name = "K=V", num_args = 1..)]
    pub settings: Vec<String>,
    /// Output.
    #[command(flatten)]
    pub output: Output,
}

/// What `monitor` is told.
#[derive(Debug, Args)]
pub struct MonitorArguments {
    /// Use case
    pub use_case: String,
    /// Key of the prediction set to monitor; the newest when left out
    #[arg(long, value_name = "KEY")]
    pub predictions: Option<String>,
    /// Folder that the report is downloaded to
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,
    /// Does not wait for the training that may be started
    #[arg(long)]
    pub no_wait: bool,
    /// Setting for that training; repeatable
    #[arg(long = "settings", value_name = "K=V", num_args = 1..)]
    pub settings: Vec<String>,
    /// Output.
    #[command(flatten)]
    pub output: Output,
}

/// What `generate` is told.
#[derive(Debug, Args)]
pub struct GenerateArguments {
    /// Use case
    pub use_case: String,
    /// Customers; as many as the original has when left out
    #[arg(long)]
    pub rows: Option<u64>,
    /// Seed; the same one gives the same files
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Spelling of columns and values; telco only
    #[arg(long, value_enum, default_value_t = Spelling::Ibm)]
    pub spelling: Spelling,
    /// How dates are written; loan only
    #[arg(long, value_enum, default_value_t = Dates::Iso)]
    pub dates: Dates,
    /// Number of the first customer: deliveries from different numbers have no customer in common; loan only
    #[arg(long, default_value_t = 0)]
    pub first_customer: u64,
    /// Month of the first loans, such as 2023-01; loan only
    #[arg(long, value_name = "MONTH")]
    pub first_month: Option<String>,
    /// In how many months loans start; loan only
    #[arg(long)]
    pub months: Option<u32>,
    /// A figure of the customers that is larger by SHIFT from a month on, such as interest_rate:8:2025-02; loan only
    #[arg(long, value_name = "COLUMN:SHIFT:MONTH", allow_hyphen_values = true)]
    pub drift: Option<String>,
    /// Where to write: a file for telco, standard output when left out; a folder for loan
    #[arg(long)]
    pub out: Option<PathBuf>,
}

/// How dates of generated files are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Dates {
    /// `2023-05-01`
    Iso,
    /// `1/5/2023`
    DayFirst,
    /// `5/1/2023`
    MonthFirst,
}

impl RunArguments {
    /// The first machine, and whether the others follow.
    #[must_use]
    pub fn machines(&self) -> (Machine, bool) {
        (self.only.unwrap_or(self.from), self.only.is_none() && !self.no_cascade)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn json_is_the_input_of_predict_and_the_form_of_every_other_output() {
        let arguments = Arguments::parse_from(["sluice", "--json", "predict", "telco", "--json", "{}"]);
        assert!(arguments.json);
        let Command::Predict { input, .. } = arguments.command else { panic!("not predict") };
        assert_eq!(input, "{}");
        let Command::Models { output, .. } = Arguments::parse_from(["sluice", "models", "--json"]).command else {
            panic!("not models")
        };
        assert!(output.json);
    }

    #[test]
    fn only_one_machine_does_not_cascade() {
        let machines = |words: &[&str]| {
            let all = [&["sluice", "run", "telco"], words].concat();
            let Command::Run(run) = Arguments::parse_from(all).command else { panic!("not run") };
            run.machines()
        };
        assert_eq!(machines(&[]), (Machine::Data, true));
        assert_eq!(machines(&["--no-cascade"]), (Machine::Data, false));
        assert_eq!(machines(&["--only", "training"]), (Machine::Training, false));
        assert_eq!(machines(&["--from", "training"]), (Machine::Training, true));
    }
}
