//! Thresholds of trainers are `f64`, those of a file `f32`, features always `f32`.
//!
//! For every `f32` x and `f64` t there is an `f32` that answers `x <= t` the same way: the largest one that is not
//! above t. Rounding to the *nearest* `f32`, as common converters do, may land above t and send the rows between the
//! two down the other branch. The same goes for `x < t` with the largest `f32` below t, so that every exported branch
//! can be a `<=`.

/// The largest `f32` at or below `threshold`: `x <= threshold` exactly when `x <= at_or_below(threshold)`.
/// Minus infinity when there is none, which no exporter accepts.
#[allow(clippy::cast_possible_truncation)]
pub(crate) fn at_or_below(threshold: f64) -> f32 {
    let nearest = threshold as f32;
    if f64::from(nearest) > threshold { nearest.next_down() } else { nearest }
}

/// The largest `f32` below `threshold`: `x < threshold` exactly when `x <= below(threshold)`.
#[allow(clippy::cast_possible_truncation)]
pub(crate) fn below(threshold: f64) -> f32 {
    let nearest = threshold as f32;
    if f64::from(nearest) >= threshold { nearest.next_down() } else { nearest }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{at_or_below, below};

    proptest! {
        #[test]
        fn no_feature_changes_sides(x in proptest::num::f32::NORMAL | proptest::num::f32::ZERO,
                                    t in proptest::num::f64::NORMAL | proptest::num::f64::ZERO) {
            prop_assert_eq!(f64::from(x) <= t, x <= at_or_below(t));
            prop_assert_eq!(f64::from(x) < t, x <= below(t));
        }

        #[test]
        fn no_feature_next_to_the_threshold_changes_sides(x in proptest::num::f32::NORMAL, steps in -3_i32..=3) {
            // Thresholds as trainers make them: the middle of two neighbouring features, and values right beside one.
            let mut t = f64::midpoint(f64::from(x), f64::from(x.next_up()));
            for _ in 0..steps.abs() {
                t = if steps > 0 { t.next_up() } else { t.next_down() };
            }
            for t in [t, f64::from(x), f64::from(x).next_up(), f64::from(x).next_down()] {
                for feature in [x.next_down(), x, x.next_up()] {
                    prop_assert_eq!(f64::from(feature) <= t, feature <= at_or_below(t));
                    prop_assert_eq!(f64::from(feature) < t, feature <= below(t));
                }
            }
        }
    }

    #[test]
    fn a_threshold_beyond_all_features_lets_all_pass() {
        assert_eq!((at_or_below(f64::MAX), below(f64::MAX)), (f32::MAX, f32::MAX));
        assert_eq!(at_or_below(-f64::MAX), f32::NEG_INFINITY);
    }

    #[test]
    fn rounding_to_the_nearest_would_have_changed_sides() {
        let x = 0.1_f32.next_up();
        let t = f64::from(x).next_down();
        #[allow(clippy::cast_possible_truncation)]
        let nearest = t as f32;
        assert!(f64::from(x) > t && x <= nearest && x > at_or_below(t));
    }
}
