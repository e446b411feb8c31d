//! The page about a model version that a person reads first.

use std::fmt::Write as _;

use contracts::{BinaryMetrics, CandidateRecord, ModelVersion, RunRecord, Snapshot};
use usecases::UseCase;

use crate::referee::Verdict;

pub(crate) fn write(
    use_case: &UseCase,
    version: ModelVersion,
    at: &str,
    run: &RunRecord,
    candidate: &CandidateRecord,
    snapshot: &Snapshot,
    verdict: &Verdict,
) -> String {
    let label = &use_case.gold.label;
    let mut card = format!(
        "# {} {version}\n\nPredicts the probability that `{}` is `{}`.\n\n## Origin\n\n| | |\n|---|---|\n",
        use_case.model_name, label.column, label.positive
    );
    let origin = [
        ("registered", at.to_owned()),
        ("run", format!("{} (`{}`)", run.run_name, run.run_id)),
        ("family", format!("`{}`", candidate.family)),
        ("hyperparameters", format!("`{}`", serde_json::Value::Object(candidate.params.clone()))),
        ("seed", candidate.seed.to_string()),
        ("data snapshot", format!("`{}`", run.snapshot_id)),
        ("feature fingerprint", format!("`{}`", candidate.feature_fingerprint)),
        ("candidates compared", run.candidates.len().to_string()),
    ];
    for (name, value) in origin {
        row(&mut card, &[name, &value]);
    }
    card.push_str("\n## Data\n\n| split | rows | used for |\n|---|---|---|\n");
    let uses =
        [("train", "fitting, cross-validation"), ("validation", "choosing the threshold"), ("test", "the figures")];
    for (split, purpose) in uses {
        let n_rows = snapshot.rows_by_split.get(split).copied().unwrap_or(0);
        row(&mut card, &[split, &n_rows.to_string(), purpose]);
    }
    let _ = writeln!(
        card,
        "\n{} of {} raw rows were set aside in quarantine.\n\n## Figures\n\n| metric | validation | test |\n|---|---|---|",
        snapshot.rows.rows_quarantined, snapshot.rows.rows_in
    );
    for metric in ["roc_auc", "log_loss", "accuracy", "precision", "recall", "f1"] {
        row(&mut card, &[metric, &figure(&candidate.validation, metric), &figure(&candidate.test, metric)]);
    }
    let _ = writeln!(
        card,
        "\nCross-validated ROC-AUC {:.4} over {} folds; threshold {:.4}.\n\n## Gates\n",
        candidate.cv_roc_auc_mean(),
        candidate.cv_roc_auc.len(),
        candidate.test.threshold
    );
    for gate in &run.gates {
        let _ = writeln!(card, "- {}: {gate}", if gate.passed { "passed" } else { "failed" });
    }
    card.push_str("\n## Agreement with the trainer on the reference rows\n\n");
    for (build, difference) in &verdict.max_abs_difference {
        let _ = writeln!(card, "- {build} build: at most {difference:.1e}");
    }
    card
}

fn row(card: &mut String, cells: &[&str]) {
    let _ = writeln!(card, "| {} |", cells.join(" | "));
}

fn figure(metrics: &BinaryMetrics, name: &str) -> String {
    metrics.get(name).map_or_else(|| "–".to_owned(), |value| format!("{value:.4}"))
}
