use std::collections::BTreeMap;

use contracts::{Quality, RowCounts};
use expect_test::{Expect, expect};
use usecases::{Aspect, Check, OnBreak, QualityRule, UseCase};

use super::*;
use crate::{
    Before, Checked, PartitionFindings, PartitionValidation, QualityReport, Scope, SilverPart, TableBefore,
    TableFindings, gates, judge,
};

const HEADER: &str = "id,amount,items,paid,channel\n";

pub(super) fn rule(name: &str, check: Check) -> QualityRule {
    let (name, table) = (name.to_owned(), "orders".to_owned());
    QualityRule { name, table, aspect: Aspect::Business, check, on_break: OnBreak::Quarantine }
}

pub(super) fn quality() -> Quality {
    Quality { min_rows: 2, min_score: 0.9, max_fraction: BTreeMap::new(), default_max_fraction: 0.1 }
}

/// A use case of one table with these rules.
pub(super) fn shop(rules: &[QualityRule]) -> UseCase {
    let telco = usecases::find("telco").unwrap().clone();
    UseCase { name: "shop".to_owned(), tables: vec![orders()], rules: rules.to_vec(), ..telco }
}

/// Validates parts of these lines; shows what became of each part, and every check.
fn check(parts: &[&str], rules: &[QualityRule], expected: Expect) {
    let shop = shop(rules);
    let parts: Vec<Vec<u8>> =
        parts.iter().map(|rows| silver(&orders(), format!("{HEADER}{rows}").as_bytes()).data.remove(0)).collect();
    let part = |bytes| SilverPart { raw_file: FILE, object: "silver/part", bytes };
    let mut validation = PartitionValidation::new(&shop, Scope { today: 0, n_partitions: 1 });
    for bytes in &parts {
        validation.survey(0, &part(bytes)).unwrap();
    }
    let mut text = String::new();
    for bytes in &parts {
        match validation.check(0, &part(bytes)).unwrap() {
            Checked::Unchanged { n_rows } => text.push_str(&format!("unchanged, {n_rows} rows\n")),
            Checked::Reduced(part) => {
                assert_eq!(rows(&part.data[0]).len() as u64, part.rows.rows_out);
                assert!(part.rows.is_balanced());
                text.push_str(&account(&part));
            }
        }
    }
    let report = report(&shop, validation);
    for outcome in report.checks.iter().filter(|outcome| outcome.table.is_some()) {
        text.push_str(&format!("{} {outcome}\n", if outcome.passed { "pass" } else { "FAIL" }));
    }
    text.push_str(&format!("score {:.4}\n", report.data_quality_score));
    expected.assert_eq(&text);
}

/// What the gate says of one partition of one table, all rows of which came from raw files unharmed.
fn report(shop: &UseCase, validation: PartitionValidation<'_>) -> QualityReport {
    let (checked, flagged) = validation.finish();
    let n_rows = checked[0].rows.rows_in;
    let rows = RowCounts { rows_in: n_rows, rows_out: n_rows, rows_quarantined: 0 };
    let table = TableFindings {
        table: "orders".to_owned(),
        raw: Vec::new(),
        silver: Vec::new(),
        before: TableBefore { rows, ..TableBefore::default() },
        checked: checked.into_iter().next().unwrap(),
    };
    let findings = PartitionFindings { partition: 0, n_partitions: 1, tables: vec![table], flagged };
    let mut settings = shop.settings.clone();
    settings.quality = quality();
    let text = serde_json::to_string(&findings).unwrap();
    let stored: PartitionFindings = serde_json::from_str(&text).unwrap();
    assert_eq!(stored, findings, "a verdict comes back from JSON as it was");
    judge(shop, "run-1".parse().unwrap(), &settings, &[stored]).unwrap()
}

