//! The part of the lock file and of the root manifest that one package depends on.

use std::collections::{BTreeMap, BTreeSet};

/// `name version checksum` of every package that `root` reaches, sorted.
pub(crate) fn reached(lock: &str, root: &str) -> Vec<String> {
    let packages: Vec<Package<'_>> = lock.split("[[package]]").skip(1).map(Package::parse).collect();
    let mut by_name: BTreeMap<&str, Vec<&Package<'_>>> = BTreeMap::new();
    for package in &packages {
        by_name.entry(package.name).or_default().push(package);
    }
    let mut found = BTreeSet::new();
    let mut open = vec![root];
    while let Some(wanted) = open.pop() {
        // A dependency is written as its name, and with its version when there are several.
        let mut words = wanted.split(' ');
        let (name, version) = (words.next().unwrap_or_default(), words.next());
        for package in by_name.get(name).into_iter().flatten() {
            let is_wanted = version.is_none_or(|version| version == package.version);
            if is_wanted && found.insert(format!("{} {} {}", package.name, package.version, package.checksum)) {
                open.extend(&package.dependencies);
            }
        }
    }
    found.into_iter().collect()
}

/// The profiles of a root manifest, and its lines for the packages `reached`.
pub(crate) fn manifest_lines(manifest: &str, reached: &[String]) -> String {
    let names: BTreeSet<&str> = reached.iter().filter_map(|package| package.split(' ').next()).collect();
    let mut section = "";
    let mut lines = Vec::new();
    for line in manifest.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if line.starts_with('[') {
            section = line;
        }
        let is_dependency =
            section == "[workspace.dependencies]" && names.contains(line.split(' ').next().unwrap_or_default());
        if is_dependency || section.starts_with("[profile.") {
            lines.push(line);
        }
    }
    lines.join("\n")
}

struct Package<'a> {
    name: &'a str,
    version: &'a str,
    checksum: &'a str,
    dependencies: Vec<&'a str>,
}

impl<'a> Package<'a> {
    fn parse(text: &'a str) -> Self {
        let value = |key: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \""));
            line.map_or("", |rest| rest.trim_end_matches('"'))
        };
        let list =
            text.split_once("dependencies = [").and_then(|(_, rest)| rest.split_once(']')).map_or("", |(list, _)| list);
        let dependencies =
            list.lines().map(|line| line.trim().trim_matches(['"', ','])).filter(|line| !line.is_empty()).collect();
        Self { name: value("name"), version: value("version"), checksum: value("checksum"), dependencies }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
version = 4

[[package]]
name = "guest"
version = "0.1.0"
dependencies = [
 "sha2 0.10.9",
 "libm",
]

[[package]]
name = "libm"
version = "0.2.0"
checksum = "aa"

[[package]]
name = "sha2"
version = "0.10.9"
checksum = "bb"

[[package]]
name = "sha2"
version = "0.11.1"
checksum = "cc"

[[package]]
name = "stranger"
version = "1.0.0"
checksum = "dd"
"#;

    #[test]
    fn reaches_the_version_that_is_meant_and_no_stranger() {
        assert_eq!(reached(LOCK, "guest"), ["guest 0.1.0 ", "libm 0.2.0 aa", "sha2 0.10.9 bb"]);
    }

    #[test]
    fn an_unrelated_line_of_the_manifest_counts_for_nothing() {
        let reached = reached(LOCK, "guest");
        let manifest = "[workspace.dependencies]\nlibm = \"0.2\"\nstranger = \"1\"\n[profile.wasm]\nlto = \"fat\"\n";
        assert_eq!(manifest_lines(manifest, &reached), "libm = \"0.2\"\n[profile.wasm]\nlto = \"fat\"");
    }
}
