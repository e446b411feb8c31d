//! The store contract, and the registry on top of it, against real S3 servers over HTTP: the emulator's, and one that
//! shares no code with it.
//!
//! Memory and directory pass the same contract in `crates/lake`. Each test here makes a bucket of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{collections::BTreeMap, sync::Arc};

use contracts::{BinaryMetrics, ErrorName, ModelVersion, WasmBuild};
use lake::{Lake, LakeError, S3Endpoint, S3Store, Store as _, StoreError, contract};
use registry::{Change, EventKind, ModelFiles, NewVersion, Registry};

/// The servers that `cargo xtask test` starts, by the variable that names their address.
const EMULATOR: &str = "SLUICE_TEST_S3_ENDPOINT";
const SECOND_SERVER: &str = "SLUICE_TEST_SECOND_S3_ENDPOINT";

/// A bucket that did not exist before, on the server that `variable` names.
async fn new_bucket(variable: &str, test: &str) -> S3Store {
    let bucket = format!("{test}-{}", std::process::id());
    let store = S3Store::connect_to(&bucket, S3Endpoint::local(tests::from_xtask(variable))).await.unwrap();
    store.create_bucket().await.unwrap();
    store
}

async fn check_contract(variable: &str) {
    let store = new_bucket(variable, "contract").await;
    contract::check(Arc::new(store), "contract").await.unwrap_or_else(|broken| panic!("{variable}: {broken}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_emulators_s3_keeps_the_store_contract() {
    check_contract(EMULATOR).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_s3_server_keeps_the_store_contract() {
    check_contract(SECOND_SERVER).await;
}

async fn check_missing_bucket(variable: &str) {
    let endpoint = S3Endpoint::local(tests::from_xtask(variable));
    let store = S3Store::connect_to("sluice-no-such-bucket", endpoint).await.unwrap();
    let error = store.get("a").await.unwrap_err();
    assert!(matches!(&error, StoreError::Refused { reason, .. } if reason.contains("NoSuchBucket")), "{error:?}");
    assert_eq!(LakeError::from(error).name(), ErrorName::Storage, "a missing bucket is no missing object");
}

#[tokio::test]
async fn the_emulator_tells_a_missing_bucket_from_a_missing_object() {
    check_missing_bucket(EMULATOR).await;
}

#[tokio::test]
async fn a_second_s3_server_tells_a_missing_bucket_from_a_missing_object() {
    check_missing_bucket(SECOND_SERVER).await;
}

fn change(who: &str) -> Change {
    Change { who: who.to_owned(), why: "race".to_owned(), at: "2026-11-21T12:00:00Z".to_owned(), run_id: None }
}

fn new_version(i: usize) -> NewVersion {
    let metrics = BinaryMetrics {
        n_rows: 100,
        n_positive: 26,
        threshold: 0.3,
        accuracy: 0.8,
        precision: 0.6,
        recall: 0.7,
        f1: 0.63,
        roc_auc: 0.84,
        log_loss: 0.41,
    };
    NewVersion {
        run_id: format!("run-{i}").parse().unwrap(),
        snapshot_id: "00112233aabbccdd".parse().unwrap(),
        candidate_key: format!("candidate-{i}"),
        family: "logistic_regression".to_owned(),
        test: metrics,
        cv_roc_auc: 0.845,
        feature_fingerprint: "fingerprint".to_owned(),
        build: WasmBuild::Compact,
        max_abs_difference: BTreeMap::new(),
        files: ModelFiles {
            model: format!("model {i}").into(),
            plan: "plan".into(),
            signature: "signature".into(),
            reference: "reference".into(),
            drift: "drift".into(),
        },
    }
}

/// Several runs register and stage at once; each ends as a version of its own and no event is lost.
async fn check_registry_race(variable: &str) {
    let lake = Lake::in_bucket(new_bucket(variable, "registry").await);
    let registry = Registry::new(&lake, "telco", "telco-churn");
    let n_runs = 6;
    let tasks: Vec<_> = (0..n_runs)
        .map(|i| {
            let registry = registry.clone();
            tokio::spawn(async move {
                let change = change(&format!("writer {i}"));
                let registered =
                    registry.register(&new_version(i), |version, _| format!("# {version}"), &change).await?;
                registry.stage(registered.version, &change).await?;
                Ok::<_, registry::RegistryError>(registered)
            })
        })
        .collect();
    let mut versions = Vec::new();
    for task in tasks {
        let registered = task.await.unwrap().unwrap();
        assert!(registered.created);
        versions.push(registered.version);
    }
    versions.sort_unstable();
    let expected: Vec<_> = (1..=n_runs as u32).filter_map(ModelVersion::new).collect();
    assert_eq!(versions, expected, "every run has a number of its own");
    let events = registry.events().await.unwrap();
    for kind in [EventKind::Registered, EventKind::Staged] {
        let mut of_kind: Vec<_> = events.iter().filter(|event| event.kind == kind).map(|event| event.version).collect();
        of_kind.sort_unstable();
        assert_eq!(of_kind, expected, "{kind:?}");
    }
    for version in expected {
        let manifest = registry.manifest(version).await.unwrap();
        for file in [&manifest.model, &manifest.plan, &manifest.signature, &manifest.reference, &manifest.model_card] {
            lake.read(file).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_event_is_lost_on_the_emulators_s3() {
    check_registry_race(EMULATOR).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_event_is_lost_on_a_second_s3_server() {
    check_registry_race(SECOND_SERVER).await;
}
