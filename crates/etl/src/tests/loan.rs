use expect_test::expect;
use usecases::Date;
use usecases::loan::generate::{DateStyle, Options, Tables, generate};

use super::*;
use crate::partition_of;

/// The four tables of synthetic customers, each with its declaration.
fn tables(n_customers: u64, dates: DateStyle) -> Vec<(&'static Table, Vec<u8>)> {
    let mut files: [Vec<u8>; 4] = Default::default();
    let [clickstream, attributes, financials, loans] = &mut files;
    let options = Options { dates, ..Options::new(n_customers, 42) };
    generate(&options, &mut Tables { clickstream, attributes, financials, loans }).unwrap();
    usecases::find("loan").unwrap().tables.iter().zip(files).collect()
}

/// The rows of silver without the places in their raw file, which depend on how long its texts are.
fn silver_rows(part: &[u8]) -> Vec<String> {
    let without_place = |row: String| row.rsplitn(3, '|').nth(2).unwrap().to_owned();
    rows(part).into_iter().map(without_place).collect()
}

#[test]
fn the_three_ways_to_write_dates_give_the_same_silver() {
    let all = [DateStyle::Iso, DateStyle::DayFirst, DateStyle::MonthFirst].map(|dates| tables(300, dates));
    let [iso, day_first, month_first] = all.each_ref().map(|tables| {
        let silver = tables.iter().map(|(table, file)| silver_rows(&silver(table, file).data[0]));
        silver.collect::<Vec<_>>()
    });
    assert!(iso.iter().all(|rows| rows.len() >= 300 && rows[0].contains("|20")), "{:?}", iso[0].first());
    for styles in all.windows(2) {
        assert!(styles[0].iter().zip(&styles[1]).all(|(one, other)| one.1 != other.1), "the files differ");
    }
    assert_eq!(iso, day_first);
    assert_eq!(iso, month_first);
}

#[test]
fn partitions_hold_the_rows_of_the_whole_each_where_its_entity_belongs() {
    for (table, file) in tables(300, DateStyle::Iso) {
        let bronze = ingest(table, &file).unwrap();
        let whole = crate::clean(table, FILE, "bronze/part", &bronze.data[0], 1).unwrap();
        let divided = crate::clean(table, FILE, "bronze/part", &bronze.data[0], 8).unwrap();
        let key = table.silver_columns().position(|column| column.name == "customer_id").unwrap();
        let mut together = Vec::new();
        for (partition, part) in (0..).zip(&divided.data) {
            for row in rows(part) {
                assert_eq!(partition_of(row.split('|').nth(key).unwrap(), 8), partition, "{row}");
                together.push(row);
            }
        }
        let mut expected = rows(&whole.data[0]);
        expected.sort();
        together.sort();
        assert_eq!(together, expected, "{}", table.name);
        let unlike_data = |part: Part| (part.quarantine, part.rows, part.quarantined_by_reason, part.changed_cells);
        assert_eq!(unlike_data(divided), unlike_data(whole));
    }
}

#[test]
fn columns_that_end_at_bronze_are_not_in_silver() {
    let (table, file) = tables(50, DateStyle::Iso).swap_remove(1);
    let frame = parquet::read("silver", &silver(table, &file).data[0]).unwrap();
    let columns: Vec<String> =
        frame.columns().iter().map(|column| format!("{}: {}", column.name(), column.dtype())).collect();
    expect![["customer_id: str, age: i64, ssn: str, occupation: str, snapshot_date: date, _line: u64, _offset: u64"]]
        .assert_eq(&columns.join(", "));
    let ssn: Vec<&str> = frame.column("ssn").unwrap().str().unwrap().iter().flatten().collect();
    assert!(ssn.iter().all(|ssn| ["valid", "invalid"].contains(ssn)) && ssn.contains(&"valid"), "{ssn:?}");
}

