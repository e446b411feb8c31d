//! Comparisons with the peers, on the same rows in the same run.

use std::{path::Path, process::Command};

use anyhow::{Result, bail};

use crate::{
    data,
    paths::Paths,
    shell::{self, say},
    tools,
    venv::Spec,
    wasm,
};

/// Runs `benches/<use_case>/run.py`, which runs the peers and ourselves; `arguments` go to it as they are.
pub(crate) fn run(paths: &Paths, use_case: &str, file: Option<&Path>, arguments: &[String]) -> Result<()> {
    let script = paths.root.join(format!("benches/{use_case}/run.py"));
    if !script.is_file() {
        bail!("there is no comparison for `{use_case}`: {} does not exist", paths.show(&script));
    }
    tools::require(tools::ALL)?;
    crate::cargo::build_all(paths)?;
    let venv = Spec::resolved("bench", "benches/requirements.txt").ensure(paths)?;
    let choice = data::find(paths, use_case, file)?;
    say(format!("data: {}, {}", paths.show(&choice.place), choice.origin));
    let mut command = Command::new(venv.python());
    command.current_dir(&paths.root).arg(script).arg("--data").arg(&choice.place).arg("--target").arg(&paths.target);
    if use_case == "loan" {
        // Its bench goes as far as a registered version.
        command.arg("--wasm").arg(wasm::build(paths)?);
    }
    shell::run(command.args(arguments))
}
