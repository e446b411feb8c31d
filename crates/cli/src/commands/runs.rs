use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use contracts::{CandidateRecord, RunRecord, SplitBy};
use usecases::UseCase;

use super::Format;
use crate::{Target, clock, table::Table};

/// Lists runs, or the candidates of one.
pub(crate) async fn run(target: &Target, use_cases: &[&UseCase], run_id: Option<&str>, format: Format) -> Result<()> {
    let lake = target.lake().await?;
    let mut runs = Vec::new();
    for use_case in use_cases {
        runs.extend(registry::runs(&lake, &use_case.name).await?);
    }
    let Some(wanted) = run_id else {
        return format.print(&runs, |runs| list(runs));
    };
    let found = runs.iter().find(|run| run.run_id.as_str() == wanted || run.run_name == wanted);
    let record = found.with_context(|| format!("there is no run `{wanted}`; `sluice runs` lists them"))?;
    format.print(record, candidates)
}

fn list(runs: &[RunRecord]) -> String {
    if runs.is_empty() {
        return "no training run has come to a selection yet".to_owned();
    }
    let mut table =
        Table::new(&["run", "name", "use case", "seconds", "candidates", "best", "cv auc", "test auc", "f1", "gates"]);
    for run in runs {
        let best = run.candidates.iter().find(|candidate| candidate.candidate_key == run.selected);
        let figure = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"));
        table.push([
            run.run_id.to_string(),
            run.run_name.clone(),
            run.use_case.clone(),
            format!("{:.1}", clock::seconds_between(&run.started_at, &run.selected_at)),
            run.candidates.len().to_string(),
            best.map_or_else(String::new, |best| best.family.clone()),
            figure(best.map(|best| best.cv_roc_auc_mean())),
            figure(best.map(|best| best.test.roc_auc)),
            figure(best.map(|best| best.test.f1)),
            if run.gates.iter().all(|gate| gate.passed) && !run.gates.is_empty() { "passed" } else { "failed" }
                .to_owned(),
        ]);
    }
    table.to_string()
}

fn candidates(run: &RunRecord) -> String {
    let mut table =
        Table::new(&["", "family", "cv auc", "sd", "test auc", "accuracy", "f1", "log loss", "hyperparameters"]);
    for candidate in &run.candidates {
        let mark = if candidate.candidate_key == run.selected { "*" } else { "" };
        let params: Vec<String> = candidate.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let test = &candidate.test;
        table.push([
            mark.to_owned(),
            candidate.family.clone(),
            format!("{:.4}", candidate.cv_roc_auc_mean()),
            format!("{:.4}", deviation(&candidate.cv_roc_auc)),
            format!("{:.4}", test.roc_auc),
            format!("{:.4}", test.accuracy),
            format!("{:.4}", test.f1),
            format!("{:.4}", test.log_loss),
            params.join(" "),
        ]);
    }
    let gates: Vec<String> = run
        .gates
        .iter()
        .map(|outcome| {
            let bounds = [("at least", outcome.gate.min), ("at most", outcome.gate.max)];
            let bounds: Vec<String> =
                bounds.iter().filter_map(|(word, bound)| Some(format!("{word} {}", (*bound)?))).collect();
            let value = outcome.value.map_or_else(|| "not measured".to_owned(), |value| format!("{value:.4}"));
            let word = if outcome.passed { "passed" } else { "failed" };
            format!("gate {} {}: {value}, {word}", outcome.metric, bounds.join(" and "))
        })
        .collect();
    let comparisons = if run.comparisons.is_empty() { String::new() } else { format!("\n\n{}", comparisons(run)) };
    let head = format!("run {} ({}), snapshot {}", run.run_id, run.run_name, run.snapshot_id);
    format!("{head}\n{table}\n{}{comparisons}", gates.join("\n"))
}

