//! The six panels.

use charts::{Axis, Chart, Color, Mark};
use monitoring::{Drift, MonitoringRecord, Performance, grouped as count};

use crate::words::{maybe_percent, minute, percent, without_performance, without_rows};

/// Most fields that the drift panel shows.
const MAX_FIELDS: usize = 10;
/// Normal quantile of a 95 % interval.
const Z95: f64 = 1.96;

/// The panels, in the order in which they are read.
pub(crate) fn panels(record: &MonitoringRecord) -> [Chart; 6] {
    [over_time(record), roc(record), calibration(record), scores(record), drift(record), volume(record)]
}

/// A measurement somewhere on the time axis.
struct Moment {
    name: String,
    roc_auc: Option<(f64, f64)>,
    estimated: Option<f64>,
}

fn over_time(record: &MonitoringRecord) -> Chart {
    const TITLE: &str = "Performance over time";
    let months = record.months.iter().map(|month| Moment {
        name: month.month.clone(),
        roc_auc: month.roc_auc.zip(month.roc_auc_standard_error),
        estimated: month.estimated_roc_auc,
    });
    let months: Vec<Moment> = months.collect();
    let n_measured = months.iter().filter(|month| month.roc_auc.is_some()).count();
    let was_measured = n_measured > 0 || record.history.iter().any(|run| run.roc_auc.is_some());
    if n_measured > 1 || (!was_measured && months.len() > 1) {
        return moments(TITLE, "ROC-AUC by month of prediction, bars: 95 % interval", "month", &months, record);
    }
    let runs = record.history.iter().cloned().chain([record.summary()]).map(|run| Moment {
        name: run.monitored_at.get(..10).unwrap_or(&run.monitored_at).to_owned(),
        roc_auc: run.roc_auc.zip(run.roc_auc_standard_error),
        estimated: None,
    });
    let mut runs: Vec<Moment> = runs.collect();
    if let Some(last) = runs.last_mut() {
        last.estimated = record.estimated.and_then(|estimated| estimated.roc_auc);
    }
    if runs.iter().all(|run| run.roc_auc.is_none() && run.estimated.is_none()) {
        return Chart::empty(TITLE, &without_performance(record));
    }
    moments(TITLE, "ROC-AUC by monitoring run, bars: 95 % interval", "day of monitoring", &runs, record)
}

fn moments(title: &str, subtitle: &str, what: &str, moments: &[Moment], record: &MonitoringRecord) -> Chart {
    let bound = record.bounds.min_roc_auc;
    let places = || moments.iter().enumerate();
    let measured: Vec<(f64, f64, f64)> =
        places().filter_map(|(i, moment)| moment.roc_auc.map(|(auc, error)| (i as f64, auc, error))).collect();
    let estimated: Vec<(f64, f64)> =
        places().filter_map(|(i, moment)| moment.estimated.map(|auc| (i as f64, auc))).collect();
    let line: Vec<(f64, f64)> = measured.iter().map(|&(place, auc, _)| (place, auc)).collect();
    let spans: Vec<(f64, f64, f64)> = measured
        .iter()
        .map(|&(place, auc, error)| (place, (auc - Z95 * error).max(0.0), (auc + Z95 * error).min(1.0)))
        .collect();
    let ends = spans.iter().flat_map(|&(_, low, high)| [low, high]);
    let values = || ends.clone().chain(estimated.iter().map(|&(_, auc)| auc)).chain([bound]);
    let (low, high) = (values().fold(1.0, f64::min), values().fold(0.0, f64::max));
    let y = Axis::numbers("ROC-AUC", ((low - 0.02) * 20.0).floor() / 20.0, ((high + 0.02) * 20.0).ceil() / 20.0);
    let names: Vec<&str> = moments.iter().map(|moment| moment.name.as_str()).collect();
    let mut chart = Chart::new(title, Axis::bands(&names).titled(what), y).subtitled(subtitle);
    chart = chart.with(Mark::level(&format!("bound {bound}"), bound));
    if !estimated.is_empty() {
        let label = "estimate without labels (CBPE)";
        let mark = Mark::line(label, Color::Orange, &estimated).dashed();
        chart = chart.with(if estimated.len() == 1 { Mark::dots(label, Color::Orange, &estimated) } else { mark });
    }
    if measured.is_empty() {
        return chart;
    }
    chart.with(Mark::spans("", Color::Blue, &spans)).with(Mark::line("measured", Color::Blue, &line).dotted())
}

