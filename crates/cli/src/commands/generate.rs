use std::{fs, io::Write as _, path::Path};

use anyhow::{Context as _, Result, bail};
use usecases::{UseCase, telco};

use crate::arguments::Spelling;

/// Writes synthetic rows.
pub(crate) fn run(use_case: &UseCase, n_rows: usize, seed: u64, spelling: Spelling, out: Option<&Path>) -> Result<()> {
    if use_case.name != "telco" {
        bail!("there is no generator for `{}`", use_case.name);
    }
    let spelling = match spelling {
        Spelling::Ibm => telco::Spelling::Ibm,
        Spelling::SnakeCase => telco::Spelling::SnakeCase,
    };
    let text = telco::generate(n_rows, seed, spelling);
    match out {
        Some(file) => fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?,
        None => std::io::stdout().write_all(text.as_bytes()).context("cannot write to standard output")?,
    }
    Ok(())
}
