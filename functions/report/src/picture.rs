//! The six panels as one picture.

use charts::{Anchor, Area, Color, Style, Svg, Theme, fitted, text_width};
use monitoring::MonitoringRecord;

use crate::panels::{about, headlines, panels};
use crate::words::{Tone, verdict};

const WIDTH: f64 = 1800.0;
const HEIGHT: f64 = 1160.0;
const MARGIN: f64 = 26.0;
const GAP: f64 = 18.0;
/// Height of the band with verdict and figures.
const HEAD: f64 = 152.0;
const FOOT: f64 = 26.0;
const N_COLUMNS: usize = 3;

/// The picture as SVG, which [`charts::to_png`] renders.
#[must_use]
pub fn picture(record: &MonitoringRecord) -> String {
    let mut svg = Svg::new(WIDTH, HEIGHT, Theme::LIGHT);
    svg.rect(Area { x: 0.0, y: 0.0, width: WIDTH, height: HEIGHT }, 0.0, Color::Page, 1.0);
    head(&mut svg, record);
    let panels = panels(record);
    let n_rows = panels.len().div_ceil(N_COLUMNS);
    let top = MARGIN + HEAD + GAP;
    let width = (WIDTH - 2.0 * MARGIN - GAP * (N_COLUMNS as f64 - 1.0)) / N_COLUMNS as f64;
    let height = (HEIGHT - top - MARGIN - FOOT - GAP * (n_rows as f64 - 1.0)) / n_rows as f64;
    for (i, panel) in panels.iter().enumerate() {
        let (column, row) = ((i % N_COLUMNS) as f64, (i / N_COLUMNS) as f64);
        let (x, y) = (MARGIN + column * (width + GAP), top + row * (height + GAP));
        panel.draw(&mut svg, Area { x, y, width, height });
    }
    foot(&mut svg, record);
    let (word, _, _) = verdict(&record.assessment);
    svg.finish(&format!("Monitoring of {} {}: {word}", record.model.model_name, record.model.version))
}

fn head(svg: &mut Svg, record: &MonitoringRecord) {
    let area = Area { x: MARGIN, y: MARGIN, width: WIDTH - 2.0 * MARGIN, height: HEAD };
    svg.rect(area, 8.0, Color::Ground, 1.0);
    let (word, sentence, tone) = verdict(&record.assessment);
    let color = match tone {
        Tone::Good => Color::Green,
        Tone::Bad => Color::Red,
        Tone::Unsure => Color::Orange,
    };
    svg.rect(Area { width: 10.0, ..area }, 5.0, color, 1.0);
    let (left, model) = (MARGIN + 30.0, &record.model);
    let title = format!("{} {}", model.model_name, model.version);
    svg.text((left, MARGIN + 40.0), &title, Style::new(27.0, Color::Ink).bold());
    let chip = Area {
        // The bold letters of the title are a little wider than the plain ones that are measured.
        x: left + text_width(&title, 27.0) * 1.12 + 18.0,
        y: MARGIN + 15.0,
        width: text_width(word, 17.0) * 1.14 + 32.0,
        height: 33.0,
    };
    svg.rect(chip, 16.0, color, 1.0);
    // White on orange could not be read.
    let on_chip = if tone == Tone::Unsure { Color::Ink } else { Color::Ground };
    let style = Style::new(17.0, on_chip).bold().at(Anchor::Middle);
    svg.text((chip.x + chip.width / 2.0, chip.y + 22.5), word, style);
    svg.text((left, MARGIN + 66.0), &about(record), Style::new(14.0, Color::Muted));
    let figures_left = figures(svg, record);
    for (i, line) in reasons(sentence, record.assessment.reasons(), figures_left - left - 30.0).iter().enumerate() {
        let color = if i == 0 { Color::Ink } else { Color::Muted };
        svg.text((left, MARGIN + 91.0 + 18.0 * i as f64), line, Style::new(14.0, color));
    }
}

/// The large figures at the right; gives where they begin.
fn figures(svg: &mut Svg, record: &MonitoringRecord) -> f64 {
    let width = 186.0;
    let headlines = headlines(record);
    let left = WIDTH - MARGIN - 16.0 - width * headlines.len() as f64;
    for (i, (name, figure, beside)) in headlines.iter().enumerate() {
        let middle = left + width * (i as f64 + 0.5);
        let style = |size, color| Style::new(size, color).at(Anchor::Middle);
        svg.text((middle, MARGIN + 38.0), name, style(14.0, Color::Muted));
        svg.text((middle, MARGIN + 82.0), figure, style(36.0, Color::Ink).bold());
        for (line, text) in beside.iter().enumerate() {
            let text = fitted(text, 12.5, width - 14.0);
            svg.text((middle, MARGIN + 108.0 + 18.0 * line as f64), &text, style(12.5, Color::Muted));
        }
    }
    left
}

/// The sentence and the reasons, each on a line that fits; what does not fit is on the page.
fn reasons(sentence: &str, reasons: &[String], width: f64) -> Vec<String> {
    const MAX_LINES: usize = 4;
    let mut lines = vec![sentence.to_owned()];
    let of_reasons: Vec<String> = reasons
        .iter()
        .flat_map(|reason| {
            let wrapped = wrapped(reason, 14.0, width - 14.0, 2);
            wrapped.into_iter().enumerate().map(|(i, line)| format!("{} {line}", if i == 0 { "·" } else { " " }))
        })
        .collect();
    let n_free = MAX_LINES - lines.len();
    if of_reasons.len() <= n_free {
        lines.extend(of_reasons);
    } else {
        let n_kept = n_free - 1;
        lines.extend_from_slice(&of_reasons[..n_kept]);
        lines.push("· more reasons are on the page".to_owned());
    }
    lines
}

/// Words in at most so many lines; the last is cut where they are more.
fn wrapped(text: &str, size: f64, width: f64, max_lines: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if text_width(line, size) + text_width(word, size) + size * 0.4 <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    if lines.len() > max_lines {
        lines.truncate(max_lines);
        if let Some(line) = lines.last_mut() {
            line.push('…');
        }
    }
    lines
}

fn foot(svg: &mut Svg, record: &MonitoringRecord) {
    let words = format!(
        "Only rows that the model has not seen in training count: {} of {} predicted. Labels as of snapshot {}; the model \
         was trained on snapshot {}.",
        monitoring::grouped(record.rows.monitored),
        monitoring::grouped(record.rows.predicted),
        record.data.labels_snapshot_id,
        record.model.snapshot_id
    );
    svg.text((MARGIN + 4.0, HEIGHT - MARGIN + 2.0), &words, Style::new(13.0, Color::Muted));
}
