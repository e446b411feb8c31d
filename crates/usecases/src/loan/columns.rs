use super::{ATTRIBUTES, CLICKSTREAM, CUSTOMER, FINANCIALS, LOANS, SNAPSHOT};
use crate::{ColumnDecl, ColumnKind, Csv, Date, Format, Role, Table};

/// Columns of a customer's figures on the website.
pub(super) const N_CLICKS: usize = 20;

/// The levels of `occupation`, as the files spell them.
pub(super) const OCCUPATIONS: [&str; 15] = [
    "Accountant",
    "Architect",
    "Developer",
    "Doctor",
    "Engineer",
    "Entrepreneur",
    "Journalist",
    "Lawyer",
    "Manager",
    "Mechanic",
    "Media_Manager",
    "Musician",
    "Scientist",
    "Teacher",
    "Writer",
];

/// The levels of `credit_mix`, from low to high.
pub(super) const CREDIT_MIXES: [&str; 3] = ["Bad", "Standard", "Good"];

/// The levels of `payment_of_min_amount`.
pub(super) const MIN_PAYMENTS: [&str; 2] = ["No", "Yes"];

/// The levels of `payment_behaviour`.
pub(super) const BEHAVIOURS: [&str; 6] = [
    "High_spent_Large_value_payments",
    "High_spent_Medium_value_payments",
    "High_spent_Small_value_payments",
    "Low_spent_Large_value_payments",
    "Low_spent_Medium_value_payments",
    "Low_spent_Small_value_payments",
];

pub(super) fn tables() -> Vec<Table> {
    vec![
        table(CLICKSTREAM, clickstream(), SNAPSHOT),
        table(ATTRIBUTES, attributes(), SNAPSHOT),
        table(FINANCIALS, financials(), SNAPSHOT),
        table(LOANS, loans(), "installment_num"),
    ]
}

/// The name of a column of figures on the website, from 1.
pub(super) fn click(number: usize) -> String {
    format!("fe_{number}")
}

/// Files may be cut and delivered as `lms_loan_daily_2023.csv` and so on.
fn table(name: &str, columns: Vec<ColumnDecl>, second_key: &str) -> Table {
    Table {
        name: name.to_owned(),
        files: vec![format!("{name}*.csv")],
        format: Format::Csv(Csv { delimiter: b',', has_header: true, records_span_lines: false }),
        columns,
        entity: Some(CUSTOMER.to_owned()),
        key: vec![CUSTOMER.to_owned(), second_key.to_owned()],
        ignores_extra_columns: false,
    }
}

/// 215,376 rows of the original; no dirt at all. The figures are whole numbers from -401 to 613.
fn clickstream() -> Vec<ColumnDecl> {
    let mut columns: Vec<_> = (1..=N_CLICKS).map(|number| whole(&click(number))).collect();
    columns.extend([customer_id(), date(SNAPSHOT)]);
    columns
}

/// 12,500 rows of the original.
fn attributes() -> Vec<ColumnDecl> {
    vec![
        customer_id(),
        // Says who a person is and nothing about a loan; 5 have a blank at an end.
        ColumnDecl {
            role: Role::Other,
            is_personal: true,
            ends_at_bronze: true,
            ..ColumnDecl::new("name", ColumnKind::Text { max_bytes: 128 }).nullable()
        },
        // 637 end in an underscore. What is no age of an adult is left to a rule: 104 are -500 and 215 above 100.
        whole("age").with_dirt("_", &[], None),
        // 703 are `#F%$D@*&8`. Silver holds only whether a number has the form of one.
        ColumnDecl {
            role: Role::Other,
            is_personal: true,
            ..ColumnDecl::new("ssn", ColumnKind::Form { pattern: "ddd-dd-dddd".to_owned() })
        },
        // 880 are underscores.
        category("occupation", &OCCUPATIONS, &["_______", "_"]),
        date(SNAPSHOT),
    ]
}

