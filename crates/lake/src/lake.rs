use std::{fmt, ops::Range, sync::Arc};

use bytes::Bytes;
use contracts::{ErrorName, ObjectRef, Sha256};
use serde::{Serialize, de::DeserializeOwned};

use crate::{Meta, PutWhen, S3Store, Store, StoreError};

/// Attempts of [`Lake::update_json`]; each failed one means that somebody else succeeded.
const MAX_UPDATES: u32 = 64;

/// A store with digests: what is read is what was written, and what is written stays.
///
/// A clone costs a reference count.
#[derive(Clone, Debug)]
pub struct Lake {
    store: Arc<dyn Store>,
    uri: Arc<str>,
}

/// Why the lake did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// The store's own answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The bytes are not those that the reference promises.
    #[error("object `{key}` has the SHA-256 {found}, expected {expected}")]
    Corrupt {
        /// Key read.
        key: String,
        /// Digest in the reference.
        expected: Sha256,
        /// Digest of the bytes read.
        found: Sha256,
    },
    /// An object that is written once exists with other bytes.
    #[error("object `{key}` exists with the SHA-256 {existing}, and cannot become {offered}")]
    Conflict {
        /// Key of the object.
        key: String,
        /// Digest of what is there.
        existing: Sha256,
        /// Digest of what should have been written.
        offered: Sha256,
    },
    /// The object is not the JSON it should be.
    #[error("object `{key}` is not what was expected: {source}")]
    Json {
        /// Key of the object.
        key: String,
        /// What does not fit, with line and column.
        source: serde_json::Error,
    },
    /// Others changed the object at every attempt.
    #[error("object `{key}` was changed by others at each of {n_attempts} attempts")]
    Contended {
        /// Key of the object.
        key: String,
        /// Attempts made.
        n_attempts: u32,
    },
}

impl LakeError {
    /// The name by which the state machines know this error.
    #[must_use]
    pub const fn name(&self) -> ErrorName {
        match self {
            Self::Store(error) => error.name(),
            Self::Conflict { .. } | Self::Contended { .. } => ErrorName::Conflict,
            Self::Corrupt { .. } | Self::Json { .. } => ErrorName::InvalidInput,
        }
    }

    /// Whether the object asked for does not exist.
    #[must_use]
    pub const fn is_not_found(&self) -> bool {
        matches!(self, Self::Store(StoreError::NotFound { .. }))
    }
}

