use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use contracts::{Sha256, WasmBuild};
use serde::Deserialize;

use crate::{InferenceError, engine::engine};

/// A build of the guest as machine code, ready to be instantiated.
#[derive(Clone)]
pub struct Module {
    pub(crate) code: wasmtime::Module,
}

impl std::fmt::Debug for Module {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Module").finish_non_exhaustive()
    }
}

impl Module {
    /// Loads a `.cwasm` whose bytes have the digest `expected`.
    ///
    /// # Errors
    /// A file that cannot be read, has another digest, or was compiled by another version or under other settings.
    pub fn load(path: &Path, expected: &Sha256) -> Result<Self, InferenceError> {
        let bytes = fs::read(path).map_err(|source| InferenceError::File { path: path.to_owned(), source })?;
        let found = Sha256::of(&bytes);
        if found != *expected {
            return Err(InferenceError::Digest { path: path.to_owned(), expected: expected.clone(), found });
        }
        // The copy in memory is mapped from the same file, so that its pages are read only when they run.
        drop(bytes);
        let code = deserialize(path).map_err(|error| InferenceError::Module { reason: format!("{error:#}") })?;
        if code.imports().len() > 0 {
            return Err(InferenceError::Module { reason: "it has imports".to_owned() });
        }
        Ok(Self { code })
    }
}

/// Maps a compiled module into memory.
#[allow(unsafe_code, reason = "wasmtime trusts the bytes of a compiled module")]
fn deserialize(path: &Path) -> wasmtime::Result<wasmtime::Module> {
    let engine = engine().map_err(wasmtime::Error::msg)?;
    // SAFETY: the file must come from wasmtime's compiler and must not change while it is mapped. Its only caller,
    // `Module::load`, has just compared its SHA-256 with the one that was written when the package was built, and the
    // folder of a package is read-only where functions run.
    unsafe { wasmtime::Module::deserialize_file(engine, path) }
}

/// The modules of a folder, as listed in its `wasm.json`; each is loaded when first asked for.
#[derive(Debug)]
pub struct Modules {
    folder: PathBuf,
    listing: BTreeMap<String, Listed>,
    loaded: Arc<Mutex<BTreeMap<WasmBuild, Module>>>,
}

/// A line of `wasm.json`.
#[derive(Debug, Deserialize)]
struct Listed {
    sha256: Sha256,
}

impl Modules {
    /// Reads the listing of `folder`.
    ///
    /// # Errors
    /// A folder without a valid `wasm.json`.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, InferenceError> {
        let folder = folder.into();
        let path = folder.join("wasm.json");
        let listing = fs::read(&path).map_err(|source| InferenceError::File { path: path.clone(), source })?;
        let listing = serde_json::from_slice(&listing)
            .map_err(|error| InferenceError::Listing { path, reason: error.to_string() })?;
        Ok(Self { folder, listing, loaded: Arc::default() })
    }

    /// The modules of the folder that `SLUICE_WASM_DIR` names, else of `wasm/` beside the executable. For a `main`.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn from_env() -> Result<Self, InferenceError> {
        if let Some(folder) = std::env::var_os("SLUICE_WASM_DIR").filter(|folder| !folder.is_empty()) {
            return Self::open(PathBuf::from(folder));
        }
        let executable = std::env::current_exe()
            .map_err(|source| InferenceError::File { path: PathBuf::from("the executable"), source })?;
        Self::open(executable.with_file_name("wasm"))
    }

    /// A build of the guest.
    ///
    /// # Errors
    /// A build that the folder does not list, or as [`Module::load`].
    pub fn build(&self, build: WasmBuild) -> Result<Module, InferenceError> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(module) = loaded.get(&build) {
            return Ok(module.clone());
        }
        let name = build.file_name();
        let listed = self.listing.get(name).ok_or_else(|| InferenceError::Listing {
            path: self.folder.join("wasm.json"),
            reason: format!("it does not list {name}"),
        })?;
        let module = Module::load(&self.folder.join(name), &listed.sha256)?;
        loaded.insert(build, module.clone());
        Ok(module)
    }
}
