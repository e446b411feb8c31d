use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write as _},
    ops::Range,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use bytes::Bytes;
use contracts::Sha256;

use crate::{
    Meta, Object, PutWhen, Store, StoreError,
    store::{check_key, slice},
};

/// A store in a folder: the object `a/b.csv` is the file `a/b.csv`, so that people can look at it.
///
/// Writes go to a temporary file that is then renamed, under a lock file that all processes share. They are atomic
/// against a killed process, not against a power cut (nothing is synced). The entity tag is the SHA-256 of the bytes,
/// so `head` and `list` read whole files.
///
/// Two limits of file systems remain: an object cannot lie under another one (`a` and `a/b`), and a segment has at
/// most 255 bytes. Both are [`StoreError::Refused`].
#[derive(Clone, Debug)]
pub struct DirectoryStore {
    inner: Arc<Directory>,
}

/// Holds the lock and the temporary files; no key may begin with it.
const OWN_FOLDER: &str = ".sluice";

#[derive(Debug)]
struct Directory {
    root: PathBuf,
    own: PathBuf,
    n_temporary: AtomicU64,
}

impl DirectoryStore {
    /// The store in the folder `root`, which is made when it does not exist.
    ///
    /// # Errors
    /// The folder cannot be made or written.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let root = root.into();
        let own = root.join(OWN_FOLDER);
        fs::create_dir_all(&own).map_err(|error| failure("open", &root.display().to_string(), &error))?;
        Ok(Self { inner: Arc::new(Directory { root, own, n_temporary: AtomicU64::new(0) }) })
    }

    /// Runs file work on a thread that may block.
    async fn blocking<T: Send + 'static>(
        &self,
        operation: &'static str,
        key: &str,
        work: impl FnOnce(&Directory, &str) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (inner, owned) = (Arc::clone(&self.inner), key.to_owned());
        let done = tokio::task::spawn_blocking(move || work(&inner, &owned)).await;
        done.unwrap_or_else(|error| {
            Err(StoreError::Unavailable { operation, key: key.to_owned(), reason: error.to_string() })
        })
    }
}

#[async_trait]
impl Store for DirectoryStore {
    async fn get(&self, key: &str) -> Result<Object, StoreError> {
        self.blocking("read", key, Directory::get).await
    }

    async fn get_range(&self, key: &str, range: Range<u64>, if_match: Option<&str>) -> Result<Bytes, StoreError> {
        let if_match = if_match.map(ToOwned::to_owned);
        self.blocking("read", key, move |directory, key| {
            let object = directory.get(key)?;
            if if_match.is_some_and(|etag| etag != object.etag) {
                return Err(StoreError::Precondition { key: key.to_owned() });
            }
            slice(key, &object.bytes, range)
        })
        .await
    }

    async fn head(&self, key: &str) -> Result<Meta, StoreError> {
        self.blocking("look up", key, |directory, key| {
            let object = directory.get(key)?;
            Ok(Meta { key: key.to_owned(), size_bytes: object.bytes.len() as u64, etag: object.etag })
        })
        .await
    }

    async fn put(&self, key: &str, bytes: Bytes, when: PutWhen) -> Result<String, StoreError> {
        self.blocking("write", key, move |directory, key| directory.put(key, &bytes, when)).await
    }

    async fn list(&self, prefix: &str, start_after: Option<&str>) -> Result<Vec<Meta>, StoreError> {
        let start_after = start_after.map(ToOwned::to_owned);
        self.blocking("list", prefix, move |directory, prefix| directory.list(prefix, start_after.as_deref())).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.blocking("delete", key, Directory::delete).await
    }
}

impl Directory {
    fn path(&self, key: &str) -> Result<PathBuf, StoreError> {
        check_key(key)?;
        if key.split('/').next() == Some(OWN_FOLDER) {
            return Err(StoreError::InvalidKey { key: key.to_owned(), rule: "`.sluice` belongs to the store" });
        }
        Ok(self.root.join(key))
    }

    fn get(&self, key: &str) -> Result<Object, StoreError> {
        let bytes = fs::read(self.path(key)?).map_err(|error| failure("read", key, &error))?;
        let etag = String::from(Sha256::of(&bytes));
        Ok(Object { bytes: bytes.into(), etag })
    }

    fn put(&self, key: &str, bytes: &[u8], when: PutWhen) -> Result<String, StoreError> {
        let path = self.path(key)?;
        let temporary = self.write_temporary(bytes).map_err(|error| failure("write", key, &error))?;
        let result = self.publish(key, &temporary, &path, when);
        if result.is_err() {
            // The rename did not happen, and a file left behind would be harmless.
            let _ = fs::remove_file(&temporary);
        }
        result.map(|()| String::from(Sha256::of(bytes)))
    }

    fn write_temporary(&self, bytes: &[u8]) -> io::Result<PathBuf> {
        let number = self.n_temporary.fetch_add(1, Ordering::Relaxed);
        let path = self.own.join(format!("{}-{:p}-{number}", std::process::id(), self));
        File::create(&path)?.write_all(bytes)?;
        Ok(path)
    }

