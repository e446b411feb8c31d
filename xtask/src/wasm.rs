//! The inference modules: the guest built twice, then compiled ahead of time.
//!
//! The commands are those of `wasm-model/src/lib.rs`. The tract build takes ten minutes of CPU, so both guests are kept
//! in the cache under a digest of exactly what goes into them; an unrelated change of the lock file is none.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

use crate::{
    digest::{self, Inputs},
    lock,
    paths::{self, Paths},
    shell::{self, say},
    tools::{self, WasmToolchain},
};

const TARGET: &str = "wasm32-unknown-unknown";
const RUSTFLAGS: &str = "-C target-feature=+simd128 --cfg getrandom_backend=\"unsupported\"";

/// A build of the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Guest {
    Compact,
    Tract,
}

impl Guest {
    const fn name(self) -> &'static str {
        match self {
            Self::Compact => "compact",
            Self::Tract => "tract",
        }
    }
}

/// Builds what changed; answers the folder with `compact.cwasm`, `tract.cwasm` and `wasm.json`.
pub(crate) fn build(paths: &Paths) -> Result<PathBuf> {
    tools::require(tools::FOR_WASM)?;
    let toolchain = tools::wasm_toolchain()?;
    let digest = digest_of_guest(paths, toolchain)?;
    let guests = paths.cache.join("wasm");
    fs::create_dir_all(&guests)?;
    let mut built = Vec::new();
    for guest in [Guest::Compact, Guest::Tract] {
        let file = guests.join(format!("{}-{}.wasm", guest.name(), &digest[..16]));
        if !file.exists() {
            build_guest(paths, toolchain, guest, &file)?;
        }
        built.push((guest, file));
    }
    compile_ahead(paths, &built)
}

fn build_guest(paths: &Paths, toolchain: WasmToolchain, guest: Guest, file: &Path) -> Result<()> {
    let patience = if guest == Guest::Tract { " (ten minutes of CPU, then kept)" } else { "" };
    say(format!("building the {} guest with {toolchain:?}'s compiler{patience}: {} …", guest.name(), file.display()));
    let target = paths.target.join("wasm-guest");
    // Both guests are written to one place. Without what the other one left there, cargo cannot take it for this one.
    let made = target.join(TARGET).join("wasm");
    for file in [made.join("wasm_model.wasm"), made.join("deps/wasm_model.wasm")] {
        if file.exists() {
            fs::remove_file(&file)?;
        }
    }
    let mut command = match toolchain {
        WasmToolchain::Rustup => Command::new(paths::cargo()),
        WasmToolchain::Debian => {
            let mut command = Command::new("/usr/bin/cargo");
            // The pinned toolchain of this very process must not reach the other compiler.
            command.env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1").env_remove("RUSTUP_TOOLCHAIN");
            // Debian's `rust-lld` is a link that leads nowhere unless `lld-22` is installed; `lld` brings `wasm-ld`.
            if !tools::has("rust-lld") {
                command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld");
            }
            command
        }
    };
    command.current_dir(&paths.root).arg("build");
    if toolchain == WasmToolchain::Debian {
        command.args(["-Z", "build-std=std,panic_abort"]);
    }
    command.args(["--profile", "wasm", "--target", TARGET, "--package", "wasm-model"]);
    if guest == Guest::Tract {
        command.args(["--features", "tract"]);
    }
    command.env("CARGO_TARGET_DIR", &target).env("RUSTFLAGS", RUSTFLAGS).env_remove("CARGO_ENCODED_RUSTFLAGS");
    shell::run(&mut command)?;
    let made = made.join("wasm_model.wasm");
    // Copied under another name first: a copy that breaks off must not be taken for a module.
    let half = file.with_extension("tmp");
    fs::copy(&made, &half).with_context(|| format!("the build left no {}", made.display()))?;
    fs::rename(&half, file)?;
    Ok(())
}

/// Compiles the guests to machine code with `wasm-model/aot`, and lists them with their digests in `wasm.json`.
fn compile_ahead(paths: &Paths, guests: &[(Guest, PathBuf)]) -> Result<PathBuf> {
    let folder = paths.wasm();
    let aot = paths.root.join("wasm-model/aot");
    let mut inputs = Inputs::default();
    for (guest, file) in guests {
        inputs.text("guest", guest.name()).files(&paths.cache, file)?;
    }
    // The compiler's settings are the host's own, so they come from the same place.
    for folder in ["wasm-model/aot", "crates/inference/src", "crates/contracts/src", "crates/features/src"] {
        inputs.files(&paths.root, &paths.root.join(folder))?;
    }
    inputs.text("rustc", &tools::rustc_version("rustc")?);
    inputs.text("flags", &env::var("SLUICE_WASM_TARGET").unwrap_or_default());
    let digest = inputs.digest();
    let stamp = folder.join(".digest");
    if digest::is_current(&stamp, &digest) && folder.join("wasm.json").exists() {
        say(format!("wasm: {} is as it should be", paths.show(&folder)));
        return Ok(folder);
    }
    say("compiling the modules ahead of time …");
    fs::create_dir_all(&folder)?;
    for (guest, file) in guests {
        fs::copy(file, folder.join(format!("{}.wasm", guest.name())))?;
    }
    let mut command = Command::new(paths::cargo());
    command.current_dir(&aot).env("CARGO_TARGET_DIR", paths.target.join("aot"));
    command.args(["run", "--quiet", "--release", "--"]).arg(&folder);
    shell::run(&mut command)?;
    for name in ["compact.cwasm", "tract.cwasm", "wasm.json"] {
        if !folder.join(name).is_file() {
            bail!("aot left no {name} in {}", folder.display());
        }
    }
    fs::write(&stamp, &digest)?;
    say(format!("wasm: {}", sizes(&folder)?));
    Ok(folder)
}

fn sizes(folder: &Path) -> Result<String> {
    let mut words = Vec::new();
    for name in ["compact.wasm", "compact.cwasm", "tract.wasm", "tract.cwasm"] {
        words.push(format!("{name} {:.2} MB", fs::metadata(folder.join(name))?.len() as f64 / 1e6));
    }
    Ok(words.join(", "))
}

/// A digest of everything that a guest is made from.
fn digest_of_guest(paths: &Paths, toolchain: WasmToolchain) -> Result<String> {
    let read = |name: &str| fs::read_to_string(paths.root.join(name)).with_context(|| format!("cannot read {name}"));
    let reached = lock::reached(&read("Cargo.lock")?, "wasm-model");
    let mut inputs = Inputs::default();
    inputs.text("lock", &reached.join("\n")).text("manifest", &lock::manifest_lines(&read("Cargo.toml")?, &reached));
    inputs.text("flags", RUSTFLAGS);
    let rustc = match toolchain {
        WasmToolchain::Rustup => "rustc",
        WasmToolchain::Debian => "/usr/bin/rustc",
    };
    inputs.text("rustc", &tools::rustc_version(rustc)?);
    for folder in ["wasm-model", "crates/features", "crates/onnx"] {
        let folder = paths.root.join(folder);
        inputs.files(&paths.root, &folder.join("Cargo.toml"))?.code(&paths.root, &folder.join("src"))?;
    }
    Ok(inputs.digest())
}
