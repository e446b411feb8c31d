//! The columns of silver that gold is made of, of all parts of a table.

use std::collections::HashMap;

use polars::prelude::{DataFrame, DataType, PolarsResult};
use usecases::{ColumnDecl, ColumnKind, Table};

use crate::{EtlError, parquet};

/// Stands for no day.
const NO_DAY: i32 = i32::MIN;
/// Stands for no text.
const NO_TEXT: u32 = u32::MAX;

/// What gold needs a column to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Number,
    Text,
    Day,
}

/// Texts by number: each is held once, however many rows have it.
#[derive(Debug, Default)]
pub(super) struct Names {
    numbers: HashMap<String, u32>,
    names: Vec<String>,
}

impl Names {
    pub(super) fn number(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        // A partition has far fewer rows than there are numbers.
        let number = u32::try_from(self.names.len()).unwrap_or(NO_TEXT);
        self.numbers.insert(name.to_owned(), number);
        self.names.push(name.to_owned());
        number
    }

    pub(super) fn name(&self, number: u32) -> &str {
        self.names.get(number as usize).map_or("", String::as_str)
    }

    pub(super) const fn len(&self) -> usize {
        self.names.len()
    }
}

enum Values {
    /// NaN where there is none.
    Numbers(Vec<f64>),
    /// [`NO_DAY`] where there is none.
    Days(Vec<i32>),
    /// [`NO_TEXT`] where there is none.
    Texts { rows: Vec<u32>, names: Names },
}

/// Rows of a table: the entity of each, and the columns needed.
pub(super) struct TableRows<'a> {
    pub(super) table: &'a Table,
    columns: Vec<(&'a ColumnDecl, Values)>,
    entities: Vec<u32>,
}

impl<'a> TableRows<'a> {
    pub(super) const fn new(table: &'a Table) -> Self {
        Self { table, columns: Vec::new(), entities: Vec::new() }
    }

    /// The place of a column that gold needs, which is read from now on.
    pub(super) fn need(&mut self, name: &str, need: Need) -> Result<usize, EtlError> {
        let table = self.table;
        let missing =
            || EtlError::declaration(format!("table `{}` has no {need:?} `{name}`", table.name).to_lowercase());
        let decl = table.silver_columns().find(|column| column.name == name).ok_or_else(missing)?;
        let found = match decl.kind {
            ColumnKind::Number | ColumnKind::Integer | ColumnKind::YearsAndMonths => Need::Number,
            ColumnKind::Text { .. } | ColumnKind::Category { .. } | ColumnKind::Form { .. } => Need::Text,
            ColumnKind::Date(_) => Need::Day,
        };
        if found != need {
            return Err(missing());
        }
        if let Some(place) = self.columns.iter().position(|(column, _)| column.name == name) {
            return Ok(place);
        }
        self.columns.push((
            decl,
            match need {
                Need::Number => Values::Numbers(Vec::new()),
                Need::Day => Values::Days(Vec::new()),
                Need::Text => Values::Texts { rows: Vec::new(), names: Names::default() },
            },
        ));
        Ok(self.columns.len() - 1)
    }

    /// Reads a silver part; `key` is the column of the entity.
    pub(super) fn push(&mut self, key: &str, entities: &mut Names, object: &str, bytes: &[u8]) -> Result<(), EtlError> {
        let names = std::iter::once(key).chain(self.columns.iter().map(|(decl, _)| decl.name.as_str()));
        let frame = parquet::read_columns(object, bytes, names)?;
        let broken = |error| EtlError::parquet(object, error);
        let keys = frame.column(key).and_then(|column| column.str()).map_err(broken)?;
        for key in keys.iter() {
            let key = key.ok_or_else(|| EtlError::gold(format!("a row of {object} has no entity")))?;
            self.entities.push(entities.number(key));
        }
        for (decl, values) in &mut self.columns {
            values.append(&decl.name, &frame).map_err(broken)?;
        }
        Ok(())
    }

    pub(super) fn number(&self, column: usize, row: usize) -> Option<f64> {
        match &self.columns[column].1 {
            Values::Numbers(numbers) => Some(numbers[row]).filter(|number| number.is_finite()),
            _ => None,
        }
    }

    pub(super) fn day(&self, column: usize, row: usize) -> Option<i32> {
        match &self.columns[column].1 {
            Values::Days(days) => Some(days[row]).filter(|&day| day != NO_DAY),
            _ => None,
        }
    }

    pub(super) fn text(&self, column: usize, row: usize) -> Option<&str> {
        match &self.columns[column].1 {
            Values::Texts { rows, names } => {
                Some(rows[row]).filter(|&text| text != NO_TEXT).map(|text| names.name(text))
            }
            _ => None,
        }
    }

    pub(super) fn column_name(&self, column: usize) -> &str {
        &self.columns[column].0.name
    }

    /// The rows of every entity, of which there are `n_entities`.
    pub(super) fn by_entity(&self, n_entities: usize) -> ByEntity {
        let mut starts = vec![0_u32; n_entities + 1];
        for &entity in &self.entities {
            starts[entity as usize + 1] += 1;
        }
        for entity in 0..n_entities {
            starts[entity + 1] += starts[entity];
        }
        let mut next = starts.clone();
        let mut rows = vec![0; self.entities.len()];
        for (row, &entity) in self.entities.iter().enumerate() {
            let place = &mut next[entity as usize];
            rows[*place as usize] = row;
            *place += 1;
        }
        ByEntity { starts, rows }
    }
}

/// The rows of a table, grouped by entity.
pub(super) struct ByEntity {
    starts: Vec<u32>,
    rows: Vec<usize>,
}

impl ByEntity {
    pub(super) fn rows_of(&self, entity: u32) -> &[usize] {
        let entity = entity as usize;
        &self.rows[self.starts[entity] as usize..self.starts[entity + 1] as usize]
    }
}

impl Values {
    fn append(&mut self, name: &str, frame: &DataFrame) -> PolarsResult<()> {
        let column = frame.column(name)?;
        match self {
            Self::Numbers(numbers) => {
                let column = column.cast(&DataType::Float64)?;
                numbers.extend(column.f64()?.iter().map(|number| number.unwrap_or(f64::NAN)));
            }
            Self::Days(days) => days.extend(column.date()?.physical().iter().map(|day| day.unwrap_or(NO_DAY))),
            Self::Texts { rows, names } => {
                rows.extend(column.str()?.iter().map(|text| text.map_or(NO_TEXT, |text| names.number(text))));
            }
        }
        Ok(())
    }
}
