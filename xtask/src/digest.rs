//! Digests of what something is made from, so that it is made again only when that changed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

/// Collects inputs; their order matters.
#[derive(Default)]
pub(crate) struct Inputs(Sha256);

impl Inputs {
    /// Adds a text under a name.
    pub(crate) fn text(&mut self, name: &str, text: &str) -> &mut Self {
        self.bytes(name, text.as_bytes())
    }

    /// Adds a file, or all files under a folder, by path relative to `root` and content.
    pub(crate) fn files(&mut self, root: &Path, path: &Path) -> Result<&mut Self> {
        for file in files(path)? {
            let name = file.strip_prefix(root).unwrap_or(&file).display().to_string();
            let bytes = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            self.bytes(&name, &bytes);
        }
        Ok(self)
    }

    /// Adds the Rust code of a file, or of all files under a folder, without the lines that are comments: what a
    /// comment says does not change what the code compiles to.
    pub(crate) fn code(&mut self, root: &Path, path: &Path) -> Result<&mut Self> {
        for file in files(path)? {
            let name = file.strip_prefix(root).unwrap_or(&file).display().to_string();
            let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
            self.text(&name, &without_comments(&text));
        }
        Ok(self)
    }

    /// The digest of all inputs as 64 hex digits.
    pub(crate) fn digest(&self) -> String {
        hex::encode(self.0.clone().finalize())
    }

    fn bytes(&mut self, name: &str, bytes: &[u8]) -> &mut Self {
        // Lengths stand before contents, so that no two lists of inputs read the same.
        for part in [name.as_bytes(), bytes] {
            self.0.update((part.len() as u64).to_le_bytes());
            self.0.update(part);
        }
        self
    }
}

fn without_comments(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The file itself, or every file under a folder in order; caches of tools are left out.
pub(crate) fn files(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut entries: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(path).with_context(|| format!("cannot list {}", path.display()))? {
        entries.push(entry?.path());
    }
    entries.sort();
    for entry in entries {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_cache =
            matches!(name.as_str(), "target" | "__pycache__" | ".aws-sam" | "build") || name.ends_with(".egg-info");
        if !is_cache {
            found.extend(files(&entry)?);
        }
    }
    Ok(found)
}

/// Whether `stamp` says that the thing beside it was made from inputs with this digest.
pub(crate) fn is_current(stamp: &Path, digest: &str) -> bool {
    fs::read_to_string(stamp).is_ok_and(|found| found == digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_changes_nothing_and_code_does() {
        let code = "//! Essay.\nfn one() -> u8 {\n    // Why.\n    1\n}";
        assert_eq!(without_comments(code), without_comments("fn one() -> u8 {\n    1\n}"));
        assert_ne!(without_comments(code), without_comments("fn one() -> u8 {\n    2\n}"));
    }

    #[test]
    fn moving_a_byte_from_one_input_to_the_next_changes_the_digest() {
        let mut one = Inputs::default();
        one.text("a", "bc");
        let mut other = Inputs::default();
        other.text("ab", "c");
        assert_ne!(one.digest(), other.digest());
    }
}
