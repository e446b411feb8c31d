//! Functions: each is documented, and each has events that it can read.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use contracts::stage;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{digest, package, paths::Paths};

/// Lines that a `main.rs` may have: it wires logging, resources and handler, nothing else.
const MAX_MAIN_LINES: usize = 40;

/// Checks README, events and `main.rs` of every function.
pub(crate) fn check(paths: &Paths) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for name in package::functions(paths)? {
        let folder = paths.root.join("functions").join(&name);
        let place = paths.show(&folder);
        if !folder.join("README.md").is_file() {
            problems.push(format!(
                "{place} has no README.md with purpose, request, response, errors, environment and IAM actions"
            ));
        }
        let main =
            fs::read_to_string(folder.join("src/main.rs")).with_context(|| format!("{place} has no src/main.rs"))?;
        let n_lines = main.lines().count();
        if n_lines > MAX_MAIN_LINES {
            problems
                .push(format!("{place}/src/main.rs has {n_lines} lines, more than {MAX_MAIN_LINES}; it only wires"));
        }
        problems.extend(event_problems(paths, &name, &folder.join("events"))?);
    }
    Ok(problems)
}

fn event_problems(paths: &Paths, function: &str, folder: &Path) -> Result<Vec<String>> {
    let files = if folder.is_dir() { digest::files(folder)? } else { Vec::new() };
    let mut problems = Vec::new();
    if files.is_empty() {
        problems.push(format!("{} holds no sample event", paths.show(folder)));
    }
    for file in files {
        let text = fs::read_to_string(&file)?;
        if let Err(error) = parse(function, &text) {
            problems.push(format!("{}: not a request of `{function}`: {error}", paths.show(&file)));
        }
    }
    Ok(problems)
}

/// Reads an event as the request type of its function.
fn parse(function: &str, text: &str) -> Result<(), String> {
    match function {
        "plan" => typed::<stage::PlanRequest>(text),
        "ingest" => typed::<stage::IngestRequest>(text),
        "clean" => typed::<stage::PartStep>(text),
        "validate" => typed::<stage::ValidateRequest>(text),
        "features" => typed::<stage::FeaturesRequest>(text),
        "train" => typed::<stage::TrainRequest>(text),
        "select" => typed::<stage::SelectRequest>(text),
        "register" => typed::<stage::RegisterRequest>(text),
        "deploy" => typed::<stage::DeployRequest>(text),
        "score" => typed::<stage::ScoreRequest>(text),
        "monitor" => typed::<stage::MonitorRequest>(text),
        "report" => typed::<stage::ReportRequest>(text),
        "predict" => http_event(text),
        _ => Err("its request type is not listed in xtask/src/tidy/functions.rs".to_owned()),
    }
}

fn typed<T: DeserializeOwned>(text: &str) -> Result<(), String> {
    serde_json::from_str::<T>(text).map(|_| ()).map_err(|error| error.to_string())
}

/// An event of a function URL or an HTTP API, payload version 2.0.
fn http_event(text: &str) -> Result<(), String> {
    let event: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    for pointer in ["/version", "/rawPath", "/requestContext/http/method"] {
        if event.pointer(pointer).and_then(Value::as_str).is_none() {
            return Err(format!("no text at {pointer}"));
        }
    }
    if event["version"] != "2.0" { Err("payload version is not 2.0".to_owned()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_must_be_a_request_of_its_function() {
        let plan = r#"{"use_case":"telco","run_id":"a","purpose":"data"}"#;
        assert_eq!(parse("plan", plan), Ok(()));
        assert!(parse("train", plan).is_err());
        assert!(parse("unheard-of", plan).is_err());
    }

    #[test]
    fn an_event_of_predict_is_an_http_event() {
        assert!(parse("predict", r#"{"rows":[]}"#).is_err());
        let event = r#"{"version":"2.0","rawPath":"/health","requestContext":{"http":{"method":"GET"}}}"#;
        assert_eq!(parse("predict", event), Ok(()));
    }
}
