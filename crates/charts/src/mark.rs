use crate::Color;

/// Something drawn between the axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    pub(crate) label: String,
    pub(crate) color: Color,
    pub(crate) shape: Shape,
    pub(crate) on_right: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    /// Points joined by lines.
    Line { points: Vec<(f64, f64)>, dash: &'static str, dots: bool, fill: bool },
    /// Heights over the ranges between edges.
    Steps { edges: Vec<f64>, heights: Vec<f64>, fill: bool },
    /// Dots alone.
    Dots { points: Vec<(f64, f64)>, radius: f64 },
    /// From low to high at a place.
    Spans { spans: Vec<(f64, f64, f64)> },
    /// Upright bars at the places of a band axis; later series lie, narrower, on the ones before.
    Bars { heights: Vec<f64> },
    /// Bars to the right at the places of an upright band axis; those with a flag are red.
    Rows { lengths: Vec<(f64, bool)> },
    /// A short upright tick across each row.
    RowTicks { at: Vec<f64> },
    /// A level line across the chart.
    Level { at: f64 },
    /// An upright line across the chart.
    Upright { at: f64 },
}

impl Mark {
    const fn new(label: String, color: Color, shape: Shape) -> Self {
        Self { label, color, shape, on_right: false }
    }

    /// Points joined by a line.
    #[must_use]
    pub fn line(label: &str, color: Color, points: &[(f64, f64)]) -> Self {
        let shape = Shape::Line { points: points.to_vec(), dash: "", dots: false, fill: false };
        Self::new(label.to_owned(), color, shape)
    }

    /// The heights of a histogram over the ranges between edges.
    #[must_use]
    pub fn steps(label: &str, color: Color, edges: &[f64], heights: &[f64]) -> Self {
        let shape = Shape::Steps { edges: edges.to_vec(), heights: heights.to_vec(), fill: false };
        Self::new(label.to_owned(), color, shape)
    }

    /// Dots.
    #[must_use]
    pub fn dots(label: &str, color: Color, points: &[(f64, f64)]) -> Self {
        Self::new(label.to_owned(), color, Shape::Dots { points: points.to_vec(), radius: 4.0 })
    }

    /// Error bars: place, low end, high end.
    #[must_use]
    pub fn spans(label: &str, color: Color, spans: &[(f64, f64, f64)]) -> Self {
        Self::new(label.to_owned(), color, Shape::Spans { spans: spans.to_vec() })
    }

    /// Upright bars at the places 0, 1, 2, …; a later series lies, narrower, on the ones before.
    #[must_use]
    pub fn bars(label: &str, color: Color, heights: &[f64]) -> Self {
        Self::new(label.to_owned(), color, Shape::Bars { heights: heights.to_vec() })
    }

    /// Bars to the right at the places 0, 1, 2, … of an upright axis of bands, with their figures at the
    /// right edge; those with a flag are red.
    #[must_use]
    pub fn rows(label: &str, color: Color, lengths: &[(f64, bool)]) -> Self {
        Self::new(label.to_owned(), color, Shape::Rows { lengths: lengths.to_vec() })
    }

    /// A short tick across each row, such as its bound.
    #[must_use]
    pub fn row_ticks(label: &str, color: Color, at: &[f64]) -> Self {
        Self::new(label.to_owned(), color, Shape::RowTicks { at: at.to_vec() })
    }

    /// A bound as a level line.
    #[must_use]
    pub fn level(label: &str, at: f64) -> Self {
        Self::new(label.to_owned(), Color::Red, Shape::Level { at })
    }

    /// A bound as an upright line.
    #[must_use]
    pub fn upright(label: &str, at: f64) -> Self {
        Self::new(label.to_owned(), Color::Red, Shape::Upright { at })
    }

    /// The same in another colour.
    #[must_use]
    pub const fn colored(mut self, color: Color) -> Self {
        self.color = color;
        self
    }

    /// The same line with dots at its points.
    #[must_use]
    pub fn dotted(mut self) -> Self {
        if let Shape::Line { dots, .. } = &mut self.shape {
            *dots = true;
        }
        self
    }

    /// The same line broken into dashes.
    #[must_use]
    pub fn dashed(mut self) -> Self {
        if let Shape::Line { dash, .. } = &mut self.shape {
            *dash = "5 4";
        }
        self
    }

    /// The same with the ground below coloured.
    #[must_use]
    pub fn filled(mut self) -> Self {
        if let Shape::Steps { fill, .. } | Shape::Line { fill, .. } = &mut self.shape {
            *fill = true;
        }
        self
    }

    /// The same measured on the right axis.
    #[must_use]
    pub const fn on_right(mut self) -> Self {
        self.on_right = true;
        self
    }
}
