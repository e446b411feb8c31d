use serde::{Deserialize, Serialize};

/// The exact sum of any numbers, rounded only when it is asked for: whatever their order, and however they are divided
/// into sums that are merged, the result has the same bits.
///
/// The sum is held as numbers that do not overlap (J. R. Shewchuk, "Adaptive Precision Floating-Point Arithmetic and
/// Fast Robust Geometric Predicates", 1997; Python's `math.fsum`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Vec<u64>", from = "Vec<u64>")]
pub struct ExactSum {
    /// Ascending in magnitude, as bits: text would not bring every number back as it was.
    parts: Vec<u64>,
}

impl From<ExactSum> for Vec<u64> {
    fn from(sum: ExactSum) -> Self {
        sum.parts
    }
}

impl From<Vec<u64>> for ExactSum {
    fn from(parts: Vec<u64>) -> Self {
        Self { parts }
    }
}

impl ExactSum {
    /// Adds a finite number.
    pub fn add(&mut self, number: f64) {
        let mut carried = number;
        let mut n_kept = 0;
        for at in 0..self.parts.len() {
            let part = f64::from_bits(self.parts[at]);
            let (large, small) = if carried.abs() < part.abs() { (part, carried) } else { (carried, part) };
            let sum = large + small;
            let rest = small - (sum - large);
            if rest != 0.0 {
                self.parts[n_kept] = rest.to_bits();
                n_kept += 1;
            }
            carried = sum;
        }
        self.parts.truncate(n_kept);
        self.parts.push(carried.to_bits());
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: &Self) {
        other.parts.iter().for_each(|&part| self.add(f64::from_bits(part)));
    }

    /// The sum, rounded to the nearest number; ties to even.
    #[must_use]
    pub fn value(&self) -> f64 {
        let mut parts = self.parts.iter().rev().map(|&part| f64::from_bits(part));
        let Some(mut sum) = parts.next() else { return 0.0 };
        let mut rest = 0.0;
        for part in parts.by_ref() {
            let before = sum;
            sum = before + part;
            rest = part - (sum - before);
            if rest != 0.0 {
                break;
            }
        }
        // Half-way cases are decided by what lies below.
        if let Some(below) = parts.next()
            && ((rest < 0.0 && below < 0.0) || (rest > 0.0 && below > 0.0))
        {
            let twice = rest * 2.0;
            let rounded = sum + twice;
            if twice == rounded - sum {
                sum = rounded;
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use proptest::prelude::*;

    use super::*;

    fn sum(numbers: &[f64]) -> ExactSum {
        let mut sum = ExactSum::default();
        numbers.iter().for_each(|&number| sum.add(number));
        sum
    }

    #[test]
    fn nothing_is_lost_that_ordinary_addition_loses() {
        assert_eq!(sum(&[1e100, 1.0, -1e100]).value(), 1.0);
        assert_eq!(sum(&[0.1; 10]).value(), 1.0);
        assert_eq!(sum(&[]).value(), 0.0);
        // Half-way between 1 and the next number, and a little more: rounds up.
        assert_eq!(sum(&[1.0, f64::EPSILON / 2.0, 1e-300]).value(), 1.0 + f64::EPSILON);
    }

    proptest! {
        #[test]
        fn neither_the_order_nor_the_division_changes_a_bit(
            numbers in prop::collection::vec(-1e12..1e12_f64, 1..60),
            cut in 0..60_usize,
        ) {
            let whole = sum(&numbers).value();
            let mut turned = numbers.clone();
            turned.sort_by(f64::total_cmp);
            prop_assert_eq!(sum(&turned).value().to_bits(), whole.to_bits());
            let (left, right) = numbers.split_at(cut.min(numbers.len()));
            let text = serde_json::to_string(&sum(left)).unwrap();
            let mut merged: ExactSum = serde_json::from_str(&text).unwrap();
            merged.merge(&sum(right));
            prop_assert_eq!(merged.value().to_bits(), whole.to_bits());
        }
    }
}
