//! The page about a model version that a person reads first.

use std::fmt::Write as _;

use contracts::{BinaryMetrics, CandidateRecord, ModelVersion, RunRecord, Snapshot, SplitRule};
use usecases::{Label, UseCase};

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
    let mut card = format!(
        "# {} {version}\n\nPredicts the probability that {}.\n\n## Origin\n\n| | |\n|---|---|\n",
        use_case.model_name,
        predicted(&use_case.gold.label)
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
    let divided = match snapshot.split {
        SplitRule::Random { .. } => "Rows are divided by chance.",
        SplitRule::Time { .. } => "Rows are divided by time: the newest test.",
    };
    let _ = write!(card, "\n## Data\n\n{divided}\n\n| split | rows | used for |\n|---|---|---|\n");
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
    comparisons(&mut card, use_case, run);
    card.push_str("\n## Agreement with the trainer on the reference rows\n\n");
    for (build, difference) in &verdict.max_abs_difference {
        let _ = writeln!(card, "- {build} build: at most {difference:.1e}");
    }
    card
}

/// What was trained beside the model and could not be selected.
fn comparisons(card: &mut String, use_case: &UseCase, run: &RunRecord) {
    if run.comparisons.is_empty() {
        return;
    }
    card.push_str("\n## Comparisons\n\n| comparison | family | test roc_auc | shows |\n|---|---|---|---|\n");
    for compared in &run.comparisons {
        let name = compared.comparison.as_deref().unwrap_or_default();
        let shows = use_case.comparison(name).map_or("", |comparison| comparison.shows.as_str());
        row(card, &[name, &compared.family, &figure(&compared.test, "roc_auc"), shows]);
    }
}

/// What the positive class means.
fn predicted(label: &Label) -> String {
    match label {
        Label::Level { column, positive, .. } => format!("`{column}` is `{positive}`"),
        Label::Event { column, above, counter, from, to, positive, .. } => {
            format!("`{column}` exceeds {above} where `{counter}` is from {from} to {to}: `{positive}`")
        }
    }
}

fn row(card: &mut String, cells: &[&str]) {
    let _ = writeln!(card, "| {} |", cells.join(" | "));
}

fn figure(metrics: &BinaryMetrics, name: &str) -> String {
    metrics.get(name).map_or_else(|| "–".to_owned(), |value| format!("{value:.4}"))
}
