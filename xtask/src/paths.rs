//! Where things lie.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};

use crate::shell;

/// The folders that the verbs work in.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    /// Root of the checkout.
    pub(crate) root: PathBuf,
    /// Cargo's target folder.
    pub(crate) target: PathBuf,
    /// What survives `cargo clean` and is shared by checkouts: Python environments, tract builds.
    pub(crate) cache: PathBuf,
    /// State of this checkout: pid files, logs, the running stack.
    pub(crate) state: PathBuf,
}

impl Paths {
    pub(crate) fn find() -> Result<Self> {
        // Cargo sets the variable at run time; the compiled-in value serves a binary that is started by hand.
        let manifest = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&manifest).parent().context("xtask lies in a checkout")?.to_owned();
        let mut command = Command::new(cargo());
        command.current_dir(&root).args(["metadata", "--no-deps", "--format-version", "1", "--offline"]);
        let metadata: serde_json::Value = serde_json::from_str(&shell::output(&mut command)?)?;
        let target = metadata["target_directory"].as_str().context("cargo metadata names no target directory")?.into();
        let cache = match env::var_os("SLUICE_CACHE") {
            Some(folder) => PathBuf::from(folder),
            None => home()?.join(".cache/sluice"),
        };
        fs::create_dir_all(&cache).with_context(|| format!("cannot create {}", cache.display()))?;
        Ok(Self { state: root.join(".sluice"), root, target, cache })
    }

    /// A compiled binary.
    pub(crate) fn binary(&self, name: &str) -> PathBuf {
        self.target.join("release").join(name)
    }

    /// The wasm modules compiled ahead of time, with `wasm.json`.
    pub(crate) fn wasm(&self) -> PathBuf {
        self.target.join("sluice/wasm")
    }

    /// One zip per function.
    pub(crate) fn packages(&self) -> PathBuf {
        self.target.join("sluice/packages")
    }

    /// `path` as people read it: relative to the checkout when it lies in it.
    pub(crate) fn show(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }
}

/// The cargo that runs this command.
pub(crate) fn cargo() -> PathBuf {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into()).into()
}

fn home() -> Result<PathBuf> {
    env::home_dir().context("no home folder; set SLUICE_CACHE to a folder that may be written")
}

/// The sub-folders of `folder`, sorted.
pub(crate) fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut found: Vec<PathBuf> = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
