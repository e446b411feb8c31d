//! What monitoring found, for people.

use contracts::stage::Decision;
use monitoring::{Drift, FieldDrift, MonitoringRecord};

use super::{
    monitor::{MonitorReport, Retrained},
    run::machine_lines,
};
use crate::{history::Status, table::Table};

/// Most fields shown; the report has them all.
const MAX_FIELDS: usize = 8;

/// Figures, decision, reasons, report, and what became of the training.
pub(crate) fn text(report: &MonitorReport) -> String {
    let mut lines = Vec::new();
    if let Some(record) = &report.record {
        lines.extend([rows(record), performance(record)]);
        lines.extend(record.drift.as_ref().map(drift));
    }
    lines.push(format!("decision: {}", decision(report)));
    lines.extend(report.reasons.iter().map(|reason| format!("  {reason}")));
    lines.extend(report.report.iter().map(|uri| format!("report {uri}")));
    lines.extend(report.downloaded.iter().map(|file| format!("report downloaded to {}", file.display())));
    lines.extend(report.retraining.as_ref().map(retrained));
    lines.push(report.run.closing_line());
    lines.join("\n")
}

fn rows(record: &MonitoringRecord) -> String {
    let rows = &record.rows;
    format!(
        "{} {} ({}): {} of {} predictions were never seen in training, {} of them have come true",
        record.model.model_name,
        record.model.version,
        record.model.family,
        rows.monitored,
        rows.predicted,
        rows.labelled
    )
}

fn performance(record: &MonitoringRecord) -> String {
    let mut table = Table::new(&["performance", "roc auc", "accuracy", "precision", "recall", "f1", "rows"]);
    let mut push = |name: &str, figures: [Option<f64>; 5], n_rows: u64| {
        let shown = figures.map(|figure| figure.map_or_else(|| "-".to_owned(), |figure| format!("{figure:.4}")));
        table.push([vec![name.to_owned()], shown.to_vec(), vec![n_rows.to_string()]].concat());
    };
    let of = |m: &contracts::BinaryMetrics| [m.roc_auc, m.accuracy, m.precision, m.recall, m.f1].map(Some);
    push("when trained", of(&record.model.test), record.model.test.n_rows);
    if let Some(measured) = &record.performance {
        push("measured", of(&measured.metrics), record.rows.labelled);
    }
    if let Some(estimate) = &record.estimated {
        let figures = [
            estimate.roc_auc,
            Some(estimate.accuracy),
            Some(estimate.precision),
            Some(estimate.recall),
            Some(estimate.f1),
        ];
        push("estimated without labels", figures, estimate.n_rows);
    }
    table.to_string()
}

fn drift(drift: &Drift) -> String {
    let mut table = Table::new(&["drift", "psi", "bound", "js distance", "ks", ""]);
    for field in std::iter::once(&drift.score).chain(drift.ranked().into_iter().take(MAX_FIELDS)) {
        table.push(drift_row(field));
    }
    let n_more = drift.fields.len().saturating_sub(MAX_FIELDS);
    let more = if n_more > 0 { format!("\n… and {n_more} fields that moved less") } else { String::new() };
    format!("{table}{more}")
}

fn drift_row(field: &FieldDrift) -> [String; 6] {
    [
        field.name.clone(),
        format!("{:.4}", field.psi),
        format!("{:.4}", field.bound),
        format!("{:.4}", field.jensen_shannon),
        field.ks.map_or_else(|| "-".to_owned(), |ks| format!("{ks:.4}")),
        if field.drifted { "drifted" } else { "" }.to_owned(),
    ]
}

fn decision(report: &MonitorReport) -> &'static str {
    match report.decision {
        Some(Decision::Healthy) => "healthy",
        Some(Decision::Retrain) => "retrain; a training was started",
        Some(Decision::CoolingDown) => "a bound is broken, but a training was started a short while ago",
        Some(Decision::NothingNew) => "a bound is broken, but there is no new data to train on",
        None if report.is_undecided() => "none: there is too little data to call the model healthy",
        None => "none: the run failed before the gate",
    }
}

fn retrained(retrained: &Retrained) -> String {
    let closing = retrained.run.closing_line();
    let lines = machine_lines(&retrained.run);
    let shown = |version: Option<contracts::ModelVersion>| version.map_or_else(|| "none".to_owned(), |v| v.to_string());
    let (before, after) = (shown(retrained.champion_before), shown(retrained.champion));
    let outcome = match retrained.run.status {
        Status::Succeeded if before != after => format!("{after} was promoted; the champion before was {before}"),
        Status::Succeeded => format!("the champion stays {after}"),
        _ => format!("the champion stays {after}: {closing}"),
    };
    format!("training {}\n{lines}\n{outcome}", retrained.run.run_id)
}
