//! Which crate may know which dependency.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::{cargo, paths::Paths, shell};

/// A dependency that few crates may name, and why.
struct Only {
    dependency: &'static str,
    /// Packages by name; `functions/*` means every function, and the crates of tests and benches may name anything.
    allowed: &'static [&'static str],
    reason: &'static str,
}

const ONLY: &[Only] = &[
    only("polars", &["etl"], "it is the heaviest dependency of all, and `predict` must start in milliseconds"),
    only("wasmtime", &["inference", "aot"], "loading compiled modules is `unsafe` and stays in one place"),
    only("aws-sdk-s3", &["lake"], "everything else goes through the store port"),
    only("aws-sdk-sfn", &["cli"], "stages do not know the machine that calls them"),
    only("lambda_runtime", &["lambda-kit", "functions/*"], "crates run anywhere, functions on Lambda"),
    only("lambda_http", &["lambda-kit", "functions/*"], "crates run anywhere, functions on Lambda"),
    only("smartcore", &["training"], "trainers stand behind one interface"),
    only("lightgbm3", &["training"], "trainers stand behind one interface"),
    only("forust-ml", &["training"], "trainers stand behind one interface"),
    only("tract-onnx", &["wasm-model"], "graphs run inside the guest only"),
    only("anyhow", &["xtask", "cli", "aot"], "a library's error says what the caller can do"),
];

/// Packages that a package must never reach, through any number of others.
const NEVER_REACHES: &[(&[&str], &[&str], &str)] = &[
    (
        &["contracts", "features", "metrics", "onnx"],
        &[
            "tokio",
            "mio",
            "hyper",
            "ureq",
            "aws-config",
            "tracing-subscriber",
            "polars",
            "wasmtime",
            "lake",
            "socket2",
            "tempfile",
        ],
        "it does no I/O and builds for wasm32",
    ),
    (
        &["predict"],
        &["polars", "smartcore", "lightgbm3", "forust-ml", "tract-onnx", "etl", "training", "cranelift-codegen"],
        "it must start in milliseconds",
    ),
    (
        &["lake", "registry", "features", "metrics", "contracts", "inference", "training", "etl", "usecases", "onnx"],
        &["lambda_runtime", "lambda_http"],
        "it runs anywhere, not on Lambda alone",
    ),
    (&["xtask"], &["tokio", "aws-config", "polars", "lake"], "it must compile in seconds"),
];

