use std::fmt::Write as _;

use crate::{Color, Theme};

/// Font of all texts, and what a browser may take instead.
const FONTS: &str = "'DejaVu Sans', Verdana, 'Segoe UI', sans-serif";

/// A rectangle of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// Which point of a text is placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Its beginning.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

/// How a text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    /// Height of the letters in pixels.
    pub size: f64,
    /// Colour.
    pub color: Color,
    /// Whether it is bold.
    pub is_bold: bool,
    /// Which point is placed.
    pub anchor: Anchor,
}

impl Style {
    /// Plain text.
    #[must_use]
    pub const fn new(size: f64, color: Color) -> Self {
        Self { size, color, is_bold: false, anchor: Anchor::Start }
    }

    /// The same in bold.
    #[must_use]
    pub const fn bold(mut self) -> Self {
        self.is_bold = true;
        self
    }

    /// The same with another point placed.
    #[must_use]
    pub const fn at(mut self, anchor: Anchor) -> Self {
        self.anchor = anchor;
        self
    }
}

/// An SVG in the making: shapes in the order in which they are drawn.
#[derive(Clone, Debug)]
pub struct Svg {
    width: f64,
    height: f64,
    theme: Theme,
    body: String,
}

impl Svg {
    /// An empty picture.
    #[must_use]
    pub const fn new(width: f64, height: f64, theme: Theme) -> Self {
        Self { width, height, theme, body: String::new() }
    }

    /// A filled rectangle with rounded corners.
    pub fn rect(&mut self, area: Area, radius: f64, fill: Color, opacity: f64) {
        let Area { x, y, width, height } = area;
        let fill = self.theme.color(fill);
        self.push(format_args!(
            r#"<rect x="{}" y="{}" width="{}" height="{}" rx="{}" fill="{fill}" fill-opacity="{}"/>"#,
            short(x),
            short(y),
            short(width.max(0.0)),
            short(height.max(0.0)),
            short(radius),
            short(opacity)
        ));
    }

