//! Predictions, predictions beside what came true, and the figures of monitoring, as Parquet.

use contracts::ModelVersion;
use polars::prelude::{Column, DataFrame, DataType, NamedFrom, PolarsResult, Series};

use crate::{EtlError, parquet};

const DATE: &str = "prediction_date";
const LABEL: &str = "predicted_label";
const PROBABILITY: &str = "predicted_proba";
const VERSION: &str = "model_version";
/// Whether the row is of the positive class; null while nobody knows.
const ACTUAL: &str = "actual";
/// Whether the model was fitted to the row, or its threshold chosen on it.
const SEEN: &str = "seen_in_training";

/// Predictions, column by column; all of one length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Predictions {
    /// The entity of each row.
    pub keys: Vec<String>,
    /// When each prediction counts from, in days since 1970-01-01.
    pub dates: Vec<i32>,
    /// Name of the class predicted.
    pub labels: Vec<String>,
    /// Probability of the positive class.
    pub probabilities: Vec<f64>,
    /// Version that predicted.
    pub versions: Vec<ModelVersion>,
}

/// Predictions beside what came true.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JoinedRows {
    /// The predictions.
    pub predictions: Predictions,
    /// Whether each row is of the positive class; `None` while nobody knows.
    pub actuals: Vec<Option<bool>>,
    /// Whether the model was fitted to the row, or its threshold chosen on it: then it is no evidence.
    pub seen: Vec<bool>,
}

/// The figures of one monitoring run, as a row of a table. What could not be measured is null.
#[derive(Clone, Debug, PartialEq)]
pub struct MonitoringRow {
    /// Day of the run, in days since 1970-01-01.
    pub monitoring_date: i32,
    /// Start of the run, RFC 3339.
    pub monitored_at: String,
    /// Version monitored.
    pub model_version: ModelVersion,
    /// Area under the ROC curve.
    pub auc: Option<f64>,
    /// Precision at the model's threshold.
    pub precision: Option<f64>,
    /// Recall at the model's threshold.
    pub recall: Option<f64>,
    /// F1 at the model's threshold.
    pub f1: Option<f64>,
    /// Largest population stability index of score and fields.
    pub psi: Option<f64>,
    /// Rows monitored.
    pub n_rows: u64,
    /// Rows of these with a label.
    pub n_labelled: u64,
}

impl Predictions {
    /// Number of rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Adds the rows of another part.
    pub fn append(&mut self, mut other: Self) {
        self.keys.append(&mut other.keys);
        self.dates.append(&mut other.dates);
        self.labels.append(&mut other.labels);
        self.probabilities.append(&mut other.probabilities);
        self.versions.append(&mut other.versions);
    }

    fn columns(&self, entity_key: &str) -> PolarsResult<Vec<Column>> {
        let versions: Vec<String> = self.versions.iter().map(ToString::to_string).collect();
        Ok(vec![
            Series::new(entity_key.into(), &self.keys).into(),
            Series::new(DATE.into(), &self.dates).cast(&DataType::Date)?.into(),
            Series::new(LABEL.into(), &self.labels).into(),
            Series::new(PROBABILITY.into(), &self.probabilities).into(),
            Series::new(VERSION.into(), versions).into(),
        ])
    }
}

/// Predictions as Parquet: the entity key under its own name, `prediction_date`, `predicted_label`,
/// `predicted_proba`, `model_version`.
///
/// # Errors
/// [`EtlError::Write`], for columns of unequal length or a probability outside [0, 1] too.
pub fn predictions_to_parquet(entity_key: &str, rows: &Predictions) -> Result<Vec<u8>, EtlError> {
    const WHAT: &str = "predictions";
    if let Some((row, p)) = rows.probabilities.iter().enumerate().find(|(_, p)| !(0.0..=1.0).contains(*p)) {
        return Err(EtlError::write(WHAT, format!("probability {p} of row {row} is outside [0, 1]")));
    }
    written(WHAT, rows.columns(entity_key))
}

/// Reads what [`predictions_to_parquet`] wrote.
///
/// # Errors
/// [`EtlError::Parquet`] when the bytes are something else.
pub fn predictions_from_parquet(bytes: &[u8]) -> Result<Predictions, EtlError> {
    const OBJECT: &str = "predictions";
    let frame = parquet::read(OBJECT, bytes)?;
    read_predictions(&frame)
        .map_err(|error| EtlError::parquet(OBJECT, error))?
        .map_err(|problem| EtlError::parquet(OBJECT, problem))
}

