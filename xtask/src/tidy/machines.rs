//! State machines: what they call exists, nothing waits for ever, and no error goes unnamed.

use std::fs;

use anyhow::{Context as _, Result};
use contracts::ErrorName;
use serde_json::Value;

use crate::{digest, package, paths::Paths};

/// Checks every machine under `statemachine/` against the functions and the template.
pub(crate) fn check(paths: &Paths) -> Result<Vec<String>> {
    let functions = package::functions(paths)?;
    let template_file = paths.root.join("infra/template.yaml");
    let template =
        fs::read_to_string(&template_file).with_context(|| format!("cannot read {}", template_file.display()))?;
    let mut problems = Vec::new();
    for function in &functions {
        let resource = format!("{}Function:", pascal(function));
        if !template.lines().any(|line| line.trim() == resource) {
            problems.push(format!("infra/template.yaml has no `{resource}` for functions/{function}"));
        }
    }
    let files = digest::files(&paths.root.join("statemachine"))?;
    let machines: Vec<_> = files.iter().filter(|file| file.to_string_lossy().ends_with(".asl.json")).collect();
    if machines.is_empty() {
        problems.push("statemachine/ holds no machine; checking none proves nothing".to_owned());
    }
    for file in machines {
        let name = paths.show(file);
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {name}"))?;
        let machine: Value = serde_json::from_str(&text).with_context(|| format!("{name} is not JSON"))?;
        problems.extend(machine_problems(&machine).into_iter().map(|problem| format!("{name}: {problem}")));
        for placeholder in placeholders(&text) {
            problems.extend(
                placeholder_problem(placeholder, &functions, &template).map(|problem| format!("{name}: {problem}")),
            );
        }
    }
    Ok(problems)
}

fn machine_problems(machine: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    if machine["TimeoutSeconds"].as_u64().is_none() {
        problems.push("no TimeoutSeconds for the whole machine".to_owned());
    }
    if machine["QueryLanguage"].as_str() == Some("JSONata") {
        problems.push("JSONata does not run on LocalStack offline; write JSONPath".to_owned());
    }
    let states = states(machine);
    if !states.iter().any(|(_, state)| state["Type"] == "Fail") {
        problems.push("no Fail state, so a failure has no name".to_owned());
    }
    for (name, state) in states {
        problems.extend(state_problems(state).into_iter().map(|problem| format!("state `{name}`: {problem}")));
    }
    problems
}

fn state_problems(state: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    let catches: Vec<&Value> = state["Catch"].as_array().into_iter().flatten().collect();
    if state["Type"] == "Task" {
        if state["TimeoutSeconds"].as_u64().is_none() && state["TimeoutSecondsPath"].is_null() {
            problems.push("a Task without TimeoutSeconds can wait for a year".to_owned());
        }
        let last = catches.last().map(|catch| errors(catch));
        if last.as_deref() != Some(&["States.ALL"]) {
            problems.push("the last Catch of a Task must be on States.ALL alone".to_owned());
        }
    }
    let retries: Vec<&Value> = state["Retry"].as_array().into_iter().flatten().collect();
    for name in retries.iter().chain(&catches).flat_map(|rule| errors(rule)) {
        problems.extend(unknown_error(name));
    }
    for name in retries.iter().flat_map(|rule| errors(rule)) {
        if ErrorName::ALL.iter().any(|known| known.as_str() == name && !known.is_retryable()) {
            problems.push(format!("retries `{name}`, which trying again cannot cure"));
        }
    }
    if state["Type"] == "Fail"
        && let Some(name) = state["Error"].as_str()
    {
        problems.extend(unknown_error(name));
    }
    problems
}

fn unknown_error(name: &str) -> Option<String> {
    let has_prefix = ["States.", "Lambda.", "StepFunctions."].iter().any(|prefix| name.starts_with(prefix));
    // As one emulator spells StepFunctions.ExecutionAlreadyExistsException.
    let of_the_platform = has_prefix || name == "ExecutionAlreadyExists";
    let known = of_the_platform || ErrorName::ALL.iter().any(|known| known.as_str() == name);
    (!known).then(|| format!("the error name `{name}` is not in contracts::ErrorName"))
}

