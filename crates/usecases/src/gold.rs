use features::FeatureSpec;
use serde::Serialize;

/// How silver rows become the rows a model is trained on: one per entity, with fields, label and split.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gold {
    /// Table the rows come from.
    pub table: String,
    /// Column that identifies the entity; splits go by it, so that an entity is never in two of them.
    pub entity_key: String,
    /// What is predicted.
    pub label: Label,
    /// Raw fields, which are columns of the table by their canonical names, and the features made of them.
    pub features: FeatureSpec,
}

/// The column that is predicted, and its two classes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Label {
    /// Column of a category.
    pub column: String,
    /// Level of the class 0.
    pub negative: String,
    /// Level of the class 1.
    pub positive: String,
}
