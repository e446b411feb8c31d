//! What a server answers to good and bad requests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use axum::{body::Body, http::Request};
use contracts::{Health, HealthStatus, ModelInfo, PredictionResponse};
use serde_json::{Value, json};
use support::{Server, World, v};

async fn live() -> (World, Server) {
    let world = World::new();
    world.go_live(1).await;
    let server = world.server();
    (world, server)
}

#[tokio::test]
async fn every_form_of_body_gives_the_probabilities_of_the_model() {
    let (world, server) = live().await;
    let n_rows = world.n_rows();
    let records: Vec<_> = (0..n_rows).map(|row| world.record(row)).collect();
    let rows: Vec<_> = (0..n_rows).map(|row| world.row(row)).collect();
    for body in [
        json!(records),
        json!({ "records": records }),
        json!({ "instances": rows }),
        json!({ "rows": rows }),
        json!({ "rows": records }),
        json!(rows),
    ] {
        let reply = server.predict(&body).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let answer: PredictionResponse = serde_json::from_value(reply.body).unwrap();
        assert_eq!(answer.num_samples, n_rows);
        for (row, prediction) in answer.predictions.iter().enumerate() {
            let expected = world.expected(1, row);
            assert!(
                (f64::from(prediction.probability) - expected).abs() < 1e-5,
                "row {row}: {prediction:?} {expected}"
            );
            let label = if expected >= 0.5 { ("Yes", 1) } else { ("No", 0) };
            assert_eq!((prediction.label.as_str(), prediction.predicted), label);
        }
    }
}

#[tokio::test]
async fn an_answer_says_where_it_comes_from() {
    let (world, server) = live().await;
    let reply = server.predict(&world.record(0)).await;
    let answer: PredictionResponse = serde_json::from_value(reply.body).unwrap();
    let manifest = world.registry.manifest(v(1)).await.unwrap();
    let found = &answer.provenance;
    assert_eq!((found.model_name.as_str(), found.model_version), ("telco-churn", v(1)));
    assert_eq!((&found.run_id, &found.run_name), (&manifest.run_id, &manifest.run_name));
    assert_eq!((found.use_case.as_str(), found.model_stage.as_str()), ("telco", "Staging"));
    assert_eq!(found.artifact_uri, "s3://lake/models/telco/telco-churn/v000001/model.onnx");
    assert_eq!(found.feature_fingerprint, manifest.feature_fingerprint);
    assert_eq!(answer.warnings, []);
}

#[tokio::test]
async fn an_unseen_category_is_answered_with_a_warning() {
    let (world, server) = live().await;
    let mut record = world.record(0);
    record["contract"] = json!("Daily");
    let answer: PredictionResponse = serde_json::from_value(server.predict(&record).await.body).unwrap();
    assert_eq!((answer.warnings[0].row, answer.warnings[0].field.as_str()), (0, "contract"));
}

