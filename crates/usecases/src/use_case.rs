use std::sync::LazyLock;

use contracts::{Settings, Task};
use serde::Serialize;

use crate::{ColumnDecl, Comparison, FamilySearch, Gold, QualityRule, Table, Take, loan, telco};

/// Everything Sluice knows about one use case.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UseCase {
    /// Name, in keys and requests.
    pub name: String,
    /// Name under which its models are registered.
    pub model_name: String,
    /// What its models predict.
    pub task: Task,
    /// What is delivered.
    pub tables: Vec<Table>,
    /// What must hold for the data.
    pub rules: Vec<QualityRule>,
    /// What a model is trained on.
    pub gold: Gold,
    /// What may be trained to compare with.
    pub comparisons: Vec<Comparison>,
    /// Which models are tried.
    pub searches: Vec<FamilySearch>,
    /// What a user may tune without code: `settings.json` beside the module.
    pub settings: Settings,
}

impl UseCase {
    /// The table called `name`.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// The comparison called `name`.
    #[must_use]
    pub fn comparison(&self, name: &str) -> Option<&Comparison> {
        self.comparisons.iter().find(|comparison| comparison.name == name)
    }

    /// The declaration of a raw field, and so its spellings; `None` for figures that gold computes.
    #[must_use]
    pub fn field_column(&self, name: &str) -> Option<&ColumnDecl> {
        self.gold.sources.iter().find_map(|source| match &source.take {
            Take::Latest(fields) if fields.iter().any(|field| field.name == name) => {
                self.table(&source.table)?.column(name)
            }
            _ => None,
        })
    }

    /// The columns of all tables that a header or a request spells this way.
    pub fn columns_spelled(&self, spelling: &str) -> impl Iterator<Item = &ColumnDecl> {
        self.tables.iter().filter_map(move |table| table.column_spelled(spelling))
    }

    /// The search over a family of models.
    #[must_use]
    pub fn search(&self, family: &str) -> Option<&FamilySearch> {
        self.searches.iter().find(|search| search.family == family)
    }
}

/// The use case called `name`.
#[must_use]
pub fn find(name: &str) -> Option<&'static UseCase> {
    ALL.iter().find(|use_case| use_case.name == name)
}

/// Names of all use cases.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|use_case| use_case.name.as_str())
}

/// A module whose settings cannot be read is left out here; a test makes sure that there is none.
static ALL: LazyLock<Vec<UseCase>> =
    LazyLock::new(|| [telco::use_case(), loan::use_case()].into_iter().flatten().collect());
