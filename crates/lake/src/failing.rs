use std::{
    fmt,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use bytes::Bytes;

use crate::{Meta, Object, PutWhen, Store, StoreError};

/// Whether a call that fails has had its effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The request never arrived.
    BeforeEffect,
    /// The request was carried out and its answer was lost.
    AfterEffect,
}

/// Another store that fails at a chosen call, to prove that work can be killed anywhere and run again.
///
/// A fault test runs the work with `kill_at(store, n, moment)` for n = 1, 2, … until [`FailingStore::has_failed`] says
/// that the work needs fewer calls, each time runs it again on the store itself, and compares the outcome.
pub struct FailingStore {
    store: Arc<dyn Store>,
    fails_at: usize,
    moment: Moment,
    stays_dead: bool,
    n_calls: AtomicUsize,
}

impl FailingStore {
    /// Call number `call` (from 1) and every later one fail, as if the process had been killed there.
    #[must_use]
    pub fn kill_at(store: Arc<dyn Store>, call: usize, moment: Moment) -> Self {
        Self { store, fails_at: call, moment, stays_dead: true, n_calls: AtomicUsize::new(0) }
    }

    /// Only call number `call` (from 1) fails, as on a network that hiccups.
    #[must_use]
    pub fn fail_once_at(store: Arc<dyn Store>, call: usize, moment: Moment) -> Self {
        Self { store, fails_at: call, moment, stays_dead: false, n_calls: AtomicUsize::new(0) }
    }

    /// Whether the chosen call has been reached.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.n_calls() >= self.fails_at
    }

    /// Calls so far, failed ones included.
    #[must_use]
    pub fn n_calls(&self) -> usize {
        self.n_calls.load(Ordering::SeqCst)
    }

    async fn call<T>(
        &self,
        operation: &'static str,
        key: &str,
        effect: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let number = self.n_calls.fetch_add(1, Ordering::SeqCst) + 1;
        let died_before = self.stays_dead && number > self.fails_at;
        if number == self.fails_at && self.moment == Moment::AfterEffect {
            effect.await?;
        } else if number != self.fails_at && !died_before {
            return effect.await;
        }
        let reason = format!("made to fail at call {}", self.fails_at);
        Err(StoreError::Unavailable { operation, key: key.to_owned(), reason })
    }
}

impl fmt::Debug for FailingStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FailingStore {{ call {} of {:?} }}", self.fails_at, self.store)
    }
}

#[async_trait]
impl Store for FailingStore {
    async fn get(&self, key: &str) -> Result<Object, StoreError> {
        self.call("read", key, self.store.get(key)).await
    }

    async fn get_range(&self, key: &str, range: Range<u64>, if_match: Option<&str>) -> Result<Bytes, StoreError> {
        self.call("read", key, self.store.get_range(key, range, if_match)).await
    }

    async fn head(&self, key: &str) -> Result<Meta, StoreError> {
        self.call("look up", key, self.store.head(key)).await
    }

    async fn put(&self, key: &str, bytes: Bytes, when: PutWhen) -> Result<String, StoreError> {
        self.call("write", key, self.store.put(key, bytes, when)).await
    }

    async fn list(&self, prefix: &str, start_after: Option<&str>) -> Result<Vec<Meta>, StoreError> {
        self.call("list", prefix, self.store.list(prefix, start_after)).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.call("delete", key, self.store.delete(key)).await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;
    use crate::MemoryStore;

    /// Writes a, b, c through a failing store; says which writes succeeded and which objects exist afterwards.
    async fn check(fail: impl Fn(Arc<dyn Store>) -> FailingStore) -> (Vec<bool>, Vec<String>) {
        let memory = Arc::new(MemoryStore::new());
        let failing = fail(Arc::clone(&memory) as Arc<dyn Store>);
        let mut done = Vec::new();
        for key in ["a", "b", "c"] {
            done.push(failing.put(key, "x".into(), PutWhen::Absent).await.is_ok());
        }
        assert_eq!((failing.n_calls(), failing.has_failed()), (3, true));
        (done, memory.list("", None).await.unwrap().into_iter().map(|meta| meta.key).collect())
    }

    #[tokio::test]
    async fn a_killed_store_stays_dead() {
        let (done, keys) = check(|store| FailingStore::kill_at(store, 2, Moment::BeforeEffect)).await;
        assert_eq!((done, keys), (vec![true, false, false], vec!["a".to_owned()]));
    }

    #[tokio::test]
    async fn a_lost_answer_leaves_its_effect() {
        let (done, keys) = check(|store| FailingStore::kill_at(store, 2, Moment::AfterEffect)).await;
        assert_eq!((done, keys), (vec![true, false, false], vec!["a".to_owned(), "b".to_owned()]));
    }

    #[tokio::test]
    async fn a_hiccup_fails_one_call() {
        let (done, keys) = check(|store| FailingStore::fail_once_at(store, 2, Moment::BeforeEffect)).await;
        assert_eq!((done, keys), (vec![true, false, true], vec!["a".to_owned(), "c".to_owned()]));
    }
}
