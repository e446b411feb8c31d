use usecases::{Check, ColumnKind, Table, date};

use super::Scope;
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
    NotInFuture { column: usize, today: i32 },
}

/// What the cells of a column hold, for rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Numbers,
    Texts,
    Dates,
}

impl Holds {
    const fn of(kind: &ColumnKind) -> Self {
        match kind {
            ColumnKind::Number | ColumnKind::Integer | ColumnKind::YearsAndMonths => Self::Numbers,
            ColumnKind::Date(_) => Self::Dates,
            ColumnKind::Text { .. } | ColumnKind::Category { .. } | ColumnKind::Form { .. } => Self::Texts,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Numbers => "numbers",
            Self::Texts => "texts",
            Self::Dates => "dates",
        }
    }
}

/// Finds the column `name`, which must hold what is wanted.
pub(super) fn find(table: &Table, name: &str, wanted: Option<Holds>) -> Result<usize, String> {
    let place = table.columns.iter().position(|column| column.name == name);
    let place = place.ok_or_else(|| format!("is about column `{name}`, which table `{}` does not have", table.name))?;
    let column = &table.columns[place];
    let holds = Holds::of(&column.kind);
    match wanted {
        _ if column.ends_at_bronze => Err(format!("is about column `{name}`, which ends at bronze")),
        Some(wanted) if wanted != holds => {
            Err(format!("needs {} in column `{name}`, which holds {}", wanted.as_str(), holds.as_str()))
        }
        _ => Ok(place),
    }
}

impl<'a> RowCheck<'a> {
    /// The check, if it is one on rows.
    pub(super) fn new(table: &Table, check: &'a Check, scope: Scope) -> Result<Option<Self>, String> {
        let number = |name: &str| find(table, name, Some(Holds::Numbers));
        let text = |name: &str| find(table, name, Some(Holds::Texts));
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
            Check::NotInFuture { column } => {
                Self::NotInFuture { column: find(table, column, Some(Holds::Dates))?, today: scope.today }
            }
            Check::Unique { columns } if scope.divides(table, columns) => return Err(divided_by(table)),
            Check::Unique { columns } => Self::Unique {
                columns: columns.iter().map(|column| any(column)).collect::<Result<_, _>>()?,
                all_columns: (0..table.columns.len()).filter(|&place| !table.columns[place].ends_at_bronze).collect(),
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
            Self::NotInFuture { column, today } => {
                let day = silver.columns[*column].date(row)?;
                // The day of the run is not told: what is set aside must be the same on the next day.
                (day > *today).then(|| format!("{} lies in the future", date::iso(day)))
            }
        }
    }
}

/// Why rows that ought to be compared with each other cannot be.
pub(super) fn divided_by(table: &Table) -> String {
    match &table.entity {
        Some(entity) => format!(
            "compares rows that differ in `{entity}`, by which they are divided into partitions; raise setting \
             `reading.bytes_per_partition` until one is enough, or compare `{entity}` too"
        ),
        None => format!("compares rows of table `{}`, which are divided into partitions", table.name),
    }
}
