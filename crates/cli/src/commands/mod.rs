use anyhow::{Context as _, Result};
use serde::Serialize;
use usecases::UseCase;

use crate::{Arguments, Command, Target};

mod delivery;
mod generate;
mod models;
mod monitor;
mod monitor_text;
mod moves;
mod predict;
mod run;
mod runs;
mod score;
mod status;

/// What came of a command that did what it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    PipelineFailed,
}

/// Does what the arguments say.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome> {
    let target = Target::find(&arguments.place)?;
    let format = |json: bool| Format { json: json || arguments.json };
    match &arguments.command {
        Command::Run(run) => return run::run(&target, run, format(run.output.json)).await,
        Command::Score(score) => return score::run(&target, score, format(score.output.json)).await,
        Command::Monitor(monitor) => return monitor::run(&target, monitor, format(monitor.output.json)).await,
        Command::Promote { use_case, version, reason, output } => {
            return run::promote(&target, find(use_case)?, *version, reason, format(output.json)).await;
        }
        Command::Deliver { use_case, files, output } => {
            let keys = delivery::deliver(&target, find(use_case)?, files).await?;
            format(output.json)
                .print(&keys, |_| "delivered; the next run without --file reads it as well".to_owned())?;
        }
        Command::Runs { use_case, run_id, output } => {
            let all = some_or_all(use_case.as_deref())?;
            runs::run(&target, &all, run_id.as_deref(), format(output.json)).await?;
        }
        Command::Models { use_case, compare, output } => {
            let format = format(output.json);
            match (compare.as_deref(), use_case) {
                (Some([left, right]), Some(use_case)) => {
                    models::compare(&target, find(use_case)?, *left, *right, format).await?;
                }
                _ => models::list(&target, &some_or_all(use_case.as_deref())?, format).await?,
            }
        }
        Command::Predict { use_case, input } => predict::run(&target, find(use_case)?, input, format(false)).await?,
        Command::Rollback { use_case, reason, output } => {
            moves::roll_back(&target, find(use_case)?, reason, format(output.json)).await?;
        }
        Command::Archive { use_case, version, reason, output } => {
            moves::archive(&target, find(use_case)?, *version, reason, format(output.json)).await?;
        }
        Command::Live { use_case, at, output } => {
            let all = some_or_all(use_case.as_deref())?;
            moves::live(&target, &all, at.as_deref(), format(output.json)).await?;
        }
        Command::Log { use_case, output } => moves::log(&target, find(use_case)?, format(output.json)).await?,
        Command::Status { output } => status::run(&target, format(output.json)).await?,
        Command::Generate(arguments) => generate::run(find(&arguments.use_case)?, arguments)?,
    }
    Ok(Outcome::Done)
}

/// Text for people, or JSON for programs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Format {
    json: bool,
}

impl Format {
    /// Prints the value as JSON, or what `text` makes of it.
    pub(crate) fn print<T: Serialize>(self, value: &T, text: impl FnOnce(&T) -> String) -> Result<()> {
        let shown = if self.json { serde_json::to_string_pretty(value)? } else { text(value) };
        println!("{shown}");
        Ok(())
    }
}

fn find(name: &str) -> Result<&'static UseCase> {
    let known = || usecases::names().collect::<Vec<_>>().join(", ");
    usecases::find(name).with_context(|| format!("there is no use case `{name}` (known: {})", known()))
}

fn some_or_all(name: Option<&str>) -> Result<Vec<&'static UseCase>> {
    match name {
        Some(name) => Ok(vec![find(name)?]),
        None => usecases::names().map(find).collect(),
    }
}

/// The registry of a use case's model.
pub(crate) async fn registry(target: &Target, use_case: &UseCase) -> Result<registry::Registry> {
    Ok(registry::Registry::new(&target.lake().await?, &use_case.name, &use_case.model_name))
}
