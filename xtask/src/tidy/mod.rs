//! The rules of the house that no compiler knows, each with its reason beside it.

use anyhow::{Result, bail};

use crate::{paths::Paths, shell::say};

mod dependencies;
mod files;
mod functions;
mod machines;

/// Runs every check and names everything that is wrong.
pub(crate) fn run(paths: &Paths) -> Result<()> {
    let problems = problems(paths)?;
    for problem in &problems {
        eprintln!("tidy: {problem}");
    }
    match problems.len() {
        0 => say("tidy: dependencies, machines, functions and files keep the rules"),
        1 => bail!("1 rule of the house is broken"),
        n => bail!("{n} rules of the house are broken"),
    }
    Ok(())
}

/// Everything that breaks a rule, in words that say where and what to do.
fn problems(paths: &Paths) -> Result<Vec<String>> {
    let mut problems = dependencies::check(paths)?;
    problems.extend(machines::check(paths)?);
    problems.extend(functions::check(paths)?);
    problems.extend(files::check(paths)?);
    Ok(problems)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_checkout_keeps_the_rules_of_the_house() {
        let problems = problems(&Paths::find().unwrap()).unwrap();
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }
}
