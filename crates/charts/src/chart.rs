use crate::draw::Plot;
use crate::mark::Shape;
use crate::svg::fitted;
use crate::{Anchor, Area, Axis, Color, Mark, Style, Svg, Theme, text_width};

/// Space between the edge of a chart and what is in it.
const PADDING: f64 = 18.0;
/// Sizes of letters.
const TITLE: Style = Style::new(17.0, Color::Ink).bold();
const SUBTITLE: Style = Style::new(13.0, Color::Muted);
const LEGEND: Style = Style::new(12.5, Color::Ink);
const TICK: Style = Style::new(12.0, Color::Muted);
const AXIS_TITLE: Style = Style::new(12.5, Color::Ink);
const EMPTY: Style = Style::new(15.0, Color::Muted);
/// Most of a chart's width that the names of its rows may take.
const MAX_NAMES_SHARE: f64 = 0.36;
/// Width of a sample in the legend.
const SAMPLE: f64 = 22.0;

/// A chart: what it says, its axes, and its marks in the order in which they are drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    title: String,
    subtitle: String,
    x: Axis,
    y: Axis,
    right: Option<Axis>,
    marks: Vec<Mark>,
    empty: Option<String>,
}

impl Chart {
    /// A chart without marks.
    #[must_use]
    pub fn new(title: &str, x: Axis, y: Axis) -> Self {
        let (title, subtitle) = (title.to_owned(), String::new());
        Self { title, subtitle, x, y, right: None, marks: Vec::new(), empty: None }
    }

    /// A chart of which nothing is known, and why.
    #[must_use]
    pub fn empty(title: &str, why: &str) -> Self {
        let axis = Axis::numbers("", 0.0, 1.0);
        Self { empty: Some(why.to_owned()), ..Self::new(title, axis.clone(), axis) }
    }

    /// The same with a line below the title.
    #[must_use]
    pub fn subtitled(mut self, subtitle: &str) -> Self {
        subtitle.clone_into(&mut self.subtitle);
        self
    }

    /// The same with a mark on top of the others. A mark with a label is in the legend.
    #[must_use]
    pub fn with(mut self, mark: Mark) -> Self {
        self.marks.push(mark);
        self
    }

    /// The same with a second upright axis, for the marks that are [`Mark::on_right`].
    #[must_use]
    pub fn with_right(mut self, axis: Axis) -> Self {
        self.right = Some(axis);
        self
    }

    /// The chart as a picture of its own.
    #[must_use]
    pub fn to_svg(&self, width: f64, height: f64, theme: &Theme) -> String {
        let mut svg = Svg::new(width, height, *theme);
        self.draw(&mut svg, Area { x: 0.0, y: 0.0, width, height });
        let parts = [self.title.as_str(), self.subtitle.as_str(), self.empty.as_deref().unwrap_or_default()];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        svg.finish(&parts.join(". "))
    }

    /// Draws the chart into a part of a picture.
    pub fn draw(&self, svg: &mut Svg, area: Area) {
        svg.rect(area, 8.0, Color::Ground, 1.0);
        let inner = area.width - 2.0 * PADDING;
        let left = area.x + PADDING;
        let mut y = area.y + PADDING + TITLE.size * 0.8;
        svg.text((left, y), &fitted(&self.title, TITLE.size * 1.1, inner), TITLE);
        if !self.subtitle.is_empty() {
            y += SUBTITLE.size * 1.6;
            svg.text((left, y), &fitted(&self.subtitle, SUBTITLE.size, inner), SUBTITLE);
        }
        y += 12.0;
        if let Some(why) = &self.empty {
            let middle = f64::midpoint(y, area.y + area.height);
            return empty_note(svg, (area.x + area.width / 2.0, middle), inner * 0.85, why);
        }
        y = self.draw_legend(svg, (left, y), inner);
        let plot = self.draw_axes(svg, area, y + 12.0);
        for (i, mark) in self.marks.iter().enumerate() {
            let bars_before = self.marks[..i].iter().filter(|mark| matches!(mark.shape, Shape::Bars { .. })).count();
            plot.draw(svg, mark, bars_before);
        }
    }

