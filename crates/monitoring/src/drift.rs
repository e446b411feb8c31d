//! Later rows against the rows a model was trained on.

use contracts::{DriftReference, FieldBins, FieldReference, Monitoring};
use features::{Column, Frame};
use metrics::{
    jensen_shannon_distance, kolmogorov_smirnov, kolmogorov_survival, n_occupied_bins, population_stability_index,
};
use serde::{Deserialize, Serialize};
use statrs::distribution::{ChiSquared, ContinuousCDF as _};

use crate::reference::{bin_of_level, bin_of_number, n_bins};
use crate::{MonitoringError, short};

/// How far score and fields have moved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// The model's answers.
    pub score: FieldDrift,
    /// The raw fields that the model reads, in its order.
    pub fields: Vec<FieldDrift>,
}

/// How far one field has moved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldDrift {
    /// Name of the field; `score` for the model's answer.
    pub name: String,
    /// Population stability index over the frozen bins, missing values being one of them.
    pub psi: f64,
    /// What the index stays below by chance, at the confidence of the settings, with so many rows.
    pub critical_psi: f64,
    /// From here on the field has drifted: the larger of the fixed bound and the critical value.
    pub bound: f64,
    /// Whether it has.
    pub drifted: bool,
    /// Kolmogorov-Smirnov statistic of the values that are not missing, for numbers that occur on both sides.
    pub ks: Option<f64>,
    /// Chance of such a statistic without drift.
    pub ks_p_value: Option<f64>,
    /// Jensen-Shannon distance over the same bins, base 2, in [0, 1].
    pub jensen_shannon: f64,
    /// Share of missing values in the reference.
    pub missing_reference: f64,
    /// Share of missing values now.
    pub missing_current: f64,
    /// The bins.
    pub bins: Vec<BinShare>,
}

/// A bin and its share of the rows on both sides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BinShare {
    /// What is in it, for people.
    pub label: String,
    /// Share of the reference rows.
    pub reference: f64,
    /// Share of the current rows.
    pub current: f64,
}

impl Drift {
    /// Score and fields.
    pub fn all(&self) -> impl Iterator<Item = &FieldDrift> {
        std::iter::once(&self.score).chain(&self.fields)
    }

    /// The largest index of score and fields.
    #[must_use]
    pub fn max_psi(&self) -> f64 {
        self.all().map(|field| field.psi).fold(0.0, f64::max)
    }

    /// The fields, the one that moved furthest first.
    #[must_use]
    pub fn ranked(&self) -> Vec<&FieldDrift> {
        let mut fields: Vec<&FieldDrift> = self.fields.iter().collect();
        fields.sort_by(|a, b| b.psi.total_cmp(&a.psi).then_with(|| a.name.cmp(&b.name)));
        fields
    }

    /// Mean shares of missing values over the fields: in the reference, and now. `None` without fields.
    #[must_use]
    pub fn mean_missing(&self) -> Option<(f64, f64)> {
        let n = self.fields.len() as f64;
        let mean = |of: fn(&FieldDrift) -> f64| self.fields.iter().map(of).sum::<f64>() / n;
        (n > 0.0).then(|| (mean(|field| field.missing_reference), mean(|field| field.missing_current)))
    }
}

/// Compares the rows of `frame` and their `scores` with the reference.
///
/// # Errors
/// No rows, a field that the frame does not have or that is of another kind, or a reference that is broken.
pub fn drift(
    reference: &DriftReference,
    frame: &Frame,
    scores: &[f64],
    bounds: &Monitoring,
) -> Result<Drift, MonitoringError> {
    let score = compare_numbers(&reference.score, scores, bounds)?;
    let fields = reference.fields.iter().map(|field| {
        let column = frame
            .column(&field.name)
            .ok_or_else(|| features::FeatureError::UnknownField { field: field.name.clone() })?;
        compare(field, column, bounds)
    });
    Ok(Drift { score, fields: fields.collect::<Result<_, _>>()? })
}

/// Compares a column with the reference of its field.
///
/// # Errors
/// No rows, a column of another kind, or a reference that is broken.
pub fn compare(
    reference: &FieldReference,
    column: &Column,
    bounds: &Monitoring,
) -> Result<FieldDrift, MonitoringError> {
    match (column, &reference.bins) {
        (Column::Number(values), FieldBins::Number { .. }) => compare_numbers(reference, values, bounds),
        (Column::Category(values), FieldBins::Category { levels }) => {
            let bin = |value: &Option<String>| value.as_deref().map(|value| bin_of_level(levels, value));
            compared(reference, &counts(reference, values.iter().map(bin)), None, bounds)
        }
        _ => Err(MonitoringError::OtherKind { field: reference.name.clone() }),
    }
}

