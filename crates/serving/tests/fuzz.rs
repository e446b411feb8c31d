//! Whatever a caller sends, the answer is below 500 and well formed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::LazyLock;

use axum::{body::Body, http::Request};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use support::{Server, World};

struct Setup {
    runtime: tokio::runtime::Runtime,
    world: World,
    server: Server,
}

static SETUP: LazyLock<Setup> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let world = World::new();
    runtime.block_on(world.go_live(1));
    let server = world.server();
    Setup { runtime, world, server }
});

/// Sends a body and checks what holds for every answer; gives the status.
fn status_of(path: &str, body: Vec<u8>) -> u16 {
    let request = Request::post(path).header("content-type", "application/json").body(Body::from(body)).unwrap();
    let reply = SETUP.runtime.block_on(SETUP.server.send(request));
    let status = reply.status.as_u16();
    assert!(status < 500, "{reply:?}");
    if status == 200 {
        let predictions = reply.body["predictions"].as_array().unwrap();
        assert!(!predictions.is_empty());
        for prediction in predictions {
            let probability = prediction["probability"].as_f64().unwrap();
            assert!((0.0..=1.0).contains(&probability), "{prediction}");
        }
    } else {
        assert_eq!(reply.headers["content-type"], "application/problem+json");
        assert!(reply.body["detail"].is_string(), "{reply:?}");
    }
    status
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        prop_oneof![Just("Two year".to_owned()), any::<String>()].prop_map(Value::from),
    ];
    let name = prop_oneof![
        Just("tenure".to_owned()),
        Just("contract".to_owned()),
        Just("records".to_owned()),
        Just("rows".to_owned()),
        any::<String>(),
    ];
    leaf.prop_recursive(4, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_json_is_answered(body in any_json()) {
        status_of("/predict", body.to_string().into_bytes());
    }

    #[test]
    fn any_bytes_are_answered(body in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_ne!(status_of("/predict", body), 200);
    }

    #[test]
    fn any_path_is_answered(path in "[ -~&&[^ ?#\"<>\\\\^`{|}]]{0,40}") {
        status_of(&format!("/predict/{path}"), b"{}".to_vec());
    }

    #[test]
    fn a_record_with_any_value_in_any_field_is_answered(row in 0..60_usize, field in 0..19_usize, value in any_json()) {
        let mut record = SETUP.world.record(row);
        let name = SETUP.world.signature().fields[field].name.clone();
        record[&name] = value;
        status_of("/predict", record.to_string().into_bytes());
    }

    #[test]
    fn any_finite_numbers_and_any_texts_give_a_probability(
        numbers in prop::array::uniform2(any::<f64>().prop_filter("finite", |number| number.is_finite())),
        tenure in -9_007_199_254_740_992_i64..=9_007_199_254_740_992,
        text in "[^ \t\r\n]{1,20}",
    ) {
        let mut record = SETUP.world.record(0);
        record["monthly_charges"] = json!(numbers[0]);
        record["total_charges"] = json!(numbers[1]);
        record["tenure"] = json!(tenure);
        record["contract"] = json!(text);
        let blank = text.trim().is_empty();
        prop_assert_eq!(status_of("/predict", record.to_string().into_bytes()), if blank { 422 } else { 200 });
    }

    #[test]
    fn a_cut_body_is_refused(cut in 1..600_usize) {
        let body = SETUP.world.record(0).to_string().into_bytes();
        let cut = cut.min(body.len() - 1);
        prop_assert_eq!(status_of("/predict", body[..cut].to_vec()), 400);
    }
}
