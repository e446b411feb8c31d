//! Which files are delivered, and their way into the lake.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use lake::keys;
use serde_json::{Value, json};
use usecases::{Table, UseCase};

use crate::{Target, upload};

/// Keys of the delivered files, or null, which means everything delivered before.
///
/// Without a file, those of the use case that lie around are delivered when nothing has been before.
pub(crate) async fn deliver(target: &Target, use_case: &UseCase, given: &[PathBuf]) -> Result<Value> {
    let lake = target.lake().await?;
    let files = if given.is_empty() {
        if !lake.list(&keys::raw_prefix(&use_case.name)).await?.is_empty() {
            return Ok(Value::Null);
        }
        lying_around(use_case, &places(use_case))?
    } else {
        expand(use_case, given)?
    };
    let mut raw = Vec::new();
    for file in &files {
        let object = upload::deliver(&lake, &use_case.name, file).await?;
        eprintln!("delivered {} ({:.2} MB)", lake.uri(&object.key), object.size_bytes as f64 / 1e6);
        raw.push(object.key);
    }
    Ok(json!(raw))
}

/// The files given, and those of the folders given that belong to a table.
fn expand(use_case: &UseCase, given: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in given {
        if !path.is_dir() {
            if table_of(use_case, path).is_none() {
                bail!(
                    "{} belongs to no table of `{}`, whose files are {}",
                    path.display(),
                    use_case.name,
                    names(use_case)
                );
            }
            files.push(path.clone());
            continue;
        }
        let found = in_folder(use_case, path)?;
        if found.is_empty() {
            bail!("{} holds no file of `{}`; they are {}", path.display(), use_case.name, names(use_case));
        }
        files.extend(found);
    }
    Ok(files)
}

/// The files of the first place that has some of every table.
fn lying_around(use_case: &UseCase, places: &[PathBuf]) -> Result<Vec<PathBuf>> {
    for place in places.iter().filter(|place| place.is_dir()) {
        let files = in_folder(use_case, place)?;
        let has = |table: &Table| files.iter().any(|file| is_of(table, file));
        if use_case.tables.iter().all(has) {
            eprintln!("nothing was delivered before; taking {} files from {}", files.len(), place.display());
            return Ok(files);
        }
    }
    let places: Vec<String> = places.iter().map(|place| place.display().to_string()).collect();
    bail!(
        "nothing was delivered for `{}` yet, and none of {} holds its files ({}); name them with --file, or make some with \
         `sluice generate {}`",
        use_case.name,
        places.join(", "),
        names(use_case),
        use_case.name
    )
}

/// Where files of a use case may lie: the folder `data`, and the shared folder beside the checkout.
fn places(use_case: &UseCase) -> Vec<PathBuf> {
    let shared = env::var_os("SLUICE_SHARED_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    vec![Path::new("data").join(&use_case.name), PathBuf::from("data"), shared.join(&use_case.name)]
}

fn in_folder(use_case: &UseCase, folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        if path.is_file() && table_of(use_case, &path).is_some() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn table_of<'a>(use_case: &'a UseCase, file: &Path) -> Option<&'a Table> {
    use_case.tables.iter().find(|table| is_of(table, file))
}

fn is_of(table: &Table, file: &Path) -> bool {
    file.file_name().is_some_and(|name| table.has_file(&name.to_string_lossy()))
}

fn names(use_case: &UseCase) -> String {
    let patterns: Vec<&str> = use_case.tables.iter().flat_map(|table| &table.files).map(String::as_str).collect();
    patterns.join(", ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn telco() -> &'static UseCase {
        usecases::find("telco").unwrap()
    }

    #[test]
    fn a_folder_gives_the_files_that_belong_to_a_table_and_strangers_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("churn.csv"), "").unwrap();
        fs::write(folder.path().join("notes.txt"), "").unwrap();
        let files = expand(telco(), &[folder.path().to_owned()]).unwrap();
        assert_eq!(files, [folder.path().join("churn.csv")]);
        let error = expand(telco(), &[folder.path().join("notes.txt")]).unwrap_err().to_string();
        assert!(error.contains("notes.txt belongs to no table of `telco`"), "{error}");
    }

    #[test]
    fn an_empty_folder_is_an_error_that_says_what_was_looked_for() {
        let folder = tempfile::tempdir().unwrap();
        let error = expand(telco(), &[folder.path().to_owned()]).unwrap_err().to_string();
        assert!(error.contains("holds no file of `telco`") && error.contains(".csv"), "{error}");
        let error = lying_around(telco(), &[folder.path().to_owned()]).unwrap_err().to_string();
        assert!(error.contains("--file") && error.contains("sluice generate telco"), "{error}");
    }

    #[test]
    fn the_first_place_that_has_every_table_wins() {
        let (empty, full) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(full.path().join("churn.csv"), "").unwrap();
        let places = [empty.path().join("missing"), empty.path().to_owned(), full.path().to_owned()];
        assert_eq!(lying_around(telco(), &places).unwrap(), [full.path().join("churn.csv")]);
    }
}
