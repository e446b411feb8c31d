use expect_test::{Expect, expect};
use usecases::loan::generate::{DateStyle, Options, Tables, generate};
use usecases::loan::{ATTRIBUTES, CLICKSTREAM, FINANCIALS, LOANS};

use super::*;

/// The four tables, by name.
pub(super) type Files = [(&'static str, String); 4];

/// Synthetic customers.
pub(super) fn files(n_customers: u64, dates: DateStyle) -> Files {
    let mut files: [Vec<u8>; 4] = Default::default();
    let [clickstream, attributes, financials, loans] = &mut files;
    let options = Options { dates, ..Options::new(n_customers, 42) };
    generate(&options, &mut Tables { clickstream, attributes, financials, loans }).unwrap();
    let [clickstream, attributes, financials, loans] = files.map(|file| String::from_utf8(file).unwrap());
    [(CLICKSTREAM, clickstream), (ATTRIBUTES, attributes), (FINANCIALS, financials), (LOANS, loans)]
}

/// Settings under which a few customers pass.
pub(super) fn loose(settings: &mut Settings) {
    settings.quality.min_rows = 1;
    settings.quality.max_fraction.clear();
    settings.quality.default_max_fraction = 1.0;
    settings.quality.min_score = 0.0;
}

/// Settings under which nothing but broken documents fails: whatever a few rows look like as a whole.
pub(super) async fn in_partitions(files: &Files, n_partitions: u32, change: impl FnOnce(&mut Settings)) -> Cleaned {
    in_parts(files, (usize::MAX / 2, n_partitions), change).await
}

async fn in_parts(files: &Files, cut: (usize, u32), change: impl FnOnce(&mut Settings)) -> Cleaned {
    let named: Vec<(String, &str)> = files.iter().map(|(name, text)| (format!("{name}.csv"), text.as_str())).collect();
    let named: Vec<(&str, &str)> = named.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    cleaned("loan", &named, cut, change).await
}

/// A use case's own hundred distribution rules judge a few rows harshly; these tests are about the others.
async fn validated(cleaned: &Cleaned) -> QualityReport {
    let answer = cleaned.validate().await;
    if let Err(error) = &answer {
        assert_eq!(error.name(), ErrorName::DataQuality, "{error}");
    }
    let report = cleaned.report().await;
    assert_eq!(answer.is_ok(), report.passed);
    assert!(report.rows.is_balanced());
    report
}

/// A table with a line put in.
fn with_line(files: &mut Files, table: &str, line: &str) {
    let (_, text) = files.iter_mut().find(|(name, _)| *name == table).unwrap();
    text.push_str(line);
    text.push('\n');
}

/// The line of a table that begins with this text, after the header.
fn line_of(files: &Files, table: &str, part: &str) -> String {
    let (_, text) = files.iter().find(|(name, _)| *name == table).unwrap();
    text.lines().skip(1).find(|line| line.contains(part)).unwrap().to_owned()
}

/// The four tables of these customers, each with a loan from May 2023 on and nothing wrong.
fn customers(ids: &[&str]) -> Files {
    let clicks: String = (1..=20).map(|number| format!("fe_{number},")).collect();
    let mut files: Files = [
        (CLICKSTREAM, format!("{clicks}Customer_ID,snapshot_date\n")),
        (ATTRIBUTES, "Customer_ID,Name,Age,SSN,Occupation,snapshot_date\n".to_owned()),
        (
            FINANCIALS,
            "Customer_ID,Annual_Income,Monthly_Inhand_Salary,Num_Bank_Accounts,Num_Credit_Card,Interest_Rate,\
             Num_of_Loan,Type_of_Loan,Delay_from_due_date,Num_of_Delayed_Payment,Changed_Credit_Limit,\
             Num_Credit_Inquiries,Credit_Mix,Outstanding_Debt,Credit_Utilization_Ratio,Credit_History_Age,\
             Payment_of_Min_Amount,Total_EMI_per_month,Amount_invested_monthly,Payment_Behaviour,Monthly_Balance,\
             snapshot_date\n"
                .to_owned(),
        ),
        (
            LOANS,
            "loan_id,Customer_ID,loan_start_date,tenure,installment_num,loan_amt,due_amt,paid_amt,overdue_amt,balance,\
             snapshot_date\n"
                .to_owned(),
        ),
    ];
    for id in ids {
        with_line(&mut files, CLICKSTREAM, &format!("{}{id},2023-04-01", "7,".repeat(20)));
        with_line(&mut files, ATTRIBUTES, &format!("{id},Somebody,30,913-74-1218,Lawyer,2023-05-01"));
        let figures = "30000,2500,3,4,12,2,,5,6,1.5,4,Good,900,30,10 Years and 9 Months,Yes,50,80";
        with_line(&mut files, FINANCIALS, &format!("{id},{figures},High_spent_Medium_value_payments,400,2023-05-01"));
        for installment in 0..11 {
            let (year, month) = (2023 + (4 + installment) / 12, (4 + installment) % 12 + 1);
            let amounts = format!("10,{installment},10000,1000,1000,0,{}", 10_000 - 1000 * installment);
            with_line(&mut files, LOANS, &format!("{id}_2023_05_01,{id},2023-05-01,{amounts},{year}-{month:02}-01"));
        }
    }
    files
}

/// The tables with `from` replaced in the first line of `table` that is about the customer.
fn changed(mut files: Files, table: &str, id: &str, from: &str, to: &str) -> Files {
    let old = line_of(&files, table, &format!("{id},"));
    assert!(old.contains(from), "{old}");
    let (_, text) = files.iter_mut().find(|(name, _)| *name == table).unwrap();
    *text = text.replacen(&old, &old.replacen(from, to, 1), 1);
    files
}

/// The tables without the customer's lines in `table`.
fn without(mut files: Files, table: &str, id: &str) -> Files {
    let (_, text) = files.iter_mut().find(|(name, _)| *name == table).unwrap();
    let is_other = |line: &&str| !line.contains(&format!("{id},"));
    *text = text.lines().filter(is_other).map(|line| format!("{line}\n")).collect();
    files
}

/// What is said of flagged customers and of the rows set aside for other reasons, in any number of partitions.
async fn check(files: &Files, expected: Expect) {
    let mut found: Vec<String> = Vec::new();
    for n_partitions in [1, 4] {
        let cleaned = in_partitions(files, n_partitions, loose).await;
        let report = validated(&cleaned).await;
        let flagged = report.flagged.unwrap();
        let reasons = report.quarantined_by_reason.iter().map(|(reason, rows)| format!("{reason}: {rows} rows\n"));
        let by_rule = flagged.by_rule.iter().filter(|&(_, &count)| count > 0);
        let by_rule: String = by_rule.map(|(rule, count)| format!(", {rule} {count}")).collect();
        let (entities, left, removed) = (flagged.entities, flagged.entities_left, flagged.rows_removed);
        let text: String = reasons.collect();
        let set_aside =
            cleaned.set_aside().await.into_iter().filter(|row| !row.ends_with("_form") && !row.ends_with("adult"));
        let rows: Vec<String> =
            set_aside.filter(|row| !row.contains(": flagged: ") || row.matches(": ").count() > 2).collect();
        found.push(format!(
            "{text}{entities} flagged{by_rule}; {left} left; rows removed {removed:?}\n{}\n",
            rows.join("\n")
        ));
    }
    assert_eq!(found[0], found[1], "one partition and four");
    expected.assert_eq(&found[0]);
}

#[tokio::test]
async fn a_flagged_customer_leaves_all_tables_with_a_table_of_reasons_and_counts() {
    let mut files = customers(&["CUS_1", "CUS_2", "CUS_3", "CUS_4", "CUS_5"]);
    files = changed(files, ATTRIBUTES, "CUS_2", ",30,", ",17_,");
    files = changed(files, ATTRIBUTES, "CUS_3", ",30,", ",8678,");
    files = changed(files, ATTRIBUTES, "CUS_3", "913-74-1218", "#F%$D@*&8");
    files = changed(files, FINANCIALS, "CUS_4", ",12,2,", ",12,-100,");
    files = changed(files, LOANS, "CUS_5", ",1000,0,10000", ",1000,-5,10000");
    check(&files, expect![[r#"
        validate: flagged: age_of_an_adult: 28 rows
        validate: flagged: num_of_loan_not_negative: 14 rows
        validate: flagged: overdue_amt_not_negative: 14 rows
        4 flagged, age_of_an_adult 2, num_of_loan_not_negative 1, overdue_amt_not_negative 1, ssn_has_its_form 1; 1 left; rows removed {"feature_clickstream": 4, "features_attributes": 4, "features_financials": 4, "lms_loan_daily": 44}
        raw/loan/features_attributes.csv line 3: flagged: age_of_an_adult: 17 is below 18
        raw/loan/features_attributes.csv line 4: flagged: age_of_an_adult: 8678 is above 100
        raw/loan/features_financials.csv line 5: flagged: num_of_loan_not_negative: -100 is below 0
        raw/loan/lms_loan_daily.csv line 46: flagged: overdue_amt_not_negative: -5 is below 0
    "#]]).await;
}

#[tokio::test]
async fn customers_in_one_table_only_are_flagged_wherever_they_are() {
    let mut files = customers(&["CUS_1", "CUS_2", "CUS_3", "CUS_4"]);
    // Nobody knows who has this loan; this customer has no installments; of this one there is a clickstream only.
    files = without(files, ATTRIBUTES, "CUS_2");
    files = without(files, LOANS, "CUS_3");
    for table in [ATTRIBUTES, FINANCIALS, LOANS] {
        files = without(files, table, "CUS_4");
    }
    check(&files, expect![[r#"
        validate: flagged: attributes_have_a_loan: 3 rows
        validate: flagged: clickstream_has_a_loan: 1 rows
        validate: flagged: loan_has_attributes: 13 rows
        3 flagged, attributes_have_a_loan 1, clickstream_has_a_loan 2, financials_have_a_loan 1, loan_has_attributes 1; 1 left; rows removed {"feature_clickstream": 3, "features_attributes": 1, "features_financials": 2, "lms_loan_daily": 11}
        raw/loan/feature_clickstream.csv line 5: flagged: clickstream_has_a_loan: table `lms_loan_daily` has no row of this entity
        raw/loan/features_attributes.csv line 3: flagged: attributes_have_a_loan: table `lms_loan_daily` has no row of this entity
        raw/loan/lms_loan_daily.csv line 13: flagged: loan_has_attributes: table `features_attributes` has no row of this entity
        raw/loan/lms_loan_daily.csv line 14: flagged: loan_has_attributes: table `features_attributes` has no row of this entity
        raw/loan/lms_loan_daily.csv line 15: flagged: loan_has_attributes: table `features_attributes` has no row of this entity
        raw/loan/lms_loan_daily.csv line 16: flagged: loan_has_attributes: table `features_attributes` has no row of this entity
        raw/loan/lms_loan_daily.csv line 17: flagged: loan_has_attributes: table `features_attributes` has no row of this entity
        raw/loan/lms_loan_daily.csv line 18: flagged: loan_has_attributes: table `features_attributes` has no row of this entity
        raw/loan/lms_loan_daily.csv line 19: flagged: loan_has_attributes: table `features_attributes` has no row of this entity
        raw/loan/lms_loan_daily.csv line 20: flagged: loan_has_attributes: table `features_attributes` has no row of this entity
        raw/loan/lms_loan_daily.csv line 21: flagged: loan_has_attributes: table `features_attributes` has no row of this entity
        raw/loan/lms_loan_daily.csv line 22: flagged: loan_has_attributes: table `features_attributes` has no row of this entity
        raw/loan/lms_loan_daily.csv line 23: flagged: loan_has_attributes: table `features_attributes` has no row of this entity
    "#]]).await;
}

#[tokio::test]
async fn of_two_snapshots_for_one_customer_and_day_none_is_believed() {
    let mut files = customers(&["CUS_1", "CUS_2", "CUS_3"]);
    let same = line_of(&files, FINANCIALS, "CUS_2,");
    with_line(&mut files, FINANCIALS, &same);
    let other = line_of(&files, ATTRIBUTES, "CUS_3,").replace(",30,", ",31,");
    with_line(&mut files, ATTRIBUTES, &other);
    check(&files, expect![[r#"
        validate: flagged: loan_has_attributes: 13 rows
        validate: one_attributes_per_customer_and_day: 2 rows
        validate: one_financials_per_customer_and_day: 1 rows
        1 flagged, loan_has_attributes 1; 2 left; rows removed {"feature_clickstream": 1, "features_attributes": 0, "features_financials": 1, "lms_loan_daily": 11}
        raw/loan/features_attributes.csv line 4: one_attributes_per_customer_and_day: several rows with this key contradict each other
        raw/loan/features_attributes.csv line 5: one_attributes_per_customer_and_day: several rows with this key contradict each other
        raw/loan/features_financials.csv line 5: one_financials_per_customer_and_day: an earlier row is the same in every column
        raw/loan/lms_loan_daily.csv line 24: flagged: loan_has_attributes: table `features_attributes` has no row of this entity
        raw/loan/lms_loan_daily.csv line 25: flagged: loan_has_attributes: table `features_attributes` has no row of this entity
        raw/loan/lms_loan_daily.csv line 26: flagged: loan_has_attributes: table `features_attributes` has no row of this entity
        raw/loan/lms_loan_daily.csv line 27: flagged: loan_has_attributes: table `features_attributes` has no row of this entity
        raw/loan/lms_loan_daily.csv line 28: flagged: loan_has_attributes: table `features_attributes` has no row of this entity
        raw/loan/lms_loan_daily.csv line 29: flagged: loan_has_attributes: table `features_attributes` has no row of this entity
        raw/loan/lms_loan_daily.csv line 30: flagged: loan_has_attributes: table `features_attributes` has no row of this entity
        raw/loan/lms_loan_daily.csv line 31: flagged: loan_has_attributes: table `features_attributes` has no row of this entity
        raw/loan/lms_loan_daily.csv line 32: flagged: loan_has_attributes: table `features_attributes` has no row of this entity
        raw/loan/lms_loan_daily.csv line 33: flagged: loan_has_attributes: table `features_attributes` has no row of this entity
        raw/loan/lms_loan_daily.csv line 34: flagged: loan_has_attributes: table `features_attributes` has no row of this entity
    "#]]).await;
}

#[tokio::test]
async fn a_date_in_the_future_sets_its_row_aside() {
    let files = changed(customers(&["CUS_1", "CUS_2"]), CLICKSTREAM, "CUS_2", "2023-04-01", "2026-12-01");
    check(&files, expect![[r#"
        validate: clickstream_not_in_future: 1 rows
        0 flagged; 2 left; rows removed {"feature_clickstream": 0, "features_attributes": 0, "features_financials": 0, "lms_loan_daily": 0}
        raw/loan/feature_clickstream.csv line 3: clickstream_not_in_future: 2026-12-01 lies in the future
    "#]]).await;
}

#[tokio::test]
async fn the_next_day_gives_the_same_objects_until_a_date_is_no_longer_in_the_future() {
    let mut files = customers(&["CUS_1", "CUS_2"]);
    files = changed(files, CLICKSTREAM, "CUS_2", "2023-04-01", "2026-12-01");
    files = changed(files, ATTRIBUTES, "CUS_1", ",30,", ",17,");
    let cleaned = in_partitions(&files, 1, loose).await;
    let mut silver = Vec::new();
    for (run, at) in [("a", AT), ("b", "2026-11-22T03:00:00Z"), ("c", "2026-12-01T00:00:00Z")] {
        let request = PartitionCheck { run_id: run.parse().unwrap(), at: at.to_owned(), ..cleaned.check(0) };
        let verdict = checked(&cleaned.lake, request).await.unwrap();
        let tables = cleaned.findings(&verdict).await.tables.into_iter();
        silver.push(tables.map(|table| table.silver).collect::<Vec<_>>());
    }
    assert_eq!(silver[0], silver[1]);
    assert_ne!(silver[0][0], silver[2][0], "the clickstream has one more row");
    assert_eq!(silver[0][1..], silver[2][1..]);
}

#[tokio::test]
async fn several_partitions_and_parts_judge_as_one_does() {
    let mut files = files(400, DateStyle::Iso);
    // Twice the same, and two that contradict each other, far apart in their files.
    for table in [CLICKSTREAM, FINANCIALS, LOANS] {
        let first = files.iter().find(|(name, _)| *name == table).unwrap().1.lines().nth(1).unwrap().to_owned();
        with_line(&mut files, table, &first);
    }
    let other = line_of(&files, ATTRIBUTES, ",Lawyer,").replace(",Lawyer,", ",Doctor,");
    with_line(&mut files, ATTRIBUTES, &other);
    let own = |settings: &mut Settings| settings.quality.default_max_fraction = 0.2;
    let one = in_partitions(&files, 1, own).await;
    let expected = validated(&one).await;
    assert!(expected.flagged.as_ref().unwrap().entities > 40, "{:?}", expected.flagged);
    let set_aside = one.set_aside().await;
    for n_partitions in [2, 8] {
        let many = in_partitions(&files, n_partitions, own).await;
        assert_eq!(validated(&many).await, expected, "{n_partitions} partitions");
        assert_eq!(many.set_aside().await, set_aside, "{n_partitions} partitions");
    }
    let parts = in_parts(&files, (40_000, 4), own).await;
    assert!(parts.steps.len() > 12, "{} parts", parts.steps.len());
    assert_eq!(validated(&parts).await, expected);
    assert_eq!(parts.set_aside().await.len(), set_aside.len());
}

#[tokio::test]
async fn the_three_ways_to_write_dates_are_judged_alike() {
    let mut reports = Vec::new();
    for (dates, told) in [
        (DateStyle::Iso, None),
        (DateStyle::DayFirst, Some("read as day/month/year")),
        (DateStyle::MonthFirst, Some("read as month/day/year")),
    ] {
        let cleaned = in_parts(&files(200, dates), (30_000, 2), |_| {}).await;
        let mut report = validated(&cleaned).await;
        let read = report.changed_cells.iter().filter(|(what, _)| what.contains("read "));
        let n_told: u64 =
            read.clone().filter(|(what, _)| told.is_some_and(|told| what.ends_with(told))).map(|(_, n)| n).sum();
        assert_eq!(n_told > 2_000, told.is_some(), "{dates:?}: {n_told}");
        assert!(
            read.clone()
                .all(|(what, _)| told.is_some_and(|told| what.ends_with(told)) || what.ends_with("with slashes"))
        );
        report.changed_cells.retain(|what, _| !what.contains("read "));
        reports.push(report);
    }
    assert_eq!(reports[0], reports[1]);
    assert_eq!(reports[0], reports[2]);
}

#[tokio::test]
async fn a_file_of_which_two_parts_were_read_in_different_orders_fails_the_gate() {
    let mut files = customers(&["CUS_1", "CUS_2"]);
    let (_, attributes) = &mut files[1];
    *attributes = attributes.replacen("2023-05-01", "1/5/2023", 1).replacen("2023-05-01", "5/1/2023", 1);
    let second = attributes.rfind("CUS_2").unwrap();
    let cleaned = in_parts(&files, (second, 1), loose).await;
    let error = cleaned.validate().await.unwrap_err();
    assert_eq!(error.name(), ErrorName::DataQuality);
    let report = cleaned.report().await;
    let problem = report.checks.iter().find(|check| check.name == "parts_agree").unwrap();
    expect!["parts_agree reads the dates of raw/loan/features_attributes.csv as day/month/year in one part and month/day/year in another"].assert_eq(&problem.to_string());
}

#[tokio::test]
async fn a_table_of_which_no_row_is_left_fails_by_its_name() {
    let mut files = customers(&["CUS_1", "CUS_2"]);
    files[0].1 = files[0].1.replace("2023-04-01", "2030-04-01");
    let cleaned = in_partitions(&files, 2, loose).await;
    assert_eq!(cleaned.validate().await.unwrap_err().name(), ErrorName::DataQuality);
    let report = cleaned.report().await;
    let min_rows = report.checks.iter().filter(|check| check.name == "min_rows");
    let told: Vec<String> = min_rows.map(|check| format!("{} {check}", check.table.as_deref().unwrap())).collect();
    expect![[r#"
        feature_clickstream min_rows is 0, must be at least 1
        features_attributes min_rows is 2, must be at least 1
        features_financials min_rows is 2, must be at least 1
        lms_loan_daily min_rows is 22, must be at least 1"#]]
    .assert_eq(&told.join("\n"));
}
