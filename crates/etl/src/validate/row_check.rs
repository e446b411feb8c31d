use usecases::{Check, ColumnKind, Table};

use super::identity::{self, Duplicates};
use crate::frame::Silver;

/// A check on single rows, with its columns found.
pub(super) enum RowCheck<'a> {
    Range { column: usize, min: Option<f64>, max: Option<f64> },
    AllowedLevels { column: usize, levels: &'a [String] },
    NullOnlyIf { column: usize, other: usize, equals: f64 },
    Implies { column: usize, level: &'a str, other: usize, allowed: &'a [String] },
    Product { column: usize, factors: Vec<usize>, fraction: f64 },
    Unique { columns: Vec<usize>, all_columns: Vec<usize>, duplicates: Duplicates },
}

/// Finds the column `name`, which must hold numbers (or texts).
pub(super) fn find(table: &Table, name: &str, wants_number: Option<bool>) -> Result<usize, String> {
    let place = table.columns.iter().position(|column| column.name == name);
    let place = place.ok_or_else(|| format!("is about column `{name}`, which table `{}` does not have", table.name))?;
    let is_number = matches!(table.columns[place].kind, ColumnKind::Number | ColumnKind::Integer);
    match wants_number {
        Some(true) if !is_number => Err(format!("needs numbers in column `{name}`, which holds texts")),
        Some(false) if is_number => Err(format!("needs texts in column `{name}`, which holds numbers")),
        _ => Ok(place),
    }
}

impl<'a> RowCheck<'a> {
    /// The check, if it is one on rows.
    pub(super) fn new(table: &Table, check: &'a Check) -> Result<Option<Self>, String> {
        let number = |name: &str| find(table, name, Some(true));
        let text = |name: &str| find(table, name, Some(false));
        let any = |name: &str| find(table, name, None);
        Ok(Some(match check {
            Check::Range { min: None, max: None, .. } => return Err("has no bound".to_owned()),
            Check::Range { column, min, max } => Self::Range { column: number(column)?, min: *min, max: *max },
            Check::AllowedLevels { column, levels } => Self::AllowedLevels { column: text(column)?, levels },
            Check::NullOnlyIf { column, other, equals } => {
                Self::NullOnlyIf { column: any(column)?, other: number(other)?, equals: *equals }
            }
            Check::Implies { column, level, other, allowed } => {
                Self::Implies { column: text(column)?, level, other: text(other)?, allowed }
            }
            Check::Product { column, factors, fraction } => Self::Product {
                column: number(column)?,
                factors: factors.iter().map(|factor| number(factor)).collect::<Result<_, _>>()?,
                fraction: *fraction,
            },
            Check::Unique { columns } => Self::Unique {
                columns: columns.iter().map(|column| any(column)).collect::<Result<_, _>>()?,
                all_columns: (0..table.columns.len()).collect(),
                duplicates: Duplicates::default(),
            },
            _ => return Ok(None),
        }))
    }

    /// Looks at a row before any row is checked; `number` counts through all parts.
    pub(super) fn survey(&mut self, silver: &Silver, row: usize, number: u64) {
        if let Self::Unique { columns, all_columns, duplicates } = self
            && columns.iter().all(|&column| !silver.columns[column].is_null(row))
        {
            let key = identity::of_cells(silver, row, columns);
            duplicates.add(number, key, identity::of_cells(silver, row, all_columns));
        }
    }

    /// Ends the survey.
    pub(super) fn settle(&mut self) {
        if let Self::Unique { duplicates, .. } = self {
            duplicates.settle();
        }
    }

    /// What is wrong with a row; `None` when it keeps the rule. A null keeps every rule but those about nulls.
    pub(super) fn problem(&self, silver: &Silver, row: usize, number: u64) -> Option<String> {
        let value = |column: usize| silver.columns[column].number(row);
        let text = |column: usize| silver.columns[column].text(row);
        match self {
            Self::Range { column, min, max } => {
                let value = value(*column)?;
                let is_below = min.is_some_and(|min| value < min);
                let is_above = max.is_some_and(|max| value > max);
                let bound = if is_below { min.map(|min| ("below", min)) } else { max.map(|max| ("above", max)) };
                bound.filter(|_| is_below || is_above).map(|(side, bound)| format!("{value} is {side} {bound}"))
            }
            Self::AllowedLevels { column, levels } => {
                let level = text(*column)?;
                levels.iter().all(|allowed| allowed != level).then(|| format!("`{level}` is not allowed"))
            }
            Self::NullOnlyIf { column, other, equals } => {
                let is_broken = silver.columns[*column].is_null(row) && value(*other) != Some(*equals);
                is_broken.then(|| match value(*other) {
                    Some(other) => format!("null where the other is {other}, not {equals}"),
                    None => "null where the other is null too".to_owned(),
                })
            }
            Self::Implies { column, level, other, allowed } => {
                let (found, other) = (text(*column)?, text(*other)?);
                let is_broken = found == *level && allowed.iter().all(|allowed| allowed != other);
                is_broken.then(|| format!("`{level}` beside `{other}`"))
            }
            Self::Product { column, factors, fraction } => {
                let value = value(*column)?;
                let product: f64 =
                    factors.iter().map(|&factor| silver.columns[factor].number(row)).product::<Option<f64>>()?;
                let is_broken = product != 0.0 && (value - product).abs() > fraction * product.abs();
                is_broken.then(|| format!("{value} where the product is {product}"))
            }
            Self::Unique { columns, duplicates, .. } => {
                if columns.iter().any(|&column| silver.columns[column].is_null(row)) {
                    return None;
                }
                duplicates.problem(number, identity::of_cells(silver, row, columns)).map(str::to_owned)
            }
        }
    }
}
