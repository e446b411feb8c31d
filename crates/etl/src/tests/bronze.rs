use contracts::{ErrorName, Sha256};
use expect_test::{Expect, expect};
use proptest::prelude::*;
use usecases::telco::{Spelling, generate};

use super::*;

fn check(file: &[u8], expected: Expect) {
    let text = match ingest(&orders(), file) {
        Ok(part) => {
            format!(
                "{}{}",
                rows(&part.data[0]).iter().map(|row| format!("{row}\n")).collect::<String>(),
                account(&part)
            )
        }
        Err(error) => format!("{}: {error}\n", error.name()),
    };
    expected.assert_eq(&text);
}

#[test]
fn rows_come_as_text_with_line_and_offset() {
    check(
        b"id,amount,items,paid,channel\na,1.50,2,Yes,web\nb, ,3,0,\"a,\"\"b\"\"\"\n",
        expect![[r#"
        a|1.50|2|Yes|web|2|29
        b| |3|0|a,"b"|3|46
        2 in, 2 out, 0 quarantined {} changed {}
    "#]],
    );
}

#[test]
fn byte_order_mark_carriage_returns_blank_lines_and_a_missing_last_line_break_are_no_trouble() {
    check(
        b"\xEF\xBB\xBFID,Amount,items,PAID,channel\r\na,1,2,Yes,web\r\n\r\nb,2,3,No,web",
        expect![[r#"
        a|1|2|Yes|web|2|33
        b|2|3|No|web|4|50
        2 in, 2 out, 0 quarantined {} changed {"blank lines skipped": 1}
    "#]],
    );
}

#[test]
fn columns_may_come_in_any_order_and_optional_ones_may_be_absent() {
    check(
        b"paid,items,amount\nYes,2,1\n",
        expect![[r#"
        -|1|2|Yes|-|2|18
        1 in, 1 out, 0 quarantined {} changed {}
    "#]],
    );
}

#[test]
fn a_file_without_rows_for_the_table_is_refused_with_the_columns_at_fault() {
    check(
        b"",
        expect![[r#"
        InvalidInput: raw/shop/orders.csv: the file is empty; a header and rows were expected
    "#]],
    );
    check(
        b"\xEF\xBB\xBF",
        expect![[r#"
        InvalidInput: raw/shop/orders.csv: the file is empty; a header and rows were expected
    "#]],
    );
    check(
        b"id,amount,items,channel\na,1,2,web\n",
        expect![[r#"
        InvalidInput: raw/shop/orders.csv: the header lacks `paid`
    "#]],
    );
    check(
        b"id,amount,items,paid,channel,extra\na,1,2,Yes,web,x\n",
        expect![[r#"
        InvalidInput: raw/shop/orders.csv: column 6 of the header, `extra`, is not known; did you mean one of the missing columns (none is missing)?
    "#]],
    );
    check(
        b"id,amount,items,paid,Amount\na,1,2,Yes,3\n",
        expect![[r#"
        InvalidInput: raw/shop/orders.csv: columns 2 and 5 of the header both mean `amount`
    "#]],
    );
    check(
        b"one;two\n1;2\n",
        expect![[r#"
        InvalidInput: raw/shop/orders.csv: column 1 of the header, `one;two`, is not known; did you mean one of the missing `id`, `amount`, `items`, `paid`, `channel`?
    "#]],
    );
    check(
        b"id,amount,it\xFFems,paid\n",
        expect![[r#"
        InvalidInput: raw/shop/orders.csv: the header is not UTF-8: invalid utf-8 sequence of 1 bytes from index 12
    "#]],
    );
    check(
        b"id,\"amount\n",
        expect![[r#"
        InvalidInput: raw/shop/orders.csv: column 2 of the header: quote is not closed at the end of the line
    "#]],
    );
    let long = vec![b'x'; 70_000];
    let error = Header::read(FILE, &orders(), &long[..65_536], long.len() as u64).unwrap_err();
    assert_eq!(error.to_string(), "raw/shop/orders.csv: no line ends in the first 65536 bytes; is this a text file?");
}

#[test]
fn every_record_that_cannot_be_read_is_set_aside_with_line_column_and_reason() {
    let mut file = b"id,amount,items,paid,channel\nok,1,2,Yes,web\n".to_vec();
    file.extend(b"few,1,2\n");
    file.extend(b"many,1,2,Yes,web,more\n");
    file.extend(b"utf,1,2,Yes,w\xFFeb\n");
    file.extend(b"nul,1,\0,Yes,web\n");
    file.extend(b"stray,1,2,Y\"es,web\n");
    file.extend(b"after,1,2,\"Yes\"!,web\n");
    file.extend(b"long,");
    file.extend(vec![b'9'; 5000]);
    file.extend(b",2,Yes,web\nok2,1,2,No,web\nopen,1,2,\"Yes,web\n");
    check(
        &file,
        expect![[r#"
        ok|1|2|Yes|web|2|29
        ok2|1|2|No|web|10|5163
        line 3, row: wrong field count: 3 where 5 were expected <- "few,1,2"
        line 4, row: wrong field count: 6 where 5 were expected <- "many,1,2,Yes,web,more"
        line 5, channel: invalid utf-8: at byte 13 of the line <- "utf,1,2,Yes,w�eb"
        line 6, items: nul character: at byte 0 of the cell <- "nul,1,\0,Yes,web"
        line 7, paid: broken quote: quote inside a field that is not quoted <- "stray,1,2,Y\"es,web"
        line 8, paid: broken quote: text after a closing quote <- "after,1,2,\"Yes\"!,web"
        line 9, row: record too long: 5015 bytes where 1000 are allowed <- "long,99999999999999999999999999999999999"
        line 11, paid: broken quote: quote is not closed at the end of the line <- "open,1,2,\"Yes,web"
        10 in, 2 out, 8 quarantined {"channel: invalid utf-8": 1, "items: nul character": 1, "paid: broken quote": 3, "record too long": 1, "wrong field count": 2} changed {}
    "#]],
    );
}

#[test]
fn the_digest_of_a_file_read_in_one_part_is_that_of_the_file() {
    let file = generate(500, 1, Spelling::Ibm);
    let table = usecases::find("telco").unwrap().table("customers").unwrap();
    let (part, source) = ingest_range(table, file.as_bytes(), 0..file.len() as u64, 1 << 12).unwrap();
    assert_eq!((part.rows.rows_in, part.rows.rows_out), (500, 500));
    assert_eq!((source.sha256, source.size_bytes), (Sha256::of(file.as_bytes()), file.len() as u64));
}

#[test]
fn the_same_file_gives_the_same_bytes_however_it_is_fed() {
    let file = generate(300, 2, Spelling::SnakeCase);
    let table = usecases::find("telco").unwrap().table("customers").unwrap();
    let read = |step| ingest_range(table, file.as_bytes(), 0..file.len() as u64, step).unwrap();
    let whole = read(1 << 20);
    assert_eq!(read(1 << 20), whole);
    assert_eq!(read(1), whole);
    assert_eq!(read(999), whole);
}

#[test]
fn a_table_whose_records_span_lines_is_read_in_one_part_only() {
    let mut table = orders();
    table.format = Format::Csv(Csv { delimiter: b',', has_header: true, records_span_lines: true });
    let file = b"id,amount,items,paid,channel\na,1,2,Yes,\"two\nlines\"\nb,1,2,No,web\n";
    let part = ingest(&table, file).unwrap();
    assert_eq!(rows(&part.data[0]), ["a|1|2|Yes|two\nlines|2|29", "b|1|2|No|web|4|51"]);
    let error = ingest_range(&table, file, 40..60, 7).unwrap_err();
    assert_eq!(error.name(), ErrorName::Internal);
}

#[test]
fn a_file_without_a_header_has_its_columns_in_the_order_declared() {
    let mut table = orders();
    table.format = Format::Csv(Csv { delimiter: b'\t', has_header: false, records_span_lines: false });
    let part = ingest(&table, b"a\t1\t2\tYes\tweb\n").unwrap();
    assert_eq!(rows(&part.data[0]), ["a|1|2|Yes|web|1|0"]);
}

/// Rows of bronze without their lines, which later parts do not know, and the offsets of the rows set aside.
fn found(part: &Part) -> (Vec<String>, Vec<u64>) {
    let without_line = |row: String| {
        let mut cells: Vec<&str> = row.split('|').collect();
        cells.remove(cells.len() - 2);
        cells.join("|")
    };
    let quarantined = part.quarantine.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let offsets = quarantined.map(|line| serde_json::from_slice::<contracts::Quarantined>(line).unwrap().offset);
    (rows(&part.data[0]).into_iter().map(without_line).collect(), offsets.collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_cut_of_a_file_gives_the_rows_of_the_whole(
        records in prop::collection::vec("[ab,\"\r]{0,6},[0-9]{0,2},1,Yes,(web|\"a,b\")?", 0..12),
        line_break in prop::sample::select(vec!["\n", "\r\n"]),
        mut cuts in prop::collection::vec(1..300_u64, 0..6),
        step in 1..64_usize,
    ) {
        let file = format!("id,amount,items,paid,channel{line_break}{}", records.join(line_break));
        let size = file.len() as u64;
        cuts.retain(|&cut| cut < size);
        cuts.extend([0, size]);
        cuts.sort_unstable();
        cuts.dedup();
        let (mut kept, mut set_aside, mut n_bytes, mut counts) = (Vec::new(), Vec::new(), 0, contracts::RowCounts::default());
        for pair in cuts.windows(2) {
            let (part, source) = ingest_range(&orders(), file.as_bytes(), pair[0]..pair[1], step).unwrap();
            prop_assert!(part.rows.is_balanced());
            counts = counts.plus(part.rows);
            n_bytes += source.size_bytes;
            let (rows, offsets) = found(&part);
            kept.extend(rows);
            set_aside.extend(offsets);
        }
        let whole = ingest(&orders(), file.as_bytes()).unwrap();
        prop_assert_eq!((kept, set_aside), found(&whole));
        prop_assert_eq!(counts, whole.rows);
        prop_assert_eq!(n_bytes, size);
    }
}
