//! From nothing to a live prediction.

use std::{path::Path, process::Command, time::Instant};

use anyhow::Result;
use serde_json::json;

use crate::{
    data,
    paths::Paths,
    shell::{self, say},
    stack::{self, Stack, StackKind},
};

/// Sets everything up, runs the pipeline on the data of a use case, and shows what it is for: the live endpoint for
/// telco, batch inference and monitoring for loan.
pub(crate) fn run(paths: &Paths, use_case: &str, data: Option<&Path>, kind: StackKind, port: u16) -> Result<()> {
    let start = Instant::now();
    let stack = stack::up(paths, kind, port, &[])?;
    let choice = data::find(paths, use_case, data)?;
    say(format!("data: {}, {}", paths.show(&choice.place), choice.origin));
    say("raw files → data → training → deployment …");
    shell::run(sluice(paths, &stack).args(["run", use_case, "--file"]).arg(&choice.place))?;
    if use_case == "loan" {
        score_and_monitor(paths, &stack)?
    } else {
        ask_the_endpoint(paths, &stack)?
    }
    let sluice = paths.binary("sluice");
    println!(
        "\nThe whole demo took {:.1} s. Where to look next ({} is on no path; it finds the stack by .sluice/stack.json):",
        start.elapsed().as_secs_f64(),
        sluice.display()
    );
    for (command, what) in [
        ("runs", "every training run; with a run id its candidates"),
        ("models", "versions, stages and metrics"),
        ("live", "what is live, and what was live at any time"),
    ] {
        println!("  {} {command} {use_case:7} {what}", paths.show(&sluice));
    }
    println!("  {} status         the stack and its endpoint", paths.show(&sluice));
    println!("  cargo xtask down        stops the emulator");
    Ok(())
}

fn sluice(paths: &Paths, stack: &Stack) -> Command {
    let mut command = Command::new(paths.binary("sluice"));
    command.current_dir(&paths.root).envs(stack::emulator_credentials(&stack.endpoint));
    command
}

fn ask_the_endpoint(paths: &Paths, stack: &Stack) -> Result<()> {
    // New, paying month by month, fibre without support: the kind of customer who leaves.
    let customer = json!({
        "gender": "Female", "SeniorCitizen": 0, "Partner": "No", "Dependents": "No", "tenure": 2,
        "PhoneService": "Yes", "MultipleLines": "No", "InternetService": "Fiber optic", "OnlineSecurity": "No",
        "OnlineBackup": "No", "DeviceProtection": "No", "TechSupport": "No", "StreamingTV": "Yes",
        "StreamingMovies": "No", "Contract": "Month-to-month", "PaperlessBilling": "Yes",
        "PaymentMethod": "Electronic check", "MonthlyCharges": 80.5, "TotalCharges": 161.0
    });
    say("asking the live endpoint …");
    shell::run(sluice(paths, stack).args(["predict", "telco", "--json", &customer.to_string()]))
}

fn score_and_monitor(paths: &Paths, stack: &Stack) -> Result<()> {
    say("everything delivered → predictions of the champion …");
    shell::run(sluice(paths, stack).args(["score", "loan"]))?;
    say("predictions beside what came true → figures, decision, report …");
    shell::run(sluice(paths, stack).args(["monitor", "loan", "--report"]).arg(paths.state.join("report")))
}