    fn publish(&self, key: &str, temporary: &Path, path: &Path, when: PutWhen) -> Result<(), StoreError> {
        let _lock = self.lock("write", key)?;
        let holds = match when {
            PutWhen::Always => true,
            PutWhen::Absent => !path.try_exists().map_err(|error| failure("write", key, &error))?,
            PutWhen::Matches(expected) => match self.get(key) {
                Ok(object) => object.etag == expected,
                Err(StoreError::NotFound { .. }) => false,
                Err(error) => return Err(error),
            },
        };
        if !holds {
            return Err(StoreError::Precondition { key: key.to_owned() });
        }
        let folder = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder)
            .and_then(|()| fs::rename(temporary, path))
            .map_err(|error| failure("write", key, &error))
    }

    /// Keeps other writers out, in this process and in others, until it is dropped.
    fn lock(&self, operation: &'static str, key: &str) -> Result<File, StoreError> {
        let open = File::options().create(true).truncate(false).write(true).open(self.own.join("lock"));
        open.and_then(|file| file.lock().map(|()| file)).map_err(|error| failure(operation, key, &error))
    }

    fn delete(&self, key: &str) -> Result<(), StoreError> {
        let path = self.path(key)?;
        let _lock = self.lock("delete", key)?;
        match fs::remove_file(&path) {
            Err(error) if is_absent(&error) => Ok(()),
            result => result.map_err(|error| failure("delete", key, &error)),
        }
        // Folders stay: removing an empty one would race with a reader that lists it.
    }

    fn list(&self, prefix: &str, start_after: Option<&str>) -> Result<Vec<Meta>, StoreError> {
        let mut keys: Vec<String> = Vec::new();
        // Only the folder that the prefix lies in can hold matching keys.
        let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
        if !folder.is_empty() && self.path(folder).is_err() {
            return Ok(Vec::new());
        }
        self.collect(folder, &mut keys).map_err(|error| failure("list", prefix, &error))?;
        keys.retain(|key| key.starts_with(prefix) && start_after.is_none_or(|after| key.as_str() > after));
        keys.sort_unstable();
        let metas = keys.into_iter().map(|key| match self.get(&key) {
            Ok(object) => Ok(Some(Meta { size_bytes: object.bytes.len() as u64, etag: object.etag, key })),
            // Deleted since the folder was read.
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        });
        metas.filter_map(Result::transpose).collect()
    }

    /// Adds the keys of all files below the folder of `segments`.
    fn collect(&self, segments: &str, keys: &mut Vec<String>) -> io::Result<()> {
        let entries = match fs::read_dir(self.root.join(segments)) {
            Err(error) if is_absent(&error) => return Ok(()),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            // A file with a name that is not UTF-8 was not written by this store.
            let Some(name) = name.to_str() else { continue };
            let key = if segments.is_empty() { name.to_owned() } else { format!("{segments}/{name}") };
            if entry.file_type()?.is_dir() {
                if key != OWN_FOLDER {
                    self.collect(&key, keys)?;
                }
            } else {
                keys.push(key);
            }
        }
        Ok(())
    }
}

/// Whether an error means that there is no such file, be it that a part of its path is a file or it is a folder.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory)
}

fn failure(operation: &'static str, key: &str, error: &io::Error) -> StoreError {
    let (key, reason) = (key.to_owned(), error.to_string());
    if operation != "write" && is_absent(error) {
        return StoreError::NotFound { key };
    }
    match error.kind() {
        ErrorKind::PermissionDenied
        | ErrorKind::ReadOnlyFilesystem
        | ErrorKind::InvalidFilename
        | ErrorKind::NotADirectory
        | ErrorKind::IsADirectory
        | ErrorKind::AlreadyExists => StoreError::Refused { operation, key, reason },
        _ => StoreError::Unavailable { operation, key, reason },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_directory_keeps_the_contract() {
        let folder = tempfile::tempdir().unwrap();
        crate::contract::check(Arc::new(DirectoryStore::open(folder.path()).unwrap()), "contract").await.unwrap();
    }

    #[tokio::test]
    async fn an_object_is_a_file_that_people_can_read() {
        let folder = tempfile::tempdir().unwrap();
        let store = DirectoryStore::open(folder.path()).unwrap();
        store.put("raw/telco/a.csv", "x\n1\n".into(), PutWhen::Absent).await.unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("raw/telco/a.csv")).unwrap(), "x\n1\n");
        let left = fs::read_dir(folder.path().join(OWN_FOLDER)).unwrap().count();
        assert_eq!(left, 1, "only the lock file stays");
    }

    #[tokio::test]
    async fn two_stores_on_one_folder_see_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (DirectoryStore::open(folder.path()).unwrap(), DirectoryStore::open(folder.path()).unwrap());
        let etag = one.put("a", "1".into(), PutWhen::Absent).await.unwrap();
        two.put("a", "2".into(), PutWhen::Matches(etag.clone())).await.unwrap();
        let lost = one.put("a", "3".into(), PutWhen::Matches(etag)).await;
        assert_eq!(lost, Err(StoreError::Precondition { key: "a".to_owned() }));
        assert_eq!(one.get("a").await.unwrap().bytes, "2");
    }

    #[tokio::test]
    async fn an_object_below_an_object_is_refused_and_nothing_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let store = DirectoryStore::open(folder.path()).unwrap();
        store.put("a", "1".into(), PutWhen::Always).await.unwrap();
        let below = store.put("a/b", "2".into(), PutWhen::Always).await;
        assert!(matches!(below, Err(StoreError::Refused { .. })), "{below:?}");
        assert_eq!(store.get("a").await.unwrap().bytes, "1");
        assert_eq!(store.get("a/b").await, Err(StoreError::NotFound { key: "a/b".to_owned() }));
    }

    #[tokio::test]
    async fn no_key_leads_out_of_the_folder_or_into_the_stores_own() {
        let folder = tempfile::tempdir().unwrap();
        let store = DirectoryStore::open(folder.path().join("lake")).unwrap();
        for key in ["../out", "a/../../out", "/etc/passwd", ".sluice/lock"] {
            let written = store.put(key, "x".into(), PutWhen::Always).await;
            assert!(matches!(written, Err(StoreError::InvalidKey { .. })), "{key}: {written:?}");
            assert_eq!(store.list("../", None).await, Ok(vec![]));
        }
        assert!(!folder.path().join("out").exists());
    }
}
