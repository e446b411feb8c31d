use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use serde::Serialize;
use serde_json::Value;

use crate::{
    history::{self, Event, Failure, Status, Step},
    machines::{Machine, StepFunctions, sibling_arn},
};

/// How often the executions are looked at.
const POLL: Duration = Duration::from_millis(500);
/// How long an execution that was started by others may be missing.
const PATIENCE: Duration = Duration::from_secs(30);
/// A state that runs for longer is shown before it ends.
const LONG: Duration = Duration::from_secs(3);

/// What the names of states begin with that wait for others: for machines they start, or for states inside them.
const WAITING: [&str; 7] =
    ["Start", "Prepare", "Process", "TrainCandidates", "QualityControl", "MakePredictions", "ShowAndGovern"];

/// What became of one machine of a run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct MachineReport {
    pub(crate) machine: String,
    pub(crate) execution_arn: String,
    pub(crate) status: Status,
    pub(crate) steps: Vec<Step>,
    /// State that runs now.
    #[serde(skip)]
    pub(crate) current: Option<String>,
    /// Answer of the machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) output: Option<Value>,
}

/// What became of a run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RunReport {
    pub(crate) run_id: String,
    pub(crate) status: Status,
    pub(crate) seconds: f64,
    pub(crate) machines: Vec<MachineReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failed_machine: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<Failure>,
}

/// Starts `machine` and follows it, and those it starts, to the end. Each state is shown as it ends.
pub(crate) async fn run(sfn: &StepFunctions, machine: Machine, run_id: &str, input: &Value) -> Result<RunReport> {
    let first = sfn.start(machine, run_id, input).await?;
    eprintln!("run {run_id}: {first}");
    follow(sfn, machine, run_id).await
}

/// Follows the execution of `machine` called `run_id`, and those it starts, to the end.
pub(crate) async fn follow(sfn: &StepFunctions, machine: Machine, run_id: &str) -> Result<RunReport> {
    let start = Instant::now();
    let mut executions = Vec::new();
    for &machine in machine.chain() {
        let arn = sibling_arn(&sfn.machine_arn(machine).await?, run_id)?;
        executions.push(Execution { machine, arn, events: Vec::new() });
    }
    let mut progress = Progress { start, ended: BTreeSet::new(), running: BTreeMap::new() };
    loop {
        let mut machines = Vec::new();
        for execution in &mut executions {
            let Some(report) = execution.look(sfn).await? else { break };
            machines.push(report);
        }
        progress.show(&machines);
        // The first machine waits for the others, so it is the last to end.
        let status = machines.first().map_or(Status::Running, |report| report.status);
        if status != Status::Running {
            let (failed_machine, failure) = find_failure(sfn, &executions, &machines).await?;
            let seconds = start.elapsed().as_secs_f64();
            return Ok(RunReport { run_id: run_id.to_owned(), status, seconds, machines, failed_machine, failure });
        }
        if machines.is_empty() && start.elapsed() > PATIENCE {
            bail!("there is no execution {}", executions.first().map_or(run_id, |execution| &execution.arn));
        }
        tokio::time::sleep(POLL).await;
    }
}

/// An execution and what is known of it.
struct Execution {
    machine: Machine,
    arn: String,
    /// Its history so far.
    events: Vec<Event>,
}

impl Execution {
    async fn look(&mut self, sfn: &StepFunctions) -> Result<Option<MachineReport>> {
        // Looked at before its history: an execution that has ended by now has its whole history by then.
        let Some(description) = sfn.describe(&self.arn).await? else { return Ok(None) };
        let last = self.events.last().map_or(0, |event| event.id);
        self.events.extend(sfn.history(&self.arn, last).await?);
        Ok(Some(MachineReport {
            machine: self.machine.to_string(),
            execution_arn: self.arn.clone(),
            status: description.status,
            steps: history::steps(&self.events),
            current: history::current(&self.events),
            output: description.output.and_then(|text| serde_json::from_str(&text).ok()),
        }))
    }
}

/// What has been shown of a run.
struct Progress {
    start: Instant,
    /// Steps shown, by machine.
    ended: BTreeSet<(String, i64)>,
    /// State last seen running in each machine, since when, and whether that was shown.
    running: BTreeMap<String, (String, Instant, bool)>,
}

