use expect_test::expect;
use features::Column;
use usecases::UseCase;
use usecases::telco::{Spelling, generate};

use super::*;
use crate::{Gold, GoldBuilder, Split, gold_frame};

const SHARES: contracts::Split = contracts::Split { validation: 0.2, test: 0.2 };

fn telco() -> &'static UseCase {
    usecases::find("telco").unwrap()
}

/// Gold of these lines of a telco file, each part a slice of them.
fn gold(header: &str, parts: &[&[&str]]) -> Result<Gold, EtlError> {
    let mut builder = GoldBuilder::new(telco()).unwrap();
    for lines in parts {
        let file = format!("{header}\n{}\n", lines.join("\n"));
        builder.push("silver/part", &silver(telco().table("customers").unwrap(), file.as_bytes()).data)?;
    }
    builder.finish(&SHARES, 42)
}

#[test]
fn gold_does_not_depend_on_the_order_of_rows_or_parts() {
    let file = generate(400, 5, Spelling::Ibm);
    let lines: Vec<&str> = file.lines().collect();
    let (header, mut rows) = (lines[0], lines[1..].to_vec());
    let one = gold(header, &[&rows]).unwrap();
    rows.reverse();
    let two = gold(header, &[&rows[..150], &rows[150..]]).unwrap();
    assert_eq!(two.to_parquet().unwrap(), one.to_parquet().unwrap());
    assert!(one.keys.is_sorted());
    let by_split = one.rows_by_split();
    assert_eq!(by_split.values().sum::<u64>(), 400);
    assert_eq!(by_split["validation"], by_split["test"]);
}

#[test]
fn gold_comes_back_from_parquet_as_it_was() {
    let file = generate(300, 6, Spelling::SnakeCase);
    let lines: Vec<&str> = file.lines().collect();
    let made = gold(lines[0], &[&lines[1..]]).unwrap();
    let read = gold_frame(&made.to_parquet().unwrap()).unwrap();
    assert_eq!((&read.keys, &read.labels, &read.splits), (&made.keys, &made.labels, &made.splits));
    let fields: Vec<&str> = telco().gold.features.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(read.frame.names().collect::<Vec<_>>(), fields);
    for name in fields {
        match (read.frame.column(name).unwrap(), made.frame.column(name).unwrap()) {
            (Column::Number(read), Column::Number(made)) => {
                let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
                assert_eq!(bits(read), bits(made), "{name}");
            }
            (read, made) => assert_eq!(read, made, "{name}"),
        }
    }
}

#[test]
fn the_label_is_one_for_the_positive_class() {
    let file = generate(300, 7, Spelling::Ibm);
    let lines: Vec<&str> = file.lines().collect();
    let made = gold(lines[0], &[&lines[1..]]).unwrap();
    let churned = lines[1..].iter().filter(|line| line.ends_with(",Yes")).count();
    assert_eq!(made.labels.iter().filter(|&&label| label == 1.0).count(), churned);
    assert_eq!(made.labels.iter().filter(|&&label| label == 0.0).count(), 300 - churned);
    let test = made.rows_of(Split::Test);
    let churned_in_test = test.iter().filter(|&&row| made.labels[row] == 1.0).count();
    assert!((churned_in_test as f64 - 0.2 * churned as f64).abs() <= 0.5);
}

#[test]
fn two_rows_of_one_entity_are_refused() {
    let file = generate(100, 8, Spelling::Ibm);
    let lines: Vec<&str> = file.lines().collect();
    let error = gold(lines[0], &[&lines[1..], &lines[5..6]]).unwrap_err();
    expect!["gold rows: rows 5 and 101 have the same customer_id"].assert_eq(&error.to_string());
}

#[test]
fn what_is_not_gold_is_refused() {
    let file = generate(100, 9, Spelling::Ibm);
    let silver = silver(telco().table("customers").unwrap(), file.as_bytes()).data;
    for bytes in [b"".as_slice(), b"PAR1", &silver, &silver[..silver.len() / 2]] {
        let error = gold_frame(bytes).unwrap_err();
        assert_eq!(error.name(), contracts::ErrorName::InvalidInput);
        assert!(error.to_string().starts_with("gold.parquet is not"), "{error}");
    }
}
