use crate::mark::Shape;
use crate::{Anchor, Area, Axis, Color, Mark, Style, Svg};

/// The rectangle between the axes.
pub(crate) struct Plot<'a> {
    pub(crate) area: Area,
    pub(crate) x: &'a Axis,
    pub(crate) y: &'a Axis,
    pub(crate) right: Option<&'a Axis>,
}

impl Plot<'_> {
    pub(crate) fn right_edge(&self) -> f64 {
        self.area.x + self.area.width
    }

    pub(crate) fn bottom(&self) -> f64 {
        self.area.y + self.area.height
    }

    pub(crate) fn x(&self, value: f64) -> f64 {
        self.area.x + self.area.width * self.x.place(value)
    }

    /// Numbers rise from the bottom, named rows go down from the top.
    pub(crate) fn y(&self, value: f64, on_right: bool) -> f64 {
        let axis = if on_right { self.right.unwrap_or(self.y) } else { self.y };
        let place = axis.place(value);
        self.area.y + self.area.height * if axis.is_bands() { place } else { 1.0 - place }
    }

    fn at(&self, mark: &Mark, (x, y): (f64, f64)) -> (f64, f64) {
        (self.x(x), self.y(y, mark.on_right))
    }

    /// Draws a mark that has so many series of bars below it.
    pub(crate) fn draw(&self, svg: &mut Svg, mark: &Mark, n_bars_before: usize) {
        match &mark.shape {
            Shape::Line { points, dash, dots, fill } => {
                let points: Vec<(f64, f64)> = points.iter().map(|&point| self.at(mark, point)).collect();
                if *fill {
                    self.fill_below(svg, &points, mark.color);
                }
                svg.path(&points, mark.color, 2.2, dash);
                if *dots {
                    points.iter().for_each(|&point| svg.dot(point, 4.2, mark.color));
                }
            }
            Shape::Steps { edges, heights, fill } => self.steps(svg, mark, edges, heights, *fill),
            Shape::Dots { points, radius } => {
                points.iter().for_each(|&point| svg.dot(self.at(mark, point), *radius, mark.color));
            }
            Shape::Spans { spans } => self.spans(svg, mark, spans),
            Shape::Bars { heights } => self.bars(svg, mark, heights, n_bars_before),
            Shape::Rows { lengths } => self.rows(svg, mark, lengths),
            Shape::RowTicks { at } => {
                let half = self.row_height(at.len()) * 0.48;
                for (row, &value) in at.iter().enumerate() {
                    let (x, y) = self.at(mark, (value, row as f64));
                    svg.line((x, y - half), (x, y + half), mark.color, 2.2, "");
                }
            }
            Shape::Level { at } => {
                let y = self.y(*at, mark.on_right);
                svg.line((self.area.x, y), (self.right_edge(), y), mark.color, 2.0, "7 4");
            }
            Shape::Upright { at } => {
                let x = self.x(*at);
                svg.line((x, self.area.y), (x, self.bottom()), mark.color, 2.0, "7 4");
            }
        }
    }

    fn fill_below(&self, svg: &mut Svg, points: &[(f64, f64)], color: Color) {
        if let (Some(first), Some(last)) = (points.first(), points.last()) {
            let mut outline = points.to_vec();
            outline.extend([(last.0, self.bottom()), (first.0, self.bottom())]);
            svg.polygon(&outline, color, 0.12);
        }
    }

    fn steps(&self, svg: &mut Svg, mark: &Mark, edges: &[f64], heights: &[f64], fill: bool) {
        let mut outline = Vec::with_capacity(2 * heights.len() + 2);
        for (pair, &height) in edges.windows(2).zip(heights) {
            outline.push(self.at(mark, (pair[0], height)));
            outline.push(self.at(mark, (pair[1], height)));
        }
        let (Some(&first), Some(&last)) = (outline.first(), outline.last()) else { return };
        let ground = |x: f64| (x, self.bottom());
        let closed: Vec<(f64, f64)> = std::iter::once(ground(first.0)).chain(outline).chain([ground(last.0)]).collect();
        if fill {
            svg.polygon(&closed, mark.color, 0.3);
        }
        svg.path(&closed, mark.color, 2.0, "");
    }

    fn spans(&self, svg: &mut Svg, mark: &Mark, spans: &[(f64, f64, f64)]) {
        for &(place, low, high) in spans {
            let ((x, bottom), (_, top)) = (self.at(mark, (place, low)), self.at(mark, (place, high)));
            svg.line((x, bottom), (x, top), mark.color, 1.4, "");
            for y in [bottom, top] {
                svg.line((x - 3.5, y), (x + 3.5, y), mark.color, 1.4, "");
            }
        }
    }

    /// Later series lie, narrower, on the ones before.
    fn bars(&self, svg: &mut Svg, mark: &Mark, heights: &[f64], n_before: usize) {
        let place = self.area.width / heights.len().max(1) as f64;
        let width = ((place * 0.74).min(90.0) * 0.6_f64.powi(n_before as i32)).max(1.0);
        for (i, &height) in heights.iter().enumerate() {
            let (middle, y) = self.at(mark, (i as f64, height));
            let area = Area { x: middle - width / 2.0, y, width, height: self.bottom() - y };
            svg.rect(area, 1.5, mark.color, 1.0);
        }
    }

    fn rows(&self, svg: &mut Svg, mark: &Mark, lengths: &[(f64, bool)]) {
        let height = (self.row_height(lengths.len()) * 0.62).min(26.0);
        for (row, &(length, is_flagged)) in lengths.iter().enumerate() {
            let (x, y) = self.at(mark, (length, row as f64));
            // A row that is almost nothing is still seen to be there.
            let width = (x - self.area.x).max(1.5);
            let area = Area { x: self.area.x, y: y - height / 2.0, width, height };
            let color = if is_flagged { Color::Red } else { mark.color };
            svg.rect(area, 1.5, color, 0.85);
            let figure = Style::new(12.0, if is_flagged { Color::Red } else { Color::Muted }).at(Anchor::End);
            svg.text((self.right_edge() - 4.0, y + 4.2), &format!("{length:.3}"), figure);
        }
    }

    fn row_height(&self, n_rows: usize) -> f64 {
        self.area.height / n_rows.max(1) as f64
    }
}
