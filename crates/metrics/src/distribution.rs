use crate::MetricError;

/// Population stability index of two distributions over the same bins: `Σ (q - p) ln (q / p)` with the shares p of the
/// reference and q of the current rows, natural logarithm. It is the sum of both Kullback-Leibler divergences, at
/// least 0, and 0 for equal shares.
///
/// A bin that is empty on one side counts as half a row there, so that the logarithm exists; the shares of the other
/// bins stay as they are. A bin that is empty on both sides does not count.
/// (Formula: Siddiqi, *Credit Risk Scorecards*, 2006; the half row is Jeffreys' prior for one bin.)
///
/// # Errors
/// Different numbers of bins, or a side without rows.
///
/// ```
/// let psi = metrics::population_stability_index(&[10, 20, 30, 40], &[20, 20, 10, 50])?;
/// assert!((psi - 0.311_351_530_921).abs() < 1e-12);
/// # Ok::<(), metrics::MetricError>(())
/// ```
pub fn population_stability_index(reference: &[u64], current: &[u64]) -> Result<f64, MetricError> {
    let (n_reference, n_current) = totals(reference, current)?;
    let share = |count: u64, total: f64| if count == 0 { 0.5 / total } else { count as f64 / total };
    Ok(occupied(reference, current)
        .map(|(p, q)| {
            let (p, q) = (share(p, n_reference), share(q, n_current));
            (q - p) * (q / p).ln()
        })
        .sum())
}

/// Bins that have rows on at least one side: the B of [`population_stability_index`], whose value without any drift,
/// divided by `1/n + 1/m` for n and m rows, is about chi-square distributed with B - 1 degrees of freedom.
/// (Yurdakul, *Statistical Properties of Population Stability Index*, Western Michigan University, 2018.)
#[must_use]
pub fn n_occupied_bins(reference: &[u64], current: &[u64]) -> usize {
    occupied(reference, current).count()
}

/// Jensen-Shannon distance of two distributions over the same bins: the square root of the divergence with logarithms
/// of base 2, in [0, 1]; 0 for equal shares, 1 when no bin is shared. Equal to scipy's `jensenshannon(p, q, base=2)`.
/// (Endres and Schindelin, *A new metric for probability distributions*, IEEE Transactions on Information Theory 49,
/// 2003.)
///
/// # Errors
/// Different numbers of bins, or a side without rows.
///
/// ```
/// assert_eq!(metrics::jensen_shannon_distance(&[7, 0], &[0, 3])?, 1.0);
/// # Ok::<(), metrics::MetricError>(())
/// ```
pub fn jensen_shannon_distance(reference: &[u64], current: &[u64]) -> Result<f64, MetricError> {
    let (n_reference, n_current) = totals(reference, current)?;
    // 0 log 0 is 0.
    let term = |p: f64, middle: f64| if p > 0.0 { p * (p / middle).log2() } else { 0.0 };
    let twice: f64 = occupied(reference, current)
        .map(|(p, q)| {
            let (p, q) = (p as f64 / n_reference, q as f64 / n_current);
            let middle = f64::midpoint(p, q);
            term(p, middle) + term(q, middle)
        })
        .sum();
    // Rounding may leave a tiny number beyond the bounds.
    Ok((twice / 2.0).clamp(0.0, 1.0).sqrt())
}

/// Result of the Kolmogorov-Smirnov test of two samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KolmogorovSmirnov {
    /// Largest difference of the two empirical distribution functions, in [0, 1].
    pub statistic: f64,
    /// Chance of a difference as large when both samples come from one continuous distribution, for large samples;
    /// too high where values repeat.
    pub p_value: f64,
}

/// Two-sample Kolmogorov-Smirnov test. The order of the values does not matter.
///
/// The p-value is that of Kolmogorov's limiting distribution at `D √(n m / (n + m))`.
/// (Smirnov, *Table for estimating the goodness of fit of empirical distributions*, Annals of Mathematical Statistics
/// 19, 1948.)
///
/// # Errors
/// A side without values, or a value that is not finite.
pub fn kolmogorov_smirnov(reference: &[f64], current: &[f64]) -> Result<KolmogorovSmirnov, MetricError> {
    let (a, b) = (sorted(reference)?, sorted(current)?);
    let statistic = largest_difference(&a, &b);
    let (n, m) = (a.len() as f64, b.len() as f64);
    Ok(KolmogorovSmirnov { statistic, p_value: kolmogorov_survival(statistic * (n * m / (n + m)).sqrt()) })
}

/// Chance that a variable with Kolmogorov's limiting distribution exceeds `x`.
///
/// Two series of the same function, each used where a few terms reach the precision of `f64`.
#[must_use]
pub fn kolmogorov_survival(x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let survival = if x < 1.0 {
        let scale = -std::f64::consts::PI.powi(2) / (8.0 * x * x);
        let sum: f64 = [1.0_f64, 3.0, 5.0, 7.0].iter().map(|odd| (odd * odd * scale).exp()).sum();
        1.0 - (2.0 * std::f64::consts::PI).sqrt() / x * sum
    } else {
        let term = |k: f64| (-2.0 * k * k * x * x).exp();
        2.0 * (term(1.0) - term(2.0) + term(3.0) - term(4.0))
    };
    survival.clamp(0.0, 1.0)
}

fn sorted(values: &[f64]) -> Result<Vec<f64>, MetricError> {
    if values.is_empty() {
        return Err(MetricError::Empty);
    }
    if let Some((row, &score)) = values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
        return Err(MetricError::NotFinite { row, score });
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    Ok(sorted)
}

fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    let (mut i, mut j, mut largest) = (0, 0, 0.0_f64);
    while let (Some(&x), Some(&y)) = (a.get(i), b.get(j)) {
        let value = if x <= y { x } else { y };
        i += a[i..].iter().take_while(|&&other| other <= value).count();
        j += b[j..].iter().take_while(|&&other| other <= value).count();
        largest = largest.max((i as f64 / a.len() as f64 - j as f64 / b.len() as f64).abs());
    }
    largest
}

fn totals(reference: &[u64], current: &[u64]) -> Result<(f64, f64), MetricError> {
    if reference.len() != current.len() {
        return Err(MetricError::BinMismatch { n_reference: reference.len(), n_current: current.len() });
    }
    match (reference.iter().sum::<u64>(), current.iter().sum::<u64>()) {
        (0, _) | (_, 0) => Err(MetricError::Empty),
        (n_reference, n_current) => Ok((n_reference as f64, n_current as f64)),
    }
}

fn occupied<'a>(reference: &'a [u64], current: &'a [u64]) -> impl Iterator<Item = (u64, u64)> + 'a {
    reference.iter().copied().zip(current.iter().copied()).filter(|&(p, q)| p > 0 || q > 0)
}