    /// The legend from `y` downwards, in as many lines as it takes; gives the lower edge.
    fn draw_legend(&self, svg: &mut Svg, (left, top): (f64, f64), width: f64) -> f64 {
        let (mut x, mut y) = (left, top + LEGEND.size);
        let labelled: Vec<&Mark> = self.marks.iter().filter(|mark| !mark.label.is_empty()).collect();
        for mark in &labelled {
            let own = SAMPLE + 6.0 + text_width(&mark.label, LEGEND.size) + 18.0;
            if x > left && x + own > left + width {
                (x, y) = (left, y + LEGEND.size * 1.6);
            }
            sample(svg, mark, (x, y - LEGEND.size * 0.35));
            svg.text((x + SAMPLE + 6.0, y), &mark.label, LEGEND);
            x += own;
        }
        if labelled.is_empty() { top } else { y }
    }

    /// Axes with ticks and grid; gives the rectangle between them.
    fn draw_axes(&self, svg: &mut Svg, area: Area, top: f64) -> Plot<'_> {
        let below = TICK.size * 1.7 + if self.x.title.is_empty() { 0.0 } else { AXIS_TITLE.size * 1.6 };
        let bottom = area.y + area.height - PADDING - below + 4.0;
        let n_levels = (((bottom - top) / 46.0) as usize).clamp(2, 8);
        let names = self.y.is_bands();
        let y_ticks = self.y.ticks(if names { usize::MAX } else { n_levels });
        let right_ticks = self.right.as_ref().map(|axis| axis.ticks(n_levels)).unwrap_or_default();
        let widest = |ticks: &[(f64, String)]| ticks.iter().map(|(_, t)| text_width(t, TICK.size)).fold(0.0, f64::max);
        let title_width = |title: &str| if title.is_empty() { 0.0 } else { AXIS_TITLE.size * 1.7 };
        let names_width = widest(&y_ticks).min(area.width * MAX_NAMES_SHARE);
        let left = area.x + PADDING + title_width(&self.y.title) + names_width + 8.0;
        let right_title = self.right.as_ref().map_or(0.0, |axis| title_width(&axis.title));
        let beside = if self.right.is_some() { widest(&right_ticks) + 8.0 } else { 6.0 };
        let width = area.x + area.width - PADDING - right_title - beside - left;
        let plot = Plot {
            area: Area { x: left, y: top, width: width.max(1.0), height: (bottom - top).max(1.0) },
            x: &self.x,
            y: &self.y,
            right: self.right.as_ref(),
        };
        self.draw_levels(svg, &plot, &y_ticks, &right_ticks, names_width);
        self.draw_places(svg, &plot);
        self.draw_titles(svg, area, &plot);
        plot
    }

    fn draw_levels(
        &self,
        svg: &mut Svg,
        plot: &Plot<'_>,
        ticks: &[(f64, String)],
        right: &[(f64, String)],
        names_width: f64,
    ) {
        let names = self.y.is_bands();
        for (value, text) in ticks {
            let y = plot.y(*value, false);
            if !names {
                svg.line((plot.area.x, y), (plot.right_edge(), y), Color::Grid, 1.0, "");
            }
            let text = fitted(text, TICK.size, names_width + 1.0);
            let style = if names { Style { color: Color::Ink, ..TICK } } else { TICK };
            svg.text((plot.area.x - 7.0, y + TICK.size * 0.35), &text, style.at(Anchor::End));
        }
        for (value, text) in right {
            let y = plot.y(*value, true);
            svg.text((plot.right_edge() + 7.0, y + TICK.size * 0.35), text, TICK);
        }
    }

    fn draw_places(&self, svg: &mut Svg, plot: &Plot<'_>) {
        let widest = self.x.ticks(6).iter().map(|(_, text)| text_width(text, TICK.size)).fold(0.0, f64::max);
        let n = (plot.area.width / (widest + 18.0)) as usize;
        let is_numbers = !self.x.is_bands();
        for (value, text) in self.x.ticks(if is_numbers { n.clamp(2, 10) } else { n.max(1) }) {
            let x = plot.x(value);
            if is_numbers {
                svg.line((x, plot.area.y), (x, plot.bottom()), Color::Grid, 1.0, "");
            }
            svg.text((x, plot.bottom() + TICK.size * 1.45), &text, TICK.at(Anchor::Middle));
        }
        svg.line((plot.area.x, plot.bottom()), (plot.right_edge(), plot.bottom()), Color::Gray, 1.0, "");
    }

    fn draw_titles(&self, svg: &mut Svg, area: Area, plot: &Plot<'_>) {
        let centre = plot.area.y + plot.area.height / 2.0;
        let title = AXIS_TITLE.at(Anchor::Middle);
        if !self.y.title.is_empty() {
            let text = fitted(&self.y.title, AXIS_TITLE.size, plot.area.height);
            svg.turned_text((area.x + PADDING + AXIS_TITLE.size * 0.5, centre), -90.0, &text, title);
        }
        if let Some(axis) = self.right.as_ref().filter(|axis| !axis.title.is_empty()) {
            let x = area.x + area.width - PADDING - AXIS_TITLE.size * 0.5;
            svg.turned_text((x, centre), 90.0, &fitted(&axis.title, AXIS_TITLE.size, plot.area.height), title);
        }
        if !self.x.title.is_empty() {
            let place = (plot.area.x + plot.area.width / 2.0, area.y + area.height - PADDING + 4.0);
            svg.text(place, &fitted(&self.x.title, AXIS_TITLE.size, plot.area.width), title);
        }
    }
}

