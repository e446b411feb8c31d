//! Loans that are not paid back: will a customer be overdue between the third and the sixth month of a loan?
//!
//! Four tables are delivered, all by customer: the installments of each customer's loan, who the customer is, what the
//! customer earns and owes (both at the start of the loan), and monthly figures of what they did on a website.
//!
//! A prediction is made three months after the start of a loan, and comes true six months after it: a loan that was
//! overdue at any of the installments 3 to 6 is one of class 1.
//!
//! Two things in the data look like knowledge and are not, so the model proper does without them; the
//! [comparisons](crate::Comparison) show what they would do:
//! - *The history of the loan.* Who is overdue at installment 1 or 2 stays so or comes back to it: no customer of the
//!   original recovers, and 51 % of class 1 are overdue before the prediction is made. That is an answer, not a guess.
//! - *The clickstream.* No customer whose loan starts in July 2024 or later has any, so whether there is a clickstream
//!   tells the date, and models that read it do worse on newer loans than on those they were trained beside.

use contracts::Task;

use crate::{FamilySearch, SearchSpace, UseCase};

pub mod generate;

mod columns;
mod gold;
mod rules;

/// The monthly figures of the website.
pub const CLICKSTREAM: &str = "feature_clickstream";
/// Who the customer is.
pub const ATTRIBUTES: &str = "features_attributes";
/// What the customer earns, owes and pays.
pub const FINANCIALS: &str = "features_financials";
/// The installments of the loans.
pub const LOANS: &str = "lms_loan_daily";

/// The column that the tables have in common.
const CUSTOMER: &str = "customer_id";
/// The column that says what month a row is about.
const SNAPSHOT: &str = "snapshot_date";

/// The declaration.
///
/// # Errors
/// When `settings.json` is broken.
pub fn use_case() -> Result<UseCase, serde_json::Error> {
    Ok(UseCase {
        name: "loan".to_owned(),
        model_name: "loan-default".to_owned(),
        task: Task::BinaryClassification,
        tables: columns::tables(),
        rules: rules::rules(),
        gold: gold::gold(),
        comparisons: gold::comparisons(),
        searches: searches(),
        settings: serde_json::from_str(include_str!("settings.json"))?,
    })
}

/// The first of each family has the 100 trees or rounds of published figures; the space lies around what 10,000
/// customers bear: on the original more leaves, deeper trees or more features per split do not win.
fn searches() -> Vec<FamilySearch> {
    use SearchSpace::{Int, LogUniform, Uniform};
    vec![
        FamilySearch::new("logistic_regression", &[("alpha", LogUniform { min: 0.01, max: 100.0 })]),
        FamilySearch::new(
            "random_forest",
            &[
                ("n_estimators", Int { min: 100, max: 300 }),
                ("max_depth", Int { min: 8, max: 16 }),
                ("min_samples_leaf", Int { min: 3, max: 20 }),
                ("max_features", Uniform { min: 0.1, max: 0.5 }),
            ],
        )
        .starting_with(&[("n_estimators", 100.into())]),
        FamilySearch::new(
            "lightgbm",
            &[
                ("num_iterations", Int { min: 80, max: 300 }),
                ("learning_rate", LogUniform { min: 0.02, max: 0.1 }),
                ("num_leaves", Int { min: 6, max: 24 }),
                ("min_data_in_leaf", Int { min: 10, max: 80 }),
                ("feature_fraction", Uniform { min: 0.3, max: 1.0 }),
                ("lambda_l2", LogUniform { min: 0.01, max: 10.0 }),
            ],
        )
        .starting_with(&[
            ("num_iterations", 100.into()),
            ("learning_rate", 0.1.into()),
            ("num_leaves", 8.into()),
        ]),
        FamilySearch::new(
            "xgboost",
            &[
                ("n_estimators", Int { min: 80, max: 300 }),
                ("learning_rate", LogUniform { min: 0.02, max: 0.1 }),
                ("max_depth", Int { min: 2, max: 6 }),
                ("min_child_weight", LogUniform { min: 1.0, max: 20.0 }),
                ("reg_lambda", LogUniform { min: 0.01, max: 10.0 }),
                ("colsample_bytree", Uniform { min: 0.3, max: 1.0 }),
            ],
        )
        .starting_with(&[("n_estimators", 100.into()), ("learning_rate", 0.1.into()), ("max_depth", 4.into())]),
    ]
}