/// Joined rows as Parquet: the columns of the predictions, `actual` and `seen_in_training`.
///
/// # Errors
/// [`EtlError::Write`], for columns of unequal length too.
pub fn joined_to_parquet(entity_key: &str, rows: &JoinedRows) -> Result<Vec<u8>, EtlError> {
    let columns = rows.predictions.columns(entity_key).map(|mut columns| {
        columns.push(Series::new(ACTUAL.into(), &rows.actuals).into());
        columns.push(Series::new(SEEN.into(), &rows.seen).into());
        columns
    });
    written("joined rows", columns)
}

/// Reads what [`joined_to_parquet`] wrote.
///
/// # Errors
/// [`EtlError::Parquet`] when the bytes are something else.
pub fn joined_from_parquet(bytes: &[u8]) -> Result<JoinedRows, EtlError> {
    const OBJECT: &str = "joined rows";
    let frame = parquet::read(OBJECT, bytes)?;
    let predictions = read_predictions(&frame)
        .map_err(|error| EtlError::parquet(OBJECT, error))?
        .map_err(|problem| EtlError::parquet(OBJECT, problem))?;
    let flags = |name| -> PolarsResult<Vec<Option<bool>>> { Ok(frame.column(name)?.bool()?.iter().collect()) };
    let actuals = flags(ACTUAL).map_err(|error| EtlError::parquet(OBJECT, error))?;
    let seen = flags(SEEN).map_err(|error| EtlError::parquet(OBJECT, error))?;
    let seen: Option<Vec<bool>> = seen.into_iter().collect();
    let seen = seen.ok_or_else(|| EtlError::parquet(OBJECT, format!("a row has no {SEEN}")))?;
    Ok(JoinedRows { predictions, actuals, seen })
}

/// Rows of monitoring as Parquet: `monitoring_date`, `monitored_at`, `model_version`, `auc`, `precision`, `recall`,
/// `f1`, `psi`, `n_rows`, `n_labelled`. The tables of several runs have the same columns, so an engine such as Athena
/// or DuckDB reads them as one.
///
/// # Errors
/// [`EtlError::Write`].
pub fn monitoring_to_parquet(rows: &[MonitoringRow]) -> Result<Vec<u8>, EtlError> {
    written("monitoring rows", monitoring_columns(rows))
}

fn monitoring_columns(rows: &[MonitoringRow]) -> PolarsResult<Vec<Column>> {
    let dates: Vec<i32> = rows.iter().map(|row| row.monitoring_date).collect();
    let times: Vec<&str> = rows.iter().map(|row| row.monitored_at.as_str()).collect();
    let versions: Vec<String> = rows.iter().map(|row| row.model_version.to_string()).collect();
    let figure = |name: &str, of: fn(&MonitoringRow) -> Option<f64>| -> Column {
        Series::new(name.into(), rows.iter().map(of).collect::<Vec<_>>()).into()
    };
    let count = |name: &str, of: fn(&MonitoringRow) -> u64| -> Column {
        Series::new(name.into(), rows.iter().map(of).collect::<Vec<_>>()).into()
    };
    Ok(vec![
        Series::new("monitoring_date".into(), dates).cast(&DataType::Date)?.into(),
        Series::new("monitored_at".into(), times).into(),
        Series::new(VERSION.into(), versions).into(),
        figure("auc", |row| row.auc),
        figure("precision", |row| row.precision),
        figure("recall", |row| row.recall),
        figure("f1", |row| row.f1),
        figure("psi", |row| row.psi),
        count("n_rows", |row| row.n_rows),
        count("n_labelled", |row| row.n_labelled),
    ])
}

fn written(what: &str, columns: PolarsResult<Vec<Column>>) -> Result<Vec<u8>, EtlError> {
    let frame = columns.and_then(DataFrame::new_infer_height);
    parquet::write(what, &mut frame.map_err(|error| EtlError::write(what, error))?)
}

