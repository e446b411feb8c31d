use contracts::Sha256;
use features::{Column as FieldColumn, Field, Frame, Kind};
use usecases::{Aggregate, Figure, Gold as GoldDecl, GoldDates, See, Source, Take, UseCase, date};

use super::figure::{self, Dated};
use super::label::LabelPlan;
use super::silver::{ByEntity, Names, Need, TableRows};
use crate::{EtlError, GoldRows};

/// Makes the gold rows of one hash partition from its validated silver, of all tables.
///
/// Nothing depends on the order in which parts are pushed, or on the order of their rows.
/// A gold row sees of each source what its declaration lets it see, and nothing else: rows of a later date may say
/// anything.
/// Where the data does not settle what a gold row is (two latest rows, two starts) it is an error that names the entity
/// by a digest, because validation should have set such rows aside, and a guess would be worse.
pub struct GoldBuilder<'a> {
    decl: &'a GoldDecl,
    entities: Names,
    tables: Vec<TableRows<'a>>,
    /// Place among the tables of that of the entities.
    home: usize,
    /// Column of the start, and months from there to the prediction.
    dates: Option<(usize, u32)>,
    label: LabelPlan<'a>,
    sources: Vec<SourcePlan<'a>>,
}

struct SourcePlan<'a> {
    table: usize,
    date: Option<usize>,
    see: SeePlan,
    take: TakePlan<'a>,
}

enum SeePlan {
    All,
    BeforeStart,
    UpToPrediction,
    Below { counter: usize, limit: f64 },
}

