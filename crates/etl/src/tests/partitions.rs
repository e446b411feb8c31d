use contracts::RowCounts;
use expect_test::expect;
use usecases::{Check, OnBreak, QualityRule, UseCase};

use super::validation::{quality, rule, shop};
use super::*;
use crate::{
    Checked, PartitionFindings, PartitionValidation, QualityReport, Scope, SilverPart, TableBefore, TableFindings,
    judge,
};

/// Orders, and the customers they are of, in two tables divided by customer.
fn orders_of_customers(rules: &[QualityRule]) -> UseCase {
    let mut shop = shop(rules);
    let customer = ColumnDecl::new("customer", ColumnKind::Text { max_bytes: 8 });
    shop.tables[0].columns.push(customer.clone());
    shop.tables[0].entity = Some("customer".to_owned());
    let columns = vec![customer, ColumnDecl::new("age", ColumnKind::Integer)];
    shop.tables.push(Table { name: "customers".to_owned(), columns, ..shop.tables[0].clone() });
    shop.gold.table = "customers".to_owned();
    shop
}

/// What becomes of the rows of both tables in so many partitions, and what the rules found; the first column of each
/// row that is kept.
fn across_tables(shop: &UseCase, files: [&str; 2], n_partitions: u32) -> (Vec<String>, QualityReport) {
    let (mut kept, mut findings) = (Vec::new(), Vec::new());
    let parts: Vec<Part> = shop
        .tables
        .iter()
        .zip(files)
        .map(|(table, file)| {
            let bronze = ingest(table, file.as_bytes()).unwrap();
            crate::clean(table, FILE, "bronze/part", &bronze.data[0], n_partitions).unwrap()
        })
        .collect();
    for partition in 0..n_partitions {
        let mut validation = PartitionValidation::new(shop, Scope { today: 0, n_partitions });
        assert!(validation.needs_flags());
        let part = |table: usize| {
            let bytes = &parts[table].data[partition as usize];
            SilverPart { raw_file: FILE, object: "silver/part", bytes }
        };
        (0..2).for_each(|table| validation.survey(table, &part(table)).unwrap());
        (0..2).for_each(|table| validation.flag(table, &part(table)).unwrap());
        for table in 0..2 {
            let data = match validation.check(table, &part(table)).unwrap() {
                Checked::Unchanged { .. } => part(table).bytes.to_vec(),
                Checked::Reduced(mut part) => part.data.remove(0),
            };
            kept.extend(rows(&data).iter().map(|row| row.split('|').next().unwrap().to_owned()));
        }
        let (checked, flagged) = validation.finish();
        let tables = checked.into_iter().zip(&parts).zip(&shop.tables).map(|((checked, part), table)| TableFindings {
            table: table.name.clone(),
            raw: Vec::new(),
            silver: Vec::new(),
            before: TableBefore { rows: part.rows, ..TableBefore::default() },
            checked,
        });
        findings.push(PartitionFindings { partition, n_partitions, tables: tables.collect(), flagged });
    }
    kept.sort();
    let mut settings = shop.settings.clone();
    settings.quality = quality();
    (kept, judge(shop, "run-1".parse().unwrap(), &settings, &findings).unwrap())
}

#[test]
fn a_row_may_have_to_have_its_entity_in_another_table_with_a_row_that_passes_there() {
    let orders = "id,amount,items,paid,channel,customer\na,1,1,Yes,web,ann\nb,1,1,Yes,web,bob\nc,1,1,Yes,web,cyd\n";
    let customers = "customer,age\nann,30\nbob,-1\ndan,40\n";
    let sound_age = QualityRule {
        table: "customers".to_owned(),
        ..rule("age_not_negative", Check::Range { column: "age".into(), min: Some(0.0), max: None })
    };
    let known = rule("order_is_of_a_customer", Check::EntityIn { table: "customers".to_owned() });
    let flagged = QualityRule { on_break: OnBreak::FlagEntity, ..sound_age.clone() };
    let counted = QualityRule { on_break: OnBreak::Count, ..known.clone() };
    for (rules, expected, reasons) in [
        // Set aside where it is; so the order of bob is of nobody known.
        (
            [sound_age.clone(), known.clone()],
            ["a", "ann", "dan"].as_slice(),
            ["age_not_negative 1", "order_is_of_a_customer 2"].as_slice(),
        ),
        // Flagged: the order of bob goes with bob, and only the one of cyd is of nobody.
        ([flagged, known], &["a", "ann", "dan"], &["flagged: age_not_negative 2", "order_is_of_a_customer 1"]),
        // Only counted.
        ([sound_age, counted], &["a", "ann", "b", "c", "dan"], &["age_not_negative 1"]),
    ] {
        let shop = orders_of_customers(&rules);
        for n_partitions in [1, 2, 16] {
            let (kept, report) = across_tables(&shop, [orders, customers], n_partitions);
            assert_eq!(kept, expected, "{rules:?}");
            let found: Vec<String> =
                report.quarantined_by_reason.iter().map(|(reason, n)| format!("{reason} {n}")).collect();
            let reasons: Vec<String> = reasons.iter().map(|reason| format!("validate: {reason}")).collect();
            assert_eq!(found, reasons);
        }
    }
}

