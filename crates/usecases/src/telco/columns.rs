use super::TABLE;
use crate::{ColumnDecl, ColumnKind, Csv, Format, Nulls, Role, Table, WhenAbsent};

pub(super) const NO_INTERNET: &str = "No internet service";
pub(super) const NO_PHONE: &str = "No phone service";

/// The add-ons of an internet connection.
pub(super) const ADD_ONS: [&str; 6] =
    ["online_security", "online_backup", "device_protection", "tech_support", "streaming_tv", "streaming_movies"];

const YES: (&str, &[&str]) = ("Yes", &["1", "1.0", "true", "y"]);
const NO: (&str, &[&str]) = ("No", &["0", "0.0", "false", "n"]);

pub(super) fn table() -> Table {
    Table {
        name: TABLE.to_owned(),
        files: vec!["*.csv".to_owned()],
        format: Format::Csv(Csv { delimiter: b',', has_header: true, records_span_lines: false }),
        columns: columns(),
        entity: Some("customer_id".to_owned()),
        key: vec!["customer_id".to_owned()],
        ignores_extra_columns: false,
    }
}

/// In the order of IBM's file.
fn columns() -> Vec<ColumnDecl> {
    let flag = |name| ColumnDecl::new(name, ColumnKind::category(&[NO, YES]));
    let mut columns = vec![
        customer_id(),
        optional(ColumnDecl::new("gender", ColumnKind::category(&[("Female", &["f"]), ("Male", &["m"])]))),
        optional(flag("senior_citizen").spelled(&["is_senior", "senior"])),
        optional(flag("partner").spelled(&["has_partner"])),
        optional(flag("dependents").spelled(&["has_dependents"])),
        ColumnDecl::new("tenure", ColumnKind::Integer).spelled(&["tenure_months"]),
        optional(flag("phone_service").spelled(&["has_phone_service"])),
        optional(ColumnDecl::new("multiple_lines", ColumnKind::category(&[NO, YES, (NO_PHONE, &[])]))),
        ColumnDecl::new("internet_service", internet_service()).spelled(&["internet_service_type"]),
    ];
    columns.extend(ADD_ONS.map(|name| {
        let kind = ColumnKind::category(&[NO, YES, (NO_INTERNET, &[])]);
        optional(ColumnDecl::new(name, kind).spelled(&[&format!("has_{name}")]))
    }));
    columns.extend([
        ColumnDecl::new("contract", contract()).spelled(&["contract_type"]),
        optional(flag("paperless_billing")),
        ColumnDecl::new("payment_method", payment_method()),
        ColumnDecl::new("monthly_charges", ColumnKind::Number).spelled(&["monthly_charge"]),
        ColumnDecl { nulls: Nulls::Allowed, ..ColumnDecl::new("total_charges", ColumnKind::Number) }
            .spelled(&["total_charge"]),
        ColumnDecl { role: Role::Label, ..flag("churn") }.spelled(&["churned", "is_churn", "churn_value"]),
    ]);
    columns
}

fn customer_id() -> ColumnDecl {
    ColumnDecl {
        when_absent: WhenAbsent::RowIdentity,
        role: Role::Key,
        is_personal: true,
        ..ColumnDecl::new("customer_id", ColumnKind::Text { max_bytes: 64 })
    }
}

fn optional(column: ColumnDecl) -> ColumnDecl {
    ColumnDecl { when_absent: WhenAbsent::Null, ..column }
}

fn internet_service() -> ColumnKind {
    ColumnKind::category(&[
        ("DSL", &[]),
        ("Fiber optic", &["fiber", "fibre", "fibre optic"]),
        ("No", &["none", "no internet", "no internet service"]),
    ])
}

fn contract() -> ColumnKind {
    ColumnKind::category(&[
        ("Month-to-month", &["monthly", "month"]),
        ("One year", &["1 year", "one-year contract", "yearly", "annual"]),
        ("Two year", &["2 year", "2 years", "two years", "biennial"]),
    ])
}

fn payment_method() -> ColumnKind {
    ColumnKind::category(&[
        ("Bank transfer (automatic)", &["bank transfer"]),
        ("Credit card (automatic)", &["credit card"]),
        ("Electronic check", &["e-check"]),
        ("Mailed check", &[]),
    ])
}