#[test]
fn rows_that_break_a_rule_are_set_aside_and_counted_under_every_rule_they_break() {
    let rules = [
        rule("amount_in_range", Check::Range { column: "amount".into(), min: Some(0.0), max: Some(100.0) }),
        rule(
            "known_channel",
            Check::AllowedLevels { column: "channel".into(), levels: vec!["web".into(), "shop".into()] },
        ),
        rule(
            "amount_missing_only_without_items",
            Check::NullOnlyIf { column: "amount".into(), other: "items".into(), equals: 0.0 },
        ),
        rule(
            "paid_online",
            Check::Implies {
                column: "paid".into(),
                level: "Yes".into(),
                other: "channel".into(),
                allowed: vec!["web".into()],
            },
        ),
        QualityRule {
            on_break: OnBreak::Count,
            ..rule(
                "amount_is_ten_per_item",
                Check::Product { column: "amount".into(), factors: vec!["items".into()], fraction: 0.5 },
            )
        },
    ];
    let rows =
        "a,1,1,Yes,web\nb,-5,1,No,web\nc,500,1,No,fax\nd,,1,No,web\ne,,0,No,web\nf,1,1,Yes,shop\ng,9,1,No,shop\n";
    check(
        &[rows, "h,1,1,Yes,web\n"],
        &rules,
        expect![[r#"
        line 3, amount: amount_in_range: -5 is below 0 <- "b,-5,1,No,web"
        line 4, amount: amount_in_range: 500 is above 100 <- "c,500,1,No,fax"
        line 5, amount: amount_missing_only_without_items: null where the other is 1, not 0 <- "d,,1,No,web"
        line 7, paid: paid_online: `Yes` beside `shop` <- "f,1,1,Yes,shop"
        7 in, 3 out, 4 quarantined {"amount_in_range": 2, "amount_missing_only_without_items": 1, "paid_online": 1} changed {}
        unchanged, 1 rows
        FAIL amount_in_range is broken by 2 of 8 rows (0.25), must be at most 0.1
        FAIL known_channel is broken by 1 of 8 rows (0.125), must be at most 0.1
        FAIL amount_missing_only_without_items is broken by 1 of 8 rows (0.125), must be at most 0.1
        FAIL paid_online is broken by 1 of 8 rows (0.125), must be at most 0.1
        FAIL amount_is_ten_per_item is broken by 3 of 8 rows (0.375), must be at most 0.1
        pass rules is 5, must be at least 1
        pass min_rows is 4, must be at least 2
        score 0.8000
    "#]],
    );
}

#[test]
fn of_equal_rows_the_first_is_kept_and_of_contradicting_rows_none_across_parts() {
    let rules = [rule("id_is_unique", Check::Unique { columns: vec!["id".into()] })];
    check(
        &["a,1,1,Yes,web\nb,2,1,No,web\nc,3,1,No,web\n", "c,3,1,No,web\na,1,1,No,web\nd,4,1,No,web\n"],
        &rules,
        expect![[r#"
        line 2, id: id_is_unique: several rows with this key contradict each other <- "a,1,1,Yes,web"
        3 in, 2 out, 1 quarantined {"id_is_unique": 1} changed {}
        line 2, id: id_is_unique: an earlier row is the same in every column <- "c,3,1,No,web"
        line 3, id: id_is_unique: several rows with this key contradict each other <- "a,1,1,No,web"
        3 in, 1 out, 2 quarantined {"id_is_unique": 2} changed {}
        FAIL id_is_unique is broken by 3 of 6 rows (0.5), must be at most 0.1
        pass rules is 1, must be at least 1
        pass min_rows is 3, must be at least 2
        score 0.5000
    "#]],
    );
}

#[test]
fn a_table_is_judged_by_the_rows_that_go_on() {
    let share = |min, max| Check::ShareBetween { column: "paid".into(), level: "Yes".into(), min, max };
    let mean = |min, max| Check::MeanBetween { column: "amount".into(), min, max };
    let rules = [
        rule("amount_in_range", Check::Range { column: "amount".into(), min: None, max: Some(100.0) }),
        rule("some_pay", share(0.2, 0.6)),
        rule("all_pay", share(0.9, 1.0)),
        rule("mean_amount", mean(1.0, 2.0)),
        rule("mean_amount_too_high", mean(10.0, 20.0)),
        rule("few_channels", Check::DistinctAtMost { column: "channel".into(), max: 1 }),
        rule("many_channels", Check::DistinctAtLeast { column: "channel".into(), min: 2 }),
        rule("amount_mostly_known", Check::MissingShareAtMost { column: "amount".into(), max_fraction: 0.1 }),
        rule("few_alike", Check::DuplicateShareAtMost { except: vec!["id".into()], max_fraction: 0.1 }),
    ];
    check(
        &["a,1,1,Yes,web\nb,1,1,Yes,web\nc,3,1,No,shop\nd,,1,No,web\ne,1000,1,No,fax\n"],
        &rules,
        expect![[r#"
        line 6, amount: amount_in_range: 1000 is above 100 <- "e,1000,1,No,fax"
        5 in, 4 out, 1 quarantined {"amount_in_range": 1} changed {}
        FAIL amount_in_range is broken by 1 of 5 rows (0.2), must be at most 0.1
        pass some_pay is 0.5, must be 0.2 to 0.6
        FAIL all_pay is 0.5, must be 0.9 to 1
        pass mean_amount is 1.666667, must be 1 to 2
        FAIL mean_amount_too_high is 1.666667, must be 10 to 20
        FAIL few_channels is 2, must be at most 1
        pass many_channels is 2, must be at least 2
        FAIL amount_mostly_known is 0.25, must be at most 0.1
        FAIL few_alike is 0.25, must be at most 0.1
        pass rules is 9, must be at least 1
        pass min_rows is 4, must be at least 2
        score 0.8000
    "#]],
    );
}

#[test]
fn no_rule_a_rule_that_cannot_be_applied_and_no_rows_fail() {
    check(
        &["a,1,1,Yes,web\nb,1,1,Yes,web\n"],
        &[],
        expect![[r#"
        unchanged, 2 rows
        FAIL rules is 0, must be at least 1
        pass min_rows is 2, must be at least 2
        score 0.0000
    "#]],
    );
    let rules = [
        rule("lost_column", Check::Range { column: "price".into(), min: Some(0.0), max: None }),
        rule("text_as_number", Check::MeanBetween { column: "channel".into(), min: 0.0, max: 1.0 }),
        rule("number_as_text", Check::AllowedLevels { column: "items".into(), levels: vec![] }),
        rule("no_bound", Check::Range { column: "amount".into(), min: None, max: None }),
        rule("some_pay", Check::ShareBetween { column: "paid".into(), level: "Yes".into(), min: 0.0, max: 1.0 }),
    ];
    check(
        &[],
        &rules,
        expect![[r#"
        FAIL lost_column is about column `price`, which table `orders` does not have
        FAIL text_as_number needs numbers in column `channel`, which holds texts
        FAIL number_as_text needs texts in column `items`, which holds numbers
        FAIL no_bound has no bound
        FAIL some_pay had nothing to measure, must be 0 to 1
        pass rules is 5, must be at least 1
        FAIL min_rows is 0, must be at least 2
        score 0.0000
    "#]],
    );
}

#[test]
fn gates_bound_quarantine_and_score_and_find_bounds_that_bind_nothing() {
    let rows = RowCounts { rows_in: 100, rows_out: 97, rows_quarantined: 3 };
    let before = Before { rows, max_quarantined_fraction: 0.02 };
    let mut quality = quality();
    quality.max_fraction.insert("churn_rate_plausible".to_owned(), 0.5);
    quality.max_fraction.insert("chrun_rate_plausible".to_owned(), 0.5);
    let text: Vec<String> = gates(&quality, usecases::find("telco").unwrap(), &before, 0.85)
        .iter()
        .map(|outcome| format!("{} {outcome}", if outcome.passed { "pass" } else { "FAIL" }))
        .collect();
    expect![[r#"
        FAIL quarantined_fraction counts 3 of 100 rows (0.03), must be at most 0.02
        FAIL data_quality_score is 0.85, must be at least 0.9
        FAIL chrun_rate_plausible has a bound in the settings and is no rule"#]]
    .assert_eq(&text.join("\n"));
}
