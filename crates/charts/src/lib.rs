//! Charts as SVG, and as PNG made of the same SVG.
//!
//! A [`Chart`] is a title, two axes and marks: lines, steps, dots, bars, error bars, bounds.
//! It is drawn into a rectangle of an [`Svg`], so that several make a page; [`to_png`] renders the page with a font
//! that is part of the program, so that the picture is the same on every machine.
//!
//! Colours come from a [`Theme`]: fixed ones for a picture, or CSS variables for a page that is light or dark.
//!
//! ```
//! use charts::{Axis, Chart, Color, Mark, Theme};
//!
//! let chart = Chart::new("ROC-AUC by month", Axis::bands(&["Jan", "Feb", "Mar"]), Axis::numbers("ROC-AUC", 0.5, 1.0))
//!     .with(Mark::line("measured", Color::Blue, &[(0.0, 0.81), (1.0, 0.80), (2.0, 0.78)]).dotted())
//!     .with(Mark::level("bound 0.70", 0.7));
//! let svg = chart.to_svg(640.0, 360.0, &Theme::LIGHT);
//! assert!(svg.starts_with("<svg") && svg.contains("ROC-AUC by month"));
//! assert!(charts::to_png(&svg)?.starts_with(b"\x89PNG"));
//! # Ok::<(), charts::PngError>(())
//! ```

pub use axis::Axis;
pub use chart::Chart;
pub use mark::Mark;
pub use png::{PngError, to_png};
pub use svg::{Anchor, Area, Style, Svg, fitted, text_width};
pub use theme::{Color, Theme};

mod axis;
mod chart;
mod draw;
mod mark;
mod png;
mod svg;
mod theme;
