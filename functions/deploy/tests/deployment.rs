//! Deployments against a real endpoint on a loopback port, good ones and broken ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../../crates/serving/tests/support/mod.rs"]
mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::Request,
    http::StatusCode,
    middleware::{self, Next},
    response::IntoResponse as _,
};
use contracts::{
    ErrorName, ModelVersion, Reference,
    stage::{DeployAction, DeployRequest, DeployResponse},
};
use deploy::{DeployError, Target};
use endpoint::Endpoint;
use inference::Modules;
use lambda_kit::Named as _;
use registry::Stage;
use serde_json::json;
use support::{World, modules, v};

/// A world, and the modules that tests of it share.
struct Bench {
    world: World,
    modules: Arc<Modules>,
}

impl Bench {
    fn new() -> Self {
        Self { world: World::new(), modules: Arc::new(modules()) }
    }

    /// The only place where these tests call `handle`.
    async fn step(
        &self,
        version: ModelVersion,
        action: DeployAction,
        target: Option<&Target>,
    ) -> Result<DeployResponse, DeployError> {
        let request = DeployRequest {
            use_case: "telco".into(),
            run_id: "run-1".parse().unwrap(),
            version,
            action,
            at: "2026-11-21T14:21:07Z".into(),
            reason: None,
        };
        deploy::handle(&self.world.lake, &self.modules, target, request).await
    }

    async fn all_steps(&self, version: ModelVersion, target: &Target) -> Result<(), DeployError> {
        use DeployAction::{GoLive, IntegrationTest, Promote, SmokeTest};
        for action in [IntegrationTest, GoLive, SmokeTest, Promote] {
            let answer = self.step(version, action, Some(target)).await?;
            assert_eq!((answer.version, answer.action), (version, action));
        }
        Ok(())
    }

    async fn stage_of(&self, version: ModelVersion) -> Option<Stage> {
        self.world.registry.state().await.unwrap().stage_of(version)
    }

    /// Registers a version, puts it live, and gives the error of its smoke test at `target`.
    async fn smoke_error(&self, target: &Target) -> (ErrorName, String) {
        let version = self.world.go_live(1).await;
        let error = self.step(version, DeployAction::SmokeTest, Some(target)).await.unwrap_err();
        (error.name(), error.to_string())
    }

    /// The error of the integration test of the model of flavour 1 with its reference changed.
    async fn integration_error(&self, change: impl FnOnce(&mut Reference)) -> (ErrorName, String) {
        let mut reference = self.world.reference(1);
        change(&mut reference);
        let mut files = self.world.files(1);
        files.reference = serde_json::to_vec(&reference).unwrap().into();
        let version = self.world.register_files(1, files).await;
        let error = self.step(version, DeployAction::IntegrationTest, None).await.unwrap_err();
        assert_eq!(self.stage_of(version).await, Some(Stage::None), "a version that failed must not move");
        (error.name(), error.to_string())
    }
}

