//! Every layer of checks and tests, cheap ones first, with emulators of its own.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

use crate::{
    cargo, data,
    emulator::{Emulator, Kind},
    http,
    layers::{Layers, Outcome, counted},
    package,
    paths::{self, Paths},
    process::Guard,
    second_s3::{self, SecondS3},
    shell::{self, say},
    stack, tidy,
    tools::{self, Tool},
    venv::Spec,
};

/// What the tests find in their environment; all of it ends with this value.
struct Servers {
    environment: Vec<(&'static str, String)>,
    _guards: Vec<Guard>,
    _second_s3: SecondS3,
}

/// Runs all layers and fails when one did.
pub(crate) fn run(paths: &Paths) -> Result<()> {
    tools::require(tools::ALL)?;
    // Optional: without it one layer is not run, which fails on CI alone, where it is installed here.
    tools::install_on_ci(&[Tool::Compose])?;
    let mut layers = Layers::new(tools::is_ci());
    let folder = paths.state.join(format!("test-{}", std::process::id()));
    checks(paths, &mut layers);
    if build(paths, &mut layers) {
        tests(paths, &mut layers, &folder);
    }
    python(paths, &mut layers);
    developer_tools(paths, &mut layers);
    println!("\n{}", layers.summary());
    let (_, failed) = layers.counts();
    if failed > 0 {
        bail!("{failed} failed; logs of the emulators are in {}", paths.show(&folder));
    }
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    Ok(())
}

fn checks(paths: &Paths, layers: &mut Layers) {
    layers.run("fmt", || one(&mut cargo::command(paths, &["fmt", "--all", "--check"])?));
    layers.run("tidy", || tidy::run(paths).map(|()| Outcome::ONE_PASSED));
}

/// Builds everything; without it nothing after it can run.
fn build(paths: &Paths, layers: &mut Layers) -> bool {
    if !layers.run("build with wasm", || cargo::build_all(paths).map(|_| Outcome::ONE_PASSED)) {
        return false;
    }
    layers.run("clippy", || {
        one(&mut cargo::command(paths, &["clippy", "--release", "--all-targets", "--", "-D", "warnings"])?)
    });
    layers.run("packages", || package::package_all(paths).map(|_| Outcome::ONE_PASSED))
}

fn tests(paths: &Paths, layers: &mut Layers, folder: &Path) {
    let mut servers = None;
    let started = layers.run("emulators", || {
        servers = Some(start_servers(paths, folder)?);
        Ok(Outcome::ONE_PASSED)
    });
    let environment = match &servers {
        Some(servers) if started => &servers.environment,
        _ => return,
    };
    layers.run("tests", || {
        let has_nextest =
            tools::has("cargo-nextest") || shell::succeeds(&mut cargo::command(paths, &["nextest", "--version"])?);
        let arguments: &[&str] = if has_nextest {
            &["nextest", "run", "--release", "--no-fail-fast", "--color=never"]
        } else {
            &["test", "--release", "--all-targets", "--no-fail-fast"]
        };
        count(cargo::command(paths, arguments)?.envs(environment.iter().cloned()))
    });
    layers.run("doc tests", || count(&mut cargo::command(paths, &["test", "--release", "--doc", "--no-fail-fast"])?));
}

/// Starts both emulators with the stack, and a second S3 server, all on free ports.
fn start_servers(paths: &Paths, folder: &Path) -> Result<Servers> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let packages = paths.packages();
    let second_s3 = second_s3::start(paths, &folder.join("second-s3"))?;
    let mut guards = Vec::new();
    let mut environment = Vec::new();
    for (kind, variable) in [(Kind::Ministack, "SLUICE_TEST_MINISTACK"), (Kind::Localstack, "SLUICE_TEST_LOCALSTACK")] {
        let emulator = Emulator::start(paths, kind, http::free_port()?, &folder.join(kind.name()))?;
        guards.push(emulator.group.clone().guarded());
        let stack = stack::create(paths, &emulator.endpoint(), &packages, &[])?;
        environment.push((variable, stack.to_json().to_string()));
        if kind == Kind::Ministack {
            environment.push(("SLUICE_TEST_S3_ENDPOINT", emulator.endpoint()));
        }
    }
    let venv = Spec::resolved("test", "tests/requirements.txt").ensure(paths)?;
    environment.push(("SLUICE_TEST_SECOND_S3_ENDPOINT", second_s3.endpoint.clone()));
    environment.push(("SLUICE_TEST_PYTHON", text(&venv.python())));
    environment.push(("SLUICE_TEST_STACK_PYTHON", text(&Kind::Ministack.venv(paths)?.python())));
    environment.push(("SLUICE_TEST_PACKAGES", text(&packages)));
    environment.push(("SLUICE_TEST_BINARIES", text(&paths.target.join("release"))));
    environment.push(("SLUICE_WASM_DIR", text(&paths.wasm())));
    environment.push(("SLUICE_SHARED_DATA", text(&data::shared(paths))));
    Ok(Servers { environment, _guards: guards, _second_s3: second_s3 })
}

/// The parts that are not Rust: the executor package, the template and the compose file.
fn python(paths: &Paths, layers: &mut Layers) {
    layers.run("executor package", || {
        let venv = Kind::Localstack.venv(paths)?;
        let mut command = Command::new(venv.python());
        command.current_dir(paths.root.join("localstack/executor"));
        count(command.args(["-m", "unittest", "discover", "--start-directory", "tests"]))
    });
    layers.run("sam validate", || {
        let venv = Spec::resolved("sam", "infra/requirements-sam.txt").ensure(paths)?;
        let mut command = Command::new(venv.binary("sam"));
        command.current_dir(paths.root.join("infra")).env("SAM_CLI_TELEMETRY", "0");
        one(command.args(["validate", "--lint", "--region", "us-east-1", "--template", "template.yaml"]))
    });
    if tools::missing(&[Tool::Compose]).is_empty() {
        layers.run("compose file", || one(stack::docker_compose(paths).args(["config", "--quiet"])));
    } else {
        let reason = format!("no `docker compose` to check the file with: {}", Tool::Compose.install_command());
        layers.not_run("compose file", reason);
    }
}

/// Optional tools of developers: checked where they are installed, and said where they are not.
fn developer_tools(paths: &Paths, layers: &mut Layers) {
    let checks: [(&'static str, &str, &[&str]); 2] =
        [("cargo-deny", "cargo-deny", &["deny", "check", "licenses", "bans", "sources"]), ("typos", "typos", &[])];
    for (name, binary, arguments) in checks {
        if tools::has(binary) {
            layers.run(name, || {
                let program = if arguments.is_empty() { PathBuf::from(binary) } else { paths::cargo() };
                one(Command::new(program).current_dir(&paths.root).args(arguments))
            });
        } else {
            say(format!("{name} is not installed; its check is left to developers who have it"));
        }
    }
}

/// A command that is one check.
fn one(command: &mut Command) -> Result<Outcome> {
    shell::run(command).map(|()| Outcome::ONE_PASSED)
}

/// A command that runs tests and says how many.
fn count(command: &mut Command) -> Result<Outcome> {
    let shown = shell::describe(command);
    let (status, text) = shell::run_and_read(command).with_context(|| shown.clone())?;
    let outcome = counted(&text, status.success());
    if outcome == (Outcome::Ran { passed: 0, failed: 0 }) {
        bail!("`{shown}` ran no test, which proves nothing");
    }
    Ok(outcome)
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
