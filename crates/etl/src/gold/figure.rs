use usecases::Figure;

/// A number with the day it is of; the day is 0 where rows have none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dated {
    pub(super) day: i32,
    pub(super) number: f64,
}

/// Puts numbers in the order in which they are added up: by day, then by size.
///
/// Sums of floating point numbers depend on their order; this one follows from the numbers themselves, so neither the
/// order of rows nor that of parts or files shows in a figure.
pub(super) fn sort(numbers: &mut [Dated]) {
    numbers.sort_unstable_by(|a, b| a.day.cmp(&b.day).then(a.number.total_cmp(&b.number)));
}

/// The figure over sorted numbers; NaN stands for null. `Err` when two numbers are of the latest day and differ, so that
/// nothing says which is the last.
pub(super) fn figure(figure: Figure, sorted: &[Dated]) -> Result<f64, ()> {
    let n = sorted.len() as f64;
    let sum = || sorted.iter().fold(0.0, |sum, dated| sum + dated.number);
    let value = match (figure, sorted) {
        (Figure::Count, _) => n,
        (_, []) => f64::NAN,
        (Figure::Sum, _) => sum(),
        (Figure::Mean, _) => sum() / n,
        (Figure::Std, [_]) => f64::NAN,
        (Figure::Std, _) => {
            let mean = sum() / n;
            let squares = sorted.iter().fold(0.0, |sum, dated| sum + (dated.number - mean) * (dated.number - mean));
            (squares / (n - 1.0)).sqrt()
        }
        (Figure::Min, _) => sorted.iter().fold(f64::INFINITY, |least, dated| least.min(dated.number)),
        (Figure::Max, _) => sorted.iter().fold(f64::NEG_INFINITY, |most, dated| most.max(dated.number)),
        (Figure::Last, [.., before, last]) if before.day == last.day => return Err(()),
        (Figure::Last, [.., last]) => last.number,
    };
    // A figure beyond the range of numbers is nothing that a model could learn from.
    Ok(if value.is_finite() { value + 0.0 } else { f64::NAN })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn of(kind: Figure, numbers: &[(i32, f64)]) -> Result<f64, ()> {
        let mut dated: Vec<Dated> = numbers.iter().map(|&(day, number)| Dated { day, number }).collect();
        sort(&mut dated);
        figure(kind, &dated)
    }

    #[test]
    fn figures_are_those_computed_by_hand() {
        let numbers = [(3, 2.0), (1, 4.0), (2, 9.0)];
        assert_eq!(of(Figure::Count, &numbers), Ok(3.0));
        assert_eq!(of(Figure::Sum, &numbers), Ok(15.0));
        assert_eq!(of(Figure::Mean, &numbers), Ok(5.0));
        // (1 + 16 + 9) / 2 = 13
        assert_eq!(of(Figure::Std, &numbers), Ok(13.0_f64.sqrt()));
        assert_eq!(of(Figure::Min, &numbers), Ok(2.0));
        assert_eq!(of(Figure::Max, &numbers), Ok(9.0));
        assert_eq!(of(Figure::Last, &numbers), Ok(2.0));
    }

    #[test]
    fn without_numbers_all_but_the_count_are_null() {
        assert_eq!(of(Figure::Count, &[]), Ok(0.0));
        for kind in [Figure::Sum, Figure::Mean, Figure::Std, Figure::Min, Figure::Max, Figure::Last] {
            assert!(of(kind, &[]).unwrap().is_nan(), "{kind:?}");
        }
        assert!(of(Figure::Std, &[(1, 5.0)]).unwrap().is_nan(), "one number has no deviation");
    }

    #[test]
    fn the_order_of_rows_shows_in_no_bit() {
        let numbers = [(1, 0.1), (1, 1e16), (1, 0.3), (2, -1e16), (2, 0.7)];
        let mut turned = numbers;
        turned.reverse();
        for kind in [Figure::Sum, Figure::Mean, Figure::Std] {
            assert_eq!(of(kind, &numbers).unwrap().to_bits(), of(kind, &turned).unwrap().to_bits());
        }
    }

    #[test]
    fn of_two_numbers_of_the_latest_day_none_is_the_last() {
        assert_eq!(of(Figure::Last, &[(1, 3.0), (2, 4.0), (2, 5.0)]), Err(()));
        assert_eq!(of(Figure::Last, &[(1, 3.0), (1, 4.0), (2, 5.0)]), Ok(5.0));
    }
}
