//! Which raw file to use: the user's, a real one that lies around, or generated rows.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

use crate::{paths::Paths, shell};

/// A raw file and the words for it.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) file: PathBuf,
    /// Where it comes from, for people.
    pub(crate) origin: String,
}

const KAGGLE_NAME: &str = "WA_Fn-UseC_-Telco-Customer-Churn.csv";

/// The Telco file to work on.
pub(crate) fn telco(paths: &Paths, given: Option<&Path>) -> Result<Choice> {
    if let Some(file) = given {
        if !file.is_file() {
            bail!("--data {}: no such file", file.display());
        }
        return Ok(Choice { file: file.to_owned(), origin: "the file given with --data".to_owned() });
    }
    let local = paths.root.join("data");
    if let Some(file) = in_folder(&local)? {
        return Ok(Choice { file, origin: "a real file found in data/".to_owned() });
    }
    if let Some(file) = in_folder(&shared(paths).join("telco"))? {
        return Ok(Choice { file, origin: "a real file found in the shared data folder".to_owned() });
    }
    generated(paths)
}

/// The folder of real files beside the checkout: `SLUICE_SHARED_DATA`, else `../shared/data`.
pub(crate) fn shared(paths: &Paths) -> PathBuf {
    match env::var_os("SLUICE_SHARED_DATA") {
        Some(folder) => folder.into(),
        None => paths.root.parent().unwrap_or(&paths.root).join("shared/data"),
    }
}

fn generated(paths: &Paths) -> Result<Choice> {
    const N_ROWS: u32 = 7043;
    let file = paths.state.join(format!("generated/telco-{N_ROWS}.csv"));
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut command = Command::new(paths.binary("sluice"));
    shell::run_quietly(command.args(["generate", "telco", "--rows", &N_ROWS.to_string(), "--out"]).arg(&file))?;
    let origin = format!("{N_ROWS} generated rows (synthetic; put {KAGGLE_NAME} into data/ to use the real ones)");
    Ok(Choice { file, origin })
}

/// The original by its name, else the first file whose name speaks of Telco.
fn in_folder(folder: &Path) -> Result<Option<PathBuf>> {
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
    fn the_original_wins_over_other_files_and_strangers_are_left_alone() {
        let folder = env::temp_dir().join(format!("sluice-data-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        assert_eq!(in_folder(&folder).unwrap(), None);
        fs::write(folder.join("loans.csv"), "").unwrap();
        assert_eq!(in_folder(&folder).unwrap(), None);
        fs::write(folder.join("a-Telco.csv"), "").unwrap();
        assert_eq!(in_folder(&folder).unwrap(), Some(folder.join("a-Telco.csv")));
        fs::write(folder.join(KAGGLE_NAME), "").unwrap();
        assert_eq!(in_folder(&folder).unwrap(), Some(folder.join(KAGGLE_NAME)));
        fs::remove_dir_all(&folder).unwrap();
    }
}
