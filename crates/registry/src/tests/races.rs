#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;

use crate::{EventKind, testing::*};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_registrations_lose_no_event_and_share_no_number() {
    let store = memory();
    let n_runs = 24;
    let tasks: Vec<_> = (0..n_runs)
        .map(|i| {
            let registry = registry(&store);
            tokio::spawn(async move {
                let new = new_version(&format!("run-{i}"), &format!("model {i}"));
                let registered = register(&registry, &new, &at(i)).await.unwrap();
                registry.stage(registered.version, &at(i)).await.unwrap();
                registered.version
            })
        })
        .collect();
    let mut versions = BTreeSet::new();
    for task in tasks {
        versions.insert(task.await.unwrap());
    }
    assert_eq!(versions.len(), n_runs as usize);
    let events = registry(&store).events().await.unwrap();
    assert_eq!(events.len(), 2 * n_runs as usize);
    for kind in [EventKind::Registered, EventKind::Staged] {
        let of_kind: BTreeSet<_> =
            events.iter().filter(|event| event.kind == kind).map(|event| event.version).collect();
        assert_eq!(of_kind, versions, "{kind:?}");
    }
    events.iter().for_each(|event| assert_sound(&event.state));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_retries_of_one_registration_make_one_version() {
    let store = memory();
    let tasks: Vec<_> = (0..12)
        .map(|minute| {
            let registry = registry(&store);
            tokio::spawn(async move { register(&registry, &new_version("run-1", "a"), &at(minute)).await.unwrap() })
        })
        .collect();
    for task in tasks {
        let registered = task.await.unwrap();
        assert_eq!((registered.version, registered.created), (v(1), true));
    }
    assert_eq!(registry(&store).events().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_very_same_model_from_many_runs_is_one_version() {
    let store = memory();
    let tasks: Vec<_> = (0..12)
        .map(|i| {
            let registry = registry(&store);
            tokio::spawn(
                async move { register(&registry, &new_version(&format!("run-{i}"), "a"), &at(0)).await.unwrap() },
            )
        })
        .collect();
    let mut n_created = 0;
    let mut versions = BTreeSet::new();
    for task in tasks {
        let registered = task.await.unwrap();
        versions.insert(registered.version);
        n_created += usize::from(registered.created);
    }
    assert_eq!((versions.len(), n_created), (1, 1));
    assert_eq!(registry(&store).state().await.unwrap().versions.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_promotions_leave_one_champion() {
    let store = memory();
    let n_versions = 8;
    for n in 1..=n_versions {
        register(&registry(&store), &new_version(&format!("run-{n}"), &format!("{n}")), &at(0)).await.unwrap();
        registry(&store).stage(v(n), &at(0)).await.unwrap();
    }
    let tasks: Vec<_> = (1..=n_versions)
        .map(|n| {
            let registry = registry(&store);
            tokio::spawn(async move { registry.promote(v(n), &at(1)).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let events = registry(&store).events().await.unwrap();
    events.iter().for_each(|event| assert_sound(&event.state));
    let promoted: BTreeSet<_> =
        events.iter().filter(|event| event.kind == EventKind::Promoted).map(|event| event.version).collect();
    assert_eq!(promoted.len(), n_versions as usize, "every promotion happened, one after the other");
    let last = events.last().unwrap();
    assert_eq!(last.state.champion, Some(last.version));
}
