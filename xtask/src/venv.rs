//! Private Python environments, made once per list of requirements.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};

use crate::{
    digest::Inputs,
    paths::Paths,
    shell::{self, say},
    tools,
};

/// What an environment holds.
pub(crate) struct Spec<'a> {
    /// Name in the cache and in messages.
    pub(crate) name: &'a str,
    /// Requirements file, relative to the checkout.
    pub(crate) requirements: &'a str,
    /// Whether the file lists everything, so that nothing is resolved and nothing else is installed.
    pub(crate) is_complete: bool,
    /// Python packages of the checkout to install as well, relative to it.
    pub(crate) local: &'a [&'a str],
}

impl<'a> Spec<'a> {
    /// An environment of exactly the packages listed.
    pub(crate) const fn complete(name: &'a str, requirements: &'a str) -> Self {
        Self { name, requirements, is_complete: true, local: &[] }
    }

    /// An environment of the packages listed and what they need.
    pub(crate) const fn resolved(name: &'a str, requirements: &'a str) -> Self {
        Self { name, requirements, is_complete: false, local: &[] }
    }

    /// The environment, made if it is not there.
    ///
    /// An environment cannot be moved, so it is made in place; a marker written last says that it is whole,
    /// and a lock keeps a second checkout from making the same one at the same time.
    pub(crate) fn ensure(&self, paths: &Paths) -> Result<Venv> {
        let python = tools::python()?;
        let mut inputs = Inputs::default();
        inputs.text("python", &python.version).files(&paths.root, &paths.root.join(self.requirements))?;
        for folder in self.local {
            inputs.files(&paths.root, &paths.root.join(folder))?;
        }
        let folder = paths.cache.join(format!("venv-{}-{}", self.name, &inputs.digest()[..12]));
        let complete = folder.join(".complete");
        if !complete.exists() {
            let lock = File::create(folder.with_extension("lock"))?;
            lock.lock().with_context(|| format!("cannot lock {}", folder.display()))?;
            if !complete.exists() {
                self.create(paths, &python.path, &folder)?;
                fs::write(&complete, "")?;
            }
        }
        Ok(Venv { folder })
    }

    fn create(&self, paths: &Paths, python: &Path, folder: &Path) -> Result<()> {
        say(format!("python environment `{}` from {} …", self.name, self.requirements));
        if folder.exists() {
            fs::remove_dir_all(folder).with_context(|| format!("cannot remove half-made {}", folder.display()))?;
        }
        shell::run_quietly(Command::new(python).args(["-m", "venv"]).arg(folder))?;
        let pip = || {
            let mut command = Command::new(folder.join("bin/python"));
            command.current_dir(&paths.root).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
            command
        };
        let mut install = pip();
        if self.is_complete {
            install.arg("--no-deps");
        }
        shell::run_quietly(install.args(["-r", self.requirements]))?;
        for package in self.local {
            // Built in a copy, so that nothing is written into the checkout.
            let copy = folder.join("src").join(Path::new(package).file_name().unwrap_or_default());
            copy_folder(&paths.root.join(package), &copy)?;
            shell::run_quietly(pip().arg("--no-deps").arg(&copy))?;
        }
        Ok(())
    }
}

/// A ready environment.
#[derive(Clone, Debug)]
pub(crate) struct Venv {
    folder: PathBuf,
}

impl Venv {
    /// Its interpreter.
    pub(crate) fn python(&self) -> PathBuf {
        self.folder.join("bin/python")
    }

    /// A command installed into it.
    pub(crate) fn binary(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    for file in crate::digest::files(from)? {
        let target = to.join(file.strip_prefix(from)?);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::copy(&file, &target).with_context(|| format!("cannot copy {}", file.display()))?;
    }
    Ok(())
}