#[tokio::test]
async fn request_ids_are_kept_made_and_never_trusted() {
    let (_, server) = live().await;
    let send = async |id: &str| {
        let request = Request::get("/health").header("x-request-id", id);
        server.send(request.body(Body::empty()).unwrap()).await.headers["x-request-id"].to_str().unwrap().to_owned()
    };
    assert_eq!(send("my-request.7").await, "my-request.7");
    assert_eq!(send("has a space").await, "test-0");
    assert_eq!(send(&"x".repeat(129)).await, "test-1");
    let reply = server.get("/health").await;
    assert_eq!(reply.headers["x-request-id"], "test-2");
    assert_eq!(reply.headers["x-content-type-options"], "nosniff");
    assert_eq!(reply.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn health_and_model_info_describe_what_serves() {
    let (world, server) = live().await;
    let second = world.register(2).await;
    server.wait(std::time::Duration::from_secs(6));
    let health: Health = serde_json::from_value(server.get("/health").await.body).unwrap();
    assert_eq!((health.status, health.model_version), (HealthStatus::Healthy, Some(v(1))));
    for reply in [server.get("/model_info").await, server.post("/model_info/telco", "").await] {
        let info: ModelInfo = serde_json::from_value(reply.body).unwrap();
        assert_eq!(info.signature, world.signature());
        let versions: Vec<_> = info.versions.iter().map(|v| (v.version, v.stage.as_str(), v.live)).collect();
        assert_eq!(versions, [(second, "None", false), (v(1), "Staging", true)]);
        assert_eq!(info.versions[1].run_name, info.provenance.run_name);
        assert_eq!(info.versions[0].test.roc_auc, 0.84);
    }
}

/// A valid record with one member replaced; null removes nothing, so `absent` is a word of its own.
fn with(world: &World, name: &str, value: Value) -> String {
    let mut record = world.record(0);
    if value == json!("absent") {
        record.as_object_mut().unwrap().remove(name);
    } else {
        record[name] = value;
    }
    record.to_string()
}

/// Body, status, kind, field and row.
type Case = (String, u16, &'static str, Option<&'static str>, Option<u64>);

#[tokio::test]
async fn bad_bodies_name_kind_field_and_row() {
    let (world, server) = live().await;
    let good = world.record(0).to_string();
    let second = |bad: String| format!("[{good}, {bad}]");
    let cases: Vec<Case> = vec![
        (with(&world, "tenure", json!("twelve")), 422, "invalid-value", Some("tenure"), Some(0)),
        (with(&world, "tenure", json!("12")), 422, "invalid-value", Some("tenure"), Some(0)),
        (with(&world, "tenure", json!(true)), 422, "invalid-value", Some("tenure"), Some(0)),
        (with(&world, "tenure", json!(1.5)), 422, "invalid-value", Some("tenure"), Some(0)),
        (with(&world, "tenure", json!({"a": 1})), 422, "invalid-value", Some("tenure"), Some(0)),
        (with(&world, "tenure", json!(null)), 422, "missing-field", Some("tenure"), Some(0)),
        (with(&world, "tenure", json!(" ")), 422, "missing-field", Some("tenure"), Some(0)),
        (with(&world, "contract", json!([])), 422, "invalid-value", Some("contract"), Some(0)),
        (second(with(&world, "tenure", json!("absent"))), 422, "missing-field", Some("tenure"), Some(1)),
        (second(with(&world, "shoe_size", json!(43))), 422, "unknown-field", Some("shoe_size"), Some(1)),
        (with(&world, "Churn", json!("Yes")), 422, "unknown-field", Some("Churn"), Some(0)),
        (good.replacen('{', "{\"tenure\": 1, ", 1), 422, "duplicate-field", Some("tenure"), Some(0)),
        (second("[1, 2]".to_owned()), 422, "wrong-length", None, Some(1)),
        (second("3".to_owned()), 422, "invalid-body", None, Some(1)),
        ("[]".to_owned(), 422, "no-rows", None, None),
        ("{\"records\": []}".to_owned(), 422, "no-rows", None, None),
        ("{\"records\": {}}".to_owned(), 422, "invalid-body", Some("records"), None),
        ("true".to_owned(), 422, "invalid-body", None, None),
        (String::new(), 400, "invalid-json", None, None),
        ("{\"tenure\": NaN}".to_owned(), 400, "invalid-json", None, None),
        ("{\"tenure\": 1e999}".to_owned(), 400, "invalid-json", None, None),
        ("{\"tenure\": 1} x".to_owned(), 400, "invalid-json", None, None),
        ("[".repeat(200), 400, "invalid-json", None, None),
    ];
    for (body, status, kind, field, row) in cases {
        let reply = server.post("/predict/telco", body.clone()).await;
        assert_eq!(reply.body["field"].as_str(), field, "{body}: {reply:?}");
        assert_eq!(reply.body["row"].as_u64(), row, "{body}: {reply:?}");
        reply.assert_problem(status, kind);
    }
}

#[tokio::test]
async fn broken_json_is_answered_with_line_and_column() {
    let (_, server) = live().await;
    let reply = server.post("/predict", "{\n  \"tenure\": 1,\n}").await;
    reply.assert_problem(400, "invalid-json");
    assert!(reply.body["detail"].as_str().unwrap().contains("line 3 column 1"), "{reply:?}");
    let reply = server.post("/predict", &b"{\"contract\": \"\xff\"}"[..]).await;
    reply.assert_problem(400, "invalid-encoding");
    assert!(reply.body["detail"].as_str().unwrap().contains("byte 14"), "{reply:?}");
}

#[tokio::test]
async fn the_media_type_must_be_json() {
    let (world, server) = live().await;
    let send = async |headers: &[(&str, &str)]| {
        let request =
            headers.iter().fold(Request::post("/predict"), |request, (name, value)| request.header(*name, *value));
        server.send(request.body(Body::from(world.record(0).to_string())).unwrap()).await
    };
    for headers in [
        &[][..],
        &[("content-type", "text/plain")],
        &[("content-type", "application/x-www-form-urlencoded")],
        &[("content-type", "application/jsonp")],
        &[("content-type", "application/json"), ("content-encoding", "gzip")],
    ] {
        send(headers).await.assert_problem(415, "unsupported-media-type");
    }
    for content_type in ["application/json", "Application/JSON; charset=utf-8", "application/vnd.sluice+json"] {
        assert_eq!(send(&[("content-type", content_type)]).await.status, 200, "{content_type}");
    }
}

#[tokio::test]
async fn too_much_is_413_whether_or_not_the_length_is_declared() {
    let (world, _) = live().await;
    let server = world.server_with(|settings| (settings.max_body_bytes, settings.max_rows) = (10_000, 3));
    server.predict(&json!(vec![world.row(0); 4])).await.assert_problem(413, "too-many-rows");
    assert_eq!(server.predict(&json!(vec![world.row(0); 3])).await.status, 200);
    let long = " ".repeat(10_001);
    server.post("/predict", long.clone()).await.assert_problem(413, "body-too-large");
    let declared =
        Request::post("/predict").header("content-type", "application/json").header("content-length", "10001");
    server.send(declared.body(Body::from(long)).unwrap()).await.assert_problem(413, "body-too-large");
}

#[tokio::test]
async fn other_routes_methods_and_use_cases_are_problems_too() {
    let (_, server) = live().await;
    server.get("/").await.assert_problem(404, "not-found");
    server.get("/predict/telco/x").await.assert_problem(404, "not-found");
    server.post("/predict/lottery", "{}").await.assert_problem(404, "unknown-use-case");
    server.get("/health/lottery").await.assert_problem(404, "unknown-use-case");
    server.get("/model_info/%ff").await.assert_problem(404, "unknown-use-case");
    let reply = server.get("/predict").await;
    reply.assert_problem(405, "method-not-allowed");
    assert_eq!(reply.headers["allow"], "POST");
    server.post("/health", "").await.assert_problem(405, "method-not-allowed");
}
