//! Telecom customers who leave: will this customer churn?
//!
//! Two deliveries exist, and one declaration reads both.
//! IBM's file has 21 columns spelled like `SeniorCitizen`, flags as `Yes` and `No` (but senior citizens as 0 and 1), a
//! third level such as `No internet service` in the add-ons, and 11 blank total charges, all of new customers.
//! The other delivery spells its columns in snake case (`contract_type`, `payment_method`), flags as 0 and 1, and may
//! come without customer ids and without the columns about household and phone.
//!
//! What a file lacks is handled like this:
//! - Tenure, both charges, contract, payment method, internet service and churn must be there: without them there is
//!   no model worth training, so the file is refused.
//! - A missing customer id is replaced by the row's place in its file. Such rows cannot be told apart across files, so
//!   the same file under two names counts twice.
//! - Every other missing column is null throughout. Its features are then constant, which no model can use, and a later
//!   file that has the column needs no change here.
//!
//! In a file that *has* a column, an empty cell sets the row aside, but for total charges, which may be empty when
//! the tenure is 0.

use contracts::Task;

use crate::{FamilySearch, SearchSpace, UseCase};

pub use generate::{Spelling, generate};

mod columns;
mod generate;
mod gold;
mod profiles;
mod rules;

/// Name of the only table.
pub const TABLE: &str = "customers";

/// The declaration.
///
/// # Errors
/// When `settings.json` is broken.
pub fn use_case() -> Result<UseCase, serde_json::Error> {
    Ok(UseCase {
        name: "telco".to_owned(),
        model_name: "telco-churn".to_owned(),
        task: Task::BinaryClassification,
        tables: vec![columns::table()],
        rules: rules::rules(),
        gold: gold::gold(),
        comparisons: Vec::new(),
        searches: searches(),
        settings: serde_json::from_str(include_str!("settings.json"))?,
    })
}

/// The spaces are small because the data is: on 7,000 rows shallow trees and few leaves win, as published figures say.
fn searches() -> Vec<FamilySearch> {
    use SearchSpace::{Int, LogUniform, Uniform};
    vec![
        FamilySearch::new("logistic_regression", &[("alpha", LogUniform { min: 0.01, max: 100.0 })]),
        FamilySearch::new(
            "random_forest",
            &[
                ("n_estimators", Int { min: 100, max: 300 }),
                ("max_depth", Int { min: 6, max: 12 }),
                ("min_samples_leaf", Int { min: 5, max: 40 }),
                ("max_features", Uniform { min: 0.1, max: 0.5 }),
            ],
        ),
        FamilySearch::new(
            "lightgbm",
            &[
                ("num_iterations", Int { min: 80, max: 300 }),
                ("learning_rate", LogUniform { min: 0.02, max: 0.1 }),
                ("num_leaves", Int { min: 4, max: 16 }),
                ("min_data_in_leaf", Int { min: 10, max: 80 }),
                ("feature_fraction", Uniform { min: 0.5, max: 1.0 }),
                ("lambda_l2", LogUniform { min: 0.01, max: 10.0 }),
            ],
        ),
        FamilySearch::new(
            "xgboost",
            &[
                ("n_estimators", Int { min: 80, max: 300 }),
                ("learning_rate", LogUniform { min: 0.02, max: 0.1 }),
                ("max_depth", Int { min: 2, max: 5 }),
                ("min_child_weight", LogUniform { min: 1.0, max: 20.0 }),
                ("reg_lambda", LogUniform { min: 0.01, max: 10.0 }),
                ("colsample_bytree", Uniform { min: 0.5, max: 1.0 }),
            ],
        ),
    ]
}
