//! Which version serves while versions come, go and break.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use contracts::{Health, HealthStatus, Reloaded};
use serde_json::json;
use support::{Server, World, v};

async fn health(server: &Server) -> Health {
    serde_json::from_value(server.get("/health").await.body).unwrap()
}

#[tokio::test]
async fn answers_503_until_there_is_a_model_and_then_heals_by_itself() {
    let world = World::new();
    let server = world.server();
    let record = world.record(0);
    let reply = server.predict(&record).await;
    reply.assert_problem(503, "no-model");
    assert_eq!(reply.headers["retry-after"], "1");
    assert_eq!(server.get("/health").await.status, 503);
    assert_eq!(health(&server).await.status, HealthStatus::NoModel);
    server.get("/model_info").await.assert_problem(503, "no-model");
    server.post("/reload", "").await.assert_problem(503, "no-model");

    world.register(1).await;
    server.wait(Duration::from_secs(1));
    server.predict(&record).await.assert_problem(503, "no-model");

    world.point_live_at(v(1)).await;
    // The registry is asked at most once a second: until then nothing changes.
    server.wait(Duration::from_millis(999));
    server.predict(&record).await.assert_problem(503, "no-model");
    server.wait(Duration::from_millis(1));
    assert_eq!(server.predict(&record).await.status, 200);
    assert_eq!(health(&server).await.status, HealthStatus::Healthy);
}

#[tokio::test]
async fn a_new_version_serves_when_the_answer_of_the_registry_is_too_old() {
    let world = World::new();
    world.go_live(1).await;
    let server = world.server();
    let record = world.record(0);
    assert_eq!(server.predict(&record).await.probability().1, "v1");
    world.go_live(2).await;
    server.wait(Duration::from_millis(4999));
    assert_eq!(server.predict(&record).await.probability().1, "v1");
    server.wait(Duration::from_millis(1));
    let (probability, version) = server.predict(&record).await.probability();
    assert_eq!(version, "v2");
    assert!((probability - world.expected(2, 0)).abs() < 1e-5);
}

#[tokio::test]
async fn reload_says_what_it_changed() {
    let world = World::new();
    world.go_live(1).await;
    let server = world.server();
    let reload = async || serde_json::from_value::<Reloaded>(server.post("/reload", "").await.body).unwrap();
    assert_eq!((reload().await.old_version, reload().await.old_version), (None, Some(v(1))));
    world.go_live(2).await;
    let reloaded = reload().await;
    assert_eq!((reloaded.old_version, reloaded.new_version), (Some(v(1)), Some(v(2))));
    world.registry.roll_back(v(2), &world.change()).await.unwrap();
    assert_eq!(reload().await.new_version, Some(v(1)));
    assert_eq!(server.get("/reload").await.status, 200);
}

#[tokio::test]
async fn a_change_of_the_stage_shows_without_a_new_load() {
    let world = World::new();
    let version = world.go_live(1).await;
    let server = world.server();
    assert_eq!(server.predict(&world.record(0)).await.body["model_stage"], "Staging");
    world.registry.promote(version, &world.change()).await.unwrap();
    // Its files may even be gone: what is loaded stays.
    world.overwrite("models/telco/telco-churn/v000001/model.onnx", "gone").await;
    server.wait(Duration::from_secs(5));
    assert_eq!(server.predict(&world.record(0)).await.body["model_stage"], "Production");
}

#[tokio::test]
async fn a_version_that_cannot_be_loaded_leaves_the_old_one_in_service() {
    let world = World::new();
    world.go_live(1).await;
    let server = world.server();
    assert_eq!(server.predict(&world.record(0)).await.status, 200);
    world.go_live(2).await;
    let key = "models/telco/telco-churn/v000002/model.onnx";
    let good = world.files(2).model;
    world.overwrite(key, "not a model").await;

    let reply = server.post("/reload", "").await;
    reply.assert_problem(503, "model-unavailable");
    assert!(reply.body["detail"].as_str().unwrap().contains("v2 could not be loaded"), "{reply:?}");
    assert_eq!(server.predict(&world.record(0)).await.probability().1, "v1");
    let found = health(&server).await;
    assert_eq!((found.status, found.model_version), (HealthStatus::Degraded, Some(v(1))));
    assert!(found.problem.unwrap().contains("SHA-256"));

    world.overwrite(key, good).await;
    server.wait(Duration::from_secs(5));
    assert_eq!(server.predict(&world.record(0)).await.probability().1, "v2");
    assert_eq!(health(&server).await.status, HealthStatus::Healthy);
}

