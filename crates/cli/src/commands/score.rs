use anyhow::Result;
use contracts::stage::StoredPredictions;
use serde::Serialize;
use serde_json::json;

use super::{
    Format, Outcome, delivery, find,
    run::{machine_lines, outcome},
};
use crate::{
    Target,
    arguments::ScoreArguments,
    clock,
    execution::{self, RunReport},
    machines::{Machine, StepFunctions},
    overrides,
};

/// What a run of the inference machine made.
#[derive(Debug, Serialize)]
struct ScoreReport {
    #[serde(flatten)]
    run: RunReport,
    /// The predictions stored; absent when the run failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    predictions: Option<StoredPredictions>,
}

/// Runs the inference machine and says where its predictions are.
pub(crate) async fn run(target: &Target, arguments: &ScoreArguments, format: Format) -> Result<Outcome> {
    let use_case = find(&arguments.use_case)?;
    let settings = overrides::parse(&arguments.settings)?;
    overrides::check(use_case, &settings)?;
    let raw = delivery::deliver(target, use_case, &arguments.files).await?;
    let input = json!({ "use_case": use_case.name, "settings": settings, "raw": raw });
    let sfn = StepFunctions::connect(target).await;
    let run = execution::run(&sfn, Machine::Inference, &clock::new_run_id()?, &input).await?;
    let answer = run.machines.first().and_then(|machine| machine.output.as_ref()?.get("work").cloned());
    let predictions = answer.map(serde_json::from_value).transpose()?;
    let lake = target.lake().await?;
    let report = ScoreReport { run, predictions };
    format.print(&report, |report| {
        let Some(stored) = &report.predictions else { return machine_lines(&report.run) };
        let rows = stored.rows;
        format!(
            "{}\n{} rows scored by {} of {} read; the prediction date of {} has not come yet\npredictions {}\n{}",
            machine_lines(&report.run),
            rows.scored,
            stored.version,
            rows.read,
            rows.not_due,
            lake.uri(&stored.predictions.key),
            report.run.closing_line()
        )
    })?;
    Ok(outcome(&report.run))
}
