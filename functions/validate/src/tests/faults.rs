use lake::{FailingStore, Moment, Store};

use super::*;

/// Copies every object, so that each attempt starts from the same lake.
async fn copy(lake: &Lake) -> Arc<dyn Store> {
    let copy: Arc<dyn Store> = Arc::new(MemoryStore::new());
    for meta in lake.list("").await.unwrap() {
        let (_, bytes) = lake.read_key(&meta.key).await.unwrap();
        copy.put(&meta.key, bytes, PutWhen::Always).await.unwrap();
    }
    copy
}

/// Every object with its bytes.
async fn objects(lake: &Lake) -> Vec<ObjectRef> {
    let mut objects = Vec::new();
    for meta in lake.list("").await.unwrap() {
        objects.push(lake.read_key(&meta.key).await.unwrap().0);
    }
    objects
}

#[tokio::test]
async fn a_step_killed_at_any_call_is_made_whole_by_the_next_attempt() {
    let files = loan::files(160, usecases::loan::generate::DateStyle::Iso);
    let cleaned = loan::in_partitions(&files, 2, loan::loose).await;
    let start = Lake::new(copy(&cleaned.lake).await, "memory://test");
    let answer = cleaned.validate().await.unwrap();
    let expected = objects(&cleaned.lake).await;
    assert!(cleaned.set_aside().await.len() > 20, "rows are set aside, so there is something to write");
    let mut n_calls = 0;
    for moment in [Moment::BeforeEffect, Moment::AfterEffect] {
        for call in 1.. {
            let store = copy(&start).await;
            let failing = Arc::new(FailingStore::kill_at(Arc::clone(&store), call, moment));
            let killed = Cleaned { lake: Lake::new(Arc::clone(&failing) as _, "memory://test"), ..cleaned.clone() };
            let failed = attempt(&killed).await;
            if !failing.has_failed() {
                assert_eq!(failed.unwrap(), answer);
                n_calls = call;
                break;
            }
            assert_eq!(failed.unwrap_err().name(), ErrorName::Storage);
            let whole = Cleaned { lake: Lake::new(store, "memory://test"), ..cleaned.clone() };
            assert_eq!(whole.validate().await.unwrap(), answer, "killed at call {call}");
            assert_eq!(objects(&whole.lake).await, expected, "killed at call {call}");
        }
    }
    assert!(n_calls > 40, "reads four tables twice, writes reduced parts, verdicts and report: {n_calls}");
}

/// All steps, up to the first that fails.
async fn attempt(cleaned: &Cleaned) -> Result<ValidateResponse, ValidateError> {
    let mut verdicts = Vec::new();
    for partition in 0..cleaned.n_partitions {
        verdicts.push(cleaned.partition(partition).await?);
    }
    let gate = QualityGate { use_case: cleaned.use_case.to_owned(), run_id: run_id(), verdicts };
    judged(&cleaned.lake, gate).await
}