/// How a mark looks, beside its name.
fn sample(svg: &mut Svg, mark: &Mark, (x, y): (f64, f64)) {
    let line = |svg: &mut Svg, dash: &str, width: f64| svg.line((x, y), (x + SAMPLE, y), mark.color, width, dash);
    let block = |svg: &mut Svg, opacity: f64| {
        svg.rect(Area { x: x + 3.0, y: y - 5.5, width: 15.0, height: 11.0 }, 2.0, mark.color, opacity);
    };
    match &mark.shape {
        Shape::Line { dash, dots, .. } => {
            line(svg, dash, 2.2);
            if *dots {
                svg.dot((x + SAMPLE / 2.0, y), 4.0, mark.color);
            }
        }
        Shape::Steps { fill: true, .. } => {
            block(svg, 0.35);
            svg.line((x + 3.0, y - 5.0), (x + 18.0, y - 5.0), mark.color, 2.0, "");
        }
        Shape::Steps { .. } => line(svg, "", 2.2),
        Shape::Dots { .. } => svg.dot((x + SAMPLE / 2.0, y), 4.0, mark.color),
        Shape::Spans { .. } | Shape::RowTicks { .. } => {
            svg.line((x + SAMPLE / 2.0, y - 7.0), (x + SAMPLE / 2.0, y + 7.0), mark.color, 2.0, "");
        }
        Shape::Bars { .. } | Shape::Rows { .. } => block(svg, 0.85),
        Shape::Level { .. } | Shape::Upright { .. } => line(svg, "7 4", 2.0),
    }
}

/// The reason in the middle of the chart, in lines that fit.
fn empty_note(svg: &mut Svg, (x, middle): (f64, f64), width: f64, why: &str) {
    let mut lines: Vec<String> = Vec::new();
    for word in why.split_whitespace() {
        match lines.last_mut() {
            Some(line) if text_width(line, EMPTY.size) + text_width(word, EMPTY.size) + 6.0 <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    let height = EMPTY.size * 1.5;
    let top = middle - height * (lines.len() as f64 - 1.0) / 2.0;
    for (i, line) in lines.iter().enumerate() {
        svg.text((x, top + height * i as f64), line, EMPTY.at(Anchor::Middle));
    }
}
