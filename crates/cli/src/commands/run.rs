use anyhow::{Context as _, Result};
use contracts::ModelVersion;
use serde_json::{Map, Value, json};
use usecases::UseCase;

use super::{Format, Outcome, delivery, find, registry};
use crate::{
    Target,
    arguments::RunArguments,
    clock,
    execution::{self, MachineReport, RunReport},
    history::Status,
    machines::{Machine, StepFunctions},
    overrides,
};

/// Delivers files, starts the first machine and follows the run to its end.
pub(crate) async fn run(target: &Target, run: &RunArguments, format: Format) -> Result<Outcome> {
    let use_case = find(&run.use_case)?;
    let settings = overrides::parse(&run.settings)?;
    overrides::check(use_case, &settings)?;
    let (machine, cascade) = run.machines();
    let mut input = input_of(use_case, &settings, cascade);
    match machine {
        Machine::Data => input["raw"] = delivery::deliver(target, use_case, &run.files).await?,
        // The arguments know no other machines.
        Machine::Inference | Machine::Monitoring => {}
        Machine::Training => input["snapshot_id"] = json!(run.snapshot),
        Machine::Deployment => {
            let version = match run.version {
                Some(version) => version,
                None => newest(target, use_case).await?,
            };
            input = deployment(use_case, version, run.reason.as_deref());
        }
    }
    let sfn = StepFunctions::connect(target).await;
    let report = execution::run(&sfn, machine, &clock::new_run_id()?, &input).await?;
    close(&report, format)
}

/// Sends a version through the deployment machine: tests before and after it goes live, then Production.
pub(crate) async fn promote(
    target: &Target,
    use_case: &UseCase,
    version: ModelVersion,
    reason: &str,
    format: Format,
) -> Result<Outcome> {
    let sfn = StepFunctions::connect(target).await;
    let reason = format!("{reason} ({})", clock::user());
    let input = deployment(use_case, version, Some(&reason));
    let report = execution::run(&sfn, Machine::Deployment, &clock::new_run_id()?, &input).await?;
    close(&report, format)
}

fn input_of(use_case: &UseCase, settings: &Map<String, Value>, cascade: bool) -> Value {
    json!({ "use_case": use_case.name, "settings": settings, "cascade": cascade })
}

fn deployment(use_case: &UseCase, version: ModelVersion, reason: Option<&str>) -> Value {
    json!({ "use_case": use_case.name, "version": version, "reason": reason })
}

async fn newest(target: &Target, use_case: &UseCase) -> Result<ModelVersion> {
    let state = registry(target, use_case).await?.state().await?;
    let newest = state.versions.keys().next_back().copied();
    newest.with_context(|| {
        format!("`{}` has no version yet; train one with `sluice run {}`", use_case.name, use_case.name)
    })
}

fn close(report: &RunReport, format: Format) -> Result<Outcome> {
    format.print(report, text)?;
    Ok(outcome(report))
}

/// What the exit code says; a failure is said on standard error as well.
pub(crate) fn outcome(report: &RunReport) -> Outcome {
    if report.status == Status::Succeeded {
        return Outcome::Done;
    }
    eprintln!("error: {}", report.closing_line());
    Outcome::PipelineFailed
}

/// What a run made, from the answers of its machines.
fn text(report: &RunReport) -> String {
    let lines = machine_lines(report);
    if report.status == Status::Succeeded { format!("{lines}\n{}", report.closing_line()) } else { lines }
}

/// One line per machine.
pub(crate) fn machine_lines(report: &RunReport) -> String {
    let line = |machine: &MachineReport| {
        let (n, seconds) = (machine.steps.len(), machine.own_seconds());
        format!("{:10} {:9} {n:2} states, {seconds:.1} s of work", machine.machine, word(machine.status))
    };
    report.machines.iter().map(line).collect::<Vec<_>>().join("\n")
}

const fn word(status: Status) -> &'static str {
    match status {
        Status::Running => "running",
        Status::Succeeded => "succeeded",
        Status::Failed => "failed",
        Status::TimedOut => "timed out",
        Status::Aborted => "aborted",
    }
}