impl Lake {
    /// The lake in `store`; `uri` names it for people, such as `s3://bucket`.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, uri: impl Into<String>) -> Self {
        let uri: String = uri.into();
        Self { store, uri: uri.trim_end_matches('/').into() }
    }

    /// The lake in a bucket, named `s3://bucket`.
    #[must_use]
    pub fn in_bucket(store: S3Store) -> Self {
        let uri = format!("s3://{}", store.bucket());
        Self::new(Arc::new(store), uri)
    }

    /// The store below.
    #[must_use]
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// Where an object lies, such as `s3://bucket/key`.
    #[must_use]
    pub fn uri(&self, key: impl fmt::Display) -> String {
        format!("{}/{key}", self.uri)
    }

    /// The object's bytes, when they have the digest that the reference promises.
    ///
    /// # Errors
    /// [`LakeError::Corrupt`], not found, or the store failed.
    pub async fn read(&self, object: &ObjectRef) -> Result<Bytes, LakeError> {
        let bytes = self.store.get(&object.key).await?.bytes;
        let found = Sha256::of(&bytes);
        if found == object.sha256 {
            Ok(bytes)
        } else {
            Err(LakeError::Corrupt { key: object.key.clone(), expected: object.sha256.clone(), found })
        }
    }

    /// The JSON in an object whose digest is known.
    ///
    /// # Errors
    /// [`LakeError::Corrupt`], [`LakeError::Json`], not found, or the store failed.
    pub async fn read_json_ref<T: DeserializeOwned>(&self, object: &ObjectRef) -> Result<T, LakeError> {
        parse(&object.key, &self.read(object).await?)
    }

    /// The bytes under a key, whatever they are, with a reference to them.
    ///
    /// # Errors
    /// Not found, or the store failed.
    pub async fn read_key(&self, key: &str) -> Result<(ObjectRef, Bytes), LakeError> {
        let bytes = self.store.get(key).await?.bytes;
        Ok((reference(key, &bytes), bytes))
    }

    /// The JSON under a key, with a reference to the object.
    ///
    /// # Errors
    /// [`LakeError::Json`], not found, or the store failed.
    pub async fn read_json_key<T: DeserializeOwned>(&self, key: &str) -> Result<(ObjectRef, T), LakeError> {
        let (object, bytes) = self.read_key(key).await?;
        let value = parse(key, &bytes)?;
        Ok((object, value))
    }

    /// The bytes of `range` that exist, of the object as it was when it had the entity tag `if_match`.
    ///
    /// # Errors
    /// As [`Store::get_range`].
    pub async fn read_range(&self, key: &str, range: Range<u64>, if_match: Option<&str>) -> Result<Bytes, LakeError> {
        Ok(self.store.get_range(key, range, if_match).await?)
    }

    /// Every object whose key begins with `prefix`, in the order of the keys.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(&self, prefix: &str) -> Result<Vec<Meta>, LakeError> {
        Ok(self.store.list(prefix, None).await?)
    }

    /// The JSON under a key.
    ///
    /// # Errors
    /// [`LakeError::Json`], not found, or the store failed.
    pub async fn read_json<T: DeserializeOwned>(&self, key: &str) -> Result<T, LakeError> {
        parse(key, &self.store.get(key).await?.bytes)
    }

    /// The JSON under a key, or `None` when there is no object.
    ///
    /// # Errors
    /// [`LakeError::Json`], or the store failed.
    pub async fn find_json<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, LakeError> {
        match self.read_json(key).await {
            Err(error) if error.is_not_found() => Ok(None),
            result => result.map(Some),
        }
    }

    /// Writes an object that will never change. The same bytes again are no error and no change.
    ///
    /// # Errors
    /// [`LakeError::Conflict`] when the key holds other bytes, or the store failed.
    pub async fn write_once(&self, key: &str, bytes: Bytes) -> Result<ObjectRef, LakeError> {
        let offered = reference(key, &bytes);
        match self.store.put(key, bytes, PutWhen::Absent).await {
            Ok(_) => Ok(offered),
            Err(StoreError::Precondition { .. }) => {
                let existing = Sha256::of(&self.store.get(key).await?.bytes);
                if existing == offered.sha256 {
                    Ok(offered)
                } else {
                    Err(LakeError::Conflict { key: key.to_owned(), existing, offered: offered.sha256 })
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    /// [`Lake::write_once`] with a value as indented JSON.
    ///
    /// # Errors
    /// As [`Lake::write_once`]; [`LakeError::Json`] for a value without a JSON form.
    pub async fn write_json_once<T: Serialize + Sync>(&self, key: &str, value: &T) -> Result<ObjectRef, LakeError> {
        self.write_once(key, to_json(key, value)?).await
    }

    /// Changes what is under a key by compare-and-swap: `change` sees the value, or `None` when there is no object,
    /// and says the new one, or `None` to leave it. It is called again when somebody else was faster.
    ///
    /// Gives the value that the object has at the end.
    ///
    /// # Errors
    /// [`LakeError::Contended`], [`LakeError::Json`], or the store failed.
    pub async fn update_json<T: Serialize + DeserializeOwned + Send + Sync>(
        &self,
        key: &str,
        mut change: impl FnMut(Option<&T>) -> Option<T> + Send,
    ) -> Result<Option<T>, LakeError> {
        for _ in 0..MAX_UPDATES {
            let (old, when) = match self.store.get(key).await {
                Ok(object) => (Some(parse(key, &object.bytes)?), PutWhen::Matches(object.etag)),
                Err(StoreError::NotFound { .. }) => (None, PutWhen::Absent),
                Err(error) => return Err(error.into()),
            };
            let Some(new) = change(old.as_ref()) else { return Ok(old) };
            match self.store.put(key, to_json(key, &new)?, when).await {
                Ok(_) => return Ok(Some(new)),
                Err(StoreError::Precondition { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(LakeError::Contended { key: key.to_owned(), n_attempts: MAX_UPDATES })
    }
}

/// The form in which the lake holds JSON: indented, with a line feed at the end, and the same for equal values.
pub(crate) fn to_json<T: Serialize>(key: &str, value: &T) -> Result<Bytes, LakeError> {
    let mut bytes =
        serde_json::to_vec_pretty(value).map_err(|source| LakeError::Json { key: key.to_owned(), source })?;
    bytes.push(b'\n');
    Ok(bytes.into())
}

fn parse<T: DeserializeOwned>(key: &str, bytes: &[u8]) -> Result<T, LakeError> {
    serde_json::from_slice(bytes).map_err(|source| LakeError::Json { key: key.to_owned(), source })
}

fn reference(key: &str, bytes: &[u8]) -> ObjectRef {
    ObjectRef { key: key.to_owned(), sha256: Sha256::of(bytes), size_bytes: bytes.len() as u64 }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use std::collections::BTreeMap;

    use super::*;
    use crate::{FailingStore, MemoryStore, Moment};

    fn lake() -> Lake {
        Lake::new(Arc::new(MemoryStore::new()), "s3://bucket/")
    }

    #[test]
    fn a_uri_has_one_slash_after_the_bucket() {
        assert_eq!(lake().uri("models/a"), "s3://bucket/models/a");
    }

    #[tokio::test]
    async fn a_changed_object_is_corrupt_and_both_digests_are_named() {
        let lake = lake();
        let object = lake.write_once("a", "one".into()).await.unwrap();
        assert_eq!(lake.read(&object).await.unwrap(), "one");
        lake.store().put("a", "two".into(), PutWhen::Always).await.unwrap();
        let error = lake.read(&object).await.unwrap_err();
        assert_eq!(error.name(), ErrorName::InvalidInput);
        let text = error.to_string();
        assert!(text.contains(Sha256::of(b"one").as_str()) && text.contains(Sha256::of(b"two").as_str()), "{text}");
    }

    #[tokio::test]
    async fn writing_once_takes_the_same_bytes_again_and_no_others() {
        let lake = lake();
        let first = lake.write_once("a", "one".into()).await.unwrap();
        assert_eq!(lake.write_once("a", "one".into()).await.unwrap(), first);
        let other = lake.write_once("a", "two".into()).await.unwrap_err();
        assert!(matches!(other, LakeError::Conflict { .. }), "{other}");
        assert_eq!(other.name(), ErrorName::Conflict);
        assert_eq!(lake.read(&first).await.unwrap(), "one");
    }

    #[tokio::test]
    async fn a_write_whose_answer_was_lost_succeeds_when_it_is_sent_again() {
        let memory: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let failing = FailingStore::fail_once_at(Arc::clone(&memory), 1, Moment::AfterEffect);
        let lake = Lake::new(Arc::new(failing), "s3://bucket");
        let lost = lake.write_once("a", "one".into()).await.unwrap_err();
        assert_eq!(lost.name(), ErrorName::Storage);
        lake.write_once("a", "one".into()).await.unwrap();
    }

    #[tokio::test]
    async fn json_comes_back_and_broken_json_says_where() {
        let lake = lake();
        let value = BTreeMap::from([("b".to_owned(), 2), ("a".to_owned(), 1)]);
        let object = lake.write_json_once("x.json", &value).await.unwrap();
        assert_eq!(lake.read_json::<BTreeMap<String, i32>>("x.json").await.unwrap(), value);
        assert_eq!(lake.read_json_ref::<BTreeMap<String, i32>>(&object).await.unwrap(), value);
        assert_eq!(lake.find_json::<BTreeMap<String, i32>>("y.json").await.unwrap(), None);
        assert!(lake.read_json::<i32>("y.json").await.unwrap_err().is_not_found());
        lake.write_once("z.json", "{\n \"a\": }".into()).await.unwrap();
        let error = lake.find_json::<BTreeMap<String, i32>>("z.json").await.unwrap_err().to_string();
        assert!(error.contains("z.json") && error.contains("line 2"), "{error}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn concurrent_updates_are_all_counted() {
        let lake = lake();
        let tasks: Vec<_> = (0..16)
            .map(|_| {
                let lake = lake.clone();
                tokio::spawn(
                    async move { lake.update_json("n.json", |n: Option<&u32>| Some(n.map_or(1, |n| n + 1))).await },
                )
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        assert_eq!(lake.read_json::<u32>("n.json").await.unwrap(), 16);
        let kept = lake.update_json("n.json", |_: Option<&u32>| None).await.unwrap();
        assert_eq!(kept, Some(16));
    }
}
