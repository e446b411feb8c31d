#![allow(clippy::unwrap_used, clippy::panic)]

use contracts::{SignatureField, Task};

use super::*;

fn field(name: &str, kind: &str, nullable: bool, categories: &[&str]) -> SignatureField {
    let categories = categories.iter().map(ToString::to_string).collect();
    SignatureField { name: name.into(), kind: kind.into(), nullable, min: None, max: None, categories }
}

fn signature(fields: Vec<SignatureField>) -> ModelSignature {
    let classes = vec!["No".into(), "Yes".into()];
    ModelSignature { task: Task::BinaryClassification, fields, features: vec![], classes, threshold: 0.5 }
}

/// A model of a use case that declares no spellings.
fn table() -> FieldTable {
    let fields = vec![
        field("tenure", "number", false, &[]),
        field("total", "number", true, &[]),
        field("contract", "category", false, &["One year", "Two year"]),
    ];
    FieldTable::new(&signature(fields), None).unwrap()
}

/// A model of the telco use case.
fn telco() -> FieldTable {
    let fields = vec![
        field("senior_citizen", "category", true, &["No", "Yes"]),
        field("tenure", "number", false, &[]),
        field("contract", "category", false, &["Month-to-month", "One year", "Two year"]),
    ];
    FieldTable::new(&signature(fields), usecases::find("telco")).unwrap()
}

/// The rows read in a form that outlives the body, or the kind of refusal, the field and the row.
type Outcome = Result<(String, Vec<RowWarning>), (String, Option<String>, Option<usize>)>;

fn read(json: &str) -> Outcome {
    read_with(&table(), json)
}

fn read_with(table: &FieldTable, json: &str) -> Outcome {
    let node = Node::parse(json).unwrap();
    match table.read(&node, 3) {
        Ok(rows) => Ok((format!("{:?}", rows.values), rows.warnings)),
        Err(refusal) => {
            let problem = refusal.problem().clone();
            Err((problem.kind.replace("/problems/", ""), problem.field, problem.row))
        }
    }
}

#[test]
fn every_form_of_body_gives_the_same_row() {
    let expected = r#"[[Number(1.0), Missing, Category("One year")]]"#;
    for body in [
        r#"{"contract": "One year", "tenure": 1}"#,
        r#"[{"contract": "One year", "tenure": 1, "total": null}]"#,
        r#"{"records": [{"contract": "One year", "tenure": 1.0, "total": "  "}]}"#,
        r#"{"instances": [[1, null, "One year"]]}"#,
        r#"{"rows": [[1, null, "One year"]]}"#,
        r#"[[1, "", "One year"]]"#,
    ] {
        assert_eq!(read(body), Ok((expected.to_owned(), vec![])), "{body}");
    }
}