const fn only(dependency: &'static str, allowed: &'static [&'static str], reason: &'static str) -> Only {
    Only { dependency, allowed, reason }
}

/// A package of the workspace.
struct Package {
    name: String,
    /// First folder of its path: `crates`, `functions`, …
    area: String,
    /// Names of what it depends on directly, without dev-dependencies.
    direct: BTreeSet<String>,
    /// Names of everything it reaches, without dev-dependencies.
    reached: BTreeSet<String>,
}

/// Checks directions, and that every member takes versions and lints from the workspace.
pub(crate) fn check(paths: &Paths) -> Result<Vec<String>> {
    let text = shell::output(&mut cargo::command(paths, &["metadata", "--format-version", "1"])?)?;
    let metadata: Value = serde_json::from_str(&text).context("cargo metadata is not JSON")?;
    let packages = packages(&metadata);
    let mut problems = directions(&packages);
    for package in items(&metadata["packages"]).filter(|package| package["source"].is_null()) {
        let manifest = package["manifest_path"].as_str().unwrap_or_default();
        let text = std::fs::read_to_string(manifest).with_context(|| format!("cannot read {manifest}"))?;
        problems.extend(manifest_problems(&paths.show(manifest.as_ref()), &text));
    }
    Ok(problems)
}

fn directions(packages: &[Package]) -> Vec<String> {
    let mut problems = Vec::new();
    for package in packages.iter().filter(|package| !matches!(package.area.as_str(), "tests" | "benches")) {
        for rule in ONLY.iter().filter(|rule| package.direct.contains(rule.dependency)) {
            let is_function = package.area == "functions" && rule.allowed.contains(&"functions/*");
            if !is_function && !rule.allowed.contains(&package.name.as_str()) {
                let (name, dependency) = (&package.name, rule.dependency);
                problems.push(format!(
                    "{name} depends on {dependency}, which only {:?} may: {}",
                    rule.allowed, rule.reason
                ));
            }
        }
        for (names, never, reason) in NEVER_REACHES.iter().filter(|(names, ..)| names.contains(&package.name.as_str()))
        {
            debug_assert!(!names.is_empty());
            for dependency in never.iter().filter(|dependency| package.reached.contains(**dependency)) {
                problems.push(format!(
                    "{} reaches {dependency}: {reason} (`cargo tree -p {} -i {dependency}`)",
                    package.name, package.name
                ));
            }
        }
        if package.area == "crates" {
            let functions =
                packages.iter().filter(|other| other.area == "functions" && package.direct.contains(&other.name));
            problems.extend(functions.map(|other| {
                format!("crate {} depends on function {}; the direction is the other way", package.name, other.name)
            }));
        }
    }
    problems
}

fn packages(metadata: &Value) -> Vec<Package> {
    let names: BTreeMap<&str, &str> =
        items(&metadata["packages"]).filter_map(|p| Some((p["id"].as_str()?, p["name"].as_str()?))).collect();
    let mut edges: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for node in items(&metadata["resolve"]["nodes"]) {
        let normal = items(&node["deps"])
            .filter(|dep| items(&dep["dep_kinds"]).any(|kind| kind["kind"].as_str() != Some("dev")));
        edges.insert(node["id"].as_str().unwrap_or_default(), normal.filter_map(|dep| dep["pkg"].as_str()).collect());
    }
    let root = metadata["workspace_root"].as_str().unwrap_or_default();
    let members = items(&metadata["packages"]).filter(|package| package["source"].is_null());
    members
        .filter_map(|package| {
            let id = package["id"].as_str()?;
            let folder = package["manifest_path"].as_str()?.strip_prefix(root)?.trim_start_matches('/');
            let name_of = |id: &&str| names.get(*id).map(|name| (*name).to_owned());
            Some(Package {
                name: package["name"].as_str()?.to_owned(),
                area: folder.split('/').next()?.to_owned(),
                direct: edges.get(id)?.iter().filter_map(name_of).collect(),
                reached: reach(id, &edges).iter().filter_map(name_of).collect(),
            })
        })
        .collect()
}

fn reach<'a>(from: &'a str, edges: &BTreeMap<&'a str, Vec<&'a str>>) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open = vec![from];
    while let Some(id) = open.pop() {
        for next in edges.get(id).into_iter().flatten() {
            if found.insert(*next) {
                open.push(next);
            }
        }
    }
    found
}

fn manifest_problems(name: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let mut in_dependencies = false;
    for (line, number) in text.lines().map(str::trim).zip(1..) {
        if line.starts_with('[') {
            in_dependencies = line.contains("dependencies");
        } else if in_dependencies
            && !line.is_empty()
            && !line.starts_with('#')
            && line.contains('=')
            && !line.contains("workspace")
            && !line.contains("path = ")
        {
            problems.push(format!(
                "{name}:{number}: `{line}` has a version of its own; versions stand in the root Cargo.toml"
            ));
        }
    }
    if !text.contains("[lints]\nworkspace = true") {
        problems.push(format!("{name}: no `[lints] workspace = true`; every crate keeps the same lints"));
    }
    problems
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, area: &str, direct: &[&str], reached: &[&str]) -> Package {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Package { name: name.to_owned(), area: area.to_owned(), direct: set(direct), reached: set(reached) }
    }

    #[test]
    fn names_a_dependency_in_the_wrong_crate() {
        let problems = directions(&[package("registry", "crates", &["aws-sdk-s3"], &["aws-sdk-s3"])]);
        assert_eq!(problems.len(), 1);
        assert!(problems[0].starts_with("registry depends on aws-sdk-s3"), "{problems:?}");
    }

    #[test]
    fn names_a_dependency_reached_through_others() {
        let problems = directions(&[package("predict", "functions", &["lake"], &["lake", "polars"])]);
        assert!(problems[0].starts_with("predict reaches polars"), "{problems:?}");
    }

    #[test]
    fn functions_may_use_the_lambda_runtime_and_crates_may_not() {
        let allowed = package("train", "functions", &["lambda_runtime"], &["lambda_runtime"]);
        let refused = package("registry", "crates", &["lambda_runtime"], &["lambda_runtime"]);
        assert_eq!(directions(&[allowed]), Vec::<String>::new());
        assert_eq!(directions(&[refused]).len(), 2);
    }

    #[test]
    fn names_a_version_outside_the_root_manifest() {
        let problems = manifest_problems("x/Cargo.toml", "[dependencies]\nserde = \"1\"\n[lints]\nworkspace = true\n");
        assert_eq!(problems.len(), 1);
        assert!(problems[0].starts_with("x/Cargo.toml:2"), "{problems:?}");
    }
}
