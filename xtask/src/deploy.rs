//! The real account: modules and checks first, then the script that a reader can read.

use std::process::Command;

use anyhow::Result;

use crate::{
    paths::Paths,
    shell::{self, say},
    tools, wasm,
};

/// Hands over to `infra/deploy.sh`, which builds each function for Amazon Linux and calls `sam deploy`.
pub(crate) fn run(paths: &Paths, arguments: &[String]) -> Result<()> {
    tools::require(tools::ALL)?;
    let modules = wasm::build(paths)?;
    say("infra/deploy.sh");
    let mut command = Command::new(paths.root.join("infra/deploy.sh"));
    shell::run(command.current_dir(&paths.root).env("SLUICE_WASM_DIR", modules).args(arguments))
}
