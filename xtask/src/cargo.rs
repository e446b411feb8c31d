//! The builds: one call for everything, so that every dependency is compiled with one set of features, once.

use std::{env, path::PathBuf, process::Command, thread};

use anyhow::{Result, anyhow};

use crate::{
    paths::{self, Paths},
    shell::{self, say},
    venv::Spec,
    wasm,
};

/// Brings CMake.
const BUILD_TOOLS: Spec<'_> = Spec::complete("build", "xtask/requirements-build.txt");

/// A cargo command in the checkout.
///
/// Every one of them gets the same CMake: cargo builds LightGBM again when that changes.
pub(crate) fn command(paths: &Paths, arguments: &[&str]) -> Result<Command> {
    let mut command = without_own_variables(Command::new(paths::cargo()));
    command.current_dir(&paths.root).args(arguments).env("CMAKE", BUILD_TOOLS.ensure(paths)?.binary("cmake"));
    Ok(command)
}

/// A command without the variables that `cargo run` has set to describe this program.
///
/// Build scripts look at such variables. The one of `ring` runs again when the folder in them changes, and with it the
/// AWS SDK and everything above would be compiled again for each checkout.
fn without_own_variables(mut command: Command) -> Command {
    let own = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];
    for (name, _) in env::vars_os() {
        if own.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command
}

/// Builds functions, commands, tests and benches.
///
/// Building a function alone would unify features differently and compile half the dependencies again;
/// `infra/deploy.sh` does that for AWS, where the size of a package matters.
///
/// The inference modules are built beside it, in target folders of their own: their long last steps use one core.
/// Answers the folder of the modules.
pub(crate) fn build_all(paths: &Paths) -> Result<PathBuf> {
    thread::scope(|scope| {
        let modules = scope.spawn(|| wasm::build(paths));
        build_workspace(paths)?;
        modules.join().map_err(|_| anyhow!("building the inference modules broke off"))?
    })
}

fn build_workspace(paths: &Paths) -> Result<()> {
    say("building functions, commands and tests (the first build compiles all dependencies) …");
    shell::run(&mut command(paths, &["build", "--release", "--all-targets"])?)
}