fn roc(record: &MonitoringRecord) -> Chart {
    const TITLE: &str = "ROC curve";
    let Some(performance) = &record.performance else { return Chart::empty(TITLE, &without_performance(record)) };
    let points: Vec<(f64, f64)> =
        performance.roc.iter().map(|point| (point.false_positive_rate, point.true_positive_rate)).collect();
    let axis = |title| Axis::numbers(title, 0.0, 1.0);
    let label = format!("at the threshold {:.3}", record.model.threshold);
    Chart::new(TITLE, axis("false positive rate"), axis("true positive rate (recall)"))
        .subtitled(&roc_words(performance))
        .with(Mark::line("chance", Color::Gray, &[(0.0, 0.0), (1.0, 1.0)]).dashed())
        .with(Mark::line("model", Color::Blue, &points).filled())
        .with(Mark::dots(&label, Color::Orange, &[operating_point(performance)]))
}

fn roc_words(performance: &Performance) -> String {
    let (metrics, error) = (&performance.metrics, performance.roc_auc_standard_error);
    format!("AUC {:.4} ± {:.4} (95 %) on {} labelled rows", metrics.roc_auc, Z95 * error, count(metrics.n_rows))
}

/// False and true positive rate at the model's threshold.
fn operating_point(performance: &Performance) -> (f64, f64) {
    let metrics = &performance.metrics;
    let (positive, negative) = (metrics.n_positive as f64, (metrics.n_rows - metrics.n_positive) as f64);
    let true_positives = metrics.recall * positive;
    // Rows labelled right are the true positives and the true negatives.
    let true_negatives = metrics.accuracy * metrics.n_rows as f64 - true_positives;
    (((negative - true_negatives) / negative).clamp(0.0, 1.0), metrics.recall)
}

fn calibration(record: &MonitoringRecord) -> Chart {
    const TITLE: &str = "Calibration";
    let Some(performance) = &record.performance else { return Chart::empty(TITLE, &without_performance(record)) };
    let points: Vec<(f64, f64)> =
        performance.calibration.iter().map(|bin| (bin.mean_predicted, bin.share_positive)).collect();
    let spans: Vec<(f64, f64, f64)> = performance
        .calibration
        .iter()
        .map(|bin| {
            let error = Z95 * (bin.share_positive * (1.0 - bin.share_positive) / bin.n_rows as f64).sqrt();
            (bin.mean_predicted, (bin.share_positive - error).max(0.0), (bin.share_positive + error).min(1.0))
        })
        .collect();
    let axis = |title| Axis::numbers(title, 0.0, 1.0);
    let words =
        format!("calibration error {:.4}, Brier score {:.4}", performance.calibration_error, performance.brier_score);
    Chart::new(TITLE, axis("mean predicted probability"), axis("share that came true"))
        .subtitled(&words)
        .with(Mark::line("perfect", Color::Gray, &[(0.0, 0.0), (1.0, 1.0)]).dashed())
        .with(Mark::spans("95 % interval", Color::Blue, &spans))
        .with(Mark::line("model, bins of equal counts", Color::Blue, &points).dotted())
}

fn scores(record: &MonitoringRecord) -> Chart {
    const TITLE: &str = "Score distribution";
    let (Some(scores), Some(drift)) = (&record.scores, &record.drift) else {
        return Chart::empty(TITLE, &without_rows(record));
    };
    let highest = scores.reference.iter().chain(&scores.current).copied().fold(0.0, f64::max);
    let score = &drift.score;
    let word = if score.drifted { "drifted" } else { "steady" };
    let x = format!("predicted probability of `{}`", record.model.classes[1]);
    Chart::new(TITLE, Axis::numbers(&x, 0.0, 1.0), Axis::shares("share of rows", 0.0, highest * 1.08))
        .subtitled(&format!(
            "PSI {:.4} (bound {:.2}), KS {:.3}: {word}",
            score.psi,
            score.bound,
            score.ks.unwrap_or(0.0)
        ))
        .with(Mark::steps("when trained", Color::Gray, &scores.edges, &scores.reference).filled())
        .with(Mark::steps("now", Color::Blue, &scores.edges, &scores.current))
        .with(
            Mark::upright(&format!("threshold {:.3}", record.model.threshold), record.model.threshold)
                .colored(Color::Orange),
        )
}

