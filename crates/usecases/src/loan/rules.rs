use super::columns::{N_CLICKS, click};
use super::{ATTRIBUTES, CLICKSTREAM, CUSTOMER, FINANCIALS, LOANS, SNAPSHOT};
use crate::{Aspect, Check, OnBreak, QualityRule, VALID};

/// Numbers of the financials that cannot be negative; how late somebody pays and by how much a limit changed can be.
const NOT_NEGATIVE: [&str; 13] = [
    "annual_income",
    "monthly_inhand_salary",
    "num_bank_accounts",
    "num_credit_card",
    "interest_rate",
    "num_of_loan",
    "num_of_delayed_payment",
    "num_credit_inquiries",
    "outstanding_debt",
    "credit_utilization_ratio",
    "credit_history_months",
    "total_emi_per_month",
    "amount_invested_monthly",
];

/// Amounts and numbers of a loan, none of which can be negative.
const LOAN_NUMBERS: [&str; 7] =
    ["tenure", "installment_num", "loan_amt", "due_amt", "paid_amt", "overdue_amt", "balance"];

/// What makes a customer unfit to learn from flags the customer, in all tables. What makes a single row wrong sets
/// that row aside. The rest stops a delivery that is wrong as a whole.
pub(super) fn rules() -> Vec<QualityRule> {
    let mut rules = key_rules();
    rules.extend(flag_rules());
    rules.extend(presence_rules());
    rules.extend(attribute_distribution());
    rules.extend(financial_distribution());
    rules.extend(clickstream_distribution());
    rules.extend(loan_distribution());
    rules
}

/// A key occurs once, and nothing is known about the future.
fn key_rules() -> Vec<QualityRule> {
    let unique = |table: &str, second: &str, name: &str| {
        let columns = vec![CUSTOMER.to_owned(), second.to_owned()];
        rule(table, name, Aspect::Schema, Check::Unique { columns })
    };
    let past =
        |table: &str, name: &str| rule(table, name, Aspect::Schema, Check::NotInFuture { column: SNAPSHOT.to_owned() });
    vec![
        unique(CLICKSTREAM, SNAPSHOT, "one_clickstream_per_customer_and_day"),
        unique(ATTRIBUTES, SNAPSHOT, "one_attributes_per_customer_and_day"),
        unique(FINANCIALS, SNAPSHOT, "one_financials_per_customer_and_day"),
        unique(LOANS, "installment_num", "one_row_per_installment"),
        past(CLICKSTREAM, "clickstream_not_in_future"),
        past(ATTRIBUTES, "attributes_not_in_future"),
        past(FINANCIALS, "financials_not_in_future"),
        past(LOANS, "loan_not_in_future"),
    ]
}

/// Of the 12,500 customers of the original: 988 by age, 703 by their number, 587 by a negative figure; 2,160 in all.
fn flag_rules() -> Vec<QualityRule> {
    let valid = Check::AllowedLevels { column: "ssn".to_owned(), levels: vec![VALID.to_owned()] };
    let mut rules = vec![
        flag(ATTRIBUTES, "age_of_an_adult", range("age", Some(18.0), Some(100.0))),
        flag(ATTRIBUTES, "ssn_has_its_form", valid),
    ];
    let not_negative =
        |table, column: &str| flag(table, &format!("{column}_not_negative"), range(column, Some(0.0), None));
    rules.extend(NOT_NEGATIVE.map(|column| not_negative(FINANCIALS, column)));
    rules.extend(LOAN_NUMBERS.map(|column| not_negative(LOANS, column)));
    rules
}

/// A loan without a customer and a customer without a loan teach nothing. Only the clickstream may be missing.
fn presence_rules() -> Vec<QualityRule> {
    let entity_in =
        |table: &str, other: &str, name: &str| flag(table, name, Check::EntityIn { table: other.to_owned() });
    vec![
        entity_in(LOANS, ATTRIBUTES, "loan_has_attributes"),
        entity_in(LOANS, FINANCIALS, "loan_has_financials"),
        entity_in(ATTRIBUTES, LOANS, "attributes_have_a_loan"),
        entity_in(FINANCIALS, LOANS, "financials_have_a_loan"),
        entity_in(CLICKSTREAM, LOANS, "clickstream_has_a_loan"),
    ]
}

fn attribute_distribution() -> Vec<QualityRule> {
    vec![
        mean(ATTRIBUTES, "age", 20.0, 70.0),
        missing(ATTRIBUTES, "occupation", 0.2),
        varied(ATTRIBUTES, "occupation", 5),
        varied(ATTRIBUTES, "age", 20),
    ]
}

