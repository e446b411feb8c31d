//! Killed anywhere and asked again, a run leaves the same objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use contracts::stage::GovernResponse;
use lake::{FailingStore, Lake, MemoryStore, Moment, Store, keys};

use super::world::*;

/// Every object with its bytes.
async fn contents(store: &Arc<dyn Store>) -> BTreeMap<String, Vec<u8>> {
    let mut contents = BTreeMap::new();
    for meta in store.list("", None).await.unwrap() {
        contents.insert(meta.key.clone(), store.get(&meta.key).await.unwrap().bytes.to_vec());
    }
    contents
}

async fn copy(store: &Arc<dyn Store>) -> Arc<dyn Store> {
    let copy: Arc<dyn Store> = Arc::new(MemoryStore::new());
    for (key, bytes) in contents(store).await {
        copy.put(&key, bytes.into(), lake::PutWhen::Absent).await.unwrap();
    }
    copy
}

/// All four steps on a store that fails once, and once more where they failed; says whether they did.
async fn monitored_with_a_fault(store: &Arc<dyn Store>, call: usize, moment: Moment) -> (GovernResponse, bool) {
    let failing = Arc::new(FailingStore::fail_once_at(Arc::clone(store), call, moment));
    let lake = Lake::new(Arc::clone(&failing) as Arc<dyn Store>, "memory://fault");
    let answer = match monitor(&lake, "monitor-1", AT).await {
        Ok(answer) => answer,
        Err(_) => monitor(&lake, "monitor-1", AT).await.unwrap(),
    };
    (answer, failing.has_failed())
}

#[tokio::test]
async fn killed_at_any_call_and_run_again_leaves_the_same_objects() {
    let start = world(Story { shift: 1.0, ..CALM }).await.store;
    let whole = copy(&start).await;
    let wanted = monitor(&Lake::new(Arc::clone(&whole), "memory://whole"), "monitor-1", AT).await.unwrap();
    let wanted_objects = contents(&whole).await;
    for moment in [Moment::BeforeEffect, Moment::AfterEffect] {
        let mut call = 0;
        loop {
            call += 1;
            let store = copy(&start).await;
            let (answer, has_failed) = monitored_with_a_fault(&store, call, moment).await;
            assert_eq!(answer, wanted, "call {call}");
            if !has_failed {
                break;
            }
            let objects = contents(&store).await;
            let names: Vec<&String> = objects.keys().collect();
            assert_eq!(names, wanted_objects.keys().collect::<Vec<_>>(), "call {call}");
            assert!(objects == wanted_objects, "call {call}: an object has other bytes");
        }
        assert!(call > 30, "a run has more calls than {call}");
    }
}

#[tokio::test]
async fn what_a_run_reads_stays_what_it_was_when_the_newest_moves_on() {
    let world = world(CALM).await;
    let first = record(&world.lake, "monitor-1", AT).await.unwrap();
    let key: String = world.lake.read_json(&keys::newest_predictions(USE_CASE)).await.unwrap();
    let set: contracts::PredictionSet = world.lake.read_json(&key).await.unwrap();
    predict(&world.lake, "score-2", &set.snapshot_id, &set.model, &(2_500..2_900).collect::<Vec<_>>()).await;
    assert_eq!(record(&world.lake, "monitor-1", "2027-01-01T00:00:00Z").await.unwrap(), first);
    assert_ne!(record(&world.lake, "monitor-2", AT).await.unwrap(), first);
}