#[test]
fn a_rule_that_would_compare_rows_of_different_partitions_fails_and_says_so() {
    let orders = "id,amount,items,paid,channel,customer\na,1,1,Yes,web,ann\na,1,1,Yes,web,bob\n";
    let rules = [
        rule("id_is_unique", Check::Unique { columns: vec!["id".into()] }),
        rule("id_is_unique_by_customer", Check::Unique { columns: vec!["id".into(), "customer".into()] }),
        rule("few_alike", Check::DuplicateShareAtMost { except: vec!["customer".into()], max_fraction: 0.9 }),
        rule("few_alike_by_customer", Check::DuplicateShareAtMost { except: vec!["id".into()], max_fraction: 0.9 }),
        rule("known", Check::EntityIn { table: "customers".to_owned() }),
        rule("of_nothing", Check::EntityIn { table: "returns".to_owned() }),
        QualityRule {
            on_break: OnBreak::FlagEntity,
            table: "returns".to_owned(),
            ..rule("homeless", Check::EntityIn { table: "orders".to_owned() })
        },
    ];
    let shop = orders_of_customers(&rules);
    let problems = |n_partitions| {
        let (_, report) = across_tables(&shop, [orders, "customer,age\nann,1\nbob,1\n"], n_partitions);
        let problems =
            report.checks.iter().filter(|check| check.problem.is_some()).map(|check| check.to_string() + "\n");
        problems.collect::<String>()
    };
    expect![[r#"
        of_nothing asks for table `returns`, which does not exist
        homeless is about table `returns`, which does not exist
    "#]]
    .assert_eq(&problems(1));
    expect![[r#"
        id_is_unique compares rows that differ in `customer`, by which they are divided into partitions; raise setting `reading.bytes_per_partition` until one is enough, or compare `customer` too
        few_alike compares rows that differ in `customer`, by which they are divided into partitions; raise setting `reading.bytes_per_partition` until one is enough, or compare `customer` too
        of_nothing asks for table `returns`, which does not exist
        homeless is about table `returns`, which does not exist
    "#]].assert_eq(&problems(2));
}

#[test]
fn findings_that_do_not_belong_together_are_refused() {
    let shop = orders_of_customers(&[rule("known", Check::EntityIn { table: "customers".to_owned() })]);
    let found = |partition, n_partitions, n_before| {
        let mut validation = PartitionValidation::new(&shop, Scope { today: 0, n_partitions });
        let orders =
            silver(&shop.tables[0], b"id,amount,items,paid,channel,customer\na,1,1,Yes,web,ann\n").data.remove(0);
        validation.check(0, &SilverPart { raw_file: FILE, object: "silver/part", bytes: &orders }).unwrap();
        let (checked, flagged) = validation.finish();
        let tables = checked.into_iter().zip(&shop.tables).map(|(checked, table)| {
            let n = if table.name == "orders" { n_before } else { 0 };
            let rows = RowCounts { rows_in: n, rows_out: n, rows_quarantined: 0 };
            let before = TableBefore { rows, ..TableBefore::default() };
            TableFindings { table: table.name.clone(), raw: Vec::new(), silver: Vec::new(), before, checked }
        });
        PartitionFindings { partition, n_partitions, tables: tables.collect(), flagged }
    };
    let judged = |found: &[PartitionFindings]| {
        judge(&shop, "run-1".parse().unwrap(), &shop.settings, found).map(|report| report.rows.rows_in)
    };
    assert_eq!(judged(&[found(0, 2, 2), found(1, 2, 2)]), Ok(2));
    let mut other_table = found(0, 1, 1);
    other_table.tables[0].table = "returns".to_owned();
    let mut other_rules = found(1, 2, 2);
    other_rules.tables[0].checked.rules.clear();
    let refused: Vec<String> = [
        vec![],
        vec![found(0, 2, 2)],
        vec![found(1, 2, 2), found(0, 2, 2)],
        vec![found(0, 2, 2), found(1, 3, 2)],
        vec![found(0, 2, 2), found(1, 2, 3)],
        vec![found(0, 2, 3), found(1, 2, 3)],
        vec![other_table],
        vec![found(0, 2, 2), other_rules],
    ]
    .iter()
    .map(|found| judged(found).unwrap_err())
    .collect();
    expect![[r#"
        partitions 0 to 0 were expected, in this order
        partitions 0 to 1 were expected, in this order
        partitions 0 to 1 were expected, in this order
        partitions 0 to 1 were expected, in this order
        the partitions were made of different data of table `orders`
        the partitions of table `orders` have 2 rows of 3
        partition 0 is of tables ["returns", "customers"], not of ["orders", "customers"]
        the partitions were checked by different rules"#]]
    .assert_eq(&refused.join("\n"));
}
