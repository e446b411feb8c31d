//! The report of a monitoring run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use contracts::{ErrorName, stage::ReportRequest};
use lake::{FailingStore, Lake, MemoryStore, Moment, Store, keys};
use lambda_kit::Named as _;
use monitoring::MonitoringRecord;

mod support;

use support::{CALM, Story, record};

fn lake() -> Lake {
    Lake::new(Arc::new(MemoryStore::new()), "memory://report")
}

async fn request(lake: &Lake, record: &MonitoringRecord) -> ReportRequest {
    let key = keys::monitoring(&record.use_case, &record.run_id, keys::MonitoringFile::Record);
    ReportRequest {
        use_case: record.use_case.clone(),
        run_id: record.run_id.clone(),
        record: lake.write_json_once(&key, record).await.unwrap(),
    }
}

#[tokio::test]
async fn a_record_becomes_a_picture_and_a_page_and_the_same_ones_again() {
    let lake = lake();
    let request = request(&lake, &record(&CALM)).await;
    let answer = report::handle(&lake, request.clone()).await.unwrap();
    assert_eq!(answer.png.key, "reports/loan/20261121-040000/monitoring.png");
    assert!(lake.read(&answer.png).await.unwrap().starts_with(b"\x89PNG"));
    assert!(answer.png.size_bytes > 50_000, "{}", answer.png.size_bytes);
    assert_eq!(report::handle(&lake, request).await.unwrap(), answer);
}

#[tokio::test]
async fn a_report_that_was_killed_anywhere_comes_out_the_same() {
    let whole = lake();
    let wanted = report::handle(&whole, request(&whole, &record(&CALM)).await).await.unwrap();
    for call in 1..=6 {
        let memory: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let lake = Lake::new(Arc::clone(&memory), "memory://report");
        let request = request(&lake, &record(&CALM)).await;
        for moment in [Moment::BeforeEffect, Moment::AfterEffect] {
            let failing = FailingStore::fail_once_at(Arc::clone(&memory), call, moment);
            let _ = report::handle(&Lake::new(Arc::new(failing), "memory://report"), request.clone()).await;
        }
        assert_eq!(report::handle(&lake, request).await.unwrap(), wanted, "call {call}");
    }
}

#[tokio::test]
async fn a_record_of_another_run_or_form_is_refused() {
    let lake = lake();
    let mut other = request(&lake, &record(&CALM)).await;
    other.run_id = "another".parse().unwrap();
    let error = report::handle(&lake, other).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::InvalidInput);
    assert!(error.to_string().ends_with("is the record of run 20261121-040000 of loan, not of run another of loan"));
    let newer = MonitoringRecord { format: 99, run_id: "newer".parse().unwrap(), ..record(&CALM) };
    let error = report::handle(&lake, request(&lake, &newer).await).await.unwrap_err();
    assert_eq!(error.to_string(), "monitoring/loan/newer/record.json has the form 99; 1 is known");
}

#[test]
fn the_page_says_the_decision_why_and_every_figure() {
    let record = record(&Story { shift: 1.2, ..CALM });
    let page = report::page(&record);
    for text in
        ["loan-default v3: RETRAIN", "A bound is broken", "field `annual_income` has drifted", "0123456789abcdef"]
    {
        assert!(page.contains(text), "{text}");
    }
    for field in &record.drift.as_ref().unwrap().fields {
        assert!(page.contains(&format!("<th scope=\"row\">{}</th>", field.name)), "{}", field.name);
    }
    let auc = record.performance.as_ref().unwrap().metrics.roc_auc;
    assert!(page.contains(&format!("{auc:.4}")));
    assert_eq!(page.matches("<figure>").count(), 6);
}

#[test]
fn the_page_needs_no_other_file_and_runs_nothing() {
    let page = report::page(&record(&CALM));
    for text in ["<script", "<link", "<img", "url(", "@import", "src="] {
        assert!(!page.contains(text), "{text}");
    }
    let addresses = page.matches("http").count();
    let allowed = page.matches("http://www.w3.org/2000/svg").count() + page.matches("http-equiv").count();
    assert_eq!(addresses, allowed, "the only address is the name of SVG");
}

#[test]
fn names_from_the_data_cannot_break_out_of_page_and_picture() {
    let mut record = record(&CALM);
    let hostile = "<script>alert(1)</script>\"'&";
    record.model.classes[1] = hostile.to_owned();
    record.drift.as_mut().unwrap().fields[0].name = hostile.to_owned();
    record.drift.as_mut().unwrap().fields[0].psi = 9.0;
    record.drift.as_mut().unwrap().fields[0].bins[0].label = hostile.to_owned();
    let (page, picture) = (report::page(&record), report::picture(&record));
    assert!(!page.contains("<script") && !picture.contains("<script"));
    charts::to_png(&picture).unwrap();
}

#[test]
fn late_labels_are_said_and_the_estimate_is_called_one() {
    let mut record = record(&Story { share_labelled: 0.0, ..CALM });
    record.history.clear();
    assert!(report::picture(&record).contains("ROC-AUC by month of prediction"), "the months have an estimate");
    let (page, picture) = (report::page(&record), report::picture(&record));
    for text in [&page, &picture] {
        assert!(text.contains("UNDECIDED") && text.contains("estimate without labels"), "{text}");
        assert!(text.contains("at least one of each class is needed") || text.contains("Not measured"));
    }
}

#[test]
fn no_rows_at_all_are_said_in_every_panel() {
    let mut record = record(&Story { n_rows: 0, ..CALM });
    let picture = report::picture(&record);
    assert_eq!(picture.matches("No rows: the model has seen all").count(), 5, "earlier runs are shown all the same");
    record.history.clear();
    let picture = report::picture(&record);
    assert_eq!(picture.matches("No rows: the model has seen all").count(), 6);
    assert!(!picture.contains("NaN"));
    charts::to_png(&picture).unwrap();
}

#[test]
fn the_record_comes_back_from_its_json() {
    for story in [CALM, Story { n_rows: 0, ..CALM }, Story { share_labelled: 0.0, ..CALM }] {
        let record = record(&story);
        let text = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<MonitoringRecord>(&text).unwrap(), record);
    }
}

#[test]
fn the_event_is_a_request() {
    let text = include_str!("../events/request.json");
    serde_json::from_str::<ReportRequest>(text).unwrap();
}