/// Serves a router on a loopback port, for the length of the test.
async fn serve(router: Router) -> Target {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    Target { endpoint: Endpoint::new(&url).unwrap(), n_attempts: 3, pause: Duration::from_millis(10) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_version_goes_all_the_way_and_replaces_the_one_before() {
    let bench = Bench::new();
    let target = serve(bench.world.server().router).await;
    let first = bench.world.register(1).await;
    bench.all_steps(first, &target).await.unwrap();
    let second = bench.world.register(2).await;
    bench.all_steps(second, &target).await.unwrap();
    let state = bench.world.registry.state().await.unwrap();
    assert_eq!((state.live, state.champion), (Some(second), Some(second)));
    assert_eq!(bench.stage_of(first).await, Some(Stage::Archived));
    assert_eq!(bench.stage_of(second).await, Some(Stage::Production));
    let events = bench.world.registry.events().await.unwrap();
    let last = events.last().unwrap();
    assert_eq!((last.who.as_str(), last.why.as_str()), ("deploy", "passed its smoke test"));
    assert_eq!(last.run_id, Some("run-1".parse().unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_can_be_taken_twice() {
    let bench = Bench::new();
    let target = serve(bench.world.server().router).await;
    let version = bench.world.register(1).await;
    bench.all_steps(version, &target).await.unwrap();
    let seq = bench.world.registry.state().await.unwrap().seq;
    bench.all_steps(version, &target).await.unwrap();
    assert_eq!(bench.world.registry.state().await.unwrap().seq, seq);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_fails_where_it_is_live_is_rolled_back() {
    let bench = Bench::new();
    let target = serve(bench.world.server().router).await;
    let first = bench.world.register(1).await;
    bench.all_steps(first, &target).await.unwrap();

    let second = bench.world.register(2).await;
    bench.step(second, DeployAction::IntegrationTest, None).await.unwrap();
    bench.step(second, DeployAction::GoLive, None).await.unwrap();
    bench.world.overwrite("models/telco/telco-churn/v000002/model.onnx", "broken after the test").await;
    let error = bench.step(second, DeployAction::SmokeTest, Some(&target)).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::SmokeTest, "{error}");
    assert!(error.to_string().contains("v2 could not be loaded"), "{error}");

    let answer = bench.step(second, DeployAction::RollBack, Some(&target)).await.unwrap();
    assert_eq!(answer.live, Some(first), "{}", answer.detail);
    let again = bench.step(second, DeployAction::RollBack, Some(&target)).await.unwrap();
    assert_eq!(again.live, Some(first), "a second roll-back must not go further back: {}", again.detail);
    let record = bench.world.record(0);
    let served = tokio::task::spawn_blocking(move || target.endpoint.predict("telco", &record)).await.unwrap().unwrap();
    assert_eq!(served.provenance.model_version, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_version_that_fails_leaves_nothing_live() {
    let bench = Bench::new();
    let version = bench.world.go_live(1).await;
    let answer = bench.step(version, DeployAction::RollBack, None).await.unwrap();
    assert_eq!(answer.live, None);
    assert_eq!(answer.detail, "v1 is no longer live; `live` points at nothing");
}

#[tokio::test]
async fn an_untested_version_cannot_go_live() {
    let bench = Bench::new();
    let version = bench.world.register(1).await;
    for action in [DeployAction::GoLive, DeployAction::Promote] {
        let error = bench.step(version, action, None).await.unwrap_err();
        assert_eq!(error.name(), ErrorName::InvalidInput, "{error}");
    }
}

#[tokio::test]
async fn what_does_not_exist_is_named() {
    let bench = Bench::new();
    for action in [DeployAction::IntegrationTest, DeployAction::GoLive, DeployAction::Promote, DeployAction::RollBack] {
        assert_eq!(bench.step(v(9), action, None).await.unwrap_err().name(), ErrorName::NotFound, "{action:?}");
    }
    let error = bench.step(v(9), DeployAction::SmokeTest, None).await.unwrap_err();
    assert!(matches!(error, DeployError::NoEndpoint), "{error}");
    let request = json!({"use_case": "lottery", "run_id": "r", "version": "v1", "action": "go_live", "at": "2026-11-21T14:21:07Z"});
    let request = serde_json::from_value(request).unwrap();
    let error = deploy::handle(&bench.world.lake, &bench.modules, None, request).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::InvalidInput);
}

#[tokio::test]
async fn the_integration_test_compares_every_reference_row() {
    let (name, message) = Bench::new().integration_error(|reference| reference.probabilities[57] += 1e-4).await;
    assert_eq!(name, ErrorName::IntegrationTest);
    assert!(message.contains("reference row 57"), "{message}");
}

#[tokio::test]
async fn a_reference_that_proves_nothing_fails_the_test() {
    type Case = (&'static str, fn(&mut Reference));
    let cases: [Case; 6] = [
        ("no rows", |reference| (reference.rows, reference.probabilities) = (vec![], vec![])),
        ("60 rows and 59 probabilities", |reference| reference.probabilities.truncate(59)),
        ("allows a difference of 0.5", |reference| reference.tolerance = 0.5),
        ("allows a difference of -1", |reference| reference.tolerance = -1.0),
        ("other fields", |reference| reference.fields.swap(0, 1)),
        ("refused reference rows", |reference| reference.rows[3][4] = json!("not a number")),
    ];
    for (expected, change) in cases {
        let (name, message) = Bench::new().integration_error(change).await;
        assert_eq!(name, ErrorName::IntegrationTest, "{message}");
        assert!(message.contains(expected), "{message}");
    }
}

#[tokio::test]
async fn a_file_that_was_changed_fails_the_integration_test() {
    for file in ["model.onnx", "features.json", "signature.json", "reference.json", "model_card.md"] {
        let bench = Bench::new();
        let version = bench.world.register(1).await;
        bench.world.overwrite(&format!("models/telco/telco-churn/v000001/{file}"), "{}").await;
        let error = bench.step(version, DeployAction::IntegrationTest, None).await.unwrap_err();
        assert_eq!(error.name(), ErrorName::IntegrationTest, "{file}: {error}");
        assert!(error.to_string().contains("SHA-256"), "{file}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_stays_at_another_version_fails_the_smoke_test() {
    let bench = Bench::new();
    bench.world.register(2).await;
    let elsewhere = World::new();
    elsewhere.go_live(3).await;
    let target = serve(elsewhere.server().router).await;
    // Here version 2 is live, there version 1.
    let (name, message) = bench.smoke_error(&target).await;
    assert_eq!(name, ErrorName::SmokeTest);
    assert!(message.contains("still answers with v1, after 3 attempts"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_with_other_probabilities_fails_the_smoke_test() {
    let bench = Bench::new();
    let elsewhere = World::new();
    let version = elsewhere.register_files(1, elsewhere.files(2)).await;
    elsewhere.point_live_at(version).await;
    let (name, message) = bench.smoke_error(&serve(elsewhere.server().router).await).await;
    assert_eq!(name, ErrorName::SmokeTest);
    assert!(message.contains("reference row 0") && message.contains("the trainer says"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_with_another_run_of_the_same_number_fails_the_smoke_test() {
    let bench = Bench::new();
    let elsewhere = World::new();
    elsewhere.go_live(2).await;
    let (name, message) = bench.smoke_error(&serve(elsewhere.server().router).await).await;
    assert_eq!(name, ErrorName::SmokeTest);
    assert!(message.contains("run id `run-2`, expected `run-1`"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_fails_fails_the_smoke_test() {
    let bench = Bench::new();
    let broken = Router::new().fallback(|| async { (StatusCode::INTERNAL_SERVER_ERROR, "oh no") });
    let (name, message) = bench.smoke_error(&serve(broken).await).await;
    assert_eq!(name, ErrorName::SmokeTest);
    assert!(message.contains("answered 500: oh no"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_answers_bad_requests_with_5xx_or_200_fails_the_smoke_test() {
    for wrong in [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::OK] {
        let bench = Bench::new();
        let careless = middleware::from_fn(move |request: Request, next: Next| async move {
            let mut response = next.run(request).await;
            if response.status().is_client_error() {
                *response.status_mut() = wrong;
            }
            response
        });
        let (name, message) = bench.smoke_error(&serve(bench.world.server().router.layer(careless)).await).await;
        assert_eq!(name, ErrorName::SmokeTest);
        assert!(message.contains("it answered a body that is not JSON with"), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_there_fails_the_smoke_test_after_the_last_attempt() {
    let bench = Bench::new();
    let target = Target {
        endpoint: Endpoint::new("http://127.0.0.1:9").unwrap(),
        n_attempts: 2,
        pause: Duration::from_millis(1),
    };
    let (name, message) = bench.smoke_error(&target).await;
    assert_eq!(name, ErrorName::SmokeTest);
    assert!(message.contains("no answer from") && message.contains("after 2 attempts"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_needs_a_moment_passes() {
    let bench = Bench::new();
    let n_calls = Arc::new(AtomicU32::new(0));
    let slow_start = middleware::from_fn(move |request: Request, next: Next| {
        let n_calls = Arc::clone(&n_calls);
        async move {
            if n_calls.fetch_add(1, Ordering::SeqCst) < 2 {
                return StatusCode::BAD_GATEWAY.into_response();
            }
            next.run(request).await
        }
    });
    let target = serve(bench.world.server().router.layer(slow_start)).await;
    let version = bench.world.go_live(1).await;
    let answer = bench.step(version, DeployAction::SmokeTest, Some(&target)).await.unwrap();
    assert!(answer.detail.contains("answers 60 reference rows within"), "{}", answer.detail);
}

#[test]
fn every_sample_event_and_the_readme_are_requests_and_answers() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/events");
    let mut n_events = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let request: DeployRequest = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert_eq!(serde_json::to_value(request.action).unwrap(), name);
        n_events += 1;
    }
    assert_eq!(n_events, 5);
    let readme = include_str!("../README.md");
    let blocks: Vec<_> = readme.split("```json\n").skip(1).map(|block| block.split("```").next().unwrap()).collect();
    serde_json::from_str::<DeployRequest>(blocks[0]).unwrap();
    serde_json::from_str::<DeployResponse>(blocks[1]).unwrap();
}
