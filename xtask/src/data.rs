//! Which raw files to use: the user's, real ones that lie around, or generated rows.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

use crate::{paths::Paths, shell};

/// Raw files and the words for them.
#[derive(Debug)]
pub(crate) struct Choice {
    /// A file, or a folder where a use case has several.
    pub(crate) place: PathBuf,
    /// Where it comes from, for people.
    pub(crate) origin: String,
}

const KAGGLE_NAME: &str = "WA_Fn-UseC_-Telco-Customer-Churn.csv";

/// What the names of the loan files begin with.
const LOAN_NAMES: [&str; 4] = ["feature_clickstream", "features_attributes", "features_financials", "lms_loan_daily"];

/// The files of a use case to work on.
pub(crate) fn find(paths: &Paths, use_case: &str, given: Option<&Path>) -> Result<Choice> {
    let in_folder = match use_case {
        "telco" => telco_in,
        "loan" => loan_in,
        other => bail!("nothing is known about files of `{other}`"),
    };
    if let Some(place) = given {
        let (is_there, kind) = if use_case == "loan" { (place.is_dir(), "folder") } else { (place.is_file(), "file") };
        if !is_there {
            bail!("--data {}: there is no such {kind}", place.display());
        }
        return Ok(Choice { place: place.to_owned(), origin: "given with --data".to_owned() });
    }
    let own = paths.root.join("data");
    for (folder, name) in
        [(own.join(use_case), "data/"), (own, "data/"), (shared(paths).join(use_case), "the shared data folder")]
    {
        if let Some(place) = in_folder(&folder)? {
            return Ok(Choice { place, origin: format!("real, found in {name}") });
        }
    }
    generated(paths, use_case)
}

/// The folder of real files beside the checkout: `SLUICE_SHARED_DATA`, else `../shared/data`.
pub(crate) fn shared(paths: &Paths) -> PathBuf {
    match env::var_os("SLUICE_SHARED_DATA") {
        Some(folder) => folder.into(),
        None => paths.root.parent().unwrap_or(&paths.root).join("shared/data"),
    }
}

fn generated(paths: &Paths, use_case: &str) -> Result<Choice> {
    let (rows, name, advice) = match use_case {
        "loan" => ("12500", "loan-12500", "the four original files"),
        _ => ("7043", "telco-7043.csv", KAGGLE_NAME),
    };
    let folder = paths.state.join("generated");
    fs::create_dir_all(&folder)?;
    let place = folder.join(name);
    let mut command = Command::new(paths.binary("sluice"));
    shell::run_quietly(command.args(["generate", use_case, "--rows", rows, "--out"]).arg(&place))?;
    let origin = format!("{rows} generated customers (synthetic; put {advice} into data/ to use the real ones)");
    Ok(Choice { place, origin })
}

/// A folder that holds a file of each loan table.
fn loan_in(folder: &Path) -> Result<Option<PathBuf>> {
    if !folder.is_dir() {
        return Ok(None);
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    let has = |wanted: &&str| names.iter().any(|name| name.starts_with(*wanted) && name.ends_with(".csv"));
    Ok(LOAN_NAMES.iter().all(has).then(|| folder.to_owned()))
}

/// The original by its name, else the first file whose name speaks of Telco.
fn telco_in(folder: &Path) -> Result<Option<PathBuf>> {
    if !folder.is_dir() {
        return Ok(None);
    }
    let original = folder.join(KAGGLE_NAME);
    if original.is_file() {
        return Ok(Some(original));
    }
    let mut found: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        if path.is_file() && name.contains("telco") && name.ends_with(".csv") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found.into_iter().next())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn loan_files_are_taken_together_or_not_at_all() {
        let folder = env::temp_dir().join(format!("sluice-loan-data-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        for name in &LOAN_NAMES[1..] {
            fs::write(folder.join(format!("{name}.csv")), "").unwrap();
        }
        assert_eq!(loan_in(&folder).unwrap(), None);
        fs::write(folder.join(format!("{}-2.csv", LOAN_NAMES[0])), "").unwrap();
        assert_eq!(loan_in(&folder).unwrap(), Some(folder.clone()));
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn the_original_wins_over_other_files_and_strangers_are_left_alone() {
        let folder = env::temp_dir().join(format!("sluice-data-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        assert_eq!(telco_in(&folder).unwrap(), None);
        fs::write(folder.join("loans.csv"), "").unwrap();
        assert_eq!(telco_in(&folder).unwrap(), None);
        fs::write(folder.join("a-Telco.csv"), "").unwrap();
        assert_eq!(telco_in(&folder).unwrap(), Some(folder.join("a-Telco.csv")));
        fs::write(folder.join(KAGGLE_NAME), "").unwrap();
        assert_eq!(telco_in(&folder).unwrap(), Some(folder.join(KAGGLE_NAME)));
        fs::remove_dir_all(&folder).unwrap();
    }
}
