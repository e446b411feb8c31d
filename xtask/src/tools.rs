//! The tools a verb needs, checked before it starts, each missing one with the command that installs it.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

use crate::shell::{self, say};

/// A tool that cargo does not bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    /// Runs the emulators and the Python tests.
    Python,
    /// Compiles LightGBM and zstd.
    Compiler,
    /// Reads LightGBM's header for its bindings.
    Libclang,
    /// Builds the inference module.
    Wasm,
    /// Checks the compose file; nothing is started with it in the tests.
    Compose,
}

/// Everything that `demo` and `test` need.
pub(crate) const ALL: &[Tool] = &[Tool::Python, Tool::Compiler, Tool::Libclang, Tool::Wasm];

/// What `wasm` needs.
pub(crate) const FOR_WASM: &[Tool] = &[Tool::Compiler, Tool::Wasm];

/// What a build of everything needs.
pub(crate) const FOR_BUILD: &[Tool] = &[Tool::Python, Tool::Compiler, Tool::Libclang, Tool::Wasm];

/// A compiler for `wasm32-unknown-unknown`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WasmToolchain {
    /// The target that rustup adds to the pinned toolchain.
    Rustup,
    /// Debian's own compiler, which builds the standard library from source.
    Debian,
}

/// A Python that is new enough.
#[derive(Clone, Debug)]
pub(crate) struct Python {
    pub(crate) path: PathBuf,
    pub(crate) version: String,
}

/// Fails with a list of what is missing.
///
/// On CI as root on Debian or Ubuntu the missing packages are installed instead, because nobody is there to do it.
pub(crate) fn require(tools: &[Tool]) -> Result<()> {
    install_on_ci(tools)?;
    let missing = missing(tools);
    if missing.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> =
        missing.iter().map(|tool| format!("  {}: {}", tool.purpose(), tool.install_command())).collect();
    bail!("tools are missing; install them and run this again\n{}", lines.join("\n"))
}

/// Those of the tools that are not there.
pub(crate) fn missing(tools: &[Tool]) -> Vec<Tool> {
    tools.iter().copied().filter(|tool| !tool.is_there()).collect()
}

/// Installs what is missing if this is CI, run as root, with apt; does nothing elsewhere.
pub(crate) fn install_on_ci(tools: &[Tool]) -> Result<()> {
    let missing = missing(tools);
    if !missing.is_empty() && is_ci() && has_apt() && is_root() { install(&missing) } else { Ok(()) }
}

/// Whether this runs on CI.
pub(crate) fn is_ci() -> bool {
    env::var("CI").is_ok_and(|ci| ci == "true" || ci == "1")
}

fn install(missing: &[Tool]) -> Result<()> {
    if missing.contains(&Tool::Wasm) && has("rustup") {
        say("rustup target add wasm32-unknown-unknown");
        shell::succeeds(Command::new("timeout").args(["120", "rustup", "target", "add", "wasm32-unknown-unknown"]));
    }
    let packages: Vec<&str> = self::missing(missing).iter().flat_map(|tool| tool.apt()).copied().collect();
    if packages.is_empty() {
        return Ok(());
    }
    say(format!("apt-get install -y {}", packages.join(" ")));
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments);
        command
    };
    // A stale list of one repository must not stop what the others can install.
    shell::succeeds(&mut apt(&["update", "-q"]));
    shell::run_quietly(apt(&["install", "-y", "-q", "--no-install-recommends"]).args(packages))
}

impl Tool {
    fn is_there(self) -> bool {
        match self {
            Self::Python => python().is_ok(),
            Self::Compiler => has("cc") && has("c++"),
            Self::Libclang => libclang_is_there(),
            Self::Wasm => wasm_toolchain().is_ok(),
            Self::Compose => {
                has("docker-compose") || shell::succeeds(Command::new("docker").args(["compose", "version"]))
            }
        }
    }

    const fn purpose(self) -> &'static str {
        match self {
            Self::Python => "Python 3.10 or newer with venv (brings CMake, runs the emulators)",
            Self::Compiler => "C and C++ compilers (build LightGBM and zstd)",
            Self::Libclang => "libclang (reads LightGBM's header)",
            Self::Wasm => "Rust target wasm32-unknown-unknown (builds the inference module)",
            Self::Compose => "Docker's compose (reads localstack/docker-compose.yml)",
        }
    }

    const fn apt(self) -> &'static [&'static str] {
        match self {
            Self::Python => &["python3", "python3-venv"],
            Self::Compiler => &["build-essential"],
            Self::Libclang => &["clang", "libclang-dev"],
            Self::Wasm => &["rustc-web", "cargo-web", "rust-web-src", "lld"],
            Self::Compose => &["docker-compose"],
        }
    }

    /// What to type to get it.
    pub(crate) fn install_command(self) -> String {
        if self == Self::Wasm && has("rustup") {
            let debian = if has_apt() { " (without access to rustup's servers: " } else { "" };
            let apt = if has_apt() { format!("apt-get install -y {})", self.apt().join(" ")) } else { String::new() };
            return format!("rustup target add wasm32-unknown-unknown{debian}{apt}");
        }
        if cfg!(target_os = "macos") {
            return match self {
                Self::Python => "brew install python@3.12".to_owned(),
                Self::Compiler => "xcode-select --install".to_owned(),
                Self::Libclang => "brew install llvm && export LIBCLANG_PATH=$(brew --prefix llvm)/lib".to_owned(),
                Self::Wasm => "install rustup from https://rustup.rs, then add the target".to_owned(),
                Self::Compose => "brew install docker-compose".to_owned(),
            };
        }
        if has_apt() {
            let sudo = if is_root() { "" } else { "sudo " };
            return format!("{sudo}apt-get install -y {}", self.apt().join(" "));
        }
        format!("install what your distribution calls {}", self.apt().join(", "))
    }
}

