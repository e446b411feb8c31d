//! Generated loan files and their rows.

use std::collections::BTreeMap;

use usecases::UseCase;
use usecases::loan::generate::{Options, Tables, generate};
use usecases::loan::{ATTRIBUTES, CLICKSTREAM, FINANCIALS, LOANS};

pub(crate) fn loan() -> &'static UseCase {
    usecases::find("loan").unwrap()
}

/// The four files by table.
pub(crate) fn files(options: &Options) -> BTreeMap<&'static str, String> {
    let mut files: [Vec<u8>; 4] = Default::default();
    let [clickstream, attributes, financials, loans] = &mut files;
    generate(options, &mut Tables { clickstream, attributes, financials, loans }).unwrap();
    let names = [CLICKSTREAM, ATTRIBUTES, FINANCIALS, LOANS];
    names.into_iter().zip(files.map(|file| String::from_utf8(file).unwrap())).collect()
}

/// The cells of a record that may have quoted ones.
fn split(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut is_quoted = false;
    for c in line.chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(String::new()),
            c => cells.last_mut().unwrap().push(c),
        }
    }
    cells
}

/// Rows of a table as maps from canonical name to raw cell.
pub(crate) fn rows(table: &str, text: &str) -> Vec<BTreeMap<String, String>> {
    let table = loan().table(table).unwrap();
    let mut lines = text.lines();
    let header = split(lines.next().unwrap());
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let matched = table.match_header(&header).unwrap();
    assert!(matched.absent.is_empty());
    let names: Vec<_> = matched.columns.iter().map(|index| table.columns[index.unwrap()].name.clone()).collect();
    lines.map(|line| names.iter().cloned().zip(split(line)).collect()).collect()
}