fn compare_numbers(
    reference: &FieldReference,
    values: &[f64],
    bounds: &Monitoring,
) -> Result<FieldDrift, MonitoringError> {
    let FieldBins::Number { edges } = &reference.bins else {
        return Err(MonitoringError::OtherKind { field: reference.name.clone() });
    };
    let bin = |value: &f64| value.is_finite().then(|| bin_of_number(edges, *value));
    let present: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    let ks = if present.is_empty() || reference.quantiles.is_empty() {
        None
    } else {
        Some((kolmogorov_smirnov(&reference.quantiles, &present)?.statistic, present.len()))
    };
    compared(reference, &counts(reference, values.iter().map(bin)), ks, bounds)
}

/// Rows by bin, the missing ones last.
fn counts(reference: &FieldReference, bins: impl Iterator<Item = Option<usize>>) -> Vec<u64> {
    let n_bins = n_bins(&reference.bins);
    let mut counts = vec![0; n_bins + 1];
    for bin in bins {
        counts[bin.unwrap_or(n_bins)] += 1;
    }
    counts
}

fn compared(
    reference: &FieldReference,
    current: &[u64],
    ks: Option<(f64, usize)>,
    bounds: &Monitoring,
) -> Result<FieldDrift, MonitoringError> {
    let name = reference.name.clone();
    let broken = |problem: &str| MonitoringError::BrokenReference { field: name.clone(), problem: problem.to_owned() };
    if reference.counts.len() != current.len() {
        return Err(broken(&format!("{} counts for {} bins", reference.counts.len(), current.len())));
    }
    let (n_reference, n_current) = (reference.counts.iter().sum::<u64>(), current.iter().sum::<u64>());
    if n_reference == 0 {
        return Err(broken("it has no rows"));
    }
    if n_current == 0 {
        return Err(MonitoringError::NoRows { what: format!("field `{name}`") });
    }
    let psi = population_stability_index(&reference.counts, current)?;
    let n_bins = n_occupied_bins(&reference.counts, current);
    let critical_psi = critical_psi(n_bins, n_reference, n_current, bounds.psi_confidence);
    let bound = bounds.max_psi.max(critical_psi);
    let share = |counts: &[u64], bin: usize, n: u64| counts[bin] as f64 / n as f64;
    let missing = current.len() - 1;
    let n_present = (n_reference - reference.counts[missing]) as f64;
    Ok(FieldDrift {
        psi,
        critical_psi,
        bound,
        drifted: psi >= bound,
        ks: ks.map(|(statistic, _)| statistic),
        // The quantiles stand for all the reference rows that had a value.
        ks_p_value: ks.map(|(statistic, n)| {
            let n = n as f64;
            kolmogorov_survival(statistic * (n * n_present / (n + n_present)).sqrt())
        }),
        jensen_shannon: jensen_shannon_distance(&reference.counts, current)?,
        missing_reference: share(&reference.counts, missing, n_reference),
        missing_current: share(current, missing, n_current),
        bins: labels(&reference.bins)
            .into_iter()
            .enumerate()
            .map(|(bin, label)| BinShare {
                label,
                reference: share(&reference.counts, bin, n_reference),
                current: share(current, bin, n_current),
            })
            .collect(),
        name,
    })
}

/// What a population stability index over `n_bins` bins stays below with probability `confidence` when nothing has
/// drifted: `(1/n + 1/m)` times that quantile of the chi-square distribution with `n_bins - 1` degrees of freedom.
///
/// The usual bound of 0.2 does not know how many rows there are: with 100 on each side and ten bins a third of all
/// samples exceed it by chance, with 10,000 none ever will.
/// (Yurdakul, *Statistical Properties of Population Stability Index*, Western Michigan University, 2018, eq. 3.6.)
///
/// ```
/// // Ten bins, 1,000 rows on each side, 95 %: 16.919 × 0.002.
/// assert!((monitoring::critical_psi(10, 1_000, 1_000, 0.95) - 0.033_838).abs() < 1e-6);
/// ```
#[must_use]
pub fn critical_psi(n_bins: usize, n_reference: u64, n_current: u64, confidence: f64) -> f64 {
    if n_bins < 2 {
        return 0.0;
    }
    let quantile = ChiSquared::new(n_bins as f64 - 1.0)
        .map_or(f64::INFINITY, |distribution| distribution.inverse_cdf(confidence.clamp(0.0, 1.0)));
    (1.0 / n_reference as f64 + 1.0 / n_current as f64) * quantile
}

/// What is in each bin, the missing values last.
fn labels(bins: &FieldBins) -> Vec<String> {
    let mut labels: Vec<String> = match bins {
        FieldBins::Category { levels } => levels.iter().cloned().chain(["other".to_owned()]).collect(),
        FieldBins::Number { edges } => {
            let (Some(first), Some(last)) = (edges.first(), edges.last()) else {
                return vec!["any number".to_owned(), "missing".to_owned()];
            };
            let between = edges.windows(2).map(|pair| format!("{} to {}", short(pair[0]), short(pair[1])));
            std::iter::once(format!("up to {}", short(*first)))
                .chain(between)
                .chain([format!("above {}", short(*last))])
                .collect()
        }
    };
    labels.push("missing".to_owned());
    labels
}
