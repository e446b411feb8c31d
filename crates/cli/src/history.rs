//! The history of an execution, read as states that began, ended and failed.
//!
//! This is pure: events in, states out. Emulators leave out some of the events that AWS writes, and link events less
//! carefully, so a state's begin is looked for along the links first and by its name after that.

use std::collections::BTreeMap;

use serde::Serialize;

/// How an execution stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Not ended yet.
    Running,
    /// Ended well.
    Succeeded,
    /// Ended in a Fail state or by an error nobody caught.
    Failed,
    /// Ran into the machine's own time limit.
    TimedOut,
    /// Stopped by somebody.
    Aborted,
}

impl Status {
    /// The status as the service spells it; one that is not known counts as running.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "SUCCEEDED" => Self::Succeeded,
            "FAILED" => Self::Failed,
            "TIMED_OUT" => Self::TimedOut,
            "ABORTED" => Self::Aborted,
            _ => Self::Running,
        }
    }
}

/// One event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event {
    /// Number in the history.
    pub id: i64,
    /// Event that led to this one; 0 for none.
    pub previous_id: i64,
    /// Kind as the service names it, such as `TaskStateEntered`.
    pub kind: String,
    /// When, in seconds since 1970.
    pub at_seconds: f64,
    /// State entered or exited.
    pub state: Option<String>,
    /// What the state works on, where its data says so.
    pub subject: Option<String>,
    /// Name of the error, for failures.
    pub error: Option<String>,
    /// Its cause.
    pub cause: Option<String>,
}

/// A state that did something and ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// Event that ended it, which names the step within its execution.
    pub id: i64,
    /// Name of the state.
    pub state: String,
    /// What it worked on, such as a part of a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// From entry to exit.
    pub seconds: f64,
    /// Time of the exit, in seconds since 1970.
    pub ended_at_seconds: f64,
    /// The error that was caught there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Where and why an execution failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// State at fault.
    pub state: Option<String>,
    /// Name of the error.
    pub error: String,
    /// Its cause in words.
    pub cause: String,
}

/// The states that did something and ended, in the order of their ends.
///
/// States that only shape data or choose a way are left out: they take no time and say nothing to people.
#[must_use]
pub fn steps(events: &[Event]) -> Vec<Step> {
    let by_id: BTreeMap<i64, &Event> = events.iter().map(|event| (event.id, event)).collect();
    let mut open: Vec<&Event> = Vec::new();
    let mut steps = Vec::new();
    for event in events {
        if is_entry(event) {
            open.push(event);
        } else if is_exit(event)
            && let Some(at) = entry_of(event, &open, &by_id)
        {
            let entry = open.remove(at);
            let error = failures(events).into_iter().rfind(|(failure, at)| {
                failure.id > entry.id
                    && failure.id < event.id
                    && at.is_some_and(|at| at.state == event.state && at.subject == entry.subject)
            });
            steps.push(Step {
                id: event.id,
                state: event.state.clone().unwrap_or_default(),
                subject: entry.subject.clone().or_else(|| event.subject.clone()),
                seconds: event.at_seconds - entry.at_seconds,
                ended_at_seconds: event.at_seconds,
                error: error
                    .filter(|_| !has_success(events, entry, event))
                    .and_then(|(failure, _)| failure.error.clone()),
            });
        }
    }
    steps
}

/// The state that is running now, with what it works on: the last one entered and not left.
#[must_use]
pub fn current(events: &[Event]) -> Option<String> {
    let by_id: BTreeMap<i64, &Event> = events.iter().map(|event| (event.id, event)).collect();
    let mut open: Vec<&Event> = Vec::new();
    for event in events {
        if is_entry(event) {
            open.push(event);
        } else if is_exit(event)
            && let Some(at) = entry_of(event, &open, &by_id)
        {
            open.remove(at);
        }
    }
    open.last().and_then(|event| event.label())
}

