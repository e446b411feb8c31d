/// One axis of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    pub(crate) title: String,
    pub(crate) kind: AxisKind,
    pub(crate) as_percent: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum AxisKind {
    /// Numbers from the first to the second.
    Numbers(f64, f64),
    /// Named places, at the numbers 0, 1, 2, …
    Bands(Vec<String>),
}

impl Axis {
    /// Numbers in a range. A range that is empty or not finite is widened to one that can be drawn.
    #[must_use]
    pub fn numbers(title: &str, min: f64, max: f64) -> Self {
        let min = if min.is_finite() { min } else { 0.0 };
        let max = if max.is_finite() && max > min { max } else { min + 1.0 };
        Self { title: title.to_owned(), kind: AxisKind::Numbers(min, max), as_percent: false }
    }

    /// Shares in a range, written as percentages.
    #[must_use]
    pub fn shares(title: &str, min: f64, max: f64) -> Self {
        Self { as_percent: true, ..Self::numbers(title, min, max) }
    }

    /// Named places, at the numbers 0, 1, 2, … of the marks.
    #[must_use]
    pub fn bands<S: ToString>(names: &[S]) -> Self {
        let names = names.iter().map(ToString::to_string).collect();
        Self { title: String::new(), kind: AxisKind::Bands(names), as_percent: false }
    }

    /// The same with a title.
    #[must_use]
    pub fn titled(mut self, title: &str) -> Self {
        title.clone_into(&mut self.title);
        self
    }

    pub(crate) const fn is_bands(&self) -> bool {
        matches!(self.kind, AxisKind::Bands(_))
    }

    /// The numbers at both ends.
    pub(crate) fn range(&self) -> (f64, f64) {
        match &self.kind {
            AxisKind::Numbers(min, max) => (*min, *max),
            AxisKind::Bands(names) => (-0.5, names.len().max(1) as f64 - 0.5),
        }
    }

    /// Where a number lies between both ends, from 0 to 1; beyond them it stays at the end.
    pub(crate) fn place(&self, value: f64) -> f64 {
        let (min, max) = self.range();
        ((value - min) / (max - min)).clamp(0.0, 1.0)
    }

    /// Places with their texts, at most about `n`.
    pub(crate) fn ticks(&self, n: usize) -> Vec<(f64, String)> {
        match &self.kind {
            AxisKind::Bands(names) => {
                let step = names.len().div_ceil(n.max(1)).max(1);
                names.iter().enumerate().step_by(step).map(|(i, name)| (i as f64, name.clone())).collect()
            }
            AxisKind::Numbers(min, max) => self.number_ticks(*min, *max, n),
        }
    }

    fn number_ticks(&self, min: f64, max: f64, n: usize) -> Vec<(f64, String)> {
        let step = nice_step((max - min) / n.max(1) as f64);
        // A little is forgiven, so that rounding does not lose the last tick.
        let (first, last) = ((min / step - 1e-9).ceil() as i64, (max / step + 1e-9).floor() as i64);
        let scale = if self.as_percent { 100.0 } else { 1.0 };
        let decimals = decimals(step * scale);
        let text = |value: f64| {
            if self.as_percent {
                return format!("{:.decimals$} %", value * 100.0);
            }
            if max.abs() >= 1_000.0 { grouped(value) } else { format!("{value:.decimals$}") }
        };
        (first..=last).map(|i| (i as f64 * step, text(i as f64 * step))).collect()
    }
}

/// The smallest of 1, 2, 5 times a power of ten that is at least `step`.
fn nice_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let nice = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * power >= step * (1.0 - 1e-9));
    nice.unwrap_or(10.0) * power
}

/// Decimals that a multiple of `step` needs.
fn decimals(step: f64) -> usize {
    (-step.log10().floor()).clamp(0.0, 8.0) as usize
}

/// A whole number with a comma between thousands.
pub(crate) fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0.0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: &Axis, n: usize) -> Vec<String> {
        axis.ticks(n).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn ticks_are_round_and_within_the_range() {
        assert_eq!(texts(&Axis::numbers("", 0.0, 1.0), 5), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(texts(&Axis::numbers("", 0.48, 0.93), 5), ["0.5", "0.6", "0.7", "0.8", "0.9"]);
        assert_eq!(texts(&Axis::shares("", 0.0, 0.25), 5), ["0 %", "5 %", "10 %", "15 %", "20 %", "25 %"]);
        assert_eq!(texts(&Axis::numbers("", 0.0, 30_000.0), 3), ["0", "10,000", "20,000", "30,000"]);
    }

    #[test]
    fn names_that_would_be_too_many_are_thinned() {
        let names: Vec<String> = (0..24).map(|i| i.to_string()).collect();
        assert_eq!(texts(&Axis::bands(&names), 6), ["0", "4", "8", "12", "16", "20"]);
        assert_eq!(Axis::bands(&["a", "b"]).place(0.0), 0.25);
        assert!(texts(&Axis::bands::<&str>(&[]), 6).is_empty());
    }

    #[test]
    fn a_range_that_is_none_can_be_drawn() {
        for (min, max) in [(1.0, 1.0), (f64::NAN, 2.0), (0.0, f64::INFINITY), (3.0, -3.0)] {
            let axis = Axis::numbers("", min, max);
            assert!(axis.place(0.5).is_finite() && !axis.ticks(5).is_empty(), "{min} {max}");
        }
    }
}
