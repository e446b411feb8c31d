use std::{fmt, ops::Range};

use async_trait::async_trait;
use bytes::Bytes;
use contracts::ErrorName;

/// Objects under keys, with conditional writes.
///
/// # Contract
/// [`crate::contract`] checks all of this against a store:
///
/// - A key is 1 to 1024 bytes of UTF-8: segments joined by `/`, none of them empty, `.` or `..`, no control
///   characters. Every call refuses another key with [`StoreError::InvalidKey`] before anything is sent.
/// - A write is atomic: a reader sees all of an object or none of it, and sees it as soon as the write returned.
/// - An entity tag changes whenever the bytes change. Its form is the store's own business.
/// - A store never waits for another process; of many conditional writes at once exactly one succeeds.
/// - An answer of [`StoreError::Precondition`] may be caused by the same caller's earlier attempt, whose answer was
///   lost on the way and which was then retried: the caller looks at the object to know.
#[async_trait]
pub trait Store: Send + Sync + fmt::Debug {
    /// The whole object.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or the store failed.
    async fn get(&self, key: &str) -> Result<Object, StoreError>;

    /// The bytes of `range` that exist: a range that reaches past the end is cut there.
    ///
    /// An empty range gives no bytes of an object that exists.
    ///
    /// # Errors
    /// [`StoreError::OutOfRange`] when a range that is not empty starts at the end or after it,
    /// [`StoreError::Precondition`] when `if_match` is not the object's entity tag, [`StoreError::NotFound`],
    /// or the store failed.
    async fn get_range(&self, key: &str, range: Range<u64>, if_match: Option<&str>) -> Result<Bytes, StoreError>;

    /// What is known of an object without its bytes.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or the store failed.
    async fn head(&self, key: &str) -> Result<Meta, StoreError>;

    /// Writes the whole object if `when` holds, and gives its entity tag.
    ///
    /// # Errors
    /// [`StoreError::Precondition`] when `when` does not hold, or the store failed. After
    /// [`StoreError::Unavailable`] the object may or may not have been written.
    async fn put(&self, key: &str, bytes: Bytes, when: PutWhen) -> Result<String, StoreError>;

    /// Every object whose key begins with `prefix` and sorts after `start_after`, in the byte order of the keys.
    ///
    /// The prefix is text, not a folder: `a/b` finds `a/b`, `a/bc` and `a/b/c`.
    ///
    /// # Errors
    /// The store failed.
    async fn list(&self, prefix: &str, start_after: Option<&str>) -> Result<Vec<Meta>, StoreError>;

    /// Removes the object; no error when there is none.
    ///
    /// # Errors
    /// The store failed.
    async fn delete(&self, key: &str) -> Result<(), StoreError>;
}

/// An object with its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The whole object.
    pub bytes: Bytes,
    /// Entity tag of these bytes.
    pub etag: String,
}

/// An object without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Key in the store.
    pub key: String,
    /// Length.
    pub size_bytes: u64,
    /// Entity tag.
    pub etag: String,
}

/// What must hold for a write to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PutWhen {
    /// Nothing: the object is replaced when there is one.
    Always,
    /// There is no object under the key.
    Absent,
    /// There is an object under the key, with this entity tag.
    Matches(String),
}

/// Why a store did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no object under the key.
    #[error("object `{key}` does not exist")]
    NotFound {
        /// Key asked for.
        key: String,
    },
    /// The object is not in the state that the call asked for.
    #[error("object `{key}` was created or changed by somebody else")]
    Precondition {
        /// Key of the object.
        key: String,
    },
    /// A range starts where the object has ended.
    #[error("object `{key}` ends before byte {start}")]
    OutOfRange {
        /// Key of the object.
        key: String,
        /// First byte asked for.
        start: u64,
    },
    /// The text cannot be a key.
    #[error("`{key}` is not an object key: {rule}")]
    InvalidKey {
        /// The text.
        key: String,
        /// The rule it breaks.
        rule: &'static str,
    },
    /// The store did not answer or failed; trying again may help.
    #[error("cannot {operation} `{key}`: {reason}")]
    Unavailable {
        /// What was tried.
        operation: &'static str,
        /// Key or prefix.
        key: String,
        /// What the store or the network said.
        reason: String,
    },
    /// The store will not do it, now or later: no permission, no bucket, no disk folder.
    #[error("not allowed to {operation} `{key}`: {reason}")]
    Refused {
        /// What was tried.
        operation: &'static str,
        /// Key or prefix.
        key: String,
        /// What the store said.
        reason: String,
    },
}

impl StoreError {
    /// The name by which the state machines know this error.
    #[must_use]
    pub const fn name(&self) -> ErrorName {
        match self {
            Self::NotFound { .. } => ErrorName::NotFound,
            Self::Precondition { .. } => ErrorName::Conflict,
            Self::OutOfRange { .. } | Self::InvalidKey { .. } => ErrorName::InvalidInput,
            Self::Unavailable { .. } | Self::Refused { .. } => ErrorName::Storage,
        }
    }
}

/// Longest key that S3 takes.
const MAX_KEY_BYTES: usize = 1024;

/// Refuses what is no key in one of the stores, so that all of them take the same keys.
pub(crate) fn check_key(key: &str) -> Result<(), StoreError> {
    let rule = if key.is_empty() {
        "it is empty"
    } else if key.len() > MAX_KEY_BYTES {
        "it is longer than 1024 bytes"
    } else if key.chars().any(char::is_control) {
        "it holds a control character"
    } else if key.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        "a segment is empty, `.` or `..`"
    } else {
        return Ok(());
    };
    Err(StoreError::InvalidKey { key: key.to_owned(), rule })
}

/// The part of `bytes` that `get_range` answers with.
pub(crate) fn slice(key: &str, bytes: &Bytes, range: Range<u64>) -> Result<Bytes, StoreError> {
    if range.is_empty() {
        return Ok(Bytes::new());
    }
    let (start, end) = (usize::try_from(range.start), usize::try_from(range.end).unwrap_or(usize::MAX));
    match start {
        Ok(start) if start < bytes.len() => Ok(bytes.slice(start..end.min(bytes.len()))),
        _ => Err(StoreError::OutOfRange { key: key.to_owned(), start: range.start }),
    }
}
