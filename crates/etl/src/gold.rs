use std::collections::BTreeMap;

use features::{Column as FieldColumn, Field, Frame, Kind};
use polars::prelude::{Column, DataFrame, NamedFrom, PolarsResult, Series};
use usecases::{Gold as GoldDecl, Label, Table, UseCase};

use crate::frame::{Silver, SilverColumn};
use crate::split::stratified;
use crate::{EtlError, Split, parquet};

/// Column of gold that holds the entity.
const KEY_COLUMN: &str = "_key";
/// Column of gold that holds the label: 0 or 1.
const LABEL_COLUMN: &str = "_label";
/// Column of gold that holds the split.
const SPLIT_COLUMN: &str = "_split";

/// Gold rows in memory, in the order of their keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Gold {
    /// The raw fields that a feature plan reads.
    pub frame: Frame,
    /// 1 for the positive class, 0 for the negative.
    pub labels: Vec<f32>,
    /// What each row is used for.
    pub splits: Vec<Split>,
    /// The entity of each row; unique.
    pub keys: Vec<String>,
}

impl Gold {
    /// Indices of the rows of a split, ascending.
    #[must_use]
    pub fn rows_of(&self, split: Split) -> Vec<usize> {
        (0..self.splits.len()).filter(|&row| self.splits[row] == split).collect()
    }

    /// How many rows each split has, by its name.
    #[must_use]
    pub fn rows_by_split(&self) -> BTreeMap<String, u64> {
        Split::ALL.iter().map(|&split| (split.to_string(), self.rows_of(split).len() as u64)).collect()
    }

