//! What the record means, in words and short figures.

use contracts::stage::Decision;
use monitoring::{Assessment, MonitoringRecord, grouped};

/// How good a piece of news is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Bad,
    Unsure,
}

/// The outcome in one word, as a sentence, and how good it is.
pub(crate) fn verdict(assessment: &Assessment) -> (&'static str, &'static str, Tone) {
    match assessment {
        Assessment::InsufficientData { .. } => {
            ("UNDECIDED", "There is too little data to decide, so the gate stays closed.", Tone::Unsure)
        }
        Assessment::Decided { decision, .. } => match decision {
            Decision::Healthy => ("HEALTHY", "Every bound is kept.", Tone::Good),
            Decision::Retrain => ("RETRAIN", "A bound is broken: the model is to be trained again.", Tone::Bad),
            Decision::CoolingDown => {
                ("COOLING DOWN", "A bound is broken; a training for it was started a short while ago.", Tone::Bad)
            }
            Decision::NothingNew => ("NOTHING NEW", "A bound is broken; there is no new data to train on.", Tone::Bad),
        },
    }
}

/// The share with one decimal.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// A share that may not be known.
pub(crate) fn maybe_percent(share: Option<f64>) -> String {
    share.map_or_else(|| "unknown".to_owned(), percent)
}

/// A figure with four decimals, or a dash.
pub(crate) fn maybe(figure: Option<f64>) -> String {
    figure.map_or_else(|| "–".to_owned(), |figure| format!("{figure:.4}"))
}

/// The day and minute of an RFC 3339 time, as people write it.
pub(crate) fn minute(time: &str) -> String {
    let text = time.get(..16).unwrap_or(time).replace('T', " ");
    if time.ends_with('Z') { format!("{text} UTC") } else { text }
}

/// Why there is no performance.
pub(crate) fn without_performance(record: &MonitoringRecord) -> String {
    let rows = &record.rows;
    if rows.monitored == 0 {
        return without_rows(record);
    }
    format!(
        "Not measured: of {} rows that the model has not seen, {} have a label ({} positive); \
         at least one of each class is needed.",
        grouped(rows.monitored),
        grouped(rows.labelled),
        grouped(rows.positive)
    )
}

/// Why there is nothing at all.
pub(crate) fn without_rows(record: &MonitoringRecord) -> String {
    let rows = &record.rows;
    format!(
        "No rows: the model has seen all {} predicted rows in training, so none is evidence.",
        grouped(rows.seen_in_training)
    )
}