/// What the execution failed of. `error` and `cause` are what the execution as a whole says.
#[must_use]
pub fn failure(events: &[Event], error: Option<&str>, cause: Option<&str>) -> Failure {
    let found = failures(events);
    // A failure may be followed by others, such as one of cleaning up: the one that names the execution's error counts.
    let same = found.iter().rfind(|(event, _)| error.is_some() && event.error.as_deref() == error);
    let chosen = same.or(found.last());
    let state = chosen.and_then(|(_, entry)| *entry).or_else(|| last_work(events)).and_then(Event::label);
    let text = |given: Option<&str>, own: Option<&String>| {
        given.filter(|text| !text.is_empty()).map(str::to_owned).or_else(|| own.cloned())
    };
    Failure {
        state,
        error: text(error, chosen.and_then(|(event, _)| event.error.as_ref()))
            .unwrap_or_else(|| "unnamed error".to_owned()),
        cause: text(cause, chosen.and_then(|(event, _)| event.cause.as_ref()))
            .unwrap_or_else(|| "no cause given".to_owned()),
    }
}

impl Event {
    /// The state with what it works on.
    fn label(&self) -> Option<String> {
        let state = self.state.clone()?;
        Some(self.subject.as_ref().map_or_else(|| state.clone(), |subject| format!("{state} {subject}")))
    }
}

/// Failures of work, each with the entry of its state.
fn failures(events: &[Event]) -> Vec<(&Event, Option<&Event>)> {
    let by_id: BTreeMap<i64, &Event> = events.iter().map(|event| (event.id, event)).collect();
    let is_failure = |kind: &str| {
        (kind.ends_with("Failed") || kind.ends_with("TimedOut"))
            && (kind.starts_with("Task") || kind.starts_with("LambdaFunction"))
    };
    events
        .iter()
        .filter(|event| is_failure(&event.kind))
        .map(|event| (event, state_of(event, events, &by_id)))
        .collect()
}

/// The entry of the state in which an event happened: along its links, else the last one before it.
fn state_of<'a>(event: &'a Event, events: &'a [Event], by_id: &BTreeMap<i64, &'a Event>) -> Option<&'a Event> {
    let linked = chain(event, by_id).find(|event| is_entry(event));
    let before = || events.iter().take_while(|other| other.id < event.id).filter(|other| is_entry(other)).last();
    linked.or_else(before)
}

fn last_work(events: &[Event]) -> Option<&Event> {
    events.iter().rfind(|event| is_entry(event))
}

fn has_success(events: &[Event], entry: &Event, exit: &Event) -> bool {
    let between = events.iter().filter(|event| event.id > entry.id && event.id < exit.id);
    let mut linked = between.filter(|event| matches!(event.kind.as_str(), "TaskSucceeded" | "LambdaFunctionSucceeded"));
    linked.next_back().is_some_and(|event| event.id == exit.previous_id)
}

/// Index in `open` of the entry that `exit` belongs to.
fn entry_of(exit: &Event, open: &[&Event], by_id: &BTreeMap<i64, &Event>) -> Option<usize> {
    let linked = chain(exit, by_id).find(|event| is_entry(event) && event.state == exit.state);
    let by_link = linked.and_then(|entry| open.iter().position(|event| event.id == entry.id));
    let by_subject = || {
        open.iter()
            .position(|event| event.state == exit.state && event.subject == exit.subject)
            .filter(|_| exit.subject.is_some())
    };
    by_link.or_else(by_subject).or_else(|| open.iter().position(|event| event.state == exit.state))
}

/// The events that led to this one, latest first. A broken link ends it, and so does one that does not go back.
fn chain<'a>(event: &'a Event, by_id: &BTreeMap<i64, &'a Event>) -> impl Iterator<Item = &'a Event> {
    std::iter::successors(Some(event), |event| previous(event, by_id)).skip(1)
}

fn previous<'a>(event: &Event, by_id: &BTreeMap<i64, &'a Event>) -> Option<&'a Event> {
    by_id.get(&event.previous_id).copied().filter(|previous| previous.id < event.id)
}

fn is_entry(event: &Event) -> bool {
    matches!(event.kind.as_str(), "TaskStateEntered" | "MapStateEntered" | "ParallelStateEntered" | "WaitStateEntered")
}

