#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use contracts::ErrorName;
use lake::{FailingStore, Moment, Store};

use crate::{Registry, RegistryError, RegistryState, testing::*};

const N_STEPS: u32 = 12;

/// Step `step` of two deployments, the second one rolled back after its promotion.
async fn take(registry: &Registry, step: u32) -> Result<RegistryState, RegistryError> {
    let change = at(step);
    match step {
        0 => drop(register(registry, &new_version("run-1", "a"), &change).await?),
        1 => drop(registry.stage(v(1), &change).await?),
        2 => drop(registry.go_live(v(1), &change).await?),
        3 => drop(registry.promote(v(1), &change).await?),
        4 => drop(register(registry, &new_version("run-2", "b"), &change).await?),
        5 => drop(registry.stage(v(2), &change).await?),
        6 => drop(registry.go_live(v(2), &change).await?),
        7 => drop(registry.promote(v(2), &change).await?),
        8 => drop(registry.roll_back(v(2), &change).await?),
        9 => drop(registry.archive(v(2), &change).await?),
        10 => drop(register(registry, &new_version("run-3", "b"), &change).await?),
        _ => drop(registry.stage(v(2), &change).await?),
    }
    registry.state().await
}

async fn objects(store: &Arc<dyn Store>) -> BTreeMap<String, Bytes> {
    let mut objects = BTreeMap::new();
    for meta in store.list("", None).await.unwrap() {
        let bytes = store.get(&meta.key).await.unwrap().bytes;
        objects.insert(meta.key, bytes);
    }
    objects
}

/// Runs all steps; call `call` of step `faulty` fails, and the step is then run again as the state machine does.
/// `None` when the step needs fewer calls.
async fn with_fault(
    faulty: u32,
    fail: impl Fn(Arc<dyn Store>) -> FailingStore,
) -> Option<(RegistryState, BTreeMap<String, Bytes>)> {
    let store = memory();
    let healthy = registry(&store);
    let mut last = RegistryState::default();
    for step in 0..N_STEPS {
        if step == faulty {
            let failing = Arc::new(fail(Arc::clone(&store)));
            let outcome = take(&registry(&(Arc::clone(&failing) as Arc<dyn Store>)), step).await;
            if !failing.has_failed() {
                return None;
            }
            let error = outcome.expect_err("a failed call is reported");
            assert_eq!(error.name(), ErrorName::Storage, "step {step}: {error}");
        }
        last = take(&healthy, step).await.unwrap_or_else(|error| panic!("step {step}: {error}"));
        assert_sound(&last);
    }
    Some((last, objects(&store).await))
}

async fn check(fail: impl Fn(Arc<dyn Store>, usize) -> FailingStore) {
    let store = memory();
    let mut expected = RegistryState::default();
    for step in 0..N_STEPS {
        expected = take(&registry(&store), step).await.unwrap();
    }
    let expected_objects = objects(&store).await;
    let mut n_faults = 0;
    for faulty in 0..N_STEPS {
        for call in 1.. {
            let Some((state, found)) = with_fault(faulty, |store| fail(store, call)).await else { break };
            assert_eq!(state, expected, "step {faulty}, call {call}");
            assert_eq!(found, expected_objects, "step {faulty}, call {call}: the same objects, byte for byte");
            n_faults += 1;
        }
    }
    assert!(n_faults > 60, "only {n_faults} places to fail were found");
}

#[tokio::test]
async fn killed_before_any_call_and_run_again_it_ends_the_same() {
    check(|store, call| FailingStore::kill_at(store, call, Moment::BeforeEffect)).await;
}

#[tokio::test]
async fn killed_after_any_call_and_run_again_it_ends_the_same() {
    check(|store, call| FailingStore::kill_at(store, call, Moment::AfterEffect)).await;
}

#[tokio::test]
async fn a_hiccup_at_any_call_ends_the_same() {
    check(|store, call| FailingStore::fail_once_at(store, call, Moment::AfterEffect)).await;
}
