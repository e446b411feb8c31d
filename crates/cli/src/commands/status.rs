use anyhow::Result;
use contracts::Health;
use serde::Serialize;

use super::Format;
use crate::Target;

/// Where the stack is and how it does.
#[derive(Debug, Serialize)]
struct Report {
    stack: String,
    endpoint_url: Option<String>,
    bucket: Option<String>,
    predict_url: Option<String>,
    /// By use case: its health, or why there is none.
    health: Vec<(String, Result<Health, String>)>,
}

/// Says where the stack is, and asks the endpoint about every use case.
pub(crate) async fn run(target: &Target, format: Format) -> Result<()> {
    let mut health = Vec::new();
    for name in usecases::names() {
        let asked = ask(target, name).await.map_err(|error| format!("{error:#}"));
        health.push((name.to_owned(), asked));
    }
    let report = Report {
        stack: target.stack.clone(),
        endpoint_url: target.endpoint_url.clone(),
        bucket: target.bucket.clone(),
        predict_url: target.predict_url.clone(),
        health,
    };
    format.print(&report, text)
}

async fn ask(target: &Target, use_case: &str) -> Result<Health> {
    let (endpoint, use_case) = (target.endpoint()?, use_case.to_owned());
    Ok(tokio::task::spawn_blocking(move || endpoint.health(&use_case)).await??)
}

fn text(report: &Report) -> String {
    let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "not known".to_owned());
    let mut lines = vec![
        format!("stack     {}", report.stack),
        format!("services  {}", report.endpoint_url.clone().unwrap_or_else(|| "AWS".to_owned())),
        format!("bucket    {}", known(&report.bucket)),
        format!("endpoint  {}", known(&report.predict_url)),
    ];
    for (use_case, health) in &report.health {
        lines.push(match health {
            Ok(Health { status, model_version, model_stage, problem, .. }) => {
                let status = serde_json::to_value(status).ok().and_then(|word| Some(word.as_str()?.replace('_', " ")));
                let version = model_version.map_or_else(String::new, |version| format!(", {version}"));
                let stage = model_stage.as_ref().map_or_else(String::new, |stage| format!(" in {stage}"));
                let problem = problem.as_ref().map_or_else(String::new, |problem| format!(": {problem}"));
                format!("{use_case:9} {}{version}{stage}{problem}", status.unwrap_or_default())
            }
            Err(error) => format!("{use_case:9} no answer: {error}"),
        });
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use expect_test::expect;
    use serde_json::json;

    use super::*;

    #[test]
    fn says_where_the_stack_is_and_how_it_does() {
        let health =
            json!({ "status": "healthy", "use_case": "telco", "model_version": "v2", "model_stage": "Production" });
        let report = Report {
            stack: "sluice".to_owned(),
            endpoint_url: Some("http://127.0.0.1:4566".to_owned()),
            bucket: Some("lake".to_owned()),
            predict_url: None,
            health: vec![
                ("telco".to_owned(), Ok(serde_json::from_value(health).unwrap())),
                ("loan".to_owned(), Err("nobody there".to_owned())),
            ],
        };
        expect![[r#"
            stack     sluice
            services  http://127.0.0.1:4566
            bucket    lake
            endpoint  not known
            telco     healthy, v2 in Production
            loan      no answer: nobody there"#]]
        .assert_eq(&text(&report));
    }
}
