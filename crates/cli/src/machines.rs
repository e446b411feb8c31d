use std::fmt;

use anyhow::{Context as _, Result, anyhow, bail};
use aws_config::{BehaviorVersion, Region};
use aws_sdk_sfn::{
    Client,
    config::Credentials,
    error::{DisplayErrorContext, SdkError},
    types::HistoryEvent,
};
use clap::ValueEnum;
use serde_json::Value;

use crate::{
    Target,
    history::{Event, Status},
    subject,
};

/// A state machine of the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Machine {
    /// Raw files to a snapshot
    Data,
    /// A snapshot to a registered version
    Training,
    /// A registered version to the live endpoint
    Deployment,
    /// Everything delivered to predictions of the champion
    #[value(skip)]
    Inference,
    /// Predictions and what came true to figures and a decision
    #[value(skip)]
    Monitoring,
}

impl Machine {
    /// The machines of a run that begins with this one: each is started by one before it and has the run's id.
    pub(crate) const fn chain(self) -> &'static [Self] {
        match self {
            Self::Data => &[Self::Data, Self::Training, Self::Deployment],
            Self::Training => &[Self::Training, Self::Deployment],
            Self::Deployment => &[Self::Deployment],
            Self::Inference => &[Self::Inference, Self::Data],
            Self::Monitoring => &[Self::Monitoring],
        }
    }

    /// The name in file names and names of machines.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Training => "training",
            Self::Deployment => "deployment",
            Self::Inference => "inference",
            Self::Monitoring => "monitoring",
        }
    }

    /// Name of the stack's output with the machine's address.
    const fn output(self) -> &'static str {
        match self {
            Self::Data => "DataStateMachineArn",
            Self::Training => "TrainingStateMachineArn",
            Self::Deployment => "DeploymentStateMachineArn",
            Self::Inference => "InferenceStateMachineArn",
            Self::Monitoring => "MonitoringStateMachineArn",
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How an execution stands.
#[derive(Clone, Debug)]
pub(crate) struct Description {
    pub(crate) status: Status,
    pub(crate) output: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) cause: Option<String>,
}

/// Step Functions, as far as this command needs it.
pub(crate) struct StepFunctions {
    client: Client,
    target: Target,
}

impl StepFunctions {
    pub(crate) async fn connect(target: &Target) -> Self {
        let http = lake::http_client(target.endpoint_url.as_deref());
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http);
        if let Some(url) = &target.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        if let Some(region) = &target.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some((id, secret)) = target.credentials() {
            loader = loader.credentials_provider(Credentials::new(id, secret, None, None, "emulator"));
        }
        Self { client: Client::new(&loader.load().await), target: target.clone() }
    }

    /// Address of a machine: an output of the stack, else the machine with the stack's name in its own.
    pub(crate) async fn machine_arn(&self, machine: Machine) -> Result<String> {
        if let Some(arn) = self.target.outputs.get(machine.output()) {
            return Ok(arn.clone());
        }
        let name = format!("{}-{machine}", self.target.stack);
        let mut pages = self.client.list_state_machines().into_paginator().items().send();
        while let Some(found) = pages.next().await {
            let found = found.map_err(|error| service("list state machines", &error))?;
            if found.name() == name {
                return Ok(found.state_machine_arn().to_owned());
            }
        }
        bail!("there is no state machine `{name}`; start a stack with `cargo xtask up`, or name one with --stack")
    }

    /// Starts an execution; answers its address.
    pub(crate) async fn start(&self, machine: Machine, name: &str, input: &Value) -> Result<String> {
        let arn = self.machine_arn(machine).await?;
        let request = self.client.start_execution().state_machine_arn(arn).name(name).input(input.to_string());
        let started = request.send().await.map_err(|error| service("start the execution", &error))?;
        Ok(started.execution_arn().to_owned())
    }

    /// How an execution stands; `None` when there is none yet.
    pub(crate) async fn describe(&self, arn: &str) -> Result<Option<Description>> {
        let answer = match self.client.describe_execution().execution_arn(arn).send().await {
            Ok(answer) => answer,
            Err(error) if error.as_service_error().is_some_and(|e| e.is_execution_does_not_exist()) => return Ok(None),
            Err(error) => return Err(service("describe the execution", &error)),
        };
        Ok(Some(Description {
            status: Status::parse(answer.status().as_str()),
            output: answer.output().map(str::to_owned),
            error: answer.error().map(str::to_owned),
            cause: answer.cause().map(str::to_owned),
        }))
    }

    /// The events of an execution after number `after`, oldest first; 0 for all.
    ///
    /// They are asked for from the newest on, so that following a long execution costs what is new.
    pub(crate) async fn history(&self, arn: &str, after: i64) -> Result<Vec<Event>> {
        let request = self.client.get_execution_history().execution_arn(arn).reverse_order(true);
        let mut events = Vec::new();
        let mut pages = request.max_results(100).into_paginator().items().send();
        while let Some(event) = pages.next().await {
            let event = event.map_err(|error| service("read the execution's history", &error))?;
            if event.id() <= after {
                break;
            }
            events.push(plain(&event));
        }
        // Events that come while pages are read may show one twice.
        events.sort_by_key(|event| event.id);
        events.dedup_by_key(|event| event.id);
        Ok(events)
    }
}