fn read_predictions(frame: &DataFrame) -> PolarsResult<Result<Predictions, String>> {
    let key = frame.columns().first().map(|column| column.name().clone()).unwrap_or_default();
    let texts = |name: &str| -> PolarsResult<Option<Vec<String>>> {
        Ok(frame.column(name)?.str()?.iter().map(|text| text.map(str::to_owned)).collect())
    };
    let keys = texts(&key)?;
    let labels = texts(LABEL)?;
    let versions = texts(VERSION)?;
    let probabilities: Option<Vec<f64>> = frame.column(PROBABILITY)?.f64()?.iter().collect();
    let dates = frame.column(DATE)?;
    // The type is asked for by name: a cast would take any number for a day.
    dates.date()?;
    let dates: Option<Vec<i32>> = dates.cast(&DataType::Int32)?.i32()?.iter().collect();
    Ok((|| {
        let missing = |what: &str| format!("a row has no {what}");
        let versions = versions.ok_or_else(|| missing(VERSION))?;
        let versions: Result<Vec<ModelVersion>, String> =
            versions.iter().map(|version| version.parse().map_err(|error| format!("{error}"))).collect();
        Ok(Predictions {
            keys: keys.ok_or_else(|| missing(&key))?,
            dates: dates.ok_or_else(|| missing(DATE))?,
            labels: labels.ok_or_else(|| missing(LABEL))?,
            probabilities: probabilities.ok_or_else(|| missing(PROBABILITY))?,
            versions: versions?,
        })
    })())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    fn predictions() -> Predictions {
        Predictions {
            keys: vec!["a".to_owned(), "b".to_owned()],
            dates: vec![19_539, -3],
            labels: vec!["paid".to_owned(), "default".to_owned()],
            probabilities: vec![0.25, 1.0],
            versions: vec![ModelVersion::first(), ModelVersion::new(12).unwrap()],
        }
    }

    fn column_types(bytes: &[u8]) -> Vec<String> {
        let frame = parquet::read("test", bytes).unwrap();
        frame.columns().iter().map(|column| format!("{}: {}", column.name(), column.dtype())).collect()
    }

    #[test]
    fn predictions_come_back_and_have_the_promised_columns() {
        let bytes = predictions_to_parquet("customer_id", &predictions()).unwrap();
        assert_eq!(predictions_from_parquet(&bytes).unwrap(), predictions());
        assert_eq!(
            column_types(&bytes),
            [
                "customer_id: str",
                "prediction_date: date",
                "predicted_label: str",
                "predicted_proba: f64",
                "model_version: str"
            ]
        );
        assert_eq!(predictions_to_parquet("customer_id", &predictions()).unwrap(), bytes, "same rows, same bytes");
    }

    #[test]
    fn a_partition_without_rows_comes_back_empty() {
        let bytes = predictions_to_parquet("customer_id", &Predictions::default()).unwrap();
        assert_eq!(predictions_from_parquet(&bytes).unwrap(), Predictions::default());
    }

    #[test]
    fn parts_are_put_together() {
        let mut all = predictions();
        all.append(predictions());
        assert_eq!((all.len(), all.keys[3].as_str(), all.probabilities[2]), (4, "b", 0.25));
    }

    #[test]
    fn uneven_columns_and_what_is_no_probability_are_refused() {
        let uneven = Predictions { dates: vec![1], ..predictions() };
        assert!(predictions_to_parquet("k", &uneven).is_err());
        let beyond = Predictions { probabilities: vec![0.5, 1.5], ..predictions() };
        let error = predictions_to_parquet("k", &beyond).unwrap_err().to_string();
        assert!(error.contains("probability 1.5 of row 1"), "{error}");
    }

    #[test]
    fn joined_rows_come_back_with_unknown_labels() {
        let rows = JoinedRows { predictions: predictions(), actuals: vec![None, Some(true)], seen: vec![true, false] };
        let bytes = joined_to_parquet("customer_id", &rows).unwrap();
        assert_eq!(joined_from_parquet(&bytes).unwrap(), rows);
        let error = joined_from_parquet(&predictions_to_parquet("k", &predictions()).unwrap()).unwrap_err();
        assert!(error.to_string().contains("actual"), "{error}");
    }

    #[test]
    fn figures_that_could_not_be_measured_are_null() {
        let row = MonitoringRow {
            monitoring_date: 20_000,
            monitored_at: "2024-10-04T04:00:00Z".to_owned(),
            model_version: ModelVersion::first(),
            auc: None,
            precision: None,
            recall: None,
            f1: None,
            psi: Some(0.03),
            n_rows: 500,
            n_labelled: 3,
        };
        let bytes = monitoring_to_parquet(&[row]).unwrap();
        let frame = parquet::read("test", &bytes).unwrap();
        assert_eq!(frame.height(), 1);
        assert_eq!(frame.column("auc").unwrap().f64().unwrap().get(0), None);
        assert_eq!(frame.column("psi").unwrap().f64().unwrap().get(0), Some(0.03));
        assert_eq!(column_types(&bytes)[0], "monitoring_date: date");
    }
}
