//! Stores that break the contract, to show that the suite notices.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{ops::Range, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;

use crate::{MemoryStore, Meta, Object, PutWhen, Store, StoreError, contract};

/// What a store does wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    IgnoresConditions,
    LooksAndThenWrites,
    IgnoresTheTagOfARange,
    CountsTheRangeFromOne,
    ListsOnePage,
    ListsTheStart,
    ListsAFolder,
    KeepsTheTag,
    ForgetsToDelete,
    FoldsCase,
}

#[derive(Debug)]
struct Careless {
    store: MemoryStore,
    fault: Fault,
}

impl Careless {
    fn key(&self, key: &str) -> String {
        if self.fault == Fault::FoldsCase { key.to_lowercase() } else { key.to_owned() }
    }

    fn etag(&self, etag: String) -> String {
        if self.fault == Fault::KeepsTheTag { "same".to_owned() } else { etag }
    }
}

#[async_trait]
impl Store for Careless {
    async fn get(&self, key: &str) -> Result<Object, StoreError> {
        let object = self.store.get(&self.key(key)).await?;
        Ok(Object { etag: self.etag(object.etag), ..object })
    }

    async fn get_range(&self, key: &str, range: Range<u64>, if_match: Option<&str>) -> Result<Bytes, StoreError> {
        let if_match = if_match.filter(|_| self.fault != Fault::IgnoresTheTagOfARange);
        let shift = u64::from(self.fault == Fault::CountsTheRangeFromOne && !range.is_empty());
        self.store.get_range(&self.key(key), range.start + shift..range.end, if_match).await
    }

    async fn head(&self, key: &str) -> Result<Meta, StoreError> {
        let meta = self.store.head(&self.key(key)).await?;
        Ok(Meta { key: key.to_owned(), etag: self.etag(meta.etag), ..meta })
    }

    async fn put(&self, key: &str, bytes: Bytes, when: PutWhen) -> Result<String, StoreError> {
        let when = match self.fault {
            Fault::IgnoresConditions => PutWhen::Always,
            Fault::LooksAndThenWrites if when == PutWhen::Absent => {
                if self.store.head(key).await.is_ok() {
                    return Err(StoreError::Precondition { key: key.to_owned() });
                }
                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
                PutWhen::Always
            }
            _ => when,
        };
        self.store.put(&self.key(key), bytes, when).await.map(|etag| self.etag(etag))
    }

    async fn list(&self, prefix: &str, start_after: Option<&str>) -> Result<Vec<Meta>, StoreError> {
        let start_after = start_after.filter(|_| self.fault != Fault::ListsTheStart);
        let mut found = self.store.list(&self.key(prefix), start_after).await?;
        match self.fault {
            Fault::ListsOnePage => found.truncate(1000),
            Fault::ListsAFolder => found.retain(|meta| {
                let rest = meta.key.strip_prefix(prefix).unwrap_or_default();
                prefix.ends_with('/') || rest.is_empty() || rest.starts_with('/')
            }),
            _ => {}
        }
        Ok(found.into_iter().map(|meta| Meta { etag: self.etag(meta.etag), ..meta }).collect())
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        if self.fault == Fault::ForgetsToDelete { Ok(()) } else { self.store.delete(&self.key(key)).await }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_contract_notices_every_careless_store() {
    let mut noticed = String::new();
    for fault in [
        Fault::IgnoresConditions,
        Fault::LooksAndThenWrites,
        Fault::IgnoresTheTagOfARange,
        Fault::CountsTheRangeFromOne,
        Fault::ListsOnePage,
        Fault::ListsTheStart,
        Fault::ListsAFolder,
        Fault::KeepsTheTag,
        Fault::ForgetsToDelete,
        Fault::FoldsCase,
    ] {
        let store = Arc::new(Careless { store: MemoryStore::new(), fault });
        let check = contract::check(store, "careless").await.map_or_else(|broken| broken.check, |()| "not noticed");
        noticed.push_str(&format!("{fault:?}: {check}\n"));
    }
    expect_test::expect![[r#"
        IgnoresConditions: absent_refuses_to_replace
        LooksAndThenWrites: of_many_creators_exactly_one_wins
        IgnoresTheTagOfARange: an_empty_range_has_no_bytes
        CountsTheRangeFromOne: an_object_may_be_empty
        ListsOnePage: a_long_list_comes_whole
        ListsTheStart: a_list_begins_after_a_key
        ListsAFolder: a_prefix_is_text_and_not_a_folder
        KeepsTheTag: an_object_may_be_empty
        ForgetsToDelete: matches_needs_an_object
        FoldsCase: a_list_is_sorted_and_knows_sizes_and_tags
    "#]]
    .assert_eq(&noticed);
}
