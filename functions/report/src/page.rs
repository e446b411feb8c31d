//! The report as a page that needs no other file.

use std::fmt::Write as _;

use charts::Theme;
use monitoring::MonitoringRecord;

use crate::panels::{about, headlines, panels};
use crate::tables::{self, escaped};
use crate::words::{Tone, verdict};

const STYLE: &str = include_str!("page.css");
/// Size of a panel on the page; it shrinks with the window.
const PANEL: (f64, f64) = (600.0, 440.0);

/// The page as HTML.
#[must_use]
pub fn page(record: &MonitoringRecord) -> String {
    let model = format!("{} {}", record.model.model_name, record.model.version);
    let (word, sentence, tone) = verdict(&record.assessment);
    let tone = match tone {
        Tone::Good => "good",
        Tone::Bad => "bad",
        Tone::Unsure => "unsure",
    };
    let reasons: String =
        record.assessment.reasons().iter().map(|reason| format!("<li>{}</li>\n", escaped(reason))).collect();
    // Nothing is loaded and nothing runs: the policy holds even for a text that slipped through.
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{model}: {word}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <header class=\"{tone}\">\n<h1>{model} <span class=\"chip\">{word}</span></h1>\n<p class=\"about\">{about}</p>\n\
         <p><strong>{sentence}</strong></p>\n<ul>\n{reasons}</ul>\n</header>\n{figures}\
         <section aria-label=\"Panels\" class=\"panels\">\n{panels}</section>\n\
         <section aria-label=\"Figures\">\n<h2>Figures</h2>\n<p>{note}</p>\n{tables}</section>\n</main>\n</body>\n</html>\n",
        model = escaped(&model),
        about = escaped(&about(record)),
        figures = figures(record),
        panels = figures_of_panels(record),
        note = note(record),
        tables = all_tables(record),
    )
}

fn figures(record: &MonitoringRecord) -> String {
    let mut html = "<dl class=\"figures\">\n".to_owned();
    for (name, figure, beside) in headlines(record) {
        let _ = writeln!(
            html,
            "<div><dt>{}</dt><dd class=\"figure\">{}</dd><dd>{}</dd></div>",
            escaped(name),
            escaped(&figure),
            escaped(&beside.join(", "))
        );
    }
    html.push_str("</dl>\n");
    html
}

fn figures_of_panels(record: &MonitoringRecord) -> String {
    let draw = |panel: &charts::Chart| format!("<figure>{}</figure>\n", panel.to_svg(PANEL.0, PANEL.1, &Theme::CSS));
    panels(record).iter().map(draw).collect()
}

fn note(record: &MonitoringRecord) -> String {
    let late = if record.rows.without_actual > 0 {
        " Labels that are not known yet are late, not missing: the estimate covers these rows as well."
    } else {
        ""
    };
    format!(
        "Measured figures are over rows that the model has not seen: neither fitted to, nor used to choose its threshold. \
         The estimate without labels (confidence-based performance estimation, CBPE) takes the model's probabilities for \
         right; it is no measurement, and cannot see that the relation between fields and label has changed.{late}"
    )
}

fn all_tables(record: &MonitoringRecord) -> String {
    [
        tables::performance(record),
        tables::rows(record),
        tables::months(record),
        tables::drift(record),
        tables::history(record),
        tables::lineage(record),
    ]
    .concat()
}
