//! Numbers computed with scikit-learn 1.9.1, so that both sides mean the same by every word:
//!
//! ```python
//! y = [0, 1, 1, 0, 1, 0, 0, 1, 0, 0, 1, 0]
//! p = [0.1, 0.35, 0.8, 0.35, 0.65, 0.5, 0.2, 0.9, 0.05, 0.65, 0.5, 0.0]
//! roc_auc_score(y, p), log_loss(y, p)
//! q = [int(v >= threshold) for v in p]
//! accuracy_score(y, q), precision_score(y, q), recall_score(y, q), f1_score(y, q)
//! log_loss([1, 0, 1], [0.0, 1.0, 1.0])
//! ```
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use metrics::{binary_metrics, log_loss, roc_auc};

const LABELS: [f32; 12] = [0., 1., 1., 0., 1., 0., 0., 1., 0., 0., 1., 0.];
const PROBABILITIES: [f64; 12] = [0.1, 0.35, 0.8, 0.35, 0.65, 0.5, 0.2, 0.9, 0.05, 0.65, 0.5, 0.0];

fn assert_close(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-14 * expected.abs().max(1.0), "{found} is not {expected}");
}

#[test]
fn ranking_and_likelihood_equal_scikit_learn() {
    assert_close(roc_auc(&LABELS, &PROBABILITIES).unwrap(), 0.8714285714285714);
    assert_close(log_loss(&LABELS, &PROBABILITIES).unwrap(), 0.42131715588614815);
}

#[test]
fn certain_and_wrong_rows_are_clipped_like_in_scikit_learn() {
    assert_close(log_loss(&[1., 0., 1.], &[0.0, 1.0, 1.0]).unwrap(), 24.029102259411435);
}

#[test]
fn threshold_metrics_equal_scikit_learn() {
    let expected = [
        (0.3, 0.75, 0.625, 1.0, 0.7692307692307693),
        (0.5, 0.75, 0.6666666666666666, 0.8, 0.7272727272727273),
        (0.7, 0.75, 1.0, 0.4, 0.5714285714285714),
    ];
    for (threshold, accuracy, precision, recall, f1) in expected {
        let found = binary_metrics(&LABELS, &PROBABILITIES, threshold).unwrap();
        assert_eq!((found.n_rows, found.n_positive, found.threshold), (12, 5, threshold));
        assert_close(found.accuracy, accuracy);
        assert_close(found.precision, precision);
        assert_close(found.recall, recall);
        assert_close(found.f1, f1);
    }
}
