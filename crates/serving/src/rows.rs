use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use contracts::{ModelSignature, RowWarning};
use features::Value;
use usecases::{Cell, ColumnDecl, ColumnKind, Role, UseCase};

use crate::{
    json::Node,
    problem::{Kind, Refusal, short},
};

/// Warnings listed in one answer.
const MAX_WARNINGS: usize = 20;
/// Names under which an object holds its rows.
const WRAPPERS: [&str; 3] = ["records", "instances", "rows"];

/// The fields a model takes, ready for looking up.
#[derive(Debug)]
pub(crate) struct FieldTable {
    fields: Vec<FieldRule>,
    index: HashMap<String, usize>,
    /// How raw files spell the fields and their levels; requests may do so too.
    spellings: Option<&'static UseCase>,
}

#[derive(Debug)]
struct FieldRule {
    name: String,
    kind: features::Kind,
    nullable: bool,
    /// Values seen in training; empty when the signature does not list them.
    categories: HashSet<String>,
    column: Option<&'static ColumnDecl>,
}

/// The rows of a request in the order of the signature.
#[derive(Debug)]
pub(crate) struct Rows<'n> {
    pub(crate) values: Vec<Vec<Value<'n>>>,
    pub(crate) warnings: Vec<RowWarning>,
}

type Member<'b> = (Cow<'b, str>, Node<'b>);

impl FieldTable {
    /// The table for `signature`; the text says which field has a kind that does not exist or a name twice.
    pub(crate) fn new(signature: &ModelSignature, spellings: Option<&'static UseCase>) -> Result<Self, String> {
        let mut fields = Vec::with_capacity(signature.fields.len());
        let mut index = HashMap::with_capacity(signature.fields.len());
        for field in &signature.fields {
            let kind = [features::Kind::Number, features::Kind::Category]
                .into_iter()
                .find(|kind| kind.as_str() == field.kind)
                .ok_or_else(|| format!("field `{}` is of the unknown kind `{}`", field.name, field.kind))?;
            if index.insert(field.name.clone(), fields.len()).is_some() {
                return Err(format!("field `{}` occurs twice", field.name));
            }
            let categories = field.categories.iter().cloned().collect();
            let column = spellings.and_then(|use_case| use_case.field_column(&field.name));
            fields.push(FieldRule { name: field.name.clone(), kind, nullable: field.nullable, categories, column });
        }
        Ok(Self { fields, index, spellings })
    }

    /// Names and kinds in order.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, features::Kind)> {
        self.fields.iter().map(|field| (field.name.as_str(), field.kind))
    }

    /// Reads the rows of a body: one record, an array of rows, or an object with one of the [`WRAPPERS`].
    pub(crate) fn read<'n>(&self, body: &'n Node<'_>, max_rows: usize) -> Result<Rows<'n>, Refusal> {
        let rows = match body {
            Node::Array(rows) => rows.as_slice(),
            Node::Object(members) => match self.wrapped(members)? {
                Some(rows) => rows,
                None => std::slice::from_ref(body),
            },
            other => {
                let detail =
                    format!("expected a record, an array of records or {{\"records\": […]}}, found {}", other.kind());
                return Err(Refusal::new(Kind::InvalidBody, detail));
            }
        };
        if rows.is_empty() {
            return Err(Refusal::new(Kind::NoRows, "send at least one row"));
        }
        if rows.len() > max_rows {
            let detail = format!("{} rows, at most {max_rows} are answered at once", rows.len());
            return Err(Refusal::new(Kind::TooManyRows, detail));
        }
        let mut read = Rows { values: Vec::with_capacity(rows.len()), warnings: Vec::new() };
        let mut cells = Vec::with_capacity(self.fields.len());
        for (number, row) in rows.iter().enumerate() {
            self.cells(row, &mut cells)
                .and_then(|()| self.push(number, &cells, &mut read))
                .map_err(|refusal| refusal.at_row(number))?;
        }
        Ok(read)
    }

    /// The rows inside a wrapper, or `None` when the object is itself a record.
    fn wrapped<'n, 'b>(&self, members: &'n [Member<'b>]) -> Result<Option<&'n [Node<'b>]>, Refusal> {
        let is_wrapper = |name: &str| WRAPPERS.contains(&name) && !self.index.contains_key(name);
        let Some((name, content)) = members.iter().find(|(name, _)| is_wrapper(name)) else { return Ok(None) };
        if let Some((other, _)) = members.iter().find(|(other, _)| other != name) {
            let detail = format!("`{}` cannot stand beside `{name}`", short(other));
            return Err(Refusal::new(Kind::InvalidBody, detail).at_field(other));
        }
        match content {
            _ if members.len() > 1 => {
                Err(Refusal::new(Kind::InvalidBody, format!("`{name}` occurs twice")).at_field(name))
            }
            Node::Array(rows) => Ok(Some(rows)),
            other => {
                let detail = format!("`{name}` must be an array of rows, found {}", other.kind());
                Err(Refusal::new(Kind::InvalidBody, detail).at_field(name))
            }
        }
    }

    /// Puts the cells of a row into the order of the signature; absent ones are `None`.
    fn cells<'n, 'b>(&self, row: &'n Node<'b>, cells: &mut Vec<Option<&'n Node<'b>>>) -> Result<(), Refusal> {
        cells.clear();
        match row {
            Node::Object(members) => {
                cells.resize(self.fields.len(), None);
                members.iter().try_for_each(|(name, value)| self.place(name, value, cells))
            }
            Node::Array(values) if values.len() == self.fields.len() => {
                cells.extend(values.iter().map(Some));
                Ok(())
            }
            Node::Array(values) => {
                let detail = format!("{} values, the model takes {}", values.len(), self.fields.len());
                Err(Refusal::new(Kind::WrongLength, detail))
            }
            other => {
                let detail =
                    format!("a row is an object of named fields or an array of values, found {}", other.kind());
                Err(Refusal::new(Kind::InvalidBody, detail))
            }
        }
    }

    fn place<'n, 'b>(
        &self,
        name: &str,
        value: &'n Node<'b>,
        cells: &mut [Option<&'n Node<'b>>],
    ) -> Result<(), Refusal> {
        let columns = || self.spellings.into_iter().flat_map(|use_case| use_case.columns_spelled(name));
        let position = self.index.get(name).copied();
        let position = position.or_else(|| columns().find_map(|column| self.index.get(&column.name).copied()));
        let Some(cell) = position.and_then(|position| cells.get_mut(position)) else {
            return match columns().next().map(|column| column.role) {
                // Says who the row is about, which the model must not know and the caller need not remove.
                Some(Role::Key) => Ok(()),
                Some(Role::Label) => {
                    let detail = "this is what the model predicts; send the row without it";
                    Err(Refusal::new(Kind::UnknownField, detail).at_field(name))
                }
                _ => {
                    let detail = "the model does not take this field; `/model_info` lists those it takes";
                    Err(Refusal::new(Kind::UnknownField, detail).at_field(name))
                }
            };
        };
        if cell.replace(value).is_some() {
            return Err(Refusal::new(Kind::DuplicateField, "the field occurs twice").at_field(name));
        }
        Ok(())
    }

    fn push<'n>(&self, number: usize, cells: &[Option<&'n Node<'_>>], read: &mut Rows<'n>) -> Result<(), Refusal> {
        let mut values = Vec::with_capacity(cells.len());
        for (field, cell) in self.fields.iter().zip(cells) {
            let value = field.value(*cell).map_err(|refusal| refusal.at_field(&field.name))?;
            if let Value::Category(text) = value
                && field.is_new(text)
                && read.warnings.len() < MAX_WARNINGS
            {
                let detail = format!("`{}` did not occur in training", short(text));
                read.warnings.push(RowWarning { row: number, field: field.name.clone(), detail });
            }
            values.push(value);
        }
        read.values.push(values);
        Ok(())
    }
}