fn drift(record: &MonitoringRecord) -> Chart {
    const TITLE: &str = "Drift of the model's fields";
    let Some(drift) = &record.drift else { return Chart::empty(TITLE, &without_rows(record)) };
    let fields: Vec<_> = drift.ranked().into_iter().take(MAX_FIELDS).collect();
    let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    let lengths: Vec<(f64, bool)> = fields.iter().map(|field| (field.psi, field.drifted)).collect();
    let bounds: Vec<f64> = fields.iter().map(|field| field.bound).collect();
    let longest = lengths.iter().map(|&(psi, _)| psi).chain(bounds.iter().copied()).fold(0.0, f64::max);
    Chart::new(TITLE, Axis::numbers("population stability index (PSI)", 0.0, longest * 1.25), Axis::bands(&names))
        .subtitled(&drift_words(drift))
        .with(Mark::rows("PSI, red where drifted", Color::Blue, &lengths))
        .with(Mark::row_ticks("bound of the field", Color::Ink, &bounds))
}

fn drift_words(drift: &Drift) -> String {
    let n = drift.fields.len();
    let n_drifted = drift.fields.iter().filter(|field| field.drifted).count();
    let shown = if n > MAX_FIELDS { format!("; the {MAX_FIELDS} that moved furthest") } else { String::new() };
    format!("{n_drifted} of {n} fields have drifted{shown}")
}

fn volume(record: &MonitoringRecord) -> Chart {
    const TITLE: &str = "Volume and quality";
    if record.months.is_empty() {
        return Chart::empty(TITLE, &without_rows(record));
    }
    let names: Vec<&str> = record.months.iter().map(|month| month.month.as_str()).collect();
    let rows: Vec<f64> = record.months.iter().map(|month| month.n_rows as f64).collect();
    let labelled: Vec<f64> = record.months.iter().map(|month| month.n_labelled as f64).collect();
    let highest = rows.iter().copied().fold(0.0, f64::max);
    let quality = &record.quality;
    let words = format!(
        "missing {} (when trained {}), raw rows set aside {}",
        maybe_percent(quality.missing_share_current),
        maybe_percent(quality.missing_share_reference),
        maybe_percent(quality.quarantined_share())
    );
    Chart::new(TITLE, Axis::bands(&names).titled("month of prediction"), Axis::numbers("rows", 0.0, highest * 1.08))
        .subtitled(&words)
        .with(Mark::bars("monitored rows", Color::Gray, &rows))
        .with(Mark::bars("of these with a label", Color::Blue, &labelled))
}

/// A figure that is shown large: name, figure, and what it is compared with, in two lines.
pub(crate) type Headline = (&'static str, String, [String; 2]);

/// The figures that are shown large.
pub(crate) fn headlines(record: &MonitoringRecord) -> [Headline; 4] {
    let measured = record.performance.as_ref().map(|performance| performance.metrics);
    let figure = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"));
    let estimated = record.estimated.and_then(|estimated| estimated.roc_auc);
    let test = &record.model.test;
    let trained = |value: f64| format!("when trained {value:.3}");
    let auc_beside = match (measured, estimated) {
        (None, Some(estimated)) => ["no labels yet".to_owned(), format!("estimate {estimated:.3}")],
        _ => [format!("bound {:.2}", record.bounds.min_roc_auc), trained(test.roc_auc)],
    };
    let labelled =
        format!("{} with a label", percent(record.rows.labelled as f64 / record.rows.monitored.max(1) as f64));
    let most = record.drift.as_ref().and_then(|drift| drift.all().max_by(|a, b| a.psi.total_cmp(&b.psi)));
    let most_beside =
        most.map_or_else(Default::default, |most| [most.name.clone(), format!("bound {:.2}", most.bound)]);
    [
        ("ROC-AUC", figure(measured.map(|metrics| metrics.roc_auc)), auc_beside),
        (
            "F1",
            figure(measured.map(|metrics| metrics.f1)),
            [format!("threshold {:.3}", record.model.threshold), trained(test.f1)],
        ),
        ("largest PSI", figure(most.map(|most| most.psi)), most_beside),
        (
            "rows monitored",
            count(record.rows.monitored),
            [labelled, format!("{} seen in training", count(record.rows.seen_in_training))],
        ),
    ]
}

/// What the report is of, in a line.
pub(crate) fn about(record: &MonitoringRecord) -> String {
    format!(
        "Monitored {}  ·  predictions of {}  ·  run {}",
        minute(&record.monitored_at),
        minute(&record.data.predicted_at),
        record.run_id
    )
}