/// 12,500 rows of the original. Each bound lies in the gap between the largest value that occurs among its like and
/// the smallest of those that stand alone; beside it both, and how many cells are beyond.
fn financials() -> Vec<ColumnDecl> {
    vec![
        customer_id(),
        // 859 end in an underscore. 179,987 | 344,983: 114, up to 23.8 million beside a monthly salary of thousands.
        number("annual_income").with_dirt("_", &[], Some(250_000.0)),
        number("monthly_inhand_salary").with_dirt("_", &[], None),
        // 11 | 26: 167, up to 1,756. 4 are -1, which a rule flags.
        whole("num_bank_accounts").nullable().with_dirt("_", &[], Some(15.0)),
        // 11 | 21: 296, up to 1,499.
        whole("num_credit_card").nullable().with_dirt("_", &[], Some(15.0)),
        // 34 | 99: 270, up to 5,789.
        number("interest_rate").with_dirt("_", &[], Some(50.0)),
        // 623 end in an underscore. 9 | 18: 67, up to 1,495. 500 are -100, which a rule flags.
        whole("num_of_loan").nullable().with_dirt("_", &[], Some(12.0)),
        // A list such as `Credit-Builder Loan, and Home Equity Loan`; 1,426 are empty. `num_of_loan` is its length.
        ColumnDecl { role: Role::Other, ..ColumnDecl::new("type_of_loan", ColumnKind::Text { max_bytes: 512 }) }
            .nullable(),
        // Days, and 88 are negative: paid early.
        whole("delay_from_due_date").nullable().with_dirt("_", &[], None),
        // 374 end in an underscore. 28 | 47: 105, up to 4,293. 84 are -1 to -3, which a rule flags.
        whole("num_of_delayed_payment").nullable().with_dirt("_", &[], Some(40.0)),
        // 254 are an underscore. 204 are negative: lowered.
        number("changed_credit_limit").with_dirt("_", &["_"], None),
        // 17 | 26: 195, up to 2,554.
        whole("num_credit_inquiries").nullable().with_dirt("_", &[], Some(20.0)),
        // 2,611 are an underscore.
        category("credit_mix", &CREDIT_MIXES, &["_"]),
        // 139 end in an underscore.
        number("outstanding_debt").with_dirt("_", &[], None),
        number("credit_utilization_ratio").with_dirt("_", &[], None),
        // Such as `31 Years and 0 Months`.
        ColumnDecl::new("credit_history_months", ColumnKind::YearsAndMonths)
            .nullable()
            .spelled(&["credit_history_age"])
            .with_dirt("_", &["NA"], None),
        // 1,438 are `NM`: not mentioned.
        category("payment_of_min_amount", &MIN_PAYMENTS, &["NM"]),
        // 1,779 | 2,004: 408, up to 81,971, all of them whole where the others have fractions.
        number("total_emi_per_month").with_dirt("_", &[], Some(1_900.0)),
        // 558 are `__10000__`, and the next is 1,977.
        number("amount_invested_monthly").with_dirt("_", &["__10000__"], Some(5_000.0)),
        // 998 are `!@9#%8`.
        category("payment_behaviour", &BEHAVIOURS, &["!@9#%8"]),
        // One is this text, and the others lie between 0 and 1,464.
        number("monthly_balance").with_dirt("_", &["__-333333333333333333333333333__"], None),
        date(SNAPSHOT),
    ]
}

/// 137,500 rows of the original: 11 of each of 12,500 loans, one per customer. No dirt but how dates are written.
fn loans() -> Vec<ColumnDecl> {
    let amount = |name| ColumnDecl { role: Role::Other, ..ColumnDecl::new(name, ColumnKind::Number) };
    vec![
        ColumnDecl {
            role: Role::Key,
            is_personal: true,
            ..ColumnDecl::new("loan_id", ColumnKind::Text { max_bytes: 64 })
        },
        customer_id(),
        // The id ends in this date, which settles how dates are written even where only one loan is in the file.
        dated("loan_start_date", Some("loan_id")),
        ColumnDecl { role: Role::Other, ..whole("tenure") },
        ColumnDecl { role: Role::Key, ..whole("installment_num") },
        amount("loan_amt"),
        amount("due_amt"),
        amount("paid_amt"),
        ColumnDecl { role: Role::Label, ..amount("overdue_amt") },
        amount("balance"),
        date(SNAPSHOT),
    ]
}

fn customer_id() -> ColumnDecl {
    let kind = ColumnKind::Text { max_bytes: 64 };
    ColumnDecl { role: Role::Key, is_personal: true, ..ColumnDecl::new(CUSTOMER, kind) }
}

fn date(name: &str) -> ColumnDecl {
    dated(name, None)
}

/// Every date of the original is the first of a month, so in `1/5/2023` it is the 1 that is the day.
fn dated(name: &str, in_column: Option<&str>) -> ColumnDecl {
    let date = Date { in_column: in_column.map(str::to_owned), is_first_of_month: true };
    ColumnDecl { role: Role::Other, ..ColumnDecl::new(name, ColumnKind::Date(date)) }
}

fn whole(name: &str) -> ColumnDecl {
    ColumnDecl::new(name, ColumnKind::Integer)
}

/// A figure that may be missing: the model fills it in.
fn number(name: &str) -> ColumnDecl {
    ColumnDecl::new(name, ColumnKind::Number).nullable()
}

fn category(name: &str, levels: &[&str], placeholders: &[&str]) -> ColumnDecl {
    let levels: Vec<(&str, &[&str])> = levels.iter().map(|&level| (level, [].as_slice())).collect();
    ColumnDecl::new(name, ColumnKind::category(&levels)).nullable().with_dirt("", placeholders, None)
}