/// The bounds are about a third and three times what the original has: 50,500 a year and 4,190 a month, 34 % of rows
/// with a good mix. They are wide enough for any sound delivery and stop swapped columns and wrong units.
fn financial_distribution() -> Vec<QualityRule> {
    let mut rules: Vec<_> = [
        ("annual_income", 15_000.0, 150_000.0),
        ("monthly_inhand_salary", 1_200.0, 13_000.0),
        ("num_bank_accounts", 1.0, 12.0),
        ("num_credit_card", 1.0, 12.0),
        ("interest_rate", 3.0, 40.0),
        ("num_of_loan", 0.5, 9.0),
        ("delay_from_due_date", 5.0, 50.0),
        ("num_of_delayed_payment", 3.0, 25.0),
        ("changed_credit_limit", 3.0, 30.0),
        ("num_credit_inquiries", 1.0, 15.0),
        ("outstanding_debt", 450.0, 4_500.0),
        ("credit_utilization_ratio", 15.0, 70.0),
        ("credit_history_months", 60.0, 500.0),
        ("total_emi_per_month", 35.0, 400.0),
        ("amount_invested_monthly", 60.0, 600.0),
        ("monthly_balance", 130.0, 1_300.0),
    ]
    .into_iter()
    .flat_map(|(column, min, max)| [mean(FINANCIALS, column, min, max), missing(FINANCIALS, column, 0.15)])
    .collect();
    rules.extend([
        share(FINANCIALS, "credit_mix", "Good", 0.1, 0.7),
        share(FINANCIALS, "credit_mix", "Bad", 0.05, 0.7),
        share(FINANCIALS, "payment_of_min_amount", "Yes", 0.2, 0.9),
        share(FINANCIALS, "payment_behaviour", "Low_spent_Small_value_payments", 0.05, 0.7),
        missing(FINANCIALS, "credit_mix", 0.4),
        missing(FINANCIALS, "payment_of_min_amount", 0.3),
        missing(FINANCIALS, "payment_behaviour", 0.25),
        missing(FINANCIALS, "type_of_loan", 0.4),
        varied(FINANCIALS, "annual_income", 100),
    ]);
    rules
}

/// All figures have a mean of 100 to 118 and spread by 100.
fn clickstream_distribution() -> Vec<QualityRule> {
    let mut rules: Vec<_> = (1..=N_CLICKS).map(|number| mean(CLICKSTREAM, &click(number), 0.0, 300.0)).collect();
    rules.push(varied(CLICKSTREAM, &click(1), 20));
    rules
}

/// A file where nobody is overdue, or everybody, teaches nothing: in the original 872 of 10,000 are on average.
fn loan_distribution() -> Vec<QualityRule> {
    vec![
        mean(LOANS, "loan_amt", 500.0, 1_000_000.0),
        mean(LOANS, "due_amt", 50.0, 100_000.0),
        mean(LOANS, "paid_amt", 40.0, 100_000.0),
        mean(LOANS, "overdue_amt", 5.0, 4_000.0),
        mean(LOANS, "balance", 500.0, 1_000_000.0),
        varied(LOANS, "installment_num", 7),
        varied(LOANS, "overdue_amt", 2),
    ]
}

fn mean(table: &str, column: &str, min: f64, max: f64) -> QualityRule {
    let check = Check::MeanBetween { column: column.to_owned(), min, max };
    rule(table, &format!("mean_{column}_plausible"), Aspect::Distribution, check)
}

fn share(table: &str, column: &str, level: &str, min: f64, max: f64) -> QualityRule {
    let check = Check::ShareBetween { column: column.to_owned(), level: level.to_owned(), min, max };
    rule(table, &format!("share_of_{column}_{level}_plausible").to_lowercase(), Aspect::Distribution, check)
}

fn missing(table: &str, column: &str, max_fraction: f64) -> QualityRule {
    let check = Check::MissingShareAtMost { column: column.to_owned(), max_fraction };
    rule(table, &format!("{column}_mostly_known"), Aspect::Distribution, check)
}

fn varied(table: &str, column: &str, min: u64) -> QualityRule {
    let check = Check::DistinctAtLeast { column: column.to_owned(), min };
    rule(table, &format!("{column}_varies"), Aspect::Distribution, check)
}

fn flag(table: &str, name: &str, check: Check) -> QualityRule {
    QualityRule { on_break: OnBreak::FlagEntity, ..rule(table, name, Aspect::Business, check) }
}

fn rule(table: &str, name: &str, aspect: Aspect, check: Check) -> QualityRule {
    QualityRule { name: name.to_owned(), table: table.to_owned(), aspect, check, on_break: OnBreak::Quarantine }
}

fn range(column: &str, min: Option<f64>, max: Option<f64>) -> Check {
    Check::Range { column: column.to_owned(), min, max }
}