#[tokio::test]
async fn a_new_server_falls_back_to_production_when_live_cannot_be_loaded() {
    let world = World::new();
    let first = world.go_live(1).await;
    world.registry.promote(first, &world.change()).await.unwrap();
    world.go_live(2).await;
    world.overwrite("models/telco/telco-churn/v000002/features.json", "{}").await;
    let server = world.server();
    assert_eq!(server.predict(&world.record(0)).await.probability().1, "v1");
    assert_eq!(health(&server).await.status, HealthStatus::Degraded);
}

#[tokio::test]
async fn files_that_do_not_belong_together_are_refused() {
    let world = World::new();
    let mut signature = world.signature();
    signature.fields.swap(0, 1);
    let mut other_order = world.files(1);
    other_order.signature = serde_json::to_vec(&signature).unwrap().into();
    let mut no_model = world.files(3);
    no_model.model = "these bytes are no graph".into();
    let mut narrow = world.files(4);
    let model = onnx::linear_classifier(&[1.0], 0.0, &onnx::ModelInfo::default()).unwrap();
    narrow.model = onnx::encode(&model).into();
    for (flavour, files, expected) in [(1, other_order, "fields"), (3, no_model, ""), (4, narrow, "")] {
        let version = world.register_files(flavour, files).await;
        world.point_live_at(version).await;
        let reply = world.server().predict(&world.record(0)).await;
        reply.assert_problem(503, "model-unavailable");
        let detail = reply.body["detail"].as_str().unwrap();
        assert!(detail.contains(&format!("{version} could not be loaded")) && detail.contains(expected), "{detail}");
    }
}

#[tokio::test]
async fn a_store_that_fails_leaves_the_model_in_service() {
    let world = World::new();
    world.go_live(1).await;
    let server = world.server();
    assert_eq!(server.predict(&world.record(0)).await.status, 200);
    world.overwrite("models/telco/telco-churn/events/000002.json", "broken").await;
    world.overwrite("models/telco/telco-churn/events/000003.json", "broken").await;
    server.wait(Duration::from_secs(5));
    assert_eq!(server.predict(&world.record(0)).await.probability().1, "v1");
    let found = health(&server).await;
    assert_eq!(found.status, HealthStatus::Degraded);
    assert!(found.problem.unwrap().contains("registry could not be read"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reloads_under_load_give_no_failed_and_no_mixed_answer() {
    let world = Arc::new(World::new());
    world.go_live(1).await;
    world.go_live(2).await;
    let server = Arc::new(world.server());
    let expected = [world.expected(1, 0), world.expected(2, 0)];
    assert!((expected[0] - expected[1]).abs() > 1e-3, "the two models must differ: {expected:?}");
    let done = Arc::new(AtomicBool::new(false));
    let body = json!(vec![world.record(0); 5]);
    let callers: Vec<_> = (0..4)
        .map(|_| {
            let (server, done, body) = (Arc::clone(&server), Arc::clone(&done), body.clone());
            tokio::spawn(async move {
                let mut seen = BTreeSet::new();
                let mut n_answers = 0;
                while !done.load(Ordering::SeqCst) {
                    let reply = server.predict(&body).await;
                    let (_, version) = reply.probability();
                    let expected = if version == "v1" { expected[0] } else { expected[1] };
                    for prediction in reply.body["predictions"].as_array().unwrap() {
                        let probability = prediction["probability"].as_f64().unwrap();
                        assert!((probability - expected).abs() < 1e-5, "{version} answered {probability}");
                    }
                    seen.insert(version);
                    n_answers += 1;
                }
                (seen, n_answers)
            })
        })
        .collect();
    for _ in 0..30 {
        world.registry.roll_back(v(2), &world.change()).await.unwrap();
        assert_eq!(server.post("/reload", "").await.status, 200);
        tokio::time::sleep(Duration::from_millis(5)).await;
        world.point_live_at(v(2)).await;
        assert_eq!(server.post("/reload", "").await.status, 200);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    done.store(true, Ordering::SeqCst);
    let mut seen = BTreeSet::new();
    for caller in callers {
        let (versions, n_answers) = caller.await.unwrap();
        assert!(n_answers > 0);
        seen.extend(versions);
    }
    assert_eq!(seen.len(), 2, "both versions must have answered: {seen:?}");
}
