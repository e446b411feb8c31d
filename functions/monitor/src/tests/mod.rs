#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod faults;
mod world;

use contracts::{ErrorName, PredictionSet, stage::Decision};
use lake::{LakeError, keys, keys::MonitoringFile};
use lambda_kit::Named as _;
use monitoring::{Assessment, MonitoringRecord, PastRun, Retraining};

use super::*;
use world::*;

async fn read_record(world: &World, run: &str) -> MonitoringRecord {
    world.lake.read_json(&keys::monitoring(USE_CASE, &run_id(run), MonitoringFile::Record)).await.unwrap()
}

#[tokio::test]
async fn a_model_that_does_well_is_healthy_and_every_figure_is_kept() {
    let world = world(CALM).await;
    let answer = monitor(&world.lake, "monitor-1", AT).await.unwrap();
    assert_eq!((answer.decision, answer.retrain_as), (Decision::Healthy, None));
    let record = read_record(&world, "monitor-1").await;
    let performance = record.performance.as_ref().unwrap();
    assert!((0.75..0.85).contains(&performance.metrics.roc_auc), "{:?}", performance.metrics);
    let estimated = record.estimated.unwrap().roc_auc.unwrap();
    assert!((estimated - performance.metrics.roc_auc).abs() < 0.03, "the scores are calibrated: {estimated}");
    assert!(performance.calibration_error < 0.05, "{}", performance.calibration_error);
    assert!(record.drift.as_ref().unwrap().max_psi() < 0.05);
    assert_eq!((record.model.threshold, record.model.classes[1].as_str()), (0.5, "default"));
    assert_eq!(record.quality.quarantined_share(), Some(0.1));
    let history: Vec<PastRun> = world.lake.read_json(&keys::monitoring_history(USE_CASE)).await.unwrap();
    assert_eq!(history, [record.summary()]);
    let metrics = keys::monitoring(USE_CASE, &run_id("monitor-1"), MonitoringFile::Metrics);
    assert!(world.lake.read_key(&metrics).await.unwrap().1.starts_with(b"PAR1"));
}

#[tokio::test]
async fn rows_that_the_model_has_seen_are_no_evidence() {
    let world = world(CALM).await;
    monitor(&world.lake, "monitor-1", AT).await.unwrap();
    let rows = read_record(&world, "monitor-1").await.rows;
    assert_eq!((rows.predicted, rows.seen_in_training, rows.monitored), (3_400, 2_000, 1_400));
    assert_eq!((rows.labelled, rows.without_actual), (1_400, 0));
    let months = read_record(&world, "monitor-1").await.months;
    assert_eq!(months.iter().map(|month| month.n_rows).sum::<u64>(), 1_400);
    assert_eq!(months[0].month, "2023-12", "the first rows of the test split");
}

#[tokio::test]
async fn a_shifted_field_starts_a_training_once() {
    let world = world(Story { shift: 1.0, ..CALM }).await;
    let answer = monitor(&world.lake, "monitor-1", AT).await.unwrap();
    assert_eq!(answer.decision, Decision::Retrain);
    assert_eq!(answer.retrain_as, Some(run_id("retrain-monitor-1")));
    assert!(answer.reasons[0].starts_with("field `income` has drifted: PSI"), "{:?}", answer.reasons);
    let drift = read_record(&world, "monitor-1").await.drift.unwrap();
    assert!(drift.ranked()[0].psi >= 0.2 && !drift.score.drifted && !drift.ranked()[1].drifted, "{drift:?}");

    let again = monitor(&world.lake, "monitor-1", "2026-12-24T04:00:00Z").await.unwrap();
    assert_eq!(again, answer, "the same request gets the same answer, whenever it comes");
    let next = monitor(&world.lake, "monitor-2", "2026-11-22T03:59:00Z").await.unwrap();
    assert_eq!((next.decision, next.retrain_as), (Decision::CoolingDown, None));
    let later = monitor(&world.lake, "monitor-3", "2026-11-22T04:00:00Z").await.unwrap();
    assert_eq!(later.retrain_as, Some(run_id("retrain-monitor-3")));
    let held: Retraining = world.lake.read_json(&keys::last_retraining(USE_CASE)).await.unwrap();
    assert_eq!((held.run_id, held.at.as_str()), (run_id("monitor-3"), "2026-11-22T04:00:00Z"));
    assert_eq!(read_record(&world, "monitor-3").await.history.len(), 2, "the runs before");
}

