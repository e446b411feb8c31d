//! A small model to register, and an invariant to check after every step.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use contracts::{BinaryMetrics, ModelVersion, RunId, WasmBuild};
use lake::{Lake, MemoryStore, Store};

use crate::{Change, ModelFiles, NewVersion, Registered, Registry, RegistryError, RegistryState, Stage};

pub(crate) fn v(number: u32) -> ModelVersion {
    ModelVersion::new(number).unwrap()
}

pub(crate) fn memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new())
}

pub(crate) fn registry(store: &Arc<dyn Store>) -> Registry {
    let lake = Lake::new(Arc::clone(store), "memory://test");
    Registry::new(&lake, "telco", "telco-churn")
}

/// A change `minute` minutes after noon.
pub(crate) fn at(minute: u32) -> Change {
    Change {
        who: "tester".to_owned(),
        why: format!("minute {minute}"),
        at: format!("2026-11-21T{:02}:{:02}:00Z", 12 + minute / 60, minute % 60),
        run_id: None,
    }
}

pub(crate) fn run_id(name: &str) -> RunId {
    name.parse().unwrap()
}

/// The model that run `run` trained; equal `content` means equal files.
pub(crate) fn new_version(run: &str, content: &str) -> NewVersion {
    let bytes = |kind: &str| Bytes::from(format!("{kind} {content}"));
    NewVersion {
        run_id: run_id(run),
        snapshot_id: "00112233aabbccdd".parse().unwrap(),
        candidate_key: format!("candidate-{content}"),
        family: "logistic_regression".to_owned(),
        test: BinaryMetrics {
            n_rows: 10,
            n_positive: 4,
            threshold: 0.5,
            accuracy: 0.8,
            precision: 0.7,
            recall: 0.6,
            f1: 0.646,
            roc_auc: 0.84,
            log_loss: 0.41,
        },
        cv_roc_auc: 0.845,
        feature_fingerprint: "f".repeat(64),
        build: WasmBuild::Compact,
        max_abs_difference: BTreeMap::from([("compact".to_owned(), 1e-7)]),
        files: ModelFiles {
            model: bytes("model"),
            plan: bytes("plan"),
            signature: bytes("signature"),
            reference: bytes("reference"),
            drift: bytes("drift"),
        },
    }
}

pub(crate) fn card(version: ModelVersion, at: &str) -> String {
    format!("# telco-churn {version}, registered {at}\n")
}

pub(crate) async fn register(
    registry: &Registry,
    new: &NewVersion,
    change: &Change,
) -> Result<Registered, RegistryError> {
    registry.register(new, card, change).await
}

/// What holds in every state that the log can contain.
#[track_caller]
pub(crate) fn assert_sound(state: &RegistryState) {
    let in_production: Vec<_> =
        state.versions.iter().filter(|(_, version)| version.stage == Stage::Production).map(|(v, _)| *v).collect();
    assert!(in_production.len() <= 1, "at most one version in Production: {state:?}");
    assert_eq!(in_production.first().copied(), state.champion, "the champion is the one in Production: {state:?}");
    if let Some(live) = state.live {
        let stage = state.stage_of(live);
        assert!(matches!(stage, Some(Stage::Staging | Stage::Production)), "live {live} is in {stage:?}");
    }
    assert!(state.before.len() <= 16, "{} deployments remembered", state.before.len());
}
