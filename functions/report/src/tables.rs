//! The figures of the page as tables.

use std::fmt::Write as _;

use monitoring::{FieldDrift, MonitoringRecord, grouped as count, short};

use crate::words::{maybe, maybe_percent, minute, percent};

/// A text inside HTML.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// A table with a caption; the first cell of each row names it. Cells are escaped here.
pub(crate) fn table(caption: &str, heads: &[&str], rows: &[Vec<String>]) -> String {
    let mut html = format!("<div class=\"scroll\"><table><caption>{}</caption>\n<thead><tr>", escaped(caption));
    for head in heads {
        let _ = write!(html, "<th scope=\"col\">{}</th>", escaped(head));
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        html.push_str("<tr>");
        for (i, cell) in row.iter().enumerate() {
            let tag = if i == 0 { "th scope=\"row\"" } else { "td" };
            let _ = write!(html, "<{tag}>{}</{}>", escaped(cell), &tag[..2]);
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table></div>\n");
    html
}

pub(crate) fn performance(record: &MonitoringRecord) -> String {
    let measured = record.performance.as_ref();
    let of = |name: &str| measured.and_then(|measured| measured.metrics.get(name));
    let estimated = record.estimated;
    let test = &record.model.test;
    let row = |name: &str, metric: &str, estimate: Option<f64>| {
        vec![name.to_owned(), maybe(of(metric)), maybe(estimate), maybe(test.get(metric))]
    };
    let only_measured =
        |name: &str, value: Option<f64>| vec![name.to_owned(), maybe(value), "–".to_owned(), "–".to_owned()];
    let rows_of = |n: Option<u64>| n.map_or_else(|| "–".to_owned(), count);
    let rows = [
        row("ROC-AUC", "roc_auc", estimated.and_then(|estimated| estimated.roc_auc)),
        only_measured("standard error of the ROC-AUC", measured.map(|measured| measured.roc_auc_standard_error)),
        row("precision", "precision", estimated.map(|estimated| estimated.precision)),
        row("recall", "recall", estimated.map(|estimated| estimated.recall)),
        row("F1", "f1", estimated.map(|estimated| estimated.f1)),
        row("accuracy", "accuracy", estimated.map(|estimated| estimated.accuracy)),
        row("log loss", "log_loss", None),
        only_measured("Brier score", measured.map(|measured| measured.brier_score)),
        only_measured("calibration error", measured.map(|measured| measured.calibration_error)),
        vec![
            "rows".to_owned(),
            rows_of(measured.map(|measured| measured.metrics.n_rows)),
            rows_of(estimated.map(|estimated| estimated.n_rows)),
            count(test.n_rows),
        ],
    ];
    let caption = format!("Performance at the threshold {:.4}", record.model.threshold);
    table(&caption, &["metric", "measured", "estimate without labels", "when trained (test split)"], &rows)
}

pub(crate) fn rows(record: &MonitoringRecord) -> String {
    let (rows, quality) = (&record.rows, &record.quality);
    let line = |name: &str, value: String| vec![name.to_owned(), value];
    let lines = [
        line("predicted", count(rows.predicted)),
        line("left out: seen in training", count(rows.seen_in_training)),
        line("monitored", count(rows.monitored)),
        line("monitored, with a label", count(rows.labelled)),
        line("monitored, of the positive class", count(rows.positive)),
        line("monitored, label not known yet", count(rows.without_actual)),
        line("not predicted: date in the future", count(quality.n_not_due)),
        line("raw rows of the scored data", count(quality.n_raw_rows)),
        line(
            "raw rows set aside",
            format!("{} ({})", count(quality.n_quarantined), maybe_percent(quality.quarantined_share())),
        ),
        line("missing values in the model's fields, now", maybe_percent(quality.missing_share_current)),
        line("missing values in the model's fields, when trained", maybe_percent(quality.missing_share_reference)),
    ];
    table("Rows and quality", &["what", "how many"], &lines)
}

pub(crate) fn months(record: &MonitoringRecord) -> String {
    let rows: Vec<Vec<String>> = record
        .months
        .iter()
        .map(|month| {
            vec![
                month.month.clone(),
                count(month.n_rows),
                count(month.n_labelled),
                count(month.n_positive),
                format!("{:.4}", month.mean_score),
                maybe(month.roc_auc),
                maybe(month.roc_auc_standard_error),
                maybe(month.estimated_roc_auc),
            ]
        })
        .collect();
    let heads =
        ["month", "rows", "labelled", "positive", "mean score", "ROC-AUC", "standard error", "estimated ROC-AUC"];
    table("By month of prediction", &heads, &rows)
}

pub(crate) fn drift(record: &MonitoringRecord) -> String {
    let Some(drift) = &record.drift else { return String::new() };
    let row = |field: &FieldDrift| {
        vec![
            field.name.clone(),
            format!("{:.4}", field.psi),
            format!("{:.4}", field.critical_psi),
            format!("{:.4}", field.bound),
            if field.drifted { "drifted" } else { "steady" }.to_owned(),
            maybe(field.ks),
            field.ks_p_value.map_or_else(|| "–".to_owned(), short),
            format!("{:.4}", field.jensen_shannon),
            percent(field.missing_reference),
            percent(field.missing_current),
        ]
    };
    let rows: Vec<Vec<String>> = std::iter::once(&drift.score).chain(drift.ranked()).map(row).collect();
    let heads = [
        "field",
        "PSI",
        "critical by chance",
        "bound",
        "verdict",
        "KS",
        "KS p-value",
        "Jensen-Shannon",
        "missing when trained",
        "missing now",
    ];
    let mut html = table("Drift of the score and of each field the model reads", &heads, &rows);
    for field in std::iter::once(&drift.score).chain(drift.ranked()) {
        html.push_str(&bins(field));
    }
    html
}

fn bins(field: &FieldDrift) -> String {
    let rows: Vec<Vec<String>> =
        field.bins.iter().map(|bin| vec![bin.label.clone(), percent(bin.reference), percent(bin.current)]).collect();
    let name = escaped(&field.name);
    let table = table("Shares of rows", &["bin", "when trained", "now"], &rows);
    format!("<details><summary>Bins of <code>{name}</code> (PSI {:.4})</summary>{table}</details>\n", field.psi)
}

pub(crate) fn history(record: &MonitoringRecord) -> String {
    let rows: Vec<Vec<String>> = record
        .history
        .iter()
        .cloned()
        .chain([record.summary()])
        .rev()
        .map(|run| {
            vec![
                minute(&run.monitored_at),
                run.run_id.to_string(),
                run.version.to_string(),
                maybe(run.roc_auc),
                maybe(run.max_psi),
                count(run.n_rows),
                count(run.n_labelled),
            ]
        })
        .collect();
    let heads = ["monitored", "run", "version", "ROC-AUC", "largest PSI", "rows", "labelled"];
    table("Monitoring runs, newest first", &heads, &rows)
}

pub(crate) fn lineage(record: &MonitoringRecord) -> String {
    let (model, data, bounds) = (&record.model, &record.data, &record.bounds);
    let line = |name: &str, value: String| vec![name.to_owned(), value];
    let lines = [
        line("use case", record.use_case.clone()),
        line("monitoring run", record.run_id.to_string()),
        line("monitored", minute(&record.monitored_at)),
        line("model", format!("{} {} ({})", model.model_name, model.version, model.family)),
        line("registered", minute(&model.registered_at)),
        line("classes", format!("{}, {}", model.classes[0], model.classes[1])),
        line("trained on snapshot", model.snapshot_id.to_string()),
        line("scored snapshot", data.snapshot_id.to_string()),
        line("labels from snapshot", data.labels_snapshot_id.to_string()),
        line("predictions", data.predictions.key.clone()),
        line("SHA-256 of the predictions", data.predictions.sha256.to_string()),
        line("bound: ROC-AUC at least", bounds.min_roc_auc.to_string()),
        line("bound: PSI below", bounds.max_psi.to_string()),
        line("confidence of the critical PSI", percent(bounds.psi_confidence)),
        line("fewest rows", count(bounds.min_rows)),
        line("fewest labels of each class", count(bounds.min_labelled_rows)),
        line("cool-down", format!("{} hours", bounds.cool_down_hours)),
    ];
    table("Model, data and bounds", &["what", "value"], &lines)
}
