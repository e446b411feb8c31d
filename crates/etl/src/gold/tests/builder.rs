use expect_test::expect;
use features::{Field, Kind};
use usecases::{Gold as GoldDecl, See, Take};

use super::shop::{Row, day, gold, gold_in_parts, lines, part, sample, shop};
use crate::{GoldBuilder, GoldRows};

#[test]
fn a_gold_row_has_what_was_known_by_hand_count() {
    let (gold, n_without) = gold_in_parts(&shop(), &sample(), usize::MAX).unwrap();
    assert_eq!(n_without, 1, "eve has clicks and no loan");
    let names: Vec<&str> = gold.frame.names().collect();
    let figures =
        ["clicks_count", "clicks_sum", "clicks_mean", "clicks_std", "clicks_min", "clicks_max", "clicks_last"];
    assert_eq!(names, [["age", "job"].as_slice(), &figures, &["overdue_before"]].concat());
    // Ann's clicks before the start are 9, 4, 2: their mean is 5, their squares from it 16 + 1 + 9 = 26, and sqrt(13)
    // is 3.6056. On the prediction date she had become a doctor of unknown age; Cid's row is of one day later.
    expect![[r#"
        ann 2024-08-01 0 - Doctor 3.0000 15.0000 5.0000 3.6056 2.0000 9.0000 2.0000 0.0000
        bob 2024-07-01 1 31.0000 - 1.0000 7.0000 7.0000 - 7.0000 7.0000 7.0000 0.0000
        cid 2024-12-01 NaN - - 0.0000 - - - - - - 0.0000
        dan 2024-08-01 0 - - 0.0000 - - - - - - 30.0000
    "#]]
    .assert_eq(&lines(&gold));
}

#[test]
fn gold_does_not_depend_on_the_order_of_rows_or_parts() {
    let mut rows = sample();
    // Two clicks of one day: which is first must not show in a sum.
    rows.extend([Row::Click("bob", day(1, 2), Some(0.1)), Row::Click("bob", day(1, 2), Some(0.1))]);
    rows.extend([Row::Click("bob", day(1, 3), Some(1e16)), Row::Click("bob", day(1, 4), Some(0.3))]);
    let one = gold(&rows).unwrap().to_parquet().unwrap();
    rows.reverse();
    for rows_per_part in [1, 7, 20] {
        let (two, _) = gold_in_parts(&shop(), &rows, rows_per_part).unwrap();
        assert_eq!(two.to_parquet().unwrap(), one, "{rows_per_part} rows per part");
    }
}

#[test]
fn nothing_after_the_prediction_shows_in_gold() {
    let clean = gold(&sample()).unwrap();
    let start = |who: &str| {
        if who == "bob" {
            day(4, 1)
        } else if who == "cid" {
            day(9, 1)
        } else {
            day(5, 1)
        }
    };
    let mut n_poisoned = 0;
    let mut poisoned = sample();
    for row in &mut poisoned {
        let before = row.clone();
        match row {
            Row::Loan(_, _, step, overdue) if *step >= 3 => *overdue = overdue.map(|overdue| overdue * 7.0),
            Row::Click(who, day, clicks) if *day >= start(who) => *clicks = Some(-1e12),
            Row::Person(who, day, age, job) if *day > usecases::date::add_months(start(who), 3) => {
                (*age, *job) = (Some(-1.0), None);
            }
            _ => {}
        }
        n_poisoned += usize::from(*row != before);
    }
    assert!(n_poisoned >= 5, "{n_poisoned}");
    // Rows from the future, of every table, that were not there before.
    poisoned.push(Row::Click("dan", day(5, 1), Some(5.0)));
    poisoned.push(Row::Person("dan", day(8, 2), Some(5.0), Some("Poison")));
    poisoned.push(Row::Loan("dan", day(5, 1), 11, Some(5.0)));
    let found = gold(&poisoned).unwrap();
    // Labels lie in the future by nature; everything else has the same bytes.
    assert_eq!(found.labels[..2], clean.labels[..2]);
    assert_eq!(found.to_parquet().unwrap(), clean.to_parquet().unwrap());
}

#[test]
fn what_was_known_does_show() {
    let clean = gold(&sample()).unwrap();
    for row in [
        Row::Click("dan", day(4, 30), Some(5.0)),
        Row::Person("dan", day(8, 1), Some(5.0), None),
        Row::Loan("dan", day(5, 1), 2, Some(5.0)),
    ] {
        let mut rows = sample();
        rows.push(row.clone());
        assert_ne!(lines(&gold(&rows).unwrap()), lines(&clean), "{row:?}");
    }
}

#[test]
fn partitions_taken_together_are_the_whole() {
    let mut whole = gold(&sample()).unwrap();
    let of = |customers: &[&str]| -> GoldRows {
        let is_in = |row: &&Row| match row {
            Row::Loan(who, ..) | Row::Click(who, ..) | Row::Person(who, ..) => customers.contains(who),
        };
        gold(&sample().iter().filter(is_in).cloned().collect::<Vec<_>>()).unwrap()
    };
    let mut together = of(&["bob", "dan", "eve"]);
    together.append(of(&[])).unwrap();
    together.append(of(&["ann", "cid"])).unwrap();
    assert_eq!(together.keys, ["bob", "dan", "ann", "cid"]);
    let sorted = |gold: &GoldRows| {
        let text = lines(gold);
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&together), sorted(&whole));
    assert!(whole.append(GoldRows { frame: features::Frame::new(vec![]).unwrap(), ..of(&["ann"]) }).is_err());
}

#[test]
fn a_label_needs_every_step_of_its_window() {
    let label = |rows: &[Row]| gold(rows).unwrap().labels[0];
    let loan = |step, overdue| Row::Loan("ann", day(1, 1), step, overdue);
    let full: Vec<Row> = (0..=6).map(|step| loan(step, Some(0.0))).collect();
    assert_eq!(label(&full), 0.0);
    let with = |at: usize, overdue| {
        let mut rows = full.clone();
        rows[at] = loan(at as i64, overdue);
        rows
    };
    assert_eq!([label(&with(3, Some(1.0))), label(&with(6, Some(1.0)))], [1.0, 1.0]);
    assert_eq!(label(&with(2, Some(1.0))), 0.0, "before the window");
    assert!(label(&with(4, None)).is_nan(), "nobody knows what was overdue at step 4");
    assert!(label(&full[..6]).is_nan(), "step 6 is still to come");
    let mut gap = with(3, Some(5.0));
    gap.remove(5);
    assert!(label(&gap).is_nan(), "a window with a gap is none, whatever else is in it");
}

#[test]
fn what_the_data_does_not_settle_is_an_error_that_names_no_one() {
    let error = |rows: &[Row]| {
        let mut all = sample();
        all.extend_from_slice(rows);
        let error = gold(&all).unwrap_err();
        assert_eq!(error.name(), contracts::ErrorName::DataQuality);
        let text = error.to_string();
        assert!(!text.contains("ann"), "{text}");
        text
    };
    let texts = [
        error(&[Row::Loan("ann", day(5, 2), 11, None)]),
        error(&[Row::Person("ann", day(8, 1), Some(41.0), None)]),
        error(&[Row::Click("ann", day(3, 1), Some(3.0))]),
    ];
    expect![[r#"
        gold rows: entity 49915e0d7d4b has more than one start in table `loans` (a SHA-256 of its key)
        gold rows: entity 49915e0d7d4b has two latest rows in table `people` (a SHA-256 of its key)
        gold rows: entity 49915e0d7d4b has two latest rows for `clicks_last` in table `clicks` (a SHA-256 of its key)"#]]
    .assert_eq(&texts.join("\n"));
    // Two rows of a later day than the prediction settle nothing and unsettle nothing.
    let mut late = sample();
    late.extend([Row::Person("ann", day(8, 3), None, None), Row::Person("ann", day(8, 3), Some(1.0), None)]);
    assert_eq!(lines(&gold(&late).unwrap()), lines(&gold(&sample()).unwrap()));
}

#[test]
fn a_declaration_that_cannot_be_is_named() {
    let error = |change: &dyn Fn(&mut GoldDecl)| {
        let mut use_case = shop();
        change(&mut use_case.gold);
        GoldBuilder::new(&use_case).err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert_eq!(error(&|_| {}), "");
    let texts = [
        error(&|gold| gold.table = "leases".to_owned()),
        error(&|gold| gold.entity_key = "step".to_owned()),
        error(&|gold| gold.dates = None),
        error(&|gold| gold.sources[1].date = None),
        error(&|gold| gold.sources[0].date = Some("age".to_owned())),
        error(&|gold| gold.sources[0].take = Take::Latest(vec![Field { name: "job".to_owned(), kind: Kind::Number }])),
        error(&|gold| gold.sources[2].see = See::Below { counter: "steps".to_owned(), limit: 3 }),
    ];
    expect![[r#"
        use case declaration: gold is of table `leases`, which does not exist
        use case declaration: table `loans` has no text `step`
        use case declaration: a source of table `people` is bounded by dates it lacks
        use case declaration: a source of table `clicks` is bounded by dates it lacks
        use case declaration: table `people` has no day `age`
        use case declaration: table `people` has no number `job`
        use case declaration: table `loans` has no number `steps`"#]]
    .assert_eq(&texts.join("\n"));
}

#[test]
fn gold_comes_back_from_parquet_with_the_fields_asked_for() {
    let made = gold(&sample()).unwrap();
    let bytes = made.to_parquet().unwrap();
    let all: Vec<Field> = shop().gold.fields();
    let read = GoldRows::from_parquet("gold", &bytes, &all).unwrap();
    assert_eq!(lines(&read), lines(&made));
    assert_eq!(read.to_parquet().unwrap(), bytes);
    let some = [Field::category("job"), Field::number("clicks_std")];
    let read = GoldRows::from_parquet("gold", &bytes, &some).unwrap();
    assert_eq!(read.frame.names().collect::<Vec<_>>(), ["job", "clicks_std"]);
    assert_eq!(read.frame.column("job"), made.frame.column("job"));
    let none = GoldRows::from_parquet("gold", &bytes, &[]).unwrap();
    assert_eq!((none.len(), none.keys), (4, made.keys));
}

#[test]
fn what_is_not_gold_is_refused() {
    let bytes = gold(&sample()).unwrap().to_parquet().unwrap();
    let fields = [Field::number("age")];
    let silver = part("people", &sample());
    for bytes in [b"".as_slice(), b"PAR1", &silver, &bytes[..bytes.len() / 2]] {
        let error = GoldRows::from_parquet("gold/part", bytes, &fields).unwrap_err();
        assert_eq!(error.name(), contracts::ErrorName::InvalidInput);
        assert!(error.to_string().starts_with("gold/part is not"), "{error}");
    }
    for fields in [[Field::number("income")], [Field::number("job")]] {
        let error = GoldRows::from_parquet("gold/part", &bytes, &fields).unwrap_err();
        assert_eq!(error.name(), contracts::ErrorName::InvalidInput, "{error}");
    }
}
