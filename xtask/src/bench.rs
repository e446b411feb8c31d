//! Comparisons with the peers, on the same rows in the same run.

use std::{path::Path, process::Command};

use anyhow::{Result, bail};

use crate::{
    data,
    paths::Paths,
    shell::{self, say},
    tools,
    venv::Spec,
};

/// Runs `benches/<use_case>/run.py`, which trains the peers and calls our own trainer.
pub(crate) fn run(paths: &Paths, use_case: &str, file: Option<&Path>) -> Result<()> {
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
    shell::run(&mut command)
}
