//! One zip per function, byte for byte the same as long as its contents are.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::{
    cargo,
    digest::{self, Inputs},
    paths::{self, Paths},
    shell::{self, say},
    tools, wasm,
};

/// A file of a package.
struct Entry {
    name: String,
    source: PathBuf,
    mode: u32,
}

/// Builds everything and packages every function; answers the folder of the packages.
pub(crate) fn run(paths: &Paths) -> Result<PathBuf> {
    tools::require(tools::FOR_BUILD)?;
    cargo::build_all(paths)?;
    package_all(paths)
}

/// Packages what was built before.
pub(crate) fn package_all(paths: &Paths) -> Result<PathBuf> {
    package_into(paths, paths.packages(), |name| paths.binary(name))
}

/// Builds and packages every function for Amazon Linux 2023, as AWS and containers run it; needs `cargo lambda`.
pub(crate) fn for_amazon_linux(paths: &Paths) -> Result<PathBuf> {
    tools::require(tools::FOR_BUILD)?;
    if !shell::succeeds(&mut cargo::command(paths, &["lambda", "--version"])?) {
        bail!("`cargo lambda` is missing; install it with: pip install cargo-lambda ziglang");
    }
    wasm::build(paths)?;
    let built = paths.target.join("sluice/lambda");
    for name in functions(paths)? {
        say(format!("building {name} for Amazon Linux …"));
        let manifest = paths.root.join("functions").join(&name).join("Cargo.toml");
        let mut command = cargo::command(paths, &["lambda", "build", "--release", "--bin", &name, "--lambda-dir"])?;
        shell::run(command.arg(&built).arg("--manifest-path").arg(manifest))?;
    }
    package_into(paths, paths.target.join("sluice/packages-amazon-linux"), |name| built.join(name).join("bootstrap"))
}

fn package_into(paths: &Paths, folder: PathBuf, binary: impl Fn(&str) -> PathBuf) -> Result<PathBuf> {
    fs::create_dir_all(&folder)?;
    let names = functions(paths)?;
    let mut lines = Vec::new();
    let mut n_written = 0;
    for name in &names {
        let (written, size) = package(paths, &folder, name, binary(name))?;
        n_written += usize::from(written);
        lines.push(format!("{name} {:.1} MB", size as f64 / 1e6));
    }
    remove_strangers(&folder, &names)?;
    say(format!("packages: {n_written} of {} written to {} ({})", names.len(), paths.show(&folder), lines.join(", ")));
    Ok(folder)
}

/// Names of the functions: the folders under `functions/`.
pub(crate) fn functions(paths: &Paths) -> Result<Vec<String>> {
    let folders = paths::folders(&paths.root.join("functions"))?;
    let with_manifest = folders.iter().filter(|folder| folder.join("Cargo.toml").exists());
    Ok(with_manifest.filter_map(|folder| Some(folder.file_name()?.to_string_lossy().into_owned())).collect())
}

/// The wasm modules that go with a function.
///
/// Every function that runs models can meet one that only the tract build runs. Its forty megabytes are mapped, not
/// read, and nothing of them is touched until then.
const fn modules(function: &str) -> &'static [&'static str] {
    match function.as_bytes() {
        b"select" | b"register" | b"deploy" | b"predict" | b"score" => &["compact.cwasm", "tract.cwasm", "wasm.json"],
        _ => &[],
    }
}

fn package(paths: &Paths, folder: &Path, name: &str, binary: PathBuf) -> Result<(bool, u64)> {
    if !binary.exists() {
        bail!("function `{name}` has no binary {}; its Cargo.toml must name one `{name}`", binary.display());
    }
    let mut entries = vec![Entry { name: "bootstrap".to_owned(), source: binary, mode: 0o755 }];
    for module in modules(name) {
        let source = paths.wasm().join(module);
        entries.push(Entry { name: format!("wasm/{module}"), source, mode: 0o644 });
    }
    let zip = folder.join(format!("{name}.zip"));
    let stamp = folder.join(format!("{name}.digest"));
    let digest = digest_of(&entries)?;
    let written = !(zip.exists() && digest::is_current(&stamp, &digest));
    if written {
        write(&zip, &entries)?;
        fs::write(&stamp, &digest)?;
    }
    Ok((written, fs::metadata(&zip)?.len()))
}

fn digest_of(entries: &[Entry]) -> Result<String> {
    let mut inputs = Inputs::default();
    for entry in entries {
        inputs.text("name", &entry.name).files(&entry.source, &entry.source)?;
    }
    Ok(inputs.digest())
}

fn write(zip: &Path, entries: &[Entry]) -> Result<()> {
    let half_written = zip.with_extension("tmp");
    let mut writer = ZipWriter::new(File::create(&half_written)?);
    for entry in entries {
        // The default date is fixed, so the same contents give the same bytes. Level 1 is a second per function
        // faster than level 6, for a tenth more bytes.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(1))
            .last_modified_time(zip::DateTime::default())
            .unix_permissions(entry.mode);
        writer.start_file(entry.name.as_str(), options)?;
        let bytes = fs::read(&entry.source).with_context(|| format!("cannot read {}", entry.source.display()))?;
        writer.write_all(&bytes)?;
    }
    writer.finish()?;
    fs::rename(&half_written, zip).with_context(|| format!("cannot write {}", zip.display()))
}

/// A function that was removed must not be deployed from a package of the past.
fn remove_strangers(folder: &Path, names: &[String]) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if !names.contains(&stem) && path.is_file() {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_same_contents_give_the_same_bytes_and_an_executable_bootstrap() {
        let folder = std::env::temp_dir().join(format!("sluice-package-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let source = folder.join("binary");
        fs::write(&source, b"#!/bin/sh\n").unwrap();
        let entries = || vec![Entry { name: "bootstrap".to_owned(), source: source.clone(), mode: 0o755 }];
        let (one, other) = (folder.join("one.zip"), folder.join("other.zip"));
        write(&one, &entries()).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(10));
        fs::write(&source, b"#!/bin/sh\n").unwrap();
        write(&other, &entries()).unwrap();
        assert_eq!(fs::read(&one).unwrap(), fs::read(&other).unwrap());
        let mut archive = zip::ZipArchive::new(File::open(&one).unwrap()).unwrap();
        assert_eq!(archive.by_name("bootstrap").unwrap().unix_mode(), Some(0o100_755));
        fs::remove_dir_all(&folder).unwrap();
    }
}