/// Address of the execution of `machine` that has the name of the execution at `arn`.
///
/// The machines start each other under one name, the run id, so that all executions of a run are known by it.
pub(crate) fn sibling_arn(machine_arn: &str, name: &str) -> Result<String> {
    let (head, machine) =
        machine_arn.rsplit_once(":stateMachine:").with_context(|| format!("`{machine_arn}` is no state machine"))?;
    Ok(format!("{head}:execution:{machine}:{name}"))
}

/// An event as the progress needs it, free of the SDK's types.
fn plain(event: &HistoryEvent) -> Event {
    let entered = event.state_entered_event_details().map(|details| (details.name(), details.input()));
    let exited = event.state_exited_event_details().map(|details| (details.name(), details.output()));
    let state = entered.or(exited);
    macro_rules! failure {
        ($($details:ident),*) => {
            [$(event.$details().map(|d| (d.error().map(str::to_owned), d.cause().map(str::to_owned)))),*]
        };
    }
    let failures = failure!(
        task_failed_event_details,
        task_start_failed_event_details,
        task_submit_failed_event_details,
        task_timed_out_event_details,
        lambda_function_failed_event_details,
        lambda_function_schedule_failed_event_details,
        lambda_function_start_failed_event_details,
        lambda_function_timed_out_event_details,
        execution_failed_event_details,
        execution_timed_out_event_details,
        execution_aborted_event_details
    );
    let (error, cause) = failures.into_iter().flatten().next().unwrap_or_default();
    Event {
        id: event.id(),
        previous_id: event.previous_event_id(),
        kind: event.r#type().as_str().to_owned(),
        at_seconds: event.timestamp().as_secs_f64(),
        state: state.map(|(name, _)| name.to_owned()),
        subject: state.and_then(|(_, data)| subject::of(data?)),
        error,
        cause,
    }
}

fn service<E, R>(what: &str, error: &SdkError<E, R>) -> anyhow::Error
where
    SdkError<E, R>: std::error::Error,
{
    anyhow!("cannot {what}: {}", DisplayErrorContext(error))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_execution_is_known_by_its_machine_and_its_name() {
        let machine = "arn:aws:states:us-east-1:000000000000:stateMachine:sluice-training";
        let expected = "arn:aws:states:us-east-1:000000000000:execution:sluice-training:r1";
        assert_eq!(sibling_arn(machine, "r1").unwrap(), expected);
        assert!(sibling_arn("sluice-training", "r1").is_err());
    }

    #[test]
    fn machines_follow_each_other() {
        for machine in [Machine::Data, Machine::Training, Machine::Deployment, Machine::Inference, Machine::Monitoring]
        {
            assert_eq!(machine.chain()[0], machine);
        }
        assert_eq!(Machine::Training.chain(), [Machine::Training, Machine::Deployment]);
    }
}
