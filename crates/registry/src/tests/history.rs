#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;

use contracts::{ErrorName, ModelVersion};
use expect_test::{Expect, expect};
use lake::{PutWhen, keys};
use proptest::prelude::*;

use crate::{Registry, RegistryError, RegistryState, Stage, testing::*};

/// One line per event: what happened, and where that left versions and aliases.
async fn history(registry: &Registry) -> String {
    let mut text = String::new();
    for event in registry.events().await.unwrap() {
        assert_sound(&event.state);
        let RegistryState { versions, live, champion, .. } = &event.state;
        let stages: Vec<_> = versions.iter().map(|(version, state)| format!("{version} {}", state.stage)).collect();
        let name = |alias: &Option<ModelVersion>| alias.map_or("-".to_owned(), |version| version.to_string());
        let (seq, kind, version) = (event.seq, event.kind, event.version);
        let (live, champion, stages) = (name(live), name(champion), stages.join(", "));
        writeln!(text, "{seq} {kind:?} {version}: live {live}, champion {champion} | {stages}").unwrap();
    }
    text
}

/// A step of a story, applied in the order written.
#[derive(Clone, Copy, Debug)]
enum Step {
    Register(u32),
    Stage(u32),
    GoLive(u32),
    Promote(u32),
    Archive(u32),
    RollBack(u32),
}

use Step::{Archive, GoLive, Promote, RollBack};

async fn take(registry: &Registry, step: Step, minute: u32) -> Result<RegistryState, RegistryError> {
    let change = at(minute);
    match step {
        Step::Register(n) => {
            register(registry, &new_version(&format!("run-{n}"), &format!("model {n}")), &change).await?;
            registry.state().await
        }
        Step::Stage(n) => registry.stage(v(n), &change).await,
        GoLive(n) => registry.go_live(v(n), &change).await,
        Promote(n) => registry.promote(v(n), &change).await,
        Archive(n) => registry.archive(v(n), &change).await,
        RollBack(n) => registry.roll_back(v(n), &change).await,
    }
}

async fn check(steps: &[Step], expected: Expect) {
    let registry = registry(&memory());
    for (minute, step) in (0..).zip(steps) {
        let first = take(&registry, *step, minute).await.unwrap_or_else(|error| panic!("{step:?}: {error}"));
        let again = take(&registry, *step, minute + 1).await.unwrap();
        assert_eq!(first, again, "{step:?} again changes nothing and answers the same");
    }
    expected.assert_eq(&history(&registry).await);
}

async fn refused(steps: &[Step], last: Step) -> String {
    let registry = registry(&memory());
    for (minute, step) in (0..).zip(steps) {
        take(&registry, *step, minute).await.unwrap();
    }
    let before = registry.state().await.unwrap();
    let error = take(&registry, last, 99).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::InvalidInput);
    assert_eq!(registry.state().await.unwrap(), before, "a refusal changes nothing");
    error.to_string()
}

