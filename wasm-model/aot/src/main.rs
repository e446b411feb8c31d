//! Compiles the guest ahead of time: `aot FOLDER` makes `x.cwasm` of every `x.wasm` in the folder, and `wasm.json` with
//! the digest and size of each.
//!
//! It is the only program here that links Cranelift; functions load what it made.
//! The settings are the host's own ([`inference::settings`]), and every module is loaded through the host before it is
//! listed, so that a difference between compiler and host shows here and not in a function.
//!
//! The target is plain x86-64 unless `SLUICE_WASM_TARGET` names another one; a module for another machine is listed
//! without being loaded.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, anyhow, bail};
use contracts::Sha256;
use wasmtime::Engine;

#[allow(clippy::print_stdout)]
fn main() -> Result<()> {
    let mut arguments = env::args_os().skip(1);
    let (Some(folder), None) = (arguments.next(), arguments.next()) else { bail!("usage: aot FOLDER") };
    let folder = PathBuf::from(folder);
    let target = env::var("SLUICE_WASM_TARGET").ok().filter(|target| !target.is_empty());
    let target = target.as_deref().unwrap_or(inference::TARGET);
    let engine = engine(target)?;
    let mut listing = BTreeMap::new();
    for wasm in guests(&folder)? {
        let cwasm = wasm.with_extension("cwasm");
        let sha256 = compile(&engine, &wasm, &cwasm)?;
        if target == inference::TARGET && cfg!(all(target_arch = "x86_64", target_os = "linux")) {
            inference::Module::load(&cwasm, &sha256)
                .with_context(|| format!("the host refuses {}", cwasm.display()))?;
        }
        for file in [&wasm, &cwasm] {
            let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            println!("{name}: {:.2} MB", bytes.len() as f64 / 1e6);
            listing.insert(name, serde_json::json!({ "sha256": Sha256::of(&bytes), "size_bytes": bytes.len() }));
        }
    }
    write(&folder.join("wasm.json"), &serde_json::to_vec_pretty(&listing)?)
}

fn engine(target: &str) -> Result<Engine> {
    let mut config = inference::settings();
    // An explicit target also keeps the features of the building machine out of the code.
    config.target(target).map_err(|error| anyhow!("{error:#}"))?;
    config.cranelift_nan_canonicalization(true);
    Engine::new(&config).map_err(|error| anyhow!("no engine for {target}: {error:#}"))
}

fn guests(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut guests = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            guests.push(path);
        }
    }
    guests.sort();
    if guests.is_empty() { bail!("there is no .wasm in {}", folder.display()) } else { Ok(guests) }
}

fn compile(engine: &Engine, wasm: &Path, cwasm: &Path) -> Result<Sha256> {
    let bytes = fs::read(wasm).with_context(|| format!("cannot read {}", wasm.display()))?;
    let code =
        engine.precompile_module(&bytes).map_err(|error| anyhow!("{} does not compile: {error:#}", wasm.display()))?;
    write(cwasm, &code)?;
    Ok(Sha256::of(&code))
}

/// Replaces a file in one step: a process that has the old one mapped keeps it.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let half = path.with_extension("tmp");
    fs::write(&half, bytes).with_context(|| format!("cannot write {}", half.display()))?;
    fs::rename(&half, path).with_context(|| format!("cannot write {}", path.display()))
}