/// The Python that environments are made with: `SLUICE_PYTHON`, else the best of what is on the path.
pub(crate) fn python() -> Result<Python> {
    // 3.11 and 3.12 come first: they are what the emulators are tried with.
    let names = ["python3.11", "python3.12", "python3", "python3.13", "python3.10"].map(PathBuf::from);
    let chosen = env::var_os("SLUICE_PYTHON").map(PathBuf::from);
    let candidates = chosen.map_or_else(|| names.to_vec(), |path| vec![path]);
    let script = "import sys, venv, ensurepip; print(sys.executable); print('%d.%d.%d' % sys.version_info[:3]); sys.exit(sys.version_info < (3, 10))";
    for candidate in &candidates {
        let Ok(output) = Command::new(candidate).args(["-c", script]).output() else { continue };
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut lines = text.lines();
        if let (true, Some(path), Some(version)) = (output.status.success(), lines.next(), lines.next()) {
            return Ok(Python { path: path.into(), version: version.to_owned() });
        }
    }
    bail!("no Python 3.10 or newer with venv among {candidates:?}")
}

/// The compiler that builds the guest: rustup's when the target is installed, else Debian's.
/// `SLUICE_WASM_TOOLCHAIN` (`rustup` or `debian`) decides when both are there.
pub(crate) fn wasm_toolchain() -> Result<WasmToolchain> {
    let asked = env::var("SLUICE_WASM_TOOLCHAIN").ok();
    let rustup = || {
        let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output().ok();
        sysroot.is_some_and(|output| {
            let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
            folder.join("lib/rustlib/wasm32-unknown-unknown/lib").is_dir()
        })
    };
    let debian = || {
        let files = ["/usr/bin/rustc", "/usr/bin/cargo", "/usr/lib/rustlib/src"];
        files.iter().all(|file| Path::new(file).exists()) && (has("rust-lld") || has("wasm-ld") || has("lld"))
    };
    match asked.as_deref() {
        None if rustup() => Ok(WasmToolchain::Rustup),
        None if debian() => Ok(WasmToolchain::Debian),
        Some("rustup") if rustup() => Ok(WasmToolchain::Rustup),
        Some("debian") if debian() => Ok(WasmToolchain::Debian),
        None => bail!("no compiler for wasm32-unknown-unknown"),
        Some(asked) => bail!("SLUICE_WASM_TOOLCHAIN={asked} is not installed (known: rustup, debian)"),
    }
}

/// Whether a command is on the path.
pub(crate) fn has(name: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

/// Versions of the compilers, as part of a digest.
pub(crate) fn rustc_version(rustc: &str) -> Result<String> {
    shell::output(Command::new(rustc).arg("-vV")).context("rustc does not run")
}

fn has_apt() -> bool {
    has("apt-get")
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim() == "0")
}

/// Looks where `clang-sys`, which LightGBM's bindings use, looks.
fn libclang_is_there() -> bool {
    let mut folders: Vec<PathBuf> = env::var_os("LIBCLANG_PATH").map(PathBuf::from).into_iter().collect();
    if let Ok(output) = Command::new("llvm-config").arg("--libdir").output() {
        folders.push(String::from_utf8_lossy(&output.stdout).trim().into());
    }
    let fixed = [
        "/usr/lib/x86_64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu",
        "/usr/lib64",
        "/usr/lib",
        "/usr/local/lib",
        "/opt/homebrew/opt/llvm/lib",
        "/usr/local/opt/llvm/lib",
        "/Library/Developer/CommandLineTools/usr/lib",
        "/Applications/Xcode.app/Contents/Developer/Toolchains/XcodeDefault.xctoolchain/usr/lib",
    ];
    folders.extend(fixed.iter().map(PathBuf::from));
    for entry in fs::read_dir("/usr/lib").into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with("llvm") {
            folders.push(entry.path().join("lib"));
        }
    }
    folders.iter().any(|folder| holds_libclang(folder))
}

fn holds_libclang(path: &Path) -> bool {
    let is_libclang = |name: &str| {
        (name.starts_with("libclang.so") || name.starts_with("libclang-") && name.contains(".so"))
            && !name.starts_with("libclang-cpp")
            || name == "libclang.dylib"
    };
    let name_of = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if path.is_file() {
        return is_libclang(&name_of(path));
    }
    fs::read_dir(path).into_iter().flatten().flatten().any(|entry| is_libclang(&name_of(&entry.path())))
}