#[tokio::test]
async fn of_runs_at_the_same_time_one_starts_a_training() {
    let world = world(Story { shift: 1.0, ..CALM }).await;
    let runs: Vec<String> = (0..6).map(|i| format!("monitor-{i}")).collect();
    let tasks: Vec<_> = runs
        .iter()
        .map(|run| {
            let (lake, run) = (world.lake.clone(), run.clone());
            tokio::spawn(async move { monitor(&lake, &run, AT).await.unwrap() })
        })
        .collect();
    let mut started = 0;
    for task in tasks {
        let answer = task.await.unwrap();
        started += usize::from(answer.decision == Decision::Retrain);
        assert_eq!(answer.retrain_as.is_some(), answer.decision == Decision::Retrain);
        assert!(matches!(answer.decision, Decision::Retrain | Decision::CoolingDown));
    }
    assert_eq!(started, 1);
}

#[tokio::test]
async fn decayed_performance_starts_a_training() {
    let world = world(Story { is_reversed: true, ..CALM }).await;
    let answer = monitor(&world.lake, "monitor-1", AT).await.unwrap();
    assert_eq!(answer.decision, Decision::Retrain);
    assert!(answer.reasons[0].starts_with("performance has decayed: ROC-AUC 0.1"), "{:?}", answer.reasons);
}

#[tokio::test]
async fn without_new_data_training_again_is_not_started() {
    let world = world_without_new_data().await;
    let answer = monitor(&world.lake, "monitor-1", AT).await.unwrap();
    assert_eq!((answer.decision, answer.retrain_as), (Decision::NothingNew, None));
    let held: Option<Retraining> = world.lake.find_json(&keys::last_retraining(USE_CASE)).await.unwrap();
    assert_eq!(held, None, "nothing was claimed");
}

#[tokio::test]
async fn too_few_labels_are_an_error_and_the_record_says_so() {
    for story in [
        Story { share_labelled: 0.1, ..CALM },
        Story { share_labelled: 0.0, ..CALM },
        Story { min_labelled_rows: 5_000, ..CALM },
    ] {
        let world = world(story).await;
        let error = monitor(&world.lake, "monitor-1", AT).await.unwrap_err();
        assert_eq!(error.name(), ErrorName::InsufficientData, "{error}");
        assert!(error.to_string().contains("of each class are needed; see monitoring/loan/monitor-1/record.json"));
        let record = read_record(&world, "monitor-1").await;
        assert!(matches!(record.assessment, Assessment::InsufficientData { .. }));
        assert!(record.estimated.unwrap().roc_auc.unwrap() > 0.7, "the estimate is there all the same");
        let decision = keys::monitoring(USE_CASE, &run_id("monitor-1"), MonitoringFile::Decision);
        assert!(world.lake.read_key(&decision).await.unwrap_err().is_not_found());
    }
}

#[tokio::test]
async fn drift_speaks_for_itself_while_labels_are_late() {
    let world = world(Story { shift: 1.0, share_labelled: 0.0, ..CALM }).await;
    let answer = monitor(&world.lake, "monitor-1", AT).await.unwrap();
    assert_eq!(answer.decision, Decision::Retrain);
    assert!(answer.reasons[1].starts_with("performance could not be measured"), "{:?}", answer.reasons);
}

#[tokio::test]
async fn predictions_of_seen_rows_alone_decide_nothing() {
    let world = world(CALM).await;
    let newest: String = world.lake.read_json(&keys::newest_predictions(USE_CASE)).await.unwrap();
    let set: PredictionSet = world.lake.read_json(&newest).await.unwrap();
    predict(&world.lake, "score-2", &set.snapshot_id, &set.model, &(0..2_000).collect::<Vec<_>>()).await;
    let error = monitor(&world.lake, "monitor-1", AT).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::InsufficientData);
    let record = read_record(&world, "monitor-1").await;
    assert_eq!((record.rows.monitored, record.rows.seen_in_training), (0, 2_000));
    assert!(record.drift.is_none() && record.performance.is_none() && record.months.is_empty());
}

