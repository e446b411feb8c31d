use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use contracts::{
    ModelVersion, RunId,
    stage::{Decision, GovernResponse},
};
use lake::{Lake, keys};
use monitoring::{Assessment, MonitoringRecord};
use serde::Serialize;
use serde_json::{Value, json};
use usecases::UseCase;

use super::{Format, Outcome, find, monitor_text, registry, run::outcome};
use crate::{
    Target,
    arguments::MonitorArguments,
    clock,
    execution::{self, RunReport},
    history::Status,
    machines::{Machine, StepFunctions},
    overrides,
};

/// Files of the report, as `report` names them.
const FILES: [&str; 2] = ["monitoring.html", "monitoring.png"];

/// What a run of the monitoring machine found and did.
#[derive(Debug, Serialize)]
pub(crate) struct MonitorReport {
    #[serde(flatten)]
    pub(crate) run: RunReport,
    /// The figures; absent when the run did not come so far.
    pub(crate) record: Option<MonitoringRecord>,
    /// What governance decided; absent when there was too little data, or the run failed before.
    pub(crate) decision: Option<Decision>,
    /// Why.
    pub(crate) reasons: Vec<String>,
    /// Where the report lies.
    pub(crate) report: Vec<String>,
    /// Where it was downloaded to.
    pub(crate) downloaded: Vec<PathBuf>,
    /// The training that was started, followed to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retraining: Option<Retrained>,
}

/// A training that monitoring started.
#[derive(Debug, Serialize)]
pub(crate) struct Retrained {
    #[serde(flatten)]
    pub(crate) run: RunReport,
    /// The champion before.
    pub(crate) champion_before: Option<ModelVersion>,
    /// The champion after.
    pub(crate) champion: Option<ModelVersion>,
}

/// Runs the monitoring machine, shows what it found, and follows the training it starts.
pub(crate) async fn run(target: &Target, arguments: &MonitorArguments, format: Format) -> Result<Outcome> {
    let use_case = find(&arguments.use_case)?;
    let settings = overrides::parse(&arguments.settings)?;
    overrides::check(use_case, &settings)?;
    let input = json!({ "use_case": use_case.name, "settings": settings, "predictions": arguments.predictions });
    let sfn = StepFunctions::connect(target).await;
    let champion_before = champion(target, use_case).await?;
    let run = execution::run(&sfn, Machine::Monitoring, &clock::new_run_id()?, &input).await?;
    let lake = target.lake().await?;
    let mut found = found(&lake, use_case, run, arguments.report.as_deref()).await?;
    let governed = governed(&found.run)?;
    found.decision = governed.as_ref().map(|governed| governed.decision);
    found.reasons = match (&governed, &found.record) {
        (Some(governed), _) => governed.reasons.clone(),
        (None, Some(record)) => record.assessment.reasons().to_vec(),
        (None, None) => Vec::new(),
    };
    if let Some(retrain_as) = governed.and_then(|governed| governed.retrain_as).filter(|_| !arguments.no_wait) {
        eprintln!("following the training {retrain_as}");
        let run = execution::follow(&sfn, Machine::Data, retrain_as.as_str()).await?;
        found.retraining = Some(Retrained { run, champion_before, champion: champion(target, use_case).await? });
    }
    format.print(&found, monitor_text::text)?;
    let retrained = found.retraining.as_ref().map_or(Outcome::Done, |retrained| outcome(&retrained.run));
    Ok(if retrained == Outcome::Done { outcome(&found.run) } else { retrained })
}

async fn champion(target: &Target, use_case: &UseCase) -> Result<Option<ModelVersion>> {
    Ok(registry(target, use_case).await?.state().await?.champion)
}

/// What the run left in the lake. A run that failed leaves what it came to: too little data does not hide the figures.
async fn found(lake: &Lake, use_case: &UseCase, run: RunReport, folder: Option<&Path>) -> Result<MonitorReport> {
    let run_id: RunId = run.run_id.parse()?;
    let key = keys::monitoring(&use_case.name, &run_id, keys::MonitoringFile::Record);
    let record = lake.find_json(&key).await?;
    let (mut report, mut downloaded) = (Vec::new(), Vec::new());
    for object in lake.list(&keys::report(&use_case.name, &run_id, "")).await? {
        report.push(lake.uri(&object.key));
        let name = object.key.rsplit('/').next().unwrap_or_default();
        if let Some(folder) = folder
            && FILES.contains(&name)
        {
            downloaded.push(download(lake, &object.key, folder, name).await?);
        }
    }
    Ok(MonitorReport { run, record, decision: None, reasons: Vec::new(), report, downloaded, retraining: None })
}

async fn download(lake: &Lake, key: &str, folder: &Path, name: &str) -> Result<PathBuf> {
    let (_, bytes) = lake.read_key(key).await?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let file = folder.join(name);
    fs::write(&file, bytes).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}

/// The decision, from the answer of the machine; `None` when it failed.
fn governed(run: &RunReport) -> Result<Option<GovernResponse>> {
    let output = run.machines.first().and_then(|machine| machine.output.as_ref());
    let governance =
        output.and_then(|output| output.get("work")?.get("governance")).filter(|_| run.status == Status::Succeeded);
    let parse = |value: &Value| serde_json::from_value(value.clone()).context("the machine answers with no decision");
    governance.map(parse).transpose()
}

impl MonitorReport {
    /// Whether the gate could not decide.
    pub(crate) const fn is_undecided(&self) -> bool {
        matches!(&self.record, Some(MonitoringRecord { assessment: Assessment::InsufficientData { .. }, .. }))
    }
}