impl FieldRule {
    /// The value of a cell. Null, blank text and absence are the same, as they are when raw files are cleaned.
    fn value<'n>(&self, cell: Option<&'n Node<'_>>) -> Result<Value<'n>, Refusal> {
        use features::Kind::{Category, Number};
        match (self.kind, cell) {
            (_, None) => self.missing("the field is required"),
            (_, Some(Node::Null)) => self.missing("the field is required and was null"),
            (_, Some(Node::Text(text))) if text.trim().is_empty() => {
                self.missing("the field is required and was blank")
            }
            (Number, Some(Node::Number(number))) if number.is_finite() => self.number(*number),
            // `31 Years and 0 Months` is how raw files spell a number of months.
            (Number, Some(Node::Text(text))) if self.is_duration() => self.duration(text),
            (Number, Some(other)) => Err(self.wrong("a finite number", other)),
            (Category, Some(Node::Text(text))) => Ok(Value::Category(self.level(text.trim()))),
            // Flags: 1 and true are spellings of a level such as `Yes`, or nothing.
            (Category, Some(other)) => {
                let text = match other {
                    Node::Number(number) => number.to_string(),
                    Node::Bool(flag) => flag.to_string(),
                    _ => return Err(self.wrong("a text", other)),
                };
                let level = self.column.and_then(|column| column.level_spelled(&text));
                level.map(Value::Category).ok_or_else(|| self.wrong("a text", other))
            }
        }
    }

    fn number<'n>(&self, number: f64) -> Result<Value<'n>, Refusal> {
        let is_whole = self.column.is_some_and(|column| column.kind == ColumnKind::Integer);
        if is_whole && number.trunc() != number {
            return Err(Refusal::new(Kind::InvalidValue, "must be a whole number, found a fraction"));
        }
        Ok(Value::Number(number))
    }

    fn is_duration(&self) -> bool {
        self.column.is_some_and(|column| column.kind == ColumnKind::YearsAndMonths)
    }

    fn duration<'n>(&self, text: &str) -> Result<Value<'n>, Refusal> {
        match self.column.and_then(|column| Some(column.read(text, None).ok()?.cell)) {
            Some(Cell::Number(months)) => Ok(Value::Number(months)),
            _ => Err(Refusal::new(Kind::InvalidValue, "must be a number of months, or such as `3 Years and 2 Months`")),
        }
    }

    /// The level that `text` spells, or `text` itself.
    fn level<'n>(&self, text: &'n str) -> &'n str {
        if self.categories.contains(text) {
            return text;
        }
        self.column.and_then(|column| column.level_spelled(text)).unwrap_or(text)
    }

    fn missing<'n>(&self, detail: &str) -> Result<Value<'n>, Refusal> {
        if self.nullable { Ok(Value::Missing) } else { Err(Refusal::new(Kind::MissingField, detail)) }
    }

    fn wrong(&self, expected: &str, found: &Node<'_>) -> Refusal {
        Refusal::new(Kind::InvalidValue, format!("must be {expected}, found {}", found.kind()))
    }

    fn is_new(&self, text: &str) -> bool {
        !self.categories.is_empty() && !self.categories.contains(text)
    }
}

#[cfg(test)]
mod tests;