#[test]
fn names_the_field_and_the_row_at_fault() {
    let cases = [
        (r#"[{"tenure": 1, "contract": "x"}, {"contract": "x"}]"#, "missing-field", Some("tenure"), Some(1)),
        (r#"{"tenure": null, "contract": "x"}"#, "missing-field", Some("tenure"), Some(0)),
        (r#"{"tenure": 1, "contract": " "}"#, "missing-field", Some("contract"), Some(0)),
        (r#"{"tenure": 1, "contract": "x", "age": 3}"#, "unknown-field", Some("age"), Some(0)),
        (r#"{"tenure": 1, "tenure": 2, "contract": "x"}"#, "duplicate-field", Some("tenure"), Some(0)),
        (r#"{"tenure": "1", "contract": "x"}"#, "invalid-value", Some("tenure"), Some(0)),
        (r#"{"tenure": true, "contract": "x"}"#, "invalid-value", Some("tenure"), Some(0)),
        (r#"{"tenure": 1, "contract": 2}"#, "invalid-value", Some("contract"), Some(0)),
        (r#"{"tenure": [1], "contract": "x"}"#, "invalid-value", Some("tenure"), Some(0)),
        (r#"{"rows": [[1, 2, "x"], [1, 2]]}"#, "wrong-length", None, Some(1)),
        (r#"{"rows": [1]}"#, "invalid-body", None, Some(0)),
        (r#"{"rows": 1}"#, "invalid-body", Some("rows"), None),
        (r#"{"rows": [], "x": 1}"#, "invalid-body", Some("x"), None),
        (r#"{"rows": [], "rows": []}"#, "invalid-body", Some("rows"), None),
        (r#"{"records": []}"#, "no-rows", None, None),
        ("[]", "no-rows", None, None),
        ("3", "invalid-body", None, None),
        ("null", "invalid-body", None, None),
        ("{}", "missing-field", Some("tenure"), Some(0)),
        ("[[],[],[],[]]", "too-many-rows", None, None),
    ];
    for (body, kind, field, row) in cases {
        assert_eq!(read(body), Err((kind.to_owned(), field.map(str::to_owned), row)), "{body}");
    }
}

#[test]
fn answers_unseen_categories_with_a_warning() {
    let (_, warnings) = read(r#"[{"tenure": 1, "contract": "Two year"}, {"tenure": 1, "contract": "Daily"}]"#).unwrap();
    assert_eq!(warnings.len(), 1);
    assert_eq!((warnings[0].row, warnings[0].field.as_str()), (1, "contract"));
}

#[test]
fn takes_the_spellings_of_the_raw_files() {
    let expected = r#"[[Category("Yes"), Number(5.0), Category("Month-to-month")]]"#;
    for body in [
        r#"{"senior_citizen": "Yes", "tenure": 5, "contract": "Month-to-month"}"#,
        r#"{"customerID": "7590-VHVEG", "SeniorCitizen": 1, "tenure": 5, "Contract": "Month-to-month"}"#,
        r#"{"is_senior": true, "tenure_months": 5, "contract_type": " monthly "}"#,
        r#"[[1.0, 5, "month to month"]]"#,
    ] {
        assert_eq!(read_with(&telco(), body), Ok((expected.to_owned(), vec![])), "{body}");
    }
    let cases = [
        (r#"{"tenure": 5, "tenure_months": 5, "contract": "monthly"}"#, "duplicate-field", "tenure_months"),
        (r#"{"tenure": 5, "contract": "monthly", "Churn": "Yes"}"#, "unknown-field", "Churn"),
        (r#"{"tenure": 5.5, "contract": "monthly"}"#, "invalid-value", "tenure"),
        (r#"{"tenure": 5, "contract": 7}"#, "invalid-value", "contract"),
        (r#"{"senior": 2, "tenure": 5, "contract": "monthly"}"#, "invalid-value", "senior_citizen"),
    ];
    for (body, kind, field) in cases {
        assert_eq!(read_with(&telco(), body), Err((kind.to_owned(), Some(field.to_owned()), Some(0))), "{body}");
    }
}

/// A model of the loan use case, whose fields come from two tables and from figures over a third.
fn loan() -> FieldTable {
    let fields = vec![
        field("age", "number", false, &[]),
        field("annual_income", "number", true, &[]),
        field("credit_history_months", "number", false, &[]),
        field("credit_mix", "category", true, &["Bad", "Good"]),
        field("fe_1_mean", "number", true, &[]),
    ];
    FieldTable::new(&signature(fields), usecases::find("loan")).unwrap()
}

#[test]
fn fields_of_several_tables_are_taken_as_their_raw_files_spell_them() {
    let expected = r#"[[Number(40.0), Number(50000.5), Number(38.0), Category("Good"), Missing]]"#;
    for body in [
        r#"{"age": 40, "annual_income": 50000.5, "credit_history_months": 38, "credit_mix": "Good"}"#,
        r#"{"Customer_ID": "CUS_0x1", "Age": 40, "Annual_Income": 50000.5, "Credit_Mix": "good",
            "Credit_History_Age": "3 Years and 2 Months", "fe_1_mean": null}"#,
    ] {
        assert_eq!(read_with(&loan(), body), Ok((expected.to_owned(), vec![])), "{body}");
    }
    let cases = [
        (r#"{"age": 40.5, "credit_history_months": 1}"#, "invalid-value", "age"),
        (r#"{"age": 40, "credit_history_months": "long"}"#, "invalid-value", "credit_history_months"),
        (r#"{"age": 40, "credit_history_months": 1, "overdue_amt": 5}"#, "unknown-field", "overdue_amt"),
        (r#"{"age": 40, "credit_history_months": 1, "fe_1": 5}"#, "unknown-field", "fe_1"),
    ];
    for (body, kind, field) in cases {
        assert_eq!(read_with(&loan(), body), Err((kind.to_owned(), Some(field.to_owned()), Some(0))), "{body}");
    }
}
