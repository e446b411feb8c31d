//! Files: short enough to read, free of data and of traces of one machine, and `lib.rs` begins with an essay.

use std::fs;

use anyhow::Result;

use crate::{paths::Paths, shell};

/// Lines a source file may have before it should be two.
const MAX_LINES: usize = 400;

/// Files that may be longer, each with its reason.
const LONGER: &[(&str, usize, &str)] = &[];

/// Endings of data files, which stay out of the repository: they are not the project's to pass on.
const DATA: &[&str] = &["csv", "tsv", "parquet", "onnx", "wasm", "cwasm"];

/// Beginnings of paths that only one machine has.
const MACHINE_PATHS: &[&str] = &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];

/// Checks every file that git knows or would add.
pub(crate) fn check(paths: &Paths) -> Result<Vec<String>> {
    let mut list = std::process::Command::new("git");
    list.current_dir(&paths.root).args(["ls-files", "--cached", "--others", "--exclude-standard"]);
    let mut problems = Vec::new();
    for name in shell::output(&mut list)?.lines() {
        // A file that is deleted and not committed yet is no problem of its own, nor is one that is not text.
        if let Ok(text) = fs::read_to_string(paths.root.join(name)) {
            problems.extend(text_problems(name, &text));
        }
        problems.extend(name_problem(name));
    }
    Ok(problems)
}

fn name_problem(name: &str) -> Option<String> {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    DATA.contains(&ending).then(|| format!("{name} is a data file; generate it where it is needed"))
}

fn text_problems(name: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let n_lines = text.lines().count();
    let limit = if name.ends_with(".sh") { 50 } else { MAX_LINES };
    let limit = LONGER.iter().find(|(longer, ..)| *longer == name).map_or(limit, |(_, limit, _)| *limit);
    let is_source = [".rs", ".py", ".sh"].iter().any(|ending| name.ends_with(ending));
    if is_source && n_lines > limit {
        problems.push(format!("{name} has {n_lines} lines, more than {limit}; divide it by what its parts do"));
    }
    if name.ends_with("src/lib.rs") && !text.starts_with("//! ") {
        problems.push(format!("{name} does not begin with `//!`: a crate says what it is before anything else"));
    }
    for (line, number) in text.lines().zip(1..) {
        for path in MACHINE_PATHS.iter().filter(|path| holds_path(line, path)) {
            problems.push(format!("{name}:{number}: `{path}` is a path of one machine"));
        }
    }
    problems
}

/// Whether `path` stands in `line` as the beginning of a path, not in the middle of one.
fn holds_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !(c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '}' | '~' | '*' | ':')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_a_path_of_one_machine_with_its_line() {
        let text = format!("fine\nsee {}main", MACHINE_PATHS[0]);
        assert_eq!(text_problems("a.md", &text), [format!("a.md:2: `{}` is a path of one machine", MACHINE_PATHS[0])]);
        assert_eq!(text_problems("a.md", "https://example.org/work/x and src/work/y"), Vec::<String>::new());
    }

    #[test]
    fn names_files_that_are_too_long_and_crates_without_words() {
        let long = "//! x\n".repeat(MAX_LINES + 1);
        assert_eq!(text_problems("a.rs", &long).len(), 1);
        assert_eq!(text_problems("a.json", &long).len(), 0);
        assert_eq!(text_problems("crates/a/src/lib.rs", "mod a;\n").len(), 1);
    }

    #[test]
    fn data_files_stay_out() {
        assert!(name_problem("tests/rows.csv").is_some());
        assert!(name_problem("tests/rows.json").is_none());
    }
}
