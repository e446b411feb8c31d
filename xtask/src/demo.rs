//! From nothing to a live prediction.

use std::{path::Path, process::Command, time::Instant};

use anyhow::Result;
use serde_json::json;

use crate::{
    data,
    paths::Paths,
    shell::{self, say},
    stack::{self, StackKind},
};

/// Sets everything up, runs the pipeline on Telco data and asks the live endpoint.
pub(crate) fn run(paths: &Paths, file: Option<&Path>, kind: StackKind, port: u16) -> Result<()> {
    let start = Instant::now();
    let stack = stack::up(paths, kind, port)?;
    let choice = data::telco(paths, file)?;
    say(format!("data: {}, {}", paths.show(&choice.file), choice.origin));
    say("raw file → data → training → deployment …");
    let sluice = || {
        let mut command = Command::new(paths.binary("sluice"));
        command.current_dir(&paths.root).envs(stack::emulator_credentials(&stack.endpoint));
        command
    };
    shell::run(sluice().args(["run", "telco", "--file"]).arg(&choice.file))?;
    // New, paying month by month, fibre without support: the kind of customer who leaves.
    let customer = json!({
        "gender": "Female", "SeniorCitizen": 0, "Partner": "No", "Dependents": "No", "tenure": 2,
        "PhoneService": "Yes", "MultipleLines": "No", "InternetService": "Fiber optic", "OnlineSecurity": "No",
        "OnlineBackup": "No", "DeviceProtection": "No", "TechSupport": "No", "StreamingTV": "Yes",
        "StreamingMovies": "No", "Contract": "Month-to-month", "PaperlessBilling": "Yes",
        "PaymentMethod": "Electronic check", "MonthlyCharges": 80.5, "TotalCharges": 161.0
    });
    say("asking the live endpoint …");
    shell::run(sluice().args(["predict", "telco", "--json", &customer.to_string()]))?;
    let sluice = paths.binary("sluice");
    println!(
        "\nThe whole demo took {:.1} s. Where to look next ({} is on no path; it finds the stack by .sluice/stack.json):",
        start.elapsed().as_secs_f64(),
        sluice.display()
    );
    for (command, what) in [
        ("runs telco", "every training run with its candidates"),
        ("models telco", "versions, stages and metrics"),
        ("live telco", "what is live, and what was live at any time"),
        ("status", "the stack and its endpoint"),
    ] {
        println!("  {} {command:14} {what}", paths.show(&sluice));
    }
    println!("  cargo xtask down        stops the emulator");
    Ok(())
}
