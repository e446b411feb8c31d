use features::{Column as FieldColumn, Field, Frame, Kind};
use polars::prelude::{Column, DataFrame, Int32Chunked, IntoColumn, NamedFrom, NewChunkedArray, PolarsResult, Series};

use crate::{EtlError, parquet};

/// Column of gold that holds the entity.
const KEY_COLUMN: &str = "_key";
/// Column of gold that holds the prediction date.
const DATE_COLUMN: &str = "_date";
/// Column of gold that holds the label: 0, 1 or nothing.
const LABEL_COLUMN: &str = "_label";

/// The gold rows of some entities, before anything says what each is used for.
#[derive(Clone, Debug, PartialEq)]
pub struct GoldRows {
    /// The entity of each row; unique within a hash partition, where rows are sorted by it.
    pub keys: Vec<String>,
    /// Prediction date of each row, days since 1970-01-01; `None` where the data knows no time.
    pub dates: Vec<Option<i32>>,
    /// 1 for the positive class, 0 for the negative, NaN where nothing is known yet.
    pub labels: Vec<f32>,
    /// Raw fields.
    pub frame: Frame,
}

impl GoldRows {
    /// The rows as Parquet: `_key`, `_date`, `_label` and the fields. The same rows give the same bytes.
    ///
    /// # Errors
    /// [`EtlError::Write`].
    pub fn to_parquet(&self) -> Result<Vec<u8>, EtlError> {
        let labels = self.labels.iter().map(|&label| if label.is_nan() { None } else { Some(label as i32) });
        let dates = self.dates.iter().copied();
        let mut columns: Vec<Column> = vec![
            Series::new(KEY_COLUMN.into(), &self.keys).into(),
            Int32Chunked::from_iter_options(DATE_COLUMN.into(), dates).into_date().into_column(),
            Int32Chunked::from_iter_options(LABEL_COLUMN.into(), labels).into_column(),
        ];
        for name in self.frame.names() {
            columns.push(match self.frame.column(name) {
                Some(FieldColumn::Number(numbers)) => {
                    let numbers: Vec<Option<f64>> =
                        numbers.iter().map(|&n| Some(n).filter(|n| n.is_finite())).collect();
                    Series::new(name.into(), numbers).into()
                }
                Some(FieldColumn::Category(levels)) => {
                    let levels: Vec<Option<&str>> = levels.iter().map(Option::as_deref).collect();
                    Series::new(name.into(), levels).into()
                }
                None => continue,
            });
        }
        let mut frame = DataFrame::new_infer_height(columns).map_err(|error| EtlError::write("gold", error))?;
        parquet::write("gold", &mut frame)
    }

    /// Reads the rows of a gold part with these fields; other columns are not even decoded.
    ///
    /// # Errors
    /// [`EtlError::Parquet`] when the bytes are not what [`GoldRows::to_parquet`] writes, or lack a field.
    pub fn from_parquet(object: &str, bytes: &[u8], fields: &[Field]) -> Result<Self, EtlError> {
        let names = [KEY_COLUMN, DATE_COLUMN, LABEL_COLUMN].into_iter().chain(fields.iter().map(|f| f.name.as_str()));
        let frame = parquet::read_columns(object, bytes, names)?;
        let columns = fields.iter().map(|field| Ok((field.name.clone(), column(&frame, field)?)));
        let columns = columns.collect::<PolarsResult<Vec<_>>>().map_err(|error| EtlError::parquet(object, error))?;
        let rows = identities(&frame).map_err(|error| EtlError::parquet(object, error))?;
        let (keys, dates, labels) = rows.ok_or_else(|| EtlError::parquet(object, "a row has no key"))?;
        Ok(Self { keys, dates, labels, frame: Frame::new(columns)? })
    }

    /// Number of rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Adds the rows of another partition, with the same fields.
    ///
    /// # Errors
    /// [`EtlError::Features`] when the fields are others.
    pub fn append(&mut self, other: Self) -> Result<(), EtlError> {
        self.frame.append(other.frame)?;
        self.keys.extend(other.keys);
        self.dates.extend(other.dates);
        self.labels.extend(other.labels);
        Ok(())
    }
}

/// Keys, dates and labels of a gold part.
type Identities = (Vec<String>, Vec<Option<i32>>, Vec<f32>);

fn identities(frame: &DataFrame) -> PolarsResult<Option<Identities>> {
    let keys: Option<Vec<String>> = frame.column(KEY_COLUMN)?.str()?.iter().map(|key| key.map(str::to_owned)).collect();
    let dates = frame.column(DATE_COLUMN)?.date()?.physical().iter().collect();
    let labels = frame.column(LABEL_COLUMN)?.i32()?.iter();
    let labels = labels.map(|label| label.map_or(f32::NAN, |label| label as f32)).collect();
    Ok(keys.map(|keys| (keys, dates, labels)))
}

fn column(frame: &DataFrame, field: &Field) -> PolarsResult<FieldColumn> {
    let column = frame.column(&field.name)?;
    Ok(match field.kind {
        Kind::Category => FieldColumn::Category(column.str()?.iter().map(|level| level.map(str::to_owned)).collect()),
        Kind::Number => FieldColumn::Number(column.f64()?.iter().map(|number| number.unwrap_or(f64::NAN)).collect()),
    })
}
