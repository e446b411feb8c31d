use expect_test::{Expect, expect};

use super::*;

fn check(file: &[u8], expected: Expect) {
    let bronze = ingest(&orders(), file).unwrap();
    let part = crate::clean(&orders(), FILE, "bronze/part", &bronze.data[0], 1).unwrap();
    let kept: String = rows(&part.data[0]).iter().map(|row| format!("{row}\n")).collect();
    expected.assert_eq(&format!("{kept}{}", account(&part)));
}

#[test]
fn cells_become_what_their_columns_declare_and_every_change_is_counted() {
    check(
        b"id,amount,items,paid,channel\n a ,1.50,2,Yes,web\nb, ,3.0,0,web\nc,,-4,1,web\nd,1e3,5,YES,web\n",
        expect![[r#"
            a|1.5|2|Yes|web|2|29
            b|-|3|No|web|3|48
            c|-|-4|Yes|web|4|62
            d|1000|5|Yes|web|5|74
            4 in, 4 out, 0 quarantined {} changed {"amount: blank to null": 1, "id: trimmed": 1, "paid: respelled": 3}
        "#]],
    );
}

#[test]
fn a_cell_that_cannot_be_read_sets_its_row_aside_with_the_text_at_fault() {
    check(
        b"id,amount,items,paid,channel\na,12x,2,Yes,web\nb,inf,2,Yes,web\nc,1,2.5,Yes,web\nd,1,2,perhaps,web\ne,1,2,,web\nf,1,,No,web\n ,1,2,No,web\ng,1,2,No,far too long\nh,1,2,No,\nok,1,2,No,web\n",
        expect![[r#"
            ok|1|2|No|web|11|163
            line 2, amount: not a number: `12x` <- "a,12x,2,Yes,web"
            line 3, amount: not a number: `inf` <- "b,inf,2,Yes,web"
            line 4, items: not an integer: `2.5` <- "c,1,2.5,Yes,web"
            line 5, paid: unknown level: `perhaps` <- "d,1,2,perhaps,web"
            line 6, paid: missing value <- "e,1,2,,web"
            line 7, items: missing value <- "f,1,,No,web"
            line 8, id: missing value <- " ,1,2,No,web"
            line 9, channel: text too long: `far too long` <- "g,1,2,No,far too long"
            line 10, channel: missing value <- "h,1,2,No,"
            10 in, 1 out, 9 quarantined {"amount: not a number": 2, "channel: missing value": 1, "channel: text too long": 1, "id: missing value": 1, "items: missing value": 1, "items: not an integer": 1, "paid: missing value": 1, "paid: unknown level": 1} changed {}
        "#]],
    );
}

#[test]
fn what_a_file_lacks_is_null_and_a_missing_key_becomes_the_place_of_the_row() {
    check(
        b"amount,items,paid\n1,2,Yes\n1,2,Yes\n",
        expect![[r#"
        row-9aabdbfae8e3-18|1|2|Yes|-|2|18
        row-9aabdbfae8e3-26|1|2|Yes|-|3|26
        2 in, 2 out, 0 quarantined {} changed {}
    "#]],
    );
    let other = ingest(&orders(), b"amount,items,paid\n1,2,Yes\n").unwrap();
    let here = crate::clean(&orders(), FILE, "bronze/part", &other.data[0], 1).unwrap();
    let there = crate::clean(&orders(), "raw/shop/other.csv", "bronze/part", &other.data[0], 1).unwrap();
    assert_ne!(rows(&here.data[0]), rows(&there.data[0]), "rows of two files are never one");
}

#[test]
fn broken_parquet_is_an_error_that_names_the_object() {
    let bronze = ingest(&orders(), b"id,amount,items,paid,channel\na,1,2,Yes,web\n").unwrap().data.remove(0);
    for cut in [0, 3, 8, bronze.len() / 2, bronze.len() - 1] {
        let error = crate::clean(&orders(), FILE, "bronze/part", &bronze[..cut], 1).unwrap_err();
        assert_eq!(error.name(), contracts::ErrorName::InvalidInput);
        let text = error.to_string();
        assert!(text.starts_with("bronze/part is not the Parquet file expected: "), "{cut}: {text}");
    }
    let silver = crate::clean(&orders(), FILE, "bronze/part", &bronze, 1).unwrap().data.remove(0);
    let error = crate::clean(&orders(), FILE, "silver/part", &silver, 1).unwrap_err();
    assert!(error.to_string().contains("silver/part is not the Parquet file expected"), "{error}");
}