impl Progress {
    fn show(&mut self, machines: &[MachineReport]) {
        let elapsed = self.start.elapsed().as_secs_f64();
        let steps = machines.iter().flat_map(|report| report.steps.iter().map(move |step| (report, step)));
        let mut new: Vec<_> =
            steps.filter(|(report, step)| self.ended.insert((report.machine.clone(), step.id))).collect();
        new.sort_by(|(_, one), (_, other)| one.ended_at_seconds.total_cmp(&other.ended_at_seconds));
        for (report, step) in new {
            eprintln!("{}", line(report, step, elapsed));
        }
        // Those before the last machine that runs only wait for it.
        if let Some(report) = machines.iter().rfind(|report| report.status == Status::Running) {
            self.show_running(report, elapsed);
        }
    }

    fn show_running(&mut self, report: &MachineReport, elapsed: f64) {
        let Some(current) = &report.current else { return };
        let seen = self.running.entry(report.machine.clone());
        let seen = seen.or_insert_with(|| (current.clone(), Instant::now(), false));
        if seen.0 != *current {
            *seen = (current.clone(), Instant::now(), false);
        }
        if !seen.2 && seen.1.elapsed() > LONG {
            seen.2 = true;
            eprintln!("[{elapsed:6.1} s] {:10} {current} …", report.machine);
        }
    }
}

impl MachineReport {
    /// Seconds of the machine's own states, without those that wait for others.
    pub(crate) fn own_seconds(&self) -> f64 {
        let is_own = |step: &&Step| !WAITING.iter().any(|waiting| step.state.starts_with(waiting));
        self.steps.iter().filter(is_own).map(|step| step.seconds).sum()
    }
}

fn line(report: &MachineReport, step: &Step, elapsed: f64) -> String {
    let error = step.error.as_ref().map_or_else(String::new, |error| format!("  {error}"));
    let what = step.subject.as_ref().map_or_else(|| step.state.clone(), |subject| format!("{} {subject}", step.state));
    format!("[{elapsed:6.1} s] {:10} {what:44} {:7.2} s{error}", report.machine, step.seconds)
}

/// The failure of the machine that was started last and failed: the ones before it failed because it did.
async fn find_failure(
    sfn: &StepFunctions,
    executions: &[Execution],
    machines: &[MachineReport],
) -> Result<(Option<String>, Option<Failure>)> {
    let is_failed =
        |(report, _): &(&MachineReport, &Execution)| !matches!(report.status, Status::Succeeded | Status::Running);
    let Some((report, execution)) = machines.iter().zip(executions).rfind(is_failed) else {
        return Ok((None, None));
    };
    let description = sfn.describe(&report.execution_arn).await?;
    let (error, cause) = description.map(|found| (found.error, found.cause)).unwrap_or_default();
    let failure = history::failure(&execution.events, error.as_deref(), cause.as_deref());
    Ok((Some(report.machine.clone()), Some(failure)))
}

impl RunReport {
    /// One line on how it ended.
    pub(crate) fn closing_line(&self) -> String {
        let Self { run_id, seconds, .. } = self;
        match (&self.failure, &self.failed_machine) {
            (Some(Failure { state, error, cause }), Some(machine)) => {
                let state = state.as_ref().map_or_else(String::new, |state| format!(" in state {state}"));
                format!("run {run_id} failed after {seconds:.1} s: machine {machine}{state}: {error}: {cause}")
            }
            _ => format!("run {run_id} succeeded in {seconds:.1} s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_failure_names_machine_state_error_and_cause() {
        let failure = Failure {
            state: Some("Validate".to_owned()),
            error: "DataQuality".to_owned(),
            cause: "rule `tenure_in_range` is broken by 120 of 500 rows".to_owned(),
        };
        let report = RunReport {
            run_id: "r1".to_owned(),
            status: Status::Failed,
            seconds: 1.25,
            machines: Vec::new(),
            failed_machine: Some("data".to_owned()),
            failure: Some(failure),
        };
        expect!["run r1 failed after 1.2 s: machine data in state Validate: DataQuality: rule `tenure_in_range` is broken by 120 of 500 rows"]
            .assert_eq(&report.closing_line());
    }

    #[test]
    fn a_step_is_one_line() {
        let error = Some("Storage".to_owned());
        let subject = Some("lightgbm".to_owned());
        let step = Step { id: 7, state: "Train".to_owned(), subject, seconds: 4.5, ended_at_seconds: 9.0, error };
        let report = MachineReport {
            machine: "training".to_owned(),
            execution_arn: String::new(),
            status: Status::Running,
            steps: Vec::new(),
            current: None,
            output: None,
        };
        expect!["[  12.3 s] training   Train lightgbm                                  4.50 s  Storage"]
            .assert_eq(&line(&report, &step, 12.34));
    }
}