/// Every state with its name, also those inside Map and Parallel.
fn states(machine: &Value) -> Vec<(&str, &Value)> {
    let mut found = Vec::new();
    for (name, state) in machine["States"].as_object().into_iter().flatten() {
        found.push((name.as_str(), state));
        for inner in ["ItemProcessor", "Iterator"] {
            found.extend(states(&state[inner]));
        }
        found.extend(state["Branches"].as_array().into_iter().flatten().flat_map(states));
    }
    found
}

fn errors(rule: &Value) -> Vec<&str> {
    rule["ErrorEquals"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn placeholders(text: &str) -> Vec<&str> {
    let mut names: Vec<&str> =
        text.split("${").skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn placeholder_problem(name: &str, functions: &[String], template: &str) -> Option<String> {
    if let Some(function) = name.strip_suffix("FunctionArn")
        && !functions.iter().any(|known| pascal(known) == function)
    {
        return Some(format!("${{{name}}} has no folder under functions/"));
    }
    let substituted = template.lines().any(|line| line.trim_start().starts_with(&format!("{name}:")));
    (!substituted).then(|| format!("${{{name}}} is substituted nowhere in infra/template.yaml"))
}

/// `train` as `Train`, `lambda-kit` as `LambdaKit`.
fn pascal(name: &str) -> String {
    name.split('-').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problems_of(state: Value) -> String {
        let machine = json!({ "TimeoutSeconds": 1, "States": { "Train": state, "Failed": { "Type": "Fail" } } });
        machine_problems(&machine).join("\n")
    }

    fn good_task() -> Value {
        json!({
            "Type": "Task", "TimeoutSeconds": 60,
            "Retry": [{ "ErrorEquals": ["Storage", "Lambda.TooManyRequestsException"] }],
            "Catch": [{ "ErrorEquals": ["DataQuality"] }, { "ErrorEquals": ["States.ALL"] }],
        })
    }

    #[test]
    fn accepts_a_task_with_a_timeout_and_a_final_catch() {
        assert_eq!(problems_of(good_task()), "");
    }

    #[test]
    fn names_a_task_without_timeout() {
        let mut task = good_task();
        task["TimeoutSeconds"] = Value::Null;
        assert_eq!(problems_of(task), "state `Train`: a Task without TimeoutSeconds can wait for a year");
    }

    #[test]
    fn names_a_catch_that_is_not_final() {
        let mut task = good_task();
        task["Catch"] = json!([{ "ErrorEquals": ["States.ALL"] }, { "ErrorEquals": ["DataQuality"] }]);
        assert!(problems_of(task).contains("the last Catch"));
    }

    #[test]
    fn looks_into_maps_and_names_unknown_errors() {
        let mut task = good_task();
        task["Retry"] = json!([{ "ErrorEquals": ["Oops"] }]);
        let map = json!({ "Type": "Map", "ItemProcessor": { "States": { "Inner": task } } });
        assert_eq!(problems_of(map), "state `Inner`: the error name `Oops` is not in contracts::ErrorName");
    }

    #[test]
    fn refuses_to_retry_what_a_retry_cannot_cure() {
        let mut task = good_task();
        task["Retry"] = json!([{ "ErrorEquals": ["DataQuality"] }]);
        assert!(problems_of(task).contains("which trying again cannot cure"));
    }

    #[test]
    fn finds_placeholders_without_a_function() {
        let functions = vec!["train".to_owned()];
        let template = "  TrainFunctionArn: x";
        assert_eq!(placeholders("a ${TrainFunctionArn} ${TrainFunctionArn}"), ["TrainFunctionArn"]);
        assert_eq!(placeholder_problem("TrainFunctionArn", &functions, template), None);
        assert!(placeholder_problem("ScoreFunctionArn", &functions, template).is_some());
        assert!(placeholder_problem("DataMachineArn", &functions, template).is_some());
    }
}