    /// The rows as Parquet, which [`gold_frame`] reads.
    ///
    /// # Errors
    /// [`EtlError::Write`].
    pub fn to_parquet(&self) -> Result<Vec<u8>, EtlError> {
        let labels: Vec<f64> = self.labels.iter().map(|&label| f64::from(label)).collect();
        let splits: Vec<&str> = self.splits.iter().map(|split| split.as_str()).collect();
        let mut columns: Vec<Column> = vec![
            Series::new(KEY_COLUMN.into(), &self.keys).into(),
            Series::new(LABEL_COLUMN.into(), labels).into(),
            Series::new(SPLIT_COLUMN.into(), splits).into(),
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
}

/// Reads gold rows from the bytes of `gold.parquet`.
///
/// # Errors
/// [`EtlError::Parquet`] when the bytes are not what [`Gold::to_parquet`] writes.
pub fn gold_frame(bytes: &[u8]) -> Result<Gold, EtlError> {
    const OBJECT: &str = "gold.parquet";
    let frame = parquet::read(OBJECT, bytes)?;
    read_gold(&frame)
        .map_err(|error| EtlError::parquet(OBJECT, error))?
        .map_err(|problem| EtlError::parquet(OBJECT, problem))
}

fn read_gold(frame: &DataFrame) -> PolarsResult<Result<Gold, String>> {
    let keys: Option<Vec<String>> = frame.column(KEY_COLUMN)?.str()?.iter().map(|key| key.map(str::to_owned)).collect();
    let labels: Option<Vec<f32>> =
        frame.column(LABEL_COLUMN)?.f64()?.iter().map(|label| label.map(|label| label as f32)).collect();
    let splits: Option<Result<Vec<Split>, String>> =
        frame.column(SPLIT_COLUMN)?.str()?.iter().map(|split| Some(split?.parse())).collect();
    let mut columns = Vec::new();
    for column in frame.columns().iter().filter(|column| !column.name().starts_with('_')) {
        let values = match column.str() {
            Ok(levels) => FieldColumn::Category(levels.iter().map(|level| level.map(str::to_owned)).collect()),
            Err(_) => FieldColumn::Number(column.f64()?.iter().map(|number| number.unwrap_or(f64::NAN)).collect()),
        };
        columns.push((column.name().to_string(), values));
    }
    Ok((|| {
        let missing = |what: &str| format!("a row has no {what}");
        Ok(Gold {
            frame: Frame::new(columns).map_err(|error| error.to_string())?,
            labels: labels.ok_or_else(|| missing("label"))?,
            splits: splits.ok_or_else(|| missing("split"))??,
            keys: keys.ok_or_else(|| missing("key"))?,
        })
    })())
}

/// Gathers gold rows from validated silver parts.
pub struct GoldBuilder<'a> {
    table: &'a Table,
    decl: &'a GoldDecl,
    key: usize,
    label: usize,
    positive: &'a str,
    negative: &'a str,
    /// The declared fields, each with its column in the table.
    fields: Vec<(&'a Field, usize)>,
    rows: Vec<Row>,
    columns: Vec<FieldColumn>,
}

struct Row {
    key: String,
    is_positive: bool,
}

impl<'a> GoldBuilder<'a> {
    /// A builder for the gold rows that a use case declares.
    ///
    /// # Errors
    /// [`EtlError::Declaration`] when the declaration names a column that does not exist or is of the wrong kind.
    pub fn new(use_case: &'a UseCase) -> Result<Self, EtlError> {
        let decl = &use_case.gold;
        let table = use_case
            .gold_table()
            .ok_or_else(|| EtlError::declaration(format!("gold is of table `{}`, which does not exist", decl.table)))?;
        let find = |name: &str, kind: Kind| {
            let place = table.columns.iter().position(|column| column.name == name);
            let place = place.filter(|&place| table.columns[place].kind.is_number() == (kind == Kind::Number));
            place.ok_or_else(|| EtlError::declaration(format!("table `{}` has no {kind} `{name}`", table.name)))
        };
        let Label::Level { column: label, positive, negative } = &decl.label else {
            return Err(EtlError::declaration("gold of one table has a label of its only row".to_owned()));
        };
        let fields = decl.features.fields.iter().map(|field| Ok((field, find(&field.name, field.kind)?)));
        let fields: Vec<_> = fields.collect::<Result<_, EtlError>>()?;
        if let Some((field, _)) = fields.iter().find(|(field, _)| field.name.starts_with('_')) {
            return Err(EtlError::declaration(format!("field `{}` begins with an underscore", field.name)));
        }
        let columns = fields.iter().map(|(field, _)| match field.kind {
            Kind::Number => FieldColumn::Number(Vec::new()),
            Kind::Category => FieldColumn::Category(Vec::new()),
        });
        Ok(Self {
            key: find(&decl.entity_key, Kind::Category)?,
            label: find(label, Kind::Category)?,
            positive,
            negative,
            columns: columns.collect(),
            table,
            decl,
            fields,
            rows: Vec::new(),
        })
    }

    /// Adds the rows of a validated silver part.
    ///
    /// # Errors
    /// [`EtlError::Parquet`]; [`EtlError::Gold`] for a row without key or with a label of neither class, which
    /// validated silver does not have.
    pub fn push(&mut self, object: &str, bytes: &[u8]) -> Result<(), EtlError> {
        let silver = Silver::read(self.table, object, bytes)?;
        for row in 0..silver.n_rows() {
            let at = || format!("the row at byte {} of its raw file ({object})", silver.origins.get(row).offset);
            let key = silver.columns[self.key].text(row);
            let key = key.ok_or_else(|| EtlError::gold(format!("{} has no {}", at(), self.decl.entity_key)))?;
            let label = silver.columns[self.label].text(row);
            let is_positive = match label {
                Some(label) if label == self.positive => true,
                Some(label) if label == self.negative => false,
                _ => return Err(EtlError::gold(format!("{} has the label {label:?}", at()))),
            };
            self.rows.push(Row { key: key.to_owned(), is_positive });
        }
        for (values, &(_, place)) in self.columns.iter_mut().zip(&self.fields) {
            append(values, &silver.columns[place], silver.n_rows());
        }
        Ok(())
    }

    /// The gold rows, sorted by key and divided into splits.
    ///
    /// # Errors
    /// [`EtlError::Gold`] when a key occurs twice or a split would be empty.
    pub fn finish(self, shares: &contracts::Split, seed: u64) -> Result<Gold, EtlError> {
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        order.sort_by(|&a, &b| self.rows[a].key.cmp(&self.rows[b].key));
        if let Some(pair) = order.windows(2).find(|pair| self.rows[pair[0]].key == self.rows[pair[1]].key) {
            let rows = format!("rows {} and {}", pair[0].min(pair[1]) + 1, pair[0].max(pair[1]) + 1);
            return Err(EtlError::gold(format!("{rows} have the same {}", self.decl.entity_key)));
        }
        let keys: Vec<&str> = order.iter().map(|&row| self.rows[row].key.as_str()).collect();
        let is_positive: Vec<bool> = order.iter().map(|&row| self.rows[row].is_positive).collect();
        let splits = stratified(&keys, &is_positive, shares, seed)?;
        let columns = self.fields.iter().zip(self.columns);
        let columns = columns.map(|((field, _), values)| (field.name.clone(), ordered(values, &order)));
        Ok(Gold {
            frame: Frame::new(columns.collect())?,
            labels: is_positive.iter().map(|&positive| f32::from(u8::from(positive))).collect(),
            splits,
            keys: keys.into_iter().map(str::to_owned).collect(),
        })
    }
}

fn append(values: &mut FieldColumn, column: &SilverColumn, n_rows: usize) {
    match (values, column) {
        (FieldColumn::Number(values), column @ (SilverColumn::Numbers(_) | SilverColumn::Integers(_))) => {
            values.extend((0..n_rows).map(|row| column.number(row).unwrap_or(f64::NAN)));
        }
        (FieldColumn::Category(values), SilverColumn::Texts(texts)) => {
            values.extend(texts.iter().map(|text| text.map(str::to_owned)));
        }
        // `GoldBuilder::new` has checked the kinds; uneven columns would be refused by the frame.
        _ => {}
    }
}

/// Brings the values into the order of `rows`, which names every row once; moves them, because texts are many.
fn ordered(values: FieldColumn, rows: &[usize]) -> FieldColumn {
    match values {
        FieldColumn::Number(values) => FieldColumn::Number(rows.iter().map(|&row| values[row]).collect()),
        FieldColumn::Category(mut values) => {
            FieldColumn::Category(rows.iter().map(|&row| values[row].take()).collect())
        }
    }
}
