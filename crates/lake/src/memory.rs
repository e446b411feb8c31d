use std::{
    collections::BTreeMap,
    ops::{Bound, Range},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use contracts::Sha256;

use crate::{
    Meta, Object, PutWhen, Store, StoreError,
    store::{check_key, slice},
};

/// A store in the memory of this process, for tests.
#[derive(Debug, Default)]
pub struct MemoryStore {
    objects: Mutex<BTreeMap<String, Object>>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn objects(&self) -> MutexGuard<'_, BTreeMap<String, Object>> {
        // Every change of the map is a single insert or remove, so a panic elsewhere leaves it whole.
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, key: &str) -> Result<Object, StoreError> {
        check_key(key)?;
        self.objects().get(key).cloned().ok_or_else(|| StoreError::NotFound { key: key.to_owned() })
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn get(&self, key: &str) -> Result<Object, StoreError> {
        self.find(key)
    }

    async fn get_range(&self, key: &str, range: Range<u64>, if_match: Option<&str>) -> Result<Bytes, StoreError> {
        let object = self.find(key)?;
        if if_match.is_some_and(|etag| etag != object.etag) {
            return Err(StoreError::Precondition { key: key.to_owned() });
        }
        slice(key, &object.bytes, range)
    }

    async fn head(&self, key: &str) -> Result<Meta, StoreError> {
        self.find(key).map(|object| meta(key, &object))
    }

    async fn put(&self, key: &str, bytes: Bytes, when: PutWhen) -> Result<String, StoreError> {
        check_key(key)?;
        let etag = String::from(Sha256::of(&bytes));
        let mut objects = self.objects();
        let holds = match when {
            PutWhen::Always => true,
            PutWhen::Absent => !objects.contains_key(key),
            PutWhen::Matches(expected) => objects.get(key).is_some_and(|object| object.etag == expected),
        };
        if !holds {
            return Err(StoreError::Precondition { key: key.to_owned() });
        }
        objects.insert(key.to_owned(), Object { bytes, etag: etag.clone() });
        Ok(etag)
    }

    async fn list(&self, prefix: &str, start_after: Option<&str>) -> Result<Vec<Meta>, StoreError> {
        let start = match start_after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let objects = self.objects();
        let found = objects.range::<str, _>((start, Bound::Unbounded)).take_while(|(key, _)| key.starts_with(prefix));
        Ok(found.map(|(key, object)| meta(key, object)).collect())
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        check_key(key)?;
        self.objects().remove(key);
        Ok(())
    }
}

fn meta(key: &str, object: &Object) -> Meta {
    Meta { key: key.to_owned(), size_bytes: object.bytes.len() as u64, etag: object.etag.clone() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use std::sync::Arc;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn memory_keeps_the_contract() {
        crate::contract::check(Arc::new(MemoryStore::new()), "contract").await.unwrap();
    }
}
