//! Emulators of AWS as processes: started in a folder of their own, waited for until healthy.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use serde_json::{Value, json};

use crate::{
    http,
    paths::Paths,
    process::{self, Group},
    shell::say,
    tools,
    venv::{Spec, Venv},
};

/// An emulator that runs without Docker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// MiniStack: small and quick, the default.
    Ministack,
    /// LocalStack, with functions as processes by the executor package under `localstack/`.
    Localstack,
}

/// A running emulator.
#[derive(Clone, Debug)]
pub(crate) struct Emulator {
    pub(crate) kind: Kind,
    pub(crate) port: u16,
    pub(crate) group: Group,
    pub(crate) log: PathBuf,
}

impl Kind {
    /// The name in paths and messages.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ministack => "ministack",
            Self::Localstack => "localstack",
        }
    }

    const fn health_path(self) -> &'static str {
        match self {
            Self::Ministack => "/_ministack/ready",
            Self::Localstack => "/_localstack/health",
        }
    }

    /// Its Python environment.
    pub(crate) fn venv(self, paths: &Paths) -> Result<Venv> {
        let python = tools::python()?;
        if self == Self::Localstack && python.version.starts_with("3.10.") {
            bail!("LocalStack needs Python 3.11 or 3.12; install one, or name it with SLUICE_PYTHON");
        }
        let spec = match self {
            Self::Ministack => Spec::complete("ministack", "localstack/requirements-ministack.txt"),
            Self::Localstack => Spec {
                local: &["localstack/executor"],
                ..Spec::complete("localstack", "localstack/requirements-localstack.txt")
            },
        };
        spec.ensure(paths)
    }

    fn command(self, paths: &Paths, port: u16, folder: &Path) -> Result<Command> {
        let venv = self.venv(paths)?;
        let mut command = Command::new(venv.python());
        command.arg(paths.root.join("localstack/start.py"));
        command.args(["--stack", self.name(), "--port", &port.to_string(), "--data"]).arg(folder);
        Ok(command)
    }
}

impl Emulator {
    /// Starts an emulator with everything it writes in `folder`, and waits until it is healthy.
    pub(crate) fn start(paths: &Paths, kind: Kind, port: u16, folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let mut command = kind.command(paths, port, folder)?;
        let log = folder.join(format!("{}.log", kind.name()));
        let start = Instant::now();
        let group = Group::start(&mut command, &log)?;
        let emulator = Self { kind, port, group, log };
        if let Err(error) = emulator.wait(Duration::from_secs(120)) {
            emulator.group.stop();
            return Err(error);
        }
        let seconds = start.elapsed().as_secs_f64();
        say(format!(
            "{} on {} after {seconds:.1} s, log {}",
            kind.name(),
            emulator.endpoint(),
            paths.show(&emulator.log)
        ));
        Ok(emulator)
    }

    /// Its address.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Whether it runs and answers.
    pub(crate) fn is_healthy(&self) -> bool {
        self.group.is_alive() && http::get(self.port, self.kind.health_path()).is_some_and(|(status, _)| status == 200)
    }

    fn wait(&self, at_most: Duration) -> Result<()> {
        let deadline = Instant::now() + at_most;
        while !self.is_healthy() {
            if !self.group.is_alive() {
                bail!("{} ended at once; its log:\n{}", self.kind.name(), process::tail(&self.log, 4000));
            }
            if Instant::now() > deadline {
                bail!(
                    "{} is not healthy after {at_most:?}; its log:\n{}",
                    self.kind.name(),
                    process::tail(&self.log, 4000)
                );
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// The emulator as kept in a state file.
    pub(crate) fn to_json(&self) -> Value {
        json!({ "kind": self.kind.name(), "port": self.port, "group": self.group.to_json(), "log": self.log })
    }

    /// The emulator that a state file names.
    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        let kind = [Kind::Ministack, Kind::Localstack].into_iter().find(|kind| value["kind"] == kind.name())?;
        let port = u16::try_from(value["port"].as_u64()?).ok()?;
        Some(Self { kind, port, group: Group::from_json(&value["group"])?, log: value["log"].as_str()?.into() })
    }
}
