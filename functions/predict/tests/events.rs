//! The sample events, through Lambda's own conversion and the router.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../../crates/serving/tests/support/mod.rs"]
mod support;

use axum::body::to_bytes;
use contracts::PredictionResponse;
use lambda_http::{Context, RequestExt as _};
use predict::lambda_router;
use serde_json::Value;
use support::World;
use tower::ServiceExt as _;

/// Status, request id and body of the answer to an event.
async fn answer(world: &World, event: &str) -> (u16, String, Value) {
    let mut context = Context::default();
    context.request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned();
    let request = lambda_http::request::from_str(event).unwrap().with_lambda_context(context);
    let response = lambda_router(world.server().state).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let id = parts.headers["x-request-id"].to_str().unwrap().to_owned();
    (parts.status.as_u16(), id, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn every_sample_event_is_answered_as_its_name_says() {
    let world = World::new();
    world.go_live(1).await;
    let (status, id, body) = answer(&world, include_str!("../events/predict.json")).await;
    assert_eq!((status, id.as_str()), (200, "8476a536-e9f4-11e8-9739-2dfe598c3fcd"), "{body}");
    let prediction: PredictionResponse = serde_json::from_value(body).unwrap();
    assert_eq!((prediction.num_samples, prediction.request_id), (1, id));

    let (status, _, body) = answer(&world, include_str!("../events/predict_base64.json")).await;
    assert_eq!((status, &body["num_samples"]), (200, &Value::from(2)), "{body}");

    let (status, _, body) = answer(&world, include_str!("../events/bad_request.json")).await;
    assert_eq!((status, body["field"].as_str()), (422, Some("tenure")), "{body}");

    let (status, _, body) = answer(&world, include_str!("../events/health.json")).await;
    assert_eq!((status, body["status"].as_str()), (200, Some("healthy")));

    let (status, _, body) = answer(&world, include_str!("../events/model_info.json")).await;
    assert_eq!((status, body["versions"].as_array().map(Vec::len)), (200, Some(1)));

    let (status, _, body) = answer(&world, include_str!("../events/reload.json")).await;
    assert_eq!((status, body["new_version"].as_str()), (200, Some("v1")));
}

#[test]
fn no_sample_event_is_left_out_above() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/events");
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let known =
        ["bad_request.json", "health.json", "model_info.json", "predict.json", "predict_base64.json", "reload.json"];
    assert_eq!(names, known);
}

#[test]
fn the_answer_in_the_readme_is_one() {
    let readme = include_str!("../README.md");
    let blocks: Vec<_> = readme.split("```json\n").skip(1).map(|block| block.split("```").next().unwrap()).collect();
    assert_eq!(blocks.len(), 2);
    serde_json::from_str::<Value>(blocks[0]).unwrap();
    serde_json::from_str::<PredictionResponse>(blocks[1]).unwrap();
}
