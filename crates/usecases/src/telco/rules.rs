use super::TABLE;
use super::columns::{ADD_ONS, NO_INTERNET, NO_PHONE};
use crate::{Aspect, Check, OnBreak, QualityRule};

/// The bounds are wide enough for any sound delivery and narrow enough to stop a swapped column, a wrong unit or a
/// file of one class. Measured on IBM's file: tenure 0 to 72, monthly charges 18.25 to 118.75 with a mean of 64.8,
/// churn 26.5 %, 22 rows alike but for the id (0.3 %), and no row further than 57 % from tenure × monthly charges.
pub(super) fn rules() -> Vec<QualityRule> {
    let mut rules = schema_rules();
    rules.extend(business_rules());
    rules.extend(distribution_rules());
    rules
}

fn schema_rules() -> Vec<QualityRule> {
    let schema = |name, check| rule(name, Aspect::Schema, check);
    vec![
        schema("customer_id_is_unique", Check::Unique { columns: vec!["customer_id".to_owned()] }),
        schema("tenure_in_range", range("tenure", Some(0.0), Some(120.0))),
        schema("monthly_charges_in_range", range("monthly_charges", Some(0.0), Some(1_000.0))),
        schema("total_charges_not_negative", range("total_charges", Some(0.0), None)),
        schema(
            "total_charges_missing_only_for_new_customers",
            Check::NullOnlyIf { column: "total_charges".to_owned(), other: "tenure".to_owned(), equals: 0.0 },
        ),
        schema(
            "churn_is_known",
            Check::AllowedLevels { column: "churn".to_owned(), levels: vec!["No".to_owned(), "Yes".to_owned()] },
        ),
    ]
}

fn business_rules() -> Vec<QualityRule> {
    let business = |name: &str, check| rule(name, Aspect::Business, check);
    let total = Check::Product {
        column: "total_charges".to_owned(),
        factors: vec!["tenure".to_owned(), "monthly_charges".to_owned()],
        fraction: 0.3,
    };
    let mut rules = vec![
        // Prices change over the years of a contract, so such a row is odd but not wrong: it is counted and kept.
        QualityRule { on_break: OnBreak::Count, ..business("total_is_tenure_times_monthly", total) },
        business("no_lines_without_phone", implies("multiple_lines", "Yes", "phone_service", &["Yes"])),
        business("no_phone_service_agrees", implies("multiple_lines", NO_PHONE, "phone_service", &["No"])),
    ];
    for add_on in ADD_ONS {
        // `No` beside no internet service is how the delivery in snake case says what IBM's third level says.
        let without = implies(add_on, "Yes", "internet_service", &["DSL", "Fiber optic"]);
        rules.push(business(&format!("no_{add_on}_without_internet"), without));
        let third = implies(add_on, NO_INTERNET, "internet_service", &["No"]);
        rules.push(business(&format!("{add_on}_agrees_on_no_internet"), third));
    }
    rules
}

fn distribution_rules() -> Vec<QualityRule> {
    let distribution = |name, check| rule(name, Aspect::Distribution, check);
    let mean = |column: &str, min, max| Check::MeanBetween { column: column.to_owned(), min, max };
    let share = |column: &str, level: &str, min, max| Check::ShareBetween {
        column: column.to_owned(),
        level: level.to_owned(),
        min,
        max,
    };
    vec![
        distribution("churn_rate_plausible", share("churn", "Yes", 0.05, 0.6)),
        distribution("month_to_month_share_plausible", share("contract", "Month-to-month", 0.1, 0.95)),
        distribution("mean_tenure_plausible", mean("tenure", 6.0, 60.0)),
        distribution("mean_monthly_charges_plausible", mean("monthly_charges", 20.0, 150.0)),
        distribution(
            "total_charges_mostly_known",
            Check::MissingShareAtMost { column: "total_charges".to_owned(), max_fraction: 0.05 },
        ),
        distribution("tenure_varies", Check::DistinctAtLeast { column: "tenure".to_owned(), min: 10 }),
        distribution(
            "few_customers_alike",
            Check::DuplicateShareAtMost { except: vec!["customer_id".to_owned()], max_fraction: 0.02 },
        ),
    ]
}

fn rule(name: &str, aspect: Aspect, check: Check) -> QualityRule {
    QualityRule { name: name.to_owned(), table: TABLE.to_owned(), aspect, check, on_break: OnBreak::Quarantine }
}

fn range(column: &str, min: Option<f64>, max: Option<f64>) -> Check {
    Check::Range { column: column.to_owned(), min, max }
}

fn implies(column: &str, level: &str, other: &str, allowed: &[&str]) -> Check {
    Check::Implies {
        column: column.to_owned(),
        level: level.to_owned(),
        other: other.to_owned(),
        allowed: allowed.iter().map(|&level| level.to_owned()).collect(),
    }
}