    /// A straight line; `dash` is an SVG dash pattern, empty for none.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), color: Color, width: f64, dash: &str) {
        self.path(&[from, to], color, width, dash);
    }

    /// Straight lines from point to point.
    pub fn path(&mut self, points: &[(f64, f64)], color: Color, width: f64, dash: &str) {
        let color = self.theme.color(color);
        let dash = if dash.is_empty() { String::new() } else { format!(r#" stroke-dasharray="{dash}""#) };
        self.push(format_args!(
            r#"<path d="{}" fill="none" stroke="{color}" stroke-width="{}" stroke-linejoin="round"{dash}/>"#,
            path(points),
            short(width)
        ));
    }

    /// A filled polygon without an outline.
    pub fn polygon(&mut self, points: &[(f64, f64)], fill: Color, opacity: f64) {
        let fill = self.theme.color(fill);
        self.push(format_args!(r#"<path d="{}Z" fill="{fill}" fill-opacity="{}"/>"#, path(points), short(opacity)));
    }

    /// A dot with a rim in the colour of the ground, so that it stands out from lines.
    pub fn dot(&mut self, (x, y): (f64, f64), radius: f64, fill: Color) {
        let (fill, rim) = (self.theme.color(fill), self.theme.color(Color::Ground));
        self.push(format_args!(
            r#"<circle cx="{}" cy="{}" r="{}" fill="{fill}" stroke="{rim}" stroke-width="1"/>"#,
            short(x),
            short(y),
            short(radius)
        ));
    }

    /// A text whose base line is at `y`.
    pub fn text(&mut self, (x, y): (f64, f64), text: &str, style: Style) {
        self.turned_text((x, y), 0.0, text, style);
    }

    /// A text turned by some degrees around its place.
    pub fn turned_text(&mut self, (x, y): (f64, f64), degrees: f64, text: &str, style: Style) {
        let fill = self.theme.color(style.color);
        let anchor = match style.anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let weight = if style.is_bold { r#" font-weight="bold""# } else { "" };
        let (x, y) = (short(x), short(y));
        let turn = if degrees == 0.0 { String::new() } else { format!(r#" transform="rotate({degrees} {x} {y})""#) };
        self.push(format_args!(
            r#"<text x="{x}" y="{y}" font-size="{}" fill="{fill}" text-anchor="{anchor}"{weight}{turn}>{}</text>"#,
            short(style.size),
            escaped(text)
        ));
    }

    /// The whole picture; `title` says what it shows to people who do not see it.
    #[must_use]
    pub fn finish(self, title: &str) -> String {
        let (width, height) = (short(self.width), short(self.height));
        let title = escaped(title);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" role=\"img\" aria-label=\"{title}\" font-family=\"{FONTS}\">\n<title>{title}</title>\n\
             {}</svg>\n",
            self.body
        )
    }

    fn push(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.body, "{element}");
    }
}

fn path(points: &[(f64, f64)]) -> String {
    let mut text = String::new();
    for (i, &(x, y)) in points.iter().enumerate() {
        let _ = write!(text, "{}{} {}", if i == 0 { "M" } else { "L" }, short(x), short(y));
    }
    text
}

/// A coordinate with at most two decimals; what is not finite lies at 0.
fn short(value: f64) -> String {
    if !value.is_finite() {
        return "0".to_owned();
    }
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            // XML has no place for these.
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

/// Width of a text in the plain embedded font, in units of its size; letters outside ASCII are taken as wide ones.
const ADVANCES: [u8; 95] = [
    32, 40, 46, 84, 64, 95, 78, 28, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84,
    84, 84, 53, 100, 68, 69, 70, 77, 63, 58, 78, 75, 30, 30, 66, 56, 86, 75, 79, 60, 79, 70, 64, 61, 73, 68, 99, 69,
    61, 69, 39, 34, 39, 84, 50, 50, 61, 64, 55, 64, 62, 35, 64, 63, 28, 28, 58, 28, 97, 63, 61, 64, 64, 41, 52, 39, 63,
    59, 82, 59, 59, 53, 64, 34, 64, 84,
];

/// Width of a plain text of this size in pixels.
///
/// ```
/// assert!(charts::text_width("iii", 12.0) < charts::text_width("mmm", 12.0));
/// ```
#[must_use]
pub fn text_width(text: &str, size: f64) -> f64 {
    let advance = |c: char| match c {
        ' '..='~' => ADVANCES.get(c as usize - 32).copied().unwrap_or(100),
        _ => 84,
    };
    text.chars().map(|c| f64::from(advance(c))).sum::<f64>() * size / 100.0
}

/// The text, cut and ended by `…` where it is wider than `width`.
#[must_use]
pub fn fitted(text: &str, size: f64, width: f64) -> String {
    if text_width(text, size) <= width {
        return text.to_owned();
    }
    let mut cut: Vec<char> = text.chars().collect();
    while !cut.is_empty() && text_width(&cut.iter().collect::<String>(), size) + size * 0.84 > width {
        cut.pop();
    }
    cut.into_iter().chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cannot_break_out() {
        let mut svg = Svg::new(10.0, 10.0, Theme::LIGHT);
        svg.text((0.0, 0.0), "</text><script>\"&\u{0}", Style::new(10.0, Color::Ink));
        let text = svg.finish("a \"title\" <b>");
        assert!(!text.contains("<script") && text.contains("&lt;/text&gt;&lt;script&gt;&quot;&amp; "), "{text}");
        assert!(text.contains("aria-label=\"a &quot;title&quot; &lt;b&gt;\""));
    }

    #[test]
    fn coordinates_are_short_and_always_numbers() {
        assert_eq!([1.0, 1.234_5, -0.001, f64::NAN, f64::INFINITY].map(short), ["1", "1.23", "0", "0", "0"]);
    }

    #[test]
    fn long_texts_are_cut_to_their_place() {
        assert_eq!(fitted("short", 10.0, 100.0), "short");
        let cut = fitted("a rather long name of a field", 10.0, 60.0);
        assert!(cut.ends_with('…') && text_width(&cut, 10.0) <= 60.0, "{cut}");
    }
}
