use contracts::Split;
use features::{FeatureSpec, Field};
use serde::Serialize;

/// How silver rows become the rows a model is trained on: one per entity, with fields, label and date.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gold {
    /// Table that has at least one row for every entity, and what the label is made of.
    pub table: String,
    /// Column that identifies the entity, in every table; splits and partitions go by it, so that an entity is never
    /// in two of them.
    pub entity_key: String,
    /// When a prediction is made; `None` where the data knows no time.
    pub dates: Option<GoldDates>,
    /// What is predicted.
    pub label: Label,
    /// Where the raw fields come from.
    pub sources: Vec<Source>,
    /// The features made of them; they need not use every field.
    pub features: FeatureSpec,
}

/// The two dates that bound what a gold row may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GoldDates {
    /// Column of dates in the table of the entities, the same in all rows of an entity: when it began.
    pub start: String,
    /// Whole months from there to the prediction date.
    pub months_to_prediction: u32,
}

/// What is predicted, as a class 0 or 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// The level of a category in the only row of the entity.
    Level {
        /// Column of a category.
        column: String,
        /// Level of the class 0.
        negative: String,
        /// Level of the class 1.
        positive: String,
    },
    /// Whether a number exceeds a bound anywhere in a window of the entity's rows. An entity without a row for every
    /// step of the window has no label: it can be scored and not be learnt from.
    Event {
        /// Column of numbers.
        column: String,
        /// Class 1 where it is above this.
        above: f64,
        /// Column of whole numbers that counts the entity's rows.
        counter: String,
        /// First step of the window.
        from: u32,
        /// Last step of the window.
        to: u32,
        /// Name of class 0.
        negative: String,
        /// Name of class 1.
        positive: String,
    },
}

/// Raw fields from one table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Source {
    /// Table read.
    pub table: String,
    /// Column of dates that orders an entity's rows; `None` where an entity has one row at most.
    pub date: Option<String>,
    /// Which of the entity's rows a gold row may see.
    pub see: See,
    /// What is taken from them.
    pub take: Take,
}

/// Which rows of an entity a gold row may see.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum See {
    /// All of them; for data that knows no time.
    All,
    /// Those dated before the entity's start.
    BeforeStart,
    /// Those dated up to and including the prediction date.
    UpToPrediction,
    /// Those whose counter is below a number.
    Below {
        /// Column of whole numbers.
        counter: String,
        /// First step not seen.
        limit: u32,
    },
}

/// What is taken from the rows that a gold row may see.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Take {
    /// Columns of the latest row, by their own names.
    Latest(Vec<Field>),
    /// Figures over all the rows.
    Aggregates(Vec<Aggregate>),
}

/// A figure over the rows of an entity; null without rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Aggregate {
    /// Name of the raw field.
    pub name: String,
    /// Column of numbers.
    pub column: String,
    /// Figure.
    pub figure: Figure,
}

/// A figure over numbers; nulls do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// How many there are; 0 for none.
    Count,
    /// Sum; null for none.
    Sum,
    /// Mean; null for none.
    Mean,
    /// Standard deviation of a sample, divided by n - 1; null for fewer than two.
    Std,
    /// Smallest; null for none.
    Min,
    /// Largest; null for none.
    Max,
    /// That of the latest row; null for none.
    Last,
}

/// Features and split trained beside the model proper, to compare with and never to be selected.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Name, in settings and reports.
    pub name: String,
    /// What it shows, in a sentence.
    pub shows: String,
    /// How rows are assigned to splits.
    pub split: Split,
    /// The features.
    pub features: FeatureSpec,
}

impl Gold {
    /// The raw fields of a gold row, in the order of the sources.
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        let of_source = |source: &Source| match &source.take {
            Take::Latest(fields) => fields.clone(),
            Take::Aggregates(aggregates) => aggregates.iter().map(|aggregate| Field::number(&aggregate.name)).collect(),
        };
        self.sources.iter().flat_map(of_source).collect()
    }
}

impl Label {
    /// Names of the classes 0 and 1.
    #[must_use]
    pub fn classes(&self) -> [&str; 2] {
        match self {
            Self::Level { negative, positive, .. } | Self::Event { negative, positive, .. } => [negative, positive],
        }
    }
}