#[tokio::test]
async fn promoting_archives_the_version_in_production() {
    let two = [
        Step::Register(1),
        Step::Stage(1),
        GoLive(1),
        Promote(1),
        Step::Register(2),
        Step::Stage(2),
        GoLive(2),
        Promote(2),
    ];
    check(
        &two,
        expect![[r#"
            1 Registered v1: live -, champion - | v1 None
            2 Staged v1: live -, champion - | v1 Staging
            3 WentLive v1: live v1, champion - | v1 Staging
            4 Promoted v1: live v1, champion v1 | v1 Production
            5 Registered v2: live v1, champion v1 | v1 Production, v2 None
            6 Staged v2: live v1, champion v1 | v1 Production, v2 Staging
            7 WentLive v2: live v2, champion v1 | v1 Production, v2 Staging
            8 Promoted v2: live v2, champion v2 | v1 Archived, v2 Production
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_failed_smoke_test_rolls_back_to_the_champion() {
    let steps =
        [Step::Register(1), Step::Stage(1), Promote(1), Step::Register(2), Step::Stage(2), GoLive(2), RollBack(2)];
    check(
        &steps,
        expect![[r#"
            1 Registered v1: live -, champion - | v1 None
            2 Staged v1: live -, champion - | v1 Staging
            3 Promoted v1: live v1, champion v1 | v1 Production
            4 Registered v2: live v1, champion v1 | v1 Production, v2 None
            5 Staged v2: live v1, champion v1 | v1 Production, v2 Staging
            6 WentLive v2: live v2, champion v1 | v1 Production, v2 Staging
            7 RolledBack v2: live v1, champion v1 | v1 Production, v2 Staging
        "#]],
    )
    .await;
}

#[tokio::test]
async fn rolling_back_a_promotion_restores_both_stages_and_goes_further_back_each_time() {
    let steps = [
        Step::Register(1),
        Step::Stage(1),
        Promote(1),
        Step::Register(2),
        Step::Stage(2),
        GoLive(2),
        Promote(2),
        Step::Register(3),
        Step::Stage(3),
        GoLive(3),
        Promote(3),
        RollBack(3),
        RollBack(2),
        RollBack(1),
    ];
    let registry = registry(&memory());
    for (minute, step) in (0..).zip(steps) {
        take(&registry, step, minute).await.unwrap();
    }
    let lines = history(&registry).await;
    let last: Vec<&str> = lines.lines().skip(10).collect();
    expect![[r#"
        11 Promoted v3: live v3, champion v3 | v1 Archived, v2 Archived, v3 Production
        12 RolledBack v3: live v2, champion v2 | v1 Archived, v2 Production, v3 Staging
        13 RolledBack v2: live v1, champion v1 | v1 Production, v2 Staging, v3 Staging
        14 RolledBack v1: live -, champion - | v1 Staging, v2 Staging, v3 Staging"#]]
    .assert_eq(&last.join("\n"));
}

#[tokio::test]
async fn a_first_model_that_fails_its_smoke_test_leaves_nothing_live() {
    check(
        &[Step::Register(1), Step::Stage(1), GoLive(1), RollBack(1)],
        expect![[r#"
            1 Registered v1: live -, champion - | v1 None
            2 Staged v1: live -, champion - | v1 Staging
            3 WentLive v1: live v1, champion - | v1 Staging
            4 RolledBack v1: live -, champion - | v1 Staging
        "#]],
    )
    .await;
}

#[tokio::test]
async fn rolling_back_to_a_version_that_was_archived_since_brings_it_back() {
    let steps = [
        Step::Register(1),
        Step::Stage(1),
        Step::Register(2),
        Step::Stage(2),
        GoLive(1),
        GoLive(2),
        Archive(1),
        RollBack(2),
    ];
    let registry = registry(&memory());
    for (minute, step) in (0..).zip(steps) {
        take(&registry, step, minute).await.unwrap();
    }
    let state = registry.state().await.unwrap();
    assert_eq!((state.live, state.stage_of(v(1))), (Some(v(1)), Some(Stage::Staging)));
}

#[tokio::test]
async fn an_archived_version_can_be_deployed_again() {
    let steps = [
        Step::Register(1),
        Step::Stage(1),
        Promote(1),
        Step::Register(2),
        Step::Stage(2),
        Promote(2),
        Step::Stage(1),
        GoLive(1),
        Promote(1),
    ];
    let registry = registry(&memory());
    for (minute, step) in (0..).zip(steps) {
        take(&registry, step, minute).await.unwrap();
    }
    let state = registry.state().await.unwrap();
    assert_eq!(state.champion, Some(v(1)));
    assert_eq!(state.stage_of(v(2)), Some(Stage::Archived));
}

#[tokio::test]
async fn illegal_transitions_name_both_states_and_what_to_do() {
    let new = [Step::Register(1)];
    let live = [Step::Register(1), Step::Stage(1), GoLive(1)];
    let champion = [Step::Register(1), Step::Stage(1), Promote(1)];
    let archived = [Step::Register(1), Archive(1)];
    let messages = [
        refused(&new, GoLive(1)).await,
        refused(&new, Promote(1)).await,
        refused(&live, Archive(1)).await,
        refused(&champion, Archive(1)).await,
        refused(&archived, GoLive(1)).await,
        refused(&archived, Promote(1)).await,
    ];
    expect![[r#"
        version v1 cannot go from None to live: stage it first
        version v1 cannot go from None to Production: stage it first
        version v1 cannot go from Staging to Archived: it is live: roll back first
        version v1 cannot go from Production to Archived: promote another version, or roll back
        version v1 cannot go from Archived to live: stage it first
        version v1 cannot go from Archived to Production: stage it first"#]]
    .assert_eq(&messages.join("\n"));
}

#[tokio::test]
async fn a_version_that_does_not_exist_is_not_found() {
    let registry = registry(&memory());
    for error in [
        registry.stage(v(3), &at(0)).await.unwrap_err(),
        registry.roll_back(v(3), &at(0)).await.unwrap_err(),
        registry.manifest(v(3)).await.map(|_| ()).unwrap_err(),
    ] {
        assert_eq!(
            (error.name(), error.to_string().as_str()),
            (ErrorName::NotFound, "model `telco-churn` has no version v3")
        );
    }
}

#[tokio::test]
async fn the_log_knows_what_was_live_at_any_time() {
    let registry = registry(&memory());
    let steps = [
        (0, Step::Register(1)),
        (10, Step::Stage(1)),
        (20, Promote(1)),
        (30, Step::Register(2)),
        (40, Step::Stage(2)),
        (50, GoLive(2)),
        (60, RollBack(2)),
    ];
    for (minute, step) in steps {
        take(&registry, step, minute).await.unwrap();
    }
    for (time, live) in [
        ("2026-11-21T11:59:59Z", None),
        ("2026-11-21T12:19:59.999Z", None),
        ("2026-11-21T12:20:00Z", Some(v(1))),
        ("2026-11-21T12:49:59Z", Some(v(1))),
        ("2026-11-21T12:50:00Z", Some(v(2))),
        // The same moment in another zone.
        ("2026-11-21T14:50:00+02:00", Some(v(2))),
        ("2026-11-21T13:00:00Z", Some(v(1))),
        ("2030-01-01T00:00:00Z", Some(v(1))),
    ] {
        assert_eq!(registry.state_at(time).await.unwrap().live, live, "{time}");
    }
    let error = registry.state_at("yesterday").await.unwrap_err();
    assert_eq!(error.name(), ErrorName::InvalidInput);
}

#[tokio::test]
async fn a_clock_that_is_behind_does_not_turn_the_log_back() {
    let registry = registry(&memory());
    take(&registry, Step::Register(1), 30).await.unwrap();
    take(&registry, Step::Stage(1), 10).await.unwrap();
    let times: Vec<_> = registry.events().await.unwrap().into_iter().map(|event| event.at).collect();
    assert_eq!(times, ["2026-11-21T12:30:00Z", "2026-11-21T12:30:00Z"]);
}

#[tokio::test]
async fn events_keep_who_when_why_and_the_run() {
    let registry = registry(&memory());
    let change = crate::Change { run_id: Some(run_id("run-9")), at: "2026-11-21T14:00:00+02:00".to_owned(), ..at(0) };
    register(&registry, &new_version("run-9", "a"), &change).await.unwrap();
    let event = registry.events().await.unwrap().remove(0);
    assert_eq!((event.who.as_str(), event.why.as_str()), ("tester", "minute 0"));
    assert_eq!((event.at.as_str(), event.run_id), ("2026-11-21T12:00:00Z", Some(run_id("run-9"))));
}

#[tokio::test]
async fn a_missing_or_swapped_event_is_found() {
    let store = memory();
    let registry = registry(&store);
    for (minute, step) in (0..).zip([Step::Register(1), Step::Stage(1), GoLive(1)]) {
        take(&registry, step, minute).await.unwrap();
    }
    let key = |seq| keys::event("telco", "telco-churn", seq);
    let second = store.get(&key(2)).await.unwrap();
    store.put(&key(3), second.bytes, PutWhen::Always).await.unwrap();
    let swapped = registry.state().await.unwrap_err();
    assert_eq!((swapped.name(), swapped.to_string().contains("000003.json")), (ErrorName::Internal, true));
    store.delete(&key(2)).await.unwrap();
    let missing = registry.state().await.unwrap_err();
    assert!(missing.to_string().contains("000002.json"), "{missing}");
}

#[tokio::test]
async fn the_sixteen_latest_deployments_can_be_rolled_back() {
    let registry = registry(&memory());
    for (minute, n) in (0..).zip(1..=18) {
        for step in [Step::Register(n), Step::Stage(n), Promote(n)] {
            take(&registry, step, minute).await.unwrap();
        }
    }
    for n in (3..=18).rev() {
        take(&registry, RollBack(n), 30).await.unwrap();
    }
    let state = registry.state().await.unwrap();
    assert_sound(&state);
    assert_eq!((state.live, state.champion), (Some(v(2)), Some(v(2))));
}

fn any_step() -> impl Strategy<Value = Step> {
    let n = 1..=4_u32;
    prop_oneof![
        n.clone().prop_map(Step::Register),
        n.clone().prop_map(Step::Stage),
        n.clone().prop_map(Step::Stage),
        n.clone().prop_map(GoLive),
        n.clone().prop_map(Promote),
        n.clone().prop_map(Archive),
        n.prop_map(RollBack),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn any_sequence_of_operations_keeps_the_log_sound(steps in prop::collection::vec(any_step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let registry = registry(&memory());
            for (minute, step) in (0..).zip(&steps) {
                let before = registry.state().await.unwrap();
                match take(&registry, *step, minute).await {
                    Ok(after) => {
                        assert!(after.seq - before.seq <= 1, "{step:?} writes at most one event");
                        assert_eq!(take(&registry, *step, minute + 1).await.unwrap(), after, "{step:?} is idempotent");
                    }
                    Err(RegistryError::IllegalTransition { .. } | RegistryError::UnknownVersion { .. }) => {
                        assert_eq!(registry.state().await.unwrap(), before, "{step:?} refused changes nothing");
                    }
                    Err(error) => panic!("{step:?}: {error}"),
                }
            }
            history(&registry).await;
        });
    }

    #[test]
    fn rolling_back_a_deployment_undoes_it(steps in prop::collection::vec(any_step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let registry = registry(&memory());
            for (minute, step) in (0..).zip(&steps) {
                // Most random steps are refused; what they leave is what counts.
                let _ = take(&registry, *step, minute).await;
            }
            take(&registry, Step::Register(5), 60).await.unwrap();
            let registered = registry.state().await.unwrap().versions.last_key_value().map(|(version, _)| *version).unwrap();
            registry.stage(registered, &at(61)).await.unwrap();
            let before = registry.state().await.unwrap();
            registry.go_live(registered, &at(62)).await.unwrap();
            registry.promote(registered, &at(63)).await.unwrap();
            let after = registry.roll_back(registered, &at(64)).await.unwrap();
            assert_eq!(after.aliases(), before.aliases());
            assert_eq!(after.versions, before.versions, "every stage is restored");
        });
    }
}
