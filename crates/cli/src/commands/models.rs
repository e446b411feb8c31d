use anyhow::Result;
use contracts::ModelVersion;
use registry::{Comparison, VersionSummary};
use usecases::UseCase;

use super::{Format, registry};
use crate::{Target, table::Table};

/// Lists the versions of models.
pub(crate) async fn list(target: &Target, use_cases: &[&UseCase], format: Format) -> Result<()> {
    let mut versions = Vec::new();
    for use_case in use_cases {
        versions.extend(registry(target, use_case).await?.versions().await?);
    }
    format.print(&versions, |versions| table(versions))
}

/// Puts two versions side by side.
pub(crate) async fn compare(
    target: &Target,
    use_case: &UseCase,
    left: ModelVersion,
    right: ModelVersion,
    format: Format,
) -> Result<()> {
    let comparison = registry(target, use_case).await?.compare(left, right).await?;
    format.print(&comparison, side_by_side)
}

fn table(versions: &[VersionSummary]) -> String {
    if versions.is_empty() {
        return "no version is registered yet".to_owned();
    }
    let headings = [
        "model",
        "version",
        "stage",
        "aliases",
        "family",
        "cv auc",
        "test auc",
        "accuracy",
        "f1",
        "log loss",
        "run",
        "registered",
    ];
    let mut table = Table::new(&headings);
    for found in versions {
        let manifest = &found.manifest;
        table.push([
            manifest.model_name.clone(),
            found.version.to_string(),
            found.stage.to_string(),
            found.aliases.join(", "),
            manifest.family.clone(),
            format!("{:.4}", manifest.cv_roc_auc),
            format!("{:.4}", manifest.test.roc_auc),
            format!("{:.4}", manifest.test.accuracy),
            format!("{:.4}", manifest.test.f1),
            format!("{:.4}", manifest.test.log_loss),
            manifest.run_name.clone(),
            manifest.registered_at.clone(),
        ]);
    }
    table.to_string()
}

fn side_by_side(comparison: &Comparison) -> String {
    let (left, right) = (comparison.left.to_string(), comparison.right.to_string());
    let mut metrics = Table::new(&["metric", &left, &right, "difference"]);
    for (name, pair) in &comparison.metrics {
        let figures = [format!("{:.4}", pair.left), format!("{:.4}", pair.right), format!("{:+.4}", pair.difference)];
        metrics.push([name.clone()].into_iter().chain(figures));
    }
    let mut others = Table::new(&["differs", &left, &right]);
    for difference in &comparison.differences {
        others.push([difference.what.clone(), difference.left.clone(), difference.right.clone()]);
    }
    let rows = if comparison.is_same_data {
        "measured on the same rows"
    } else {
        "measured on different data: the metrics are not comparable row by row"
    };
    let others = if others.is_empty() { "nothing else differs".to_owned() } else { others.to_string() };
    format!("{metrics}\n{rows}\n\n{others}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use expect_test::expect;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_version_is_one_line() {
        let sha = "a".repeat(64);
        let object = json!({ "key": "k", "sha256": sha, "size_bytes": 1 });
        let summary: VersionSummary = serde_json::from_value(json!({
            "version": "v2", "stage": "Production", "aliases": ["live", "champion"],
            "manifest": {
                "use_case": "telco", "model_name": "telco-churn", "version": "v2", "run_id": "r1", "run_name": "glad-otter-7",
                "snapshot_id": "0123456789abcdef", "candidate_key": "c", "family": "lightgbm",
                "registered_at": "2026-11-21T14:00:00Z",
                "test": { "n_rows": 100, "n_positive": 27, "threshold": 0.3, "accuracy": 0.79, "precision": 0.6,
                    "recall": 0.7, "f1": 0.63, "roc_auc": 0.846, "log_loss": 0.41 },
                "cv_roc_auc": 0.8475, "feature_fingerprint": "f", "build": "compact", "max_abs_difference": {},
                "model": object, "plan": object, "signature": object, "reference": object, "drift": object, "model_card": object
            }
        }))
        .unwrap();
        expect![[r#"
            model        version  stage       aliases         family    cv auc  test auc  accuracy      f1  log loss  run           registered
            telco-churn  v2       Production  live, champion  lightgbm  0.8475    0.8460    0.7900  0.6300    0.4100  glad-otter-7  2026-11-21T14:00:00Z"#]]
        .assert_eq(&table(&[summary]));
        assert_eq!(table(&[]), "no version is registered yet");
    }

    #[test]
    fn two_versions_stand_side_by_side() {
        let comparison: Comparison = serde_json::from_value(json!({
            "left": "v1", "right": "v2", "is_same_data": false,
            "metrics": { "roc_auc": { "left": 0.84, "right": 0.85, "difference": 0.01 } },
            "differences": [{ "what": "family", "left": "logistic_regression", "right": "lightgbm" }]
        }))
        .unwrap();
        expect![[r#"
            metric       v1      v2  difference
            roc_auc  0.8400  0.8500     +0.0100
            measured on different data: the metrics are not comparable row by row

            differs  v1                   v2
            family   logistic_regression  lightgbm"#]]
        .assert_eq(&side_by_side(&comparison));
    }
}