enum TakePlan<'a> {
    Latest(Vec<(&'a Field, usize)>),
    Aggregates(Vec<(&'a Aggregate, usize)>),
}

/// What is known of an entity before its fields are made.
struct Entity {
    number: u32,
    start: Option<i32>,
    prediction: Option<i32>,
}

impl<'a> GoldBuilder<'a> {
    /// A builder for the gold rows that a use case declares.
    ///
    /// # Errors
    /// [`EtlError::Declaration`] when the declaration names a table or column that does not exist or is of the wrong
    /// kind, or asks for an order of rows that have no date.
    pub fn new(use_case: &'a UseCase) -> Result<Self, EtlError> {
        let decl = &use_case.gold;
        let mut tables = Tables { use_case, decl, rows: Vec::new() };
        let home = tables.place(&decl.table)?;
        let dates = match &decl.dates {
            None => None,
            Some(GoldDates { start, months_to_prediction }) => {
                Some((tables.rows[home].need(start, Need::Day)?, *months_to_prediction))
            }
        };
        let label = LabelPlan::new(&decl.label, &mut tables.rows[home])?;
        let sources = decl.sources.iter().map(|source| tables.source(source)).collect::<Result<_, _>>()?;
        if let Some(field) = decl.fields().iter().find(|field| field.name.starts_with('_')) {
            return Err(EtlError::declaration(format!("field `{}` begins with an underscore", field.name)));
        }
        Ok(Self { decl, entities: Names::default(), tables: tables.rows, home, dates, label, sources })
    }

    /// Names of the tables that gold is made of; parts of others need not be read.
    pub fn tables(&self) -> impl Iterator<Item = &'a str> {
        self.tables.iter().map(|rows| rows.table.name.as_str())
    }

    /// Adds the rows of a validated silver part of a table.
    ///
    /// # Errors
    /// [`EtlError::Parquet`]; [`EtlError::Gold`] for a row without entity, which validated silver does not have;
    /// [`EtlError::Declaration`] for a table that gold is not made of.
    pub fn push(&mut self, table: &str, object: &str, bytes: &[u8]) -> Result<(), EtlError> {
        let rows = self.tables.iter_mut().find(|rows| rows.table.name == table);
        let rows = rows.ok_or_else(|| EtlError::declaration(format!("gold is not made of table `{table}`")))?;
        rows.push(&self.decl.entity_key, &mut self.entities, object, bytes)
    }

    /// The gold rows, sorted by key, and the number of entities that have rows in other tables than that of the
    /// entities only, and so no gold row.
    ///
    /// # Errors
    /// [`EtlError::Gold`] when the rows of an entity do not settle its gold row.
    pub fn finish(self) -> Result<(GoldRows, u64), EtlError> {
        let groups: Vec<ByEntity> = self.tables.iter().map(|rows| rows.by_entity(self.entities.len())).collect();
        let n_entities = u32::try_from(self.entities.len()).unwrap_or(u32::MAX);
        let mut numbers: Vec<u32> =
            (0..n_entities).filter(|&entity| !groups[self.home].rows_of(entity).is_empty()).collect();
        let n_without = self.entities.len() - numbers.len();
        numbers.sort_unstable_by(|&a, &b| self.entities.name(a).cmp(self.entities.name(b)));
        let mut entities = Vec::with_capacity(numbers.len());
        let mut labels = Vec::with_capacity(numbers.len());
        for number in numbers {
            let rows = groups[self.home].rows_of(number);
            entities.push(self.entity(number, rows)?);
            let label = self.label.of(&self.tables[self.home], rows);
            labels.push(label.map_err(|problem| self.unsettled(number, &self.decl.table, &problem))?);
        }
        let mut columns = Vec::new();
        for source in &self.sources {
            columns.extend(self.fields(source, &groups[source.table], &entities)?);
        }
        let rows = GoldRows {
            keys: entities.iter().map(|entity| self.entities.name(entity.number).to_owned()).collect(),
            dates: entities.iter().map(|entity| entity.prediction).collect(),
            labels,
            frame: Frame::new(columns)?,
        };
        Ok((rows, n_without as u64))
    }

    fn entity(&self, number: u32, rows: &[usize]) -> Result<Entity, EtlError> {
        let Some((column, months)) = self.dates else { return Ok(Entity { number, start: None, prediction: None }) };
        let home = &self.tables[self.home];
        let unsettled = |problem: &str| self.unsettled(number, &self.decl.table, problem);
        let mut start = None;
        for &row in rows {
            let day = home.day(column, row);
            let day = day.ok_or_else(|| unsettled(&format!("has no {}", home.column_name(column))))?;
            if start.is_some_and(|start| start != day) {
                return Err(unsettled(&format!("has more than one {}", home.column_name(column))));
            }
            start = Some(day);
        }
        Ok(Entity { number, start, prediction: start.map(|start| date::add_months(start, months)) })
    }

    /// The fields of one source, over all entities.
    fn fields(
        &self,
        source: &SourcePlan<'_>,
        groups: &ByEntity,
        entities: &[Entity],
    ) -> Result<Vec<(String, FieldColumn)>, EtlError> {
        let table = &self.tables[source.table];
        let mut columns = source.take.columns(entities.len());
        let mut visible = Vec::new();
        for entity in entities {
            let unsettled = |problem: &str| self.unsettled(entity.number, &table.table.name, problem);
            visible.clear();
            for &row in groups.rows_of(entity.number) {
                let day =
                    source.date.map(|date| table.day(date, row).ok_or_else(|| unsettled("has a row without date")));
                let day = day.transpose()?;
                if source.sees(table, row, day, entity).map_err(unsettled)? {
                    visible.push((day.unwrap_or_default(), row));
                }
            }
            source.take.write(table, &mut visible, &mut columns).map_err(|problem| unsettled(&problem))?;
        }
        Ok(columns)
    }

    /// A key may say who somebody is, so a digest of it stands in messages.
    fn unsettled(&self, entity: u32, table: &str, problem: &str) -> EtlError {
        let digest = Sha256::of(self.entities.name(entity).as_bytes());
        EtlError::gold(format!("entity {} {problem} in table `{table}` (a SHA-256 of its key)", digest.short(12)))
    }
}

/// The tables gathered while a declaration is read.
struct Tables<'a> {
    use_case: &'a UseCase,
    decl: &'a GoldDecl,
    rows: Vec<TableRows<'a>>,
}

impl<'a> Tables<'a> {
    fn place(&mut self, name: &str) -> Result<usize, EtlError> {
        if let Some(place) = self.rows.iter().position(|rows| rows.table.name == name) {
            return Ok(place);
        }
        let table = self.use_case.table(name);
        let table =
            table.ok_or_else(|| EtlError::declaration(format!("gold is of table `{name}`, which does not exist")))?;
        let mut rows = TableRows::new(table);
        // Checks that the key is a text of this table; its values become the entities.
        rows.need(&self.decl.entity_key, Need::Text)?;
        self.rows.push(TableRows::new(table));
        Ok(self.rows.len() - 1)
    }

    fn source(&mut self, source: &'a Source) -> Result<SourcePlan<'a>, EtlError> {
        let table = self.place(&source.table)?;
        let has_dates = self.decl.dates.is_some() && source.date.is_some();
        let rows = &mut self.rows[table];
        let date = source.date.as_ref().map(|date| rows.need(date, Need::Day)).transpose()?;
        let see = match &source.see {
            See::All => SeePlan::All,
            See::BeforeStart if has_dates => SeePlan::BeforeStart,
            See::UpToPrediction if has_dates => SeePlan::UpToPrediction,
            See::BeforeStart | See::UpToPrediction => {
                let table = &source.table;
                return Err(EtlError::declaration(format!("a source of table `{table}` is bounded by dates it lacks")));
            }
            See::Below { counter, limit } => {
                SeePlan::Below { counter: rows.need(counter, Need::Number)?, limit: f64::from(*limit) }
            }
        };
        let take = match &source.take {
            Take::Latest(fields) => {
                let need = |kind| if kind == Kind::Number { Need::Number } else { Need::Text };
                let fields = fields.iter().map(|field| Ok((field, rows.need(&field.name, need(field.kind))?)));
                TakePlan::Latest(fields.collect::<Result<_, EtlError>>()?)
            }
            Take::Aggregates(aggregates) => {
                if let Some(last) = aggregates.iter().find(|one| one.figure == Figure::Last && date.is_none()) {
                    return Err(EtlError::declaration(format!("`{}` is the last of rows without a date", last.name)));
                }
                let aggregates = aggregates.iter().map(|one| Ok((one, rows.need(&one.column, Need::Number)?)));
                TakePlan::Aggregates(aggregates.collect::<Result<_, EtlError>>()?)
            }
        };
        Ok(SourcePlan { table, date, see, take })
    }
}

impl SourcePlan<'_> {
    /// Whether the entity's gold row may see this row.
    fn sees(&self, table: &TableRows<'_>, row: usize, day: Option<i32>, entity: &Entity) -> Result<bool, &'static str> {
        Ok(match self.see {
            SeePlan::All => true,
            SeePlan::BeforeStart => day < entity.start,
            SeePlan::UpToPrediction => day <= entity.prediction,
            SeePlan::Below { counter, limit } => {
                table.number(counter, row).ok_or("has a row that is not counted")? < limit
            }
        })
    }
}

impl TakePlan<'_> {
    /// A column for each field, with room for all entities.
    fn columns(&self, n_rows: usize) -> Vec<(String, FieldColumn)> {
        let numbers = || FieldColumn::Number(Vec::with_capacity(n_rows));
        match self {
            Self::Latest(fields) => {
                let column = |field: &Field| match field.kind {
                    Kind::Number => numbers(),
                    Kind::Category => FieldColumn::Category(Vec::with_capacity(n_rows)),
                };
                fields.iter().map(|(field, _)| (field.name.clone(), column(field))).collect()
            }
            Self::Aggregates(aggregates) => aggregates.iter().map(|(one, _)| (one.name.clone(), numbers())).collect(),
        }
    }

    /// Adds the values of one entity, of whose rows `visible` are seen, each with its day.
    fn write(
        &self,
        table: &TableRows<'_>,
        visible: &mut [(i32, usize)],
        columns: &mut [(String, FieldColumn)],
    ) -> Result<(), String> {
        match self {
            Self::Latest(fields) => {
                visible.sort_unstable();
                let latest = match visible {
                    [.., before, last] if before.0 == last.0 => return Err("has two latest rows".to_owned()),
                    [.., last] => Some(last.1),
                    [] => None,
                };
                for ((_, column), (_, values)) in fields.iter().zip(columns) {
                    match values {
                        FieldColumn::Number(numbers) => {
                            numbers.push(latest.and_then(|row| table.number(*column, row)).unwrap_or(f64::NAN));
                        }
                        FieldColumn::Category(levels) => {
                            levels.push(latest.and_then(|row| table.text(*column, row)).map(str::to_owned));
                        }
                    }
                }
            }
            Self::Aggregates(aggregates) => {
                let mut numbers: Vec<Dated> = Vec::with_capacity(visible.len());
                for ((aggregate, column), (_, values)) in aggregates.iter().zip(columns) {
                    let dated = |&(day, row): &(i32, usize)| Some(Dated { day, number: table.number(*column, row)? });
                    numbers.clear();
                    numbers.extend(visible.iter().filter_map(dated));
                    figure::sort(&mut numbers);
                    let figure = figure::figure(aggregate.figure, &numbers);
                    let figure = figure.map_err(|()| format!("has two latest rows for `{}`", aggregate.name))?;
                    if let FieldColumn::Number(values) = values {
                        values.push(figure);
                    }
                }
            }
        }
        Ok(())
    }
}
