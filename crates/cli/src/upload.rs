use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use contracts::{ObjectRef, Sha256};
use lake::{Lake, keys};

/// Delivers a file to the lake under a key that says its content, so that the same file is delivered once.
pub(crate) async fn deliver(lake: &Lake, use_case: &str, file: &Path) -> Result<ObjectRef> {
    let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let key = key_of(use_case, file, &bytes);
    lake.write_once(&key, bytes.into()).await.with_context(|| format!("cannot deliver {}", file.display()))
}

/// The file's name, with its content before the ending: what a name begins with says which table it belongs to.
fn key_of(use_case: &str, file: &Path, bytes: &[u8]) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '_' };
    let name: String = name.chars().map(plain).collect();
    let (stem, ending) = name.rsplit_once('.').map_or((&*name, String::new()), |(stem, end)| (stem, format!(".{end}")));
    keys::raw(use_case, &format!("{stem}-{}{ending}", Sha256::of(bytes).short(12)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use super::*;

    #[test]
    fn the_key_says_content_and_name() {
        let key = key_of("telco", Path::new("/tmp/my churn (1).csv"), b"a");
        assert_eq!(key, "raw/telco/my_churn__1_-ca978112ca1b.csv");
    }

    #[tokio::test]
    async fn the_same_file_is_delivered_once() {
        let lake = Lake::new(Arc::new(lake::MemoryStore::new()), "memory://test");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("churn.csv");
        fs::write(&file, "id\n1\n").unwrap();
        let first = deliver(&lake, "telco", &file).await.unwrap();
        assert_eq!(deliver(&lake, "telco", &file).await.unwrap(), first);
        fs::write(&file, "id\n2\n").unwrap();
        assert_ne!(deliver(&lake, "telco", &file).await.unwrap().key, first.key);
        assert_eq!(lake.list("raw/").await.unwrap().len(), 2);
    }
}
