use crate::{MetricError, error};

/// A point of the ROC curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RocPoint {
    /// Share of the negative rows predicted positive.
    pub false_positive_rate: f64,
    /// Share of the positive rows predicted positive.
    pub true_positive_rate: f64,
    /// Score from which a row is predicted positive; `None` at the first point, where no row is.
    pub threshold: Option<f64>,
}

/// The ROC curve from (0, 0) to (1, 1): one point per distinct score, thinned to at most `max_points` (at least 2).
///
/// Points on a straight line between their neighbours are left out first, which changes nothing; where still more
/// remain, those are kept that divide the length of the curve evenly, so a thinned curve is for the eye and
/// [`crate::roc_auc`] for the figure.
///
/// # Errors
/// No rows, other lengths, labels that are neither 0 nor 1, scores that are not finite, or only one class.
pub fn roc_curve(labels: &[f32], scores: &[f64], max_points: usize) -> Result<Vec<RocPoint>, MetricError> {
    let n_positive = error::check_two_classes(labels, scores)?;
    let n_negative = labels.len() as u64 - n_positive;
    let (mut false_positives, mut true_positives) = (0, 0);
    let mut corners: Vec<(u64, u64, Option<f64>)> = vec![(0, 0, None)];
    for (score, negatives, positives) in error::groups_by_score(labels, scores).into_iter().rev() {
        false_positives += negatives;
        true_positives += positives;
        let point = (false_positives, true_positives, Some(score));
        if let [.., before, last] = corners[..]
            && is_straight(before, last, point)
        {
            corners.pop();
        }
        corners.push(point);
    }
    let points = thinned(&corners, max_points.max(2)).into_iter().map(|(fp, tp, threshold)| RocPoint {
        false_positive_rate: fp as f64 / n_negative as f64,
        true_positive_rate: tp as f64 / n_positive as f64,
        threshold,
    });
    Ok(points.collect())
}

type Corner = (u64, u64, Option<f64>);

/// Whether the middle point lies on the line between the others; in whole numbers, so without rounding.
fn is_straight(a: Corner, b: Corner, c: Corner) -> bool {
    let (dx1, dy1) = (u128::from(b.0 - a.0), u128::from(b.1 - a.1));
    let (dx2, dy2) = (u128::from(c.0 - b.0), u128::from(c.1 - b.1));
    dx1 * dy2 == dx2 * dy1
}

/// First and last corner, and those nearest to an even division of the way between.
fn thinned(corners: &[Corner], max_points: usize) -> Vec<Corner> {
    let Some(&last) = corners.last() else { return Vec::new() };
    if corners.len() <= max_points {
        return corners.to_vec();
    }
    let way = |corner: &Corner| corner.0 + corner.1;
    let n_steps = max_points as u64 - 1;
    let mut kept: Vec<Corner> = Vec::with_capacity(max_points);
    for step in 0..n_steps {
        let target = way(&last) * step / n_steps;
        let corner = corners[corners.partition_point(|corner| way(corner) < target)];
        if kept.last() != Some(&corner) {
            kept.push(corner);
        }
    }
    if kept.last() != Some(&last) {
        kept.push(last);
    }
    kept
}