fn is_exit(event: &Event) -> bool {
    matches!(event.kind.as_str(), "TaskStateExited" | "MapStateExited" | "ParallelStateExited" | "WaitStateExited")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: i64, previous_id: i64, kind: &str, state: &str, at_seconds: f64) -> Event {
        let state = Some(state.to_owned()).filter(|state| !state.is_empty());
        Event { id, previous_id, kind: kind.to_owned(), at_seconds, state, ..Event::default() }
    }

    fn failed(id: i64, previous_id: i64, error: &str, cause: &str) -> Event {
        let mut event = event(id, previous_id, "LambdaFunctionFailed", "", id as f64);
        (event.error, event.cause) = (Some(error.to_owned()), Some(cause.to_owned()));
        event
    }

    #[test]
    fn two_states_of_one_name_at_the_same_time_are_told_apart_by_their_links() {
        let events = [
            event(1, 0, "TaskStateEntered", "Train", 0.0),
            event(2, 0, "TaskStateEntered", "Train", 1.0),
            event(3, 2, "LambdaFunctionSucceeded", "", 2.0),
            event(4, 3, "TaskStateExited", "Train", 2.0),
            event(5, 1, "TaskStateExited", "Train", 9.0),
        ];
        let seconds: Vec<f64> = steps(&events).iter().map(|step| step.seconds).collect();
        assert_eq!(seconds, [1.0, 9.0]);
        assert_eq!(current(&events), None);
        assert_eq!(current(&events[..3]).as_deref(), Some("Train"));
    }

    #[test]
    fn without_links_two_states_of_one_name_are_told_apart_by_what_they_work_on() {
        let about = |id, kind, subject: &str, at| Event {
            subject: Some(subject.to_owned()),
            ..event(id, 0, kind, "Clean", at)
        };
        let events = [
            about(1, "TaskStateEntered", "loans 0", 0.0),
            about(2, "TaskStateEntered", "clicks 0", 1.0),
            about(3, "TaskStateExited", "clicks 0", 2.0),
            about(4, "TaskStateExited", "loans 0", 9.0),
        ];
        let steps: Vec<_> =
            steps(&events).into_iter().map(|step| (step.subject.unwrap_or_default(), step.seconds)).collect();
        assert_eq!(steps, [("clicks 0".to_owned(), 1.0), ("loans 0".to_owned(), 9.0)]);
    }

    #[test]
    fn a_history_without_links_is_read_by_names() {
        let events = [
            event(1, 0, "PassStateEntered", "Defaults", 0.0),
            event(2, 0, "TaskStateEntered", "Plan", 1.0),
            event(3, 0, "TaskStateExited", "Plan", 3.5),
        ];
        let state = "Plan".to_owned();
        let plan = Step { id: 3, state, subject: None, seconds: 2.5, ended_at_seconds: 3.5, error: None };
        assert_eq!(steps(&events), [plan]);
    }

    #[test]
    fn the_failure_is_that_of_the_state_and_not_of_the_cleaning_up_after_it() {
        let events = [
            event(1, 0, "TaskStateEntered", "SmokeTest", 0.0),
            failed(2, 1, "SmokeTest", "the endpoint answered v1"),
            event(3, 2, "TaskStateExited", "SmokeTest", 1.0),
            event(4, 3, "TaskStateEntered", "RollBack", 1.0),
            failed(5, 4, "Storage", "no answer"),
            event(6, 5, "TaskStateExited", "RollBack", 2.0),
        ];
        let found = failure(&events, Some("SmokeTest"), Some("the endpoint answered v1; rolled back"));
        assert_eq!(found.state.as_deref(), Some("SmokeTest"));
        assert_eq!(found.cause, "the endpoint answered v1; rolled back");
        assert_eq!(steps(&events)[0].error.as_deref(), Some("SmokeTest"));
    }

    #[test]
    fn a_retry_that_worked_is_no_failure() {
        let events = [
            event(1, 0, "TaskStateEntered", "Ingest", 0.0),
            failed(2, 1, "Storage", "no answer"),
            event(3, 2, "LambdaFunctionScheduled", "", 1.0),
            event(4, 3, "LambdaFunctionSucceeded", "", 2.0),
            event(5, 4, "TaskStateExited", "Ingest", 2.0),
        ];
        assert_eq!(steps(&events)[0].error, None);
    }

    #[test]
    fn an_execution_that_says_nothing_still_has_a_failure_in_words() {
        let found = failure(&[event(1, 0, "TaskStateEntered", "Plan", 0.0)], None, None);
        assert_eq!((found.state.as_deref(), found.error.as_str()), (Some("Plan"), "unnamed error"));
    }
}
