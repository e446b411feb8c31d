use anyhow::{Context as _, Result, bail};
use contracts::{ModelVersion, Reloaded};
use registry::{Change, Event, RegistryState};
use serde::Serialize;
use usecases::UseCase;

use super::{Format, registry};
use crate::{Target, clock, table::Table};

/// What is live, and since when.
#[derive(Debug, Serialize)]
struct Live {
    use_case: String,
    model_name: String,
    /// Time asked about.
    at: String,
    live: Option<ModelVersion>,
    champion: Option<ModelVersion>,
    /// Time of the last change before that.
    since: Option<String>,
}

/// Where the aliases point after a change.
#[derive(Debug, Serialize)]
struct Moved {
    use_case: String,
    taken_back: Option<ModelVersion>,
    live: Option<ModelVersion>,
    champion: Option<ModelVersion>,
    /// What the endpoint said, or why it did not.
    endpoint: String,
}

/// What the endpoint does when the first version of all is taken back.
const NOTHING_BEFORE: &str = "answers nothing: there is no version before";

/// Points `live` at the version before, and makes the endpoint follow.
pub(crate) async fn roll_back(target: &Target, use_case: &UseCase, reason: &str, format: Format) -> Result<()> {
    let registry = registry(target, use_case).await?;
    let Some(live) = registry.state().await?.live else { bail!("nothing is live for `{}`", use_case.name) };
    let state = registry.roll_back(live, &change(reason)?).await?;
    // The registry is what counts. An endpoint that cannot be reached now follows by itself with its next look.
    let endpoint = match reload(target, use_case).await {
        Ok(Reloaded { new_version: Some(version), .. }) => format!("answers with {version}"),
        Ok(Reloaded { new_version: None, .. }) => NOTHING_BEFORE.to_owned(),
        Err(error) if state.live.is_none() && is_unavailable(&error) => NOTHING_BEFORE.to_owned(),
        Err(error) => format!("could not be told ({error:#}); it follows by itself"),
    };
    let moved = moved(use_case, Some(live), &state, endpoint);
    format.print(&moved, |moved| {
        let now = moved.live.map_or_else(|| "nothing".to_owned(), |version| version.to_string());
        format!("{live} taken back; live: {now}\nthe endpoint {}", moved.endpoint)
    })
}

/// Puts a version aside.
pub(crate) async fn archive(
    target: &Target,
    use_case: &UseCase,
    version: ModelVersion,
    reason: &str,
    format: Format,
) -> Result<()> {
    let state = registry(target, use_case).await?.archive(version, &change(reason)?).await?;
    let moved = moved(use_case, None, &state, "is not affected".to_owned());
    format.print(&moved, |_| format!("{version} is archived"))
}

/// What is or was live.
pub(crate) async fn live(target: &Target, use_cases: &[&UseCase], at: Option<&str>, format: Format) -> Result<()> {
    let at = at.map_or_else(clock::now, clock::parse_time)?;
    let mut found = Vec::new();
    for use_case in use_cases {
        let state = registry(target, use_case).await?.state_at(&at).await?;
        found.push(Live {
            use_case: use_case.name.clone(),
            model_name: use_case.model_name.clone(),
            at: at.clone(),
            live: state.live,
            champion: state.champion,
            since: state.at,
        });
    }
    format.print(&found, |found| live_table(found))
}

/// Every change of a model's versions.
pub(crate) async fn log(target: &Target, use_case: &UseCase, format: Format) -> Result<()> {
    let events = registry(target, use_case).await?.events().await?;
    format.print(&events, |events| log_table(events))
}

async fn reload(target: &Target, use_case: &UseCase) -> Result<Reloaded> {
    let (endpoint, name) = (target.endpoint()?, use_case.name.clone());
    Ok(tokio::task::spawn_blocking(move || endpoint.reload(&name)).await??)
}

/// Whether the endpoint answered that it has nothing to serve.
fn is_unavailable(error: &anyhow::Error) -> bool {
    error.downcast_ref::<endpoint::EndpointError>().and_then(endpoint::EndpointError::status) == Some(503)
}

fn change(reason: &str) -> Result<Change> {
    let why = reason.trim();
    if why.is_empty() {
        bail!("--reason is empty; whoever reads the log wants to know why");
    }
    let at = clock::now().context("a change needs a time")?;
    Ok(Change { who: clock::user(), why: why.to_owned(), at, run_id: None })
}

fn moved(use_case: &UseCase, taken_back: Option<ModelVersion>, state: &RegistryState, endpoint: String) -> Moved {
    Moved { use_case: use_case.name.clone(), taken_back, live: state.live, champion: state.champion, endpoint }
}

fn live_table(found: &[Live]) -> String {
    let mut table = Table::new(&["use case", "model", "live", "champion", "at", "last change before"]);
    let version =
        |version: Option<ModelVersion>| version.map_or_else(|| "nothing".to_owned(), |version| version.to_string());
    for live in found {
        table.push([
            live.use_case.clone(),
            live.model_name.clone(),
            version(live.live),
            version(live.champion),
            live.at.clone(),
            live.since.clone().unwrap_or_else(|| "none".to_owned()),
        ]);
    }
    table.to_string()
}

fn log_table(events: &[Event]) -> String {
    if events.is_empty() {
        return "nothing has happened yet".to_owned();
    }
    let mut table = Table::new(&["event", "at", "version", "what", "who", "why"]);
    for event in events {
        let kind = serde_json::to_value(event.kind).ok().and_then(|kind| Some(kind.as_str()?.replace('_', " ")));
        table.push([
            event.seq.to_string(),
            event.at.clone(),
            event.version.to_string(),
            kind.unwrap_or_default(),
            event.who.clone(),
            event.why.clone(),
        ]);
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use expect_test::expect;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_live_says_at_which_time() {
        let found = Live {
            use_case: "telco".to_owned(),
            model_name: "telco-churn".to_owned(),
            at: "2026-11-21T12:00:00Z".to_owned(),
            live: ModelVersion::new(2),
            champion: ModelVersion::new(1),
            since: Some("2026-11-21T11:59:00Z".to_owned()),
        };
        expect![[r#"
            use case  model        live  champion  at                    last change before
            telco     telco-churn  v2    v1        2026-11-21T12:00:00Z  2026-11-21T11:59:00Z"#]]
        .assert_eq(&live_table(&[found]));
    }

    #[test]
    fn the_log_says_who_when_and_why() {
        let state = serde_json::to_value(RegistryState::default()).unwrap();
        let event: Event = serde_json::from_value(json!({
            "seq": 3, "kind": "went_live", "version": "v1", "who": "deploy", "at": "2026-11-21T12:00:00Z",
            "why": "first model", "run_id": null, "state": state
        }))
        .unwrap();
        expect![[r#"
            event  at                    version  what       who     why
                3  2026-11-21T12:00:00Z  v1       went live  deploy  first model"#]]
        .assert_eq(&log_table(&[event]));
    }

    #[test]
    fn a_change_needs_a_reason() {
        assert!(change("  ").is_err());
        assert_eq!(change(" too many false alarms ").unwrap().why, "too many false alarms");
    }
}
