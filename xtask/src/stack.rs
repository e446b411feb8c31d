//! The user's stack: one emulator with the template created on it, kept between commands.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use serde_json::{Value, json};

use crate::{
    emulator::{Emulator, Kind},
    http, package,
    paths::Paths,
    shell::{self, say},
    tools,
};

/// Where the stack is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StackKind {
    /// MiniStack in a private Python environment
    Ministack,
    /// LocalStack in a private Python environment, functions as processes
    Localstack,
    /// LocalStack and MinIO in Docker
    Compose,
}

/// Name of the stack, and the beginning of the names of its functions and machines.
pub(crate) const STACK_NAME: &str = "sluice";

/// A stack that runs.
#[derive(Clone, Debug)]
pub(crate) struct Stack {
    /// Address of the emulator.
    pub(crate) endpoint: String,
    /// Outputs of the template, by name.
    pub(crate) outputs: Value,
}

impl Stack {
    /// What tests and commands read: the endpoint, the region and the outputs.
    pub(crate) fn to_json(&self) -> Value {
        json!({ "stack": STACK_NAME, "endpoint": self.endpoint, "region": "us-east-1", "outputs": self.outputs })
    }
}

/// Starts what does not run yet, and creates or updates the stack when something in it changed. `parameters` of the
/// template are given as `Name=value`.
pub(crate) fn up(paths: &Paths, kind: StackKind, port: u16, parameters: &[&str]) -> Result<Stack> {
    tools::require(tools::ALL)?;
    let (endpoint, packages, extra) = match kind {
        StackKind::Ministack => (emulator(paths, Kind::Ministack, port)?.endpoint(), package::run(paths)?, None),
        StackKind::Localstack => (emulator(paths, Kind::Localstack, port)?.endpoint(), package::run(paths)?, None),
        StackKind::Compose => {
            let packages = package::for_amazon_linux(paths)?;
            let arguments = format!("@{}", paths.root.join("localstack/compose.args").display());
            (compose(paths, port)?, packages, Some(arguments))
        }
    };
    let parameters = parameters.iter().flat_map(|parameter| ["--parameter".to_owned(), (*parameter).to_owned()]);
    let arguments: Vec<String> = extra.into_iter().chain(parameters).collect();
    let stack = create(paths, &endpoint, &packages, &arguments)?;
    let file = paths.state.join("stack.json");
    let mut state = stack.to_json();
    if kind == StackKind::Compose {
        // As in localstack/docker-compose.yml: the lake lies in MinIO, which has keys of its own.
        state["s3"] = json!({ "endpoint": "http://127.0.0.1:9000", "key_id": "sluice", "secret": "sluice-local" });
    }
    fs::write(&file, serde_json::to_string_pretty(&state)?)
        .with_context(|| format!("cannot write {}", file.display()))?;
    say(format!("up: {} (log and state in {}; `cargo xtask down` stops it)", stack.endpoint, paths.show(&paths.state)));
    Ok(stack)
}

/// Stops what `up` started. MiniStack keeps its objects and machines for the next `up`; LocalStack forgets them.
pub(crate) fn down(paths: &Paths) -> Result<()> {
    let file = paths.state.join("emulator.json");
    let stack = paths.state.join("stack.json");
    let compose = read(&stack).is_some_and(|state| state["s3"].is_object());
    match read(&file).as_ref().and_then(Emulator::from_json) {
        Some(emulator) if emulator.group.is_alive() => {
            emulator.group.stop();
            say(format!("stopped {} on port {}", emulator.kind.name(), emulator.port));
        }
        _ if compose => shell::run(docker_compose(paths).arg("down"))?,
        _ => say("nothing runs"),
    }
    for file in [file, stack] {
        if file.exists() {
            fs::remove_file(&file)?;
        }
    }
    Ok(())
}

/// Creates the stack through CloudFormation, updates it, or finds it as it should be.
pub(crate) fn create(paths: &Paths, endpoint: &str, packages: &Path, arguments: &[String]) -> Result<Stack> {
    say(format!("stack `{STACK_NAME}` of infra/template.yaml on {endpoint} …"));
    // The script needs botocore, which the environment of MiniStack holds.
    let mut command = Command::new(Kind::Ministack.venv(paths)?.python());
    command.arg(paths.root.join("infra/stack.py")).args(["up", "--endpoint", endpoint, "--stack", STACK_NAME]);
    command.arg("--packages").arg(packages).args(arguments);
    let text = shell::output(command.envs(emulator_credentials(endpoint)))?;
    let outputs: Value =
        serde_json::from_str(&text).with_context(|| format!("infra/stack.py printed no JSON: {text}"))?;
    Ok(Stack { endpoint: endpoint.to_owned(), outputs })
}

/// The environment that sends the AWS SDKs and tools to an emulator.
pub(crate) fn emulator_credentials(endpoint: &str) -> [(&'static str, String); 5] {
    [
        ("AWS_ENDPOINT_URL", endpoint.to_owned()),
        ("AWS_ACCESS_KEY_ID", "test".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_DEFAULT_REGION", "us-east-1".to_owned()),
    ]
}

fn emulator(paths: &Paths, kind: Kind, port: u16) -> Result<Emulator> {
    let file = paths.state.join("emulator.json");
    if let Some(running) = read(&file).as_ref().and_then(Emulator::from_json) {
        if running.kind == kind && running.is_healthy() {
            say(format!("{} runs on {}", kind.name(), running.endpoint()));
            return Ok(running);
        }
        if running.group.is_alive() {
            say(format!(
                "stopping {} on port {}, for {} was asked for",
                running.kind.name(),
                running.port,
                kind.name()
            ));
            running.group.stop();
        }
    }
    let port = if http::is_taken(port) {
        let free = http::free_port()?;
        say(format!("port {port} is taken by something else; using {free}"));
        free
    } else {
        port
    };
    let emulator = Emulator::start(paths, kind, port, &paths.state.join(kind.name()))?;
    fs::write(&file, serde_json::to_string_pretty(&emulator.to_json())?)?;
    Ok(emulator)
}

fn compose(paths: &Paths, port: u16) -> Result<String> {
    if !shell::succeeds(Command::new("docker").args(["compose", "version"])) {
        bail!("`docker compose` does not run; install Docker with its compose plugin, or leave --stack away");
    }
    shell::run(docker_compose(paths).env("SLUICE_PORT", port.to_string()).args(["up", "--detach", "--wait"]))?;
    Ok(format!("http://127.0.0.1:{port}"))
}

/// Docker's compose on this checkout's file.
pub(crate) fn docker_compose(paths: &Paths) -> Command {
    // Debian's package is the older command of its own; the plugin came later.
    let has_plugin = shell::succeeds(Command::new("docker").args(["compose", "version"]));
    let mut command = Command::new(if has_plugin { "docker" } else { "docker-compose" });
    if has_plugin {
        command.arg("compose");
    }
    // Older compose takes no name in the file.
    command.args(["--project-name", STACK_NAME, "--file"]).arg(paths.root.join("localstack/docker-compose.yml"));
    command
}

fn read(file: &Path) -> Option<Value> {
    serde_json::from_str(&fs::read_to_string(file).ok()?).ok()
}