/// ROC-AUC on the test rows by family: of the model proper, and of what was trained only to compare with.
fn comparisons(run: &RunRecord) -> String {
    let mut families: Vec<&str> = Vec::new();
    for candidate in run.candidates.iter().chain(&run.comparisons) {
        if !families.contains(&candidate.family.as_str()) {
            families.push(&candidate.family);
        }
    }
    let mut table = Table::new(&[&["test roc auc of", "split", "test rows"], &families[..]].concat());
    let mut push = |name: &str, split: &str, candidates: &[&CandidateRecord]| {
        // The candidates come best first, and families are compared by their best.
        let of = |family: &&str| candidates.iter().find(|candidate| candidate.family == **family);
        let figures = families
            .iter()
            .map(|family| of(family).map_or_else(|| "-".to_owned(), |c| format!("{:.4}", c.test.roc_auc)));
        let n_rows = candidates.first().map_or(0, |candidate| candidate.test.n_rows);
        table.push([name.to_owned(), split.to_owned(), n_rows.to_string()].into_iter().chain(figures));
    };
    push("the model proper", word(run.settings.split.by), &run.candidates.iter().collect::<Vec<_>>());
    let mut by_name: BTreeMap<&str, Vec<&CandidateRecord>> = BTreeMap::new();
    for candidate in &run.comparisons {
        by_name.entry(candidate.comparison.as_deref().unwrap_or("unnamed")).or_default().push(candidate);
    }
    let use_case = usecases::find(&run.use_case);
    let mut notes = Vec::new();
    for (name, candidates) in &by_name {
        let declared = use_case.and_then(|use_case| use_case.comparison(name));
        push(name, declared.map_or("-", |comparison| word(comparison.split.by)), candidates);
        notes.extend(declared.map(|comparison| format!("{name}: {}", comparison.shows)));
    }
    format!("compared, and never selected:\n{table}\n{}", notes.join("\n"))
}

const fn word(split: SplitBy) -> &'static str {
    match split {
        SplitBy::Random => "random",
        SplitBy::Time => "time",
    }
}

/// Standard deviation of a sample; NaN for fewer than two values.
fn deviation(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use expect_test::expect;
    use serde_json::json;

    use super::*;

    fn record() -> RunRecord {
        let sha = "a".repeat(64);
        let object = json!({ "key": "k", "sha256": sha, "size_bytes": 1 });
        let metrics = json!({ "n_rows": 100, "n_positive": 27, "threshold": 0.3, "accuracy": 0.79, "precision": 0.6,
            "recall": 0.7, "f1": 0.63, "roc_auc": 0.846, "log_loss": 0.41 });
        let candidate = |key: &str, family: &str, cv: [f64; 2]| {
            json!({ "candidate_key": key, "family": family, "params": { "n_trees": 100, "rate": 0.05 },
                "snapshot_id": "0123456789abcdef", "seed": 42, "cv_roc_auc": cv, "cv_log_loss": 0.41,
                "validation": metrics, "test": metrics, "model": object, "plan": object,
                "feature_fingerprint": "f", "reference": object, "drift": object })
        };
        let settings = &usecases::find("telco").unwrap().settings;
        serde_json::from_value(json!({
            "run_id": "20261121-140000-00001", "run_name": "glad-otter-7", "use_case": "telco",
            "started_at": "2026-11-21T14:00:00Z", "selected_at": "2026-11-21T14:00:12.5Z",
            "snapshot_id": "0123456789abcdef",
            "candidates": [candidate("one", "lightgbm", [0.85, 0.84]), candidate("two", "logistic_regression", [0.84, 0.85])],
            "selected": "one",
            "gates": [{ "metric": "f1", "gate": { "min": 0.6 }, "value": 0.63, "passed": true }],
            "champion": null, "settings": settings
        }))
        .unwrap()
    }

    #[test]
    fn a_run_is_one_line_with_its_best_candidate() {
        expect![[r#"
            run                    name          use case  seconds  candidates  best      cv auc  test auc      f1  gates
            20261121-140000-00001  glad-otter-7  telco        12.5           2  lightgbm  0.8450    0.8460  0.6300  passed"#]]
        .assert_eq(&list(&[record()]));
        assert_eq!(list(&[]), "no training run has come to a selection yet");
    }

    #[test]
    fn comparisons_stand_beside_the_model_proper_by_family() {
        let mut run = record();
        let mut other = run.candidates[1].clone();
        other.comparison = Some("random_split".to_owned());
        other.test.roc_auc = 0.9;
        run.comparisons.push(other);
        expect![[r#"
            compared, and never selected:
            test roc auc of   split   test rows  lightgbm  logistic_regression
            the model proper  random        100    0.8460               0.8460
            random_split      -             100         -               0.9000
        "#]]
        .assert_eq(&comparisons(&run));
    }

    #[test]
    fn a_run_shows_its_candidates_and_gates() {
        expect![[r#"
            run 20261121-140000-00001 (glad-otter-7), snapshot 0123456789abcdef
               family               cv auc      sd  test auc  accuracy      f1  log loss  hyperparameters
            *  lightgbm             0.8450  0.0071    0.8460    0.7900  0.6300    0.4100  n_trees=100 rate=0.05
               logistic_regression  0.8450  0.0071    0.8460    0.7900  0.6300    0.4100  n_trees=100 rate=0.05
            gate f1 at least 0.6: 0.6300, passed"#]]
        .assert_eq(&candidates(&record()));
    }
}