#[test]
fn a_record_that_cannot_be_taken_apart_is_hidden_where_it_may_hold_personal_values() {
    let loan = usecases::find("loan").unwrap();
    let file = b"Customer_ID,Name,Age,SSN,Occupation,snapshot_date\nCUS_0x1,Barrf,18,913-74-1218,2023-05-01\n";
    expect![[r#"
        line 2, row: wrong field count: 5 where 6 were expected <- "***"
        1 in, 0 out, 1 quarantined {"wrong field count": 1} changed {}
    "#]]
    .assert_eq(&account(&ingest(&loan.tables[1], file).unwrap()));
}

/// Orders with two dates; `paid_on` is the date at the end of `id`.
fn dated_orders() -> Table {
    let date = |in_column: Option<&str>| {
        ColumnKind::Date(Date { in_column: in_column.map(str::to_owned), is_first_of_month: false })
    };
    let columns = vec![
        ColumnDecl::new("id", ColumnKind::Text { max_bytes: 64 }),
        ColumnDecl::new("paid_on", date(Some("id"))).nullable().with_dirt("_", &["never"], None),
        ColumnDecl::new("sent_on", date(None)).nullable(),
    ];
    Table { columns, ..orders() }
}

/// The silver of these lines, what was counted, or the error.
fn dates(lines: &str) -> String {
    let bronze = ingest(&dated_orders(), format!("id,paid_on,sent_on\n{lines}").as_bytes()).unwrap();
    match crate::clean(&dated_orders(), FILE, "bronze/part", &bronze.data[0], 1) {
        Ok(part) => format!("{}\n{}", silver_rows(&part.data[0]).join("\n"), account(&part)),
        Err(error) => format!("{}: {error}\n", error.name()),
    }
}

#[test]
fn one_date_that_is_settled_settles_all_dates_of_a_part() {
    expect![[r#"
        o_2023_05_04|2023-05-04|2023-07-06
        p|-|2023-02-01
        q|-|2023-02-01
        3 in, 3 out, 0 quarantined {} changed {"paid_on: placeholder to null": 1, "paid_on: read as day/month/year": 1, "sent_on: read as day/month/year": 2}
    "#]].assert_eq(&dates("o_2023_05_04,_4/5/2023,6/7/2023\np,never,1/2/2023\nq,,2023-02-01\n"));
    expect![[r#"
        o|-|2023-06-07
        p|-|2023-06-13
        2 in, 2 out, 0 quarantined {} changed {"sent_on: read as month/day/year": 2}
    "#]]
    .assert_eq(&dates("o,,6/7/2023\np,,6/13/2023\n"));
    expect![[r#"
        o|-|2023-02-02
        p|-|-
        2 in, 2 out, 0 quarantined {} changed {"sent_on: read with slashes": 1}
    "#]]
    .assert_eq(&dates("o,,2/2/2023\np,,\n"));
}

#[test]
fn what_nothing_settles_and_what_contradicts_is_told() {
    expect![[r#"
        InvalidInput: raw/shop/orders.csv: `4/5/2023` in column `paid_on` (line 2), `6/7/2023` in column `sent_on` (line 3), `7/8/2023` in column `sent_on` (line 4) may be day/month/year or month/day/year, and nothing in this part of the file settles it
    "#]].assert_eq(&dates("o,4/5/2023,\np,,6/7/2023\nq,,7/8/2023\nr,,8/9/2023\n"));
    expect![[r#"
        InvalidInput: raw/shop/orders.csv: its dates are written in two orders: `6/13/2023` in column `sent_on` (line 2) is month/day/year, `13/6/2023` in column `sent_on` (line 3) is day/month/year
    "#]].assert_eq(&dates("o,,6/13/2023\np,,13/6/2023\n"));
    // Whatever the order, this is not the day of the id.
    expect![[r#"

        line 2, paid_on: date contradicts its id: `4/5/2023` <- "o_2023_01_01,4/5/2023,2023-02-02"
        line 3, paid_on: date contradicts its id: `2023-01-03` <- "o_2023_01_02,2023-01-03,"
        2 in, 0 out, 2 quarantined {"paid_on: date contradicts its id": 2} changed {}
    "#]]
    .assert_eq(&dates("o_2023_01_01,4/5/2023,2023-02-02\no_2023_01_02,2023-01-03,\n"));
}