#[tokio::test]
async fn what_cannot_be_monitored_has_a_name() {
    let world = world(CALM).await;
    let lake = &world.lake;
    let ask = |use_case: &str, predictions: Option<String>| {
        let (use_case, run_id) = (use_case.to_owned(), run_id("bad"));
        MonitorRequest::Fetch(contracts::stage::FetchRequest { use_case, run_id, predictions })
    };
    let unknown = handle(lake, ask("", None)).await.unwrap_err();
    assert_eq!((unknown.name(), unknown.to_string().as_str()), (ErrorName::InvalidInput, "use case `` does not exist"));
    let nothing = handle(lake, ask("telco", None)).await.unwrap_err();
    assert_eq!(nothing.name(), ErrorName::NotFound);
    assert!(nothing.to_string().contains("has been scored yet"), "{nothing}");
    let absent = handle(lake, ask("loan", Some("predictions/loan/none/manifest.json".to_owned()))).await.unwrap_err();
    assert_eq!(absent.name(), ErrorName::NotFound);
}

#[tokio::test]
async fn predictions_that_contradict_themselves_are_refused() {
    let newest = |lake: Lake| async move {
        let key: String = lake.read_json(&keys::newest_predictions(USE_CASE)).await.unwrap();
        lake.read_json::<PredictionSet>(&key).await.unwrap()
    };
    type Change = (&'static str, fn(&mut PredictionSet));
    let changes: [Change; 4] = [
        ("belongs to use case `telco`", |set| set.use_case = "telco".to_owned()),
        ("rows, but 7 were scored", |set| set.parts[0].rows.scored = 7),
        ("a row of version v1 in a set of v9", |set| set.model.version = "v9".parse().unwrap()),
        ("is predicted twice", |set| set.parts[1] = set.parts[0].clone()),
    ];
    for (problem, change) in changes {
        let world = world(CALM).await;
        let mut set = newest(world.lake.clone()).await;
        set.run_id = run_id("score-bad");
        change(&mut set);
        seal(&world.lake, &set).await;
        let error = handle(&world.lake, fetch("monitor-1")).await.unwrap_err();
        assert_eq!(error.name(), ErrorName::InvalidInput, "{error}");
        assert!(error.to_string().contains(problem), "{problem}: {error}");
    }
}

#[tokio::test]
async fn a_record_of_another_run_is_refused() {
    let world = world(CALM).await;
    let record = record(&world.lake, "monitor-1", AT).await.unwrap();
    let error = govern(&world.lake, "monitor-2", AT, record).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::InvalidInput);
    assert!(error.to_string().ends_with("belongs to run monitor-1 of loan, not to run monitor-2 of loan"), "{error}");
}

#[tokio::test]
async fn a_changed_object_is_never_taken_for_the_one_promised() {
    let world = world(CALM).await;
    let record = record(&world.lake, "monitor-1", AT).await.unwrap();
    world.store.put(&record.key, "{}".into(), lake::PutWhen::Always).await.unwrap();
    let error = govern(&world.lake, "monitor-1", AT, record).await.unwrap_err();
    assert!(matches!(error, MonitorError::Lake(LakeError::Corrupt { .. })), "{error}");
}

#[tokio::test]
async fn a_long_run_name_still_gives_a_name_of_an_execution() {
    let world = world(Story { shift: 1.0, ..CALM }).await;
    let scheduled = format!("{}_{}", "a".repeat(39), "b".repeat(40));
    let answer = monitor(&world.lake, &scheduled, AT).await.unwrap();
    let name = answer.retrain_as.unwrap();
    assert!(name.as_str().starts_with("retrain-") && name.as_str().len() <= 80, "{name}");
}

#[test]
fn every_event_is_a_request() {
    for text in [
        include_str!("../../events/fetch.json"),
        include_str!("../../events/calculate.json"),
        include_str!("../../events/store.json"),
        include_str!("../../events/govern.json"),
    ] {
        serde_json::from_str::<MonitorRequest>(text).unwrap();
    }
}
