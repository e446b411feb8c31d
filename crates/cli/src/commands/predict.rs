use std::{
    fs,
    io::Read as _,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use contracts::PredictionResponse;
use serde_json::Value;
use usecases::UseCase;

use super::Format;
use crate::{Target, table::Table};

/// Asks the endpoint and prints answer and provenance.
pub(crate) async fn run(target: &Target, use_case: &UseCase, input: &str, format: Format) -> Result<()> {
    let body: Value = serde_json::from_str(&read(input)?).context("the input is not JSON")?;
    let endpoint = target.endpoint()?;
    let name = use_case.name.clone();
    let start = Instant::now();
    // The client blocks, and this thread belongs to others.
    let answer = tokio::task::spawn_blocking(move || endpoint.predict(&name, &body)).await??;
    let took = start.elapsed();
    format.print(&answer, |answer| text(answer, took))
}

fn read(input: &str) -> Result<String> {
    if input == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
        return Ok(text);
    }
    match input.strip_prefix('@') {
        Some(file) => fs::read_to_string(file).with_context(|| format!("cannot read {file}")),
        None => Ok(input.to_owned()),
    }
}

fn text(answer: &PredictionResponse, took: Duration) -> String {
    let mut predictions = Table::new(&["row", "label", "probability"]);
    for (row, prediction) in answer.predictions.iter().enumerate() {
        predictions.push([row.to_string(), prediction.label.clone(), format!("{:.6}", prediction.probability)]);
    }
    let warnings = answer
        .warnings
        .iter()
        .map(|warning| format!("warning: row {}, field `{}`: {}\n", warning.row, warning.field, warning.detail));
    let warnings: String = warnings.collect();
    let from = &answer.provenance;
    let facts = [
        ("positive from", format!("{:.4}", answer.threshold)),
        ("model", format!("{} {} ({})", from.model_name, from.model_version, from.model_stage)),
        ("run", format!("{} ({})", from.run_id, from.run_name)),
        ("artifact", from.artifact_uri.clone()),
        ("features", from.feature_fingerprint.clone()),
        ("request", answer.request_id.clone()),
        ("answered in", format!("{:.0} ms, as seen from here", took.as_secs_f64() * 1e3)),
    ];
    let facts: Vec<String> = facts.iter().map(|(name, fact)| format!("{name:14} {fact}")).collect();
    format!("{predictions}\n{warnings}\n{}", facts.join("\n"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use expect_test::expect;
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_shows_where_it_comes_from() {
        let answer: PredictionResponse = serde_json::from_value(json!({
            "predictions": [{ "label": "Yes", "predicted": 1, "probability": 0.75 }], "num_samples": 1, "threshold": 0.31,
            "request_id": "q1", "warnings": [{ "row": 0, "field": "contract", "detail": "not seen in training" }],
            "use_case": "telco", "model_name": "telco-churn", "model_version": "v2", "model_stage": "Production",
            "run_id": "r1", "run_name": "glad-otter-7", "artifact_uri": "s3://lake/models/m.onnx", "feature_fingerprint": "abc"
        }))
        .unwrap();
        expect![[r#"
            row  label  probability
              0  Yes       0.750000
            warning: row 0, field `contract`: not seen in training

            positive from  0.3100
            model          telco-churn v2 (Production)
            run            r1 (glad-otter-7)
            artifact       s3://lake/models/m.onnx
            features       abc
            request        q1
            answered in    12 ms, as seen from here"#]]
        .assert_eq(&text(&answer, Duration::from_millis(12)));
    }

    #[test]
    fn input_may_lie_in_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "{}").unwrap();
        assert_eq!(read(&format!("@{}", file.path().display())).unwrap(), "{}");
        assert_eq!(read("[1]").unwrap(), "[1]");
        assert!(read("@nowhere.json").is_err());
    }
}
