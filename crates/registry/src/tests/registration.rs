#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use contracts::{ErrorName, ModelManifest};
use lake::{Lake, PutWhen, keys, keys::ModelFile};

use crate::{RegistryError, Stage, testing::*};

#[tokio::test]
async fn a_version_has_all_its_files_and_their_digests() {
    let store = memory();
    let lake = Lake::new(store.clone(), "memory://test");
    let registry = registry(&store);
    let registered = register(&registry, &new_version("run-1", "a"), &at(0)).await.unwrap();
    assert_eq!((registered.version, registered.created), (v(1), true));
    let manifest = registry.manifest(v(1)).await.unwrap();
    assert_eq!(manifest, registered.manifest);
    assert_eq!(manifest.run_name, contracts::run_name(&run_id("run-1")));
    assert_eq!(lake.read(&manifest.model).await.unwrap(), "model a");
    assert_eq!(lake.read(&manifest.plan).await.unwrap(), "plan a");
    assert_eq!(lake.read(&manifest.signature).await.unwrap(), "signature a");
    assert_eq!(lake.read(&manifest.reference).await.unwrap(), "reference a");
    let card = lake.read(&manifest.model_card).await.unwrap();
    assert_eq!(card, "# telco-churn v1, registered 2026-11-21T12:00:00Z\n");
    assert_eq!(registry.state().await.unwrap().stage_of(v(1)), Some(Stage::None));
}

#[tokio::test]
async fn the_same_run_again_gets_the_same_answer() {
    let registry = registry(&memory());
    let new = new_version("run-1", "a");
    let first = register(&registry, &new, &at(0)).await.unwrap();
    let again = register(&registry, &new, &at(9)).await.unwrap();
    assert_eq!(first, again, "also `created`, since this run did create it");
}

#[tokio::test]
async fn the_very_same_model_from_another_run_keeps_its_version() {
    let registry = registry(&memory());
    register(&registry, &new_version("run-1", "a"), &at(0)).await.unwrap();
    register(&registry, &new_version("run-2", "b"), &at(1)).await.unwrap();
    let same = register(&registry, &new_version("run-3", "a"), &at(2)).await.unwrap();
    assert_eq!((same.version, same.created), (v(1), false));
    assert_eq!(same.manifest.run_id, run_id("run-1"));
    assert_eq!(registry.state().await.unwrap().versions.len(), 2);
}

#[tokio::test]
async fn another_threshold_is_another_version() {
    let registry = registry(&memory());
    register(&registry, &new_version("run-1", "a"), &at(0)).await.unwrap();
    let mut new = new_version("run-2", "a");
    new.files.signature = "signature with another threshold".into();
    let other = register(&registry, &new, &at(1)).await.unwrap();
    assert_eq!((other.version, other.created), (v(2), true));
}

#[tokio::test]
async fn a_number_claimed_by_a_run_that_died_is_left_to_it() {
    let store = memory();
    let registry = registry(&store);
    let dead = new_version("run-dead", "a");
    register(&registry, &dead, &at(0)).await.unwrap();
    // As if the run had died after its claim.
    store.delete(&keys::event("telco", "telco-churn", 1)).await.unwrap();
    store.delete(&keys::model("telco", "telco-churn", v(1), ModelFile::Card)).await.unwrap();

    let next = register(&registry, &new_version("run-2", "b"), &at(5)).await.unwrap();
    assert_eq!(next.version, v(2));
    assert_eq!(registry.state().await.unwrap().stage_of(v(1)), None, "a claim alone is no version");

    let resumed = register(&registry, &dead, &at(9)).await.unwrap();
    assert_eq!((resumed.version, resumed.created), (v(1), true));
    assert_eq!(resumed.manifest.registered_at, "2026-11-21T12:00:00Z", "the claim keeps its time");
    let lake = Lake::new(store, "memory://test");
    lake.read(&resumed.manifest.model_card).await.unwrap();
}

#[tokio::test]
async fn a_claim_is_not_filled_with_other_files() {
    let store = memory();
    let registry = registry(&store);
    register(&registry, &new_version("run-1", "a"), &at(0)).await.unwrap();
    store.delete(&keys::event("telco", "telco-churn", 1)).await.unwrap();
    let mut changed = new_version("run-1", "a");
    changed.files.reference = "other rows".into();
    let error = register(&registry, &changed, &at(1)).await.unwrap_err();
    assert!(matches!(&error, RegistryError::DifferentFiles { file: "reference.json", .. }), "{error}");
    assert_eq!(error.name(), ErrorName::Conflict);
}

#[tokio::test]
async fn a_manifest_that_was_changed_is_refused() {
    let store = memory();
    let registry = registry(&store);
    let registered = register(&registry, &new_version("run-1", "a"), &at(0)).await.unwrap();
    let forged = ModelManifest { family: "forged".to_owned(), ..registered.manifest };
    let key = keys::model("telco", "telco-churn", v(1), ModelFile::Manifest);
    store.put(&key, serde_json::to_vec(&forged).unwrap().into(), PutWhen::Always).await.unwrap();
    let error = registry.manifest(v(1)).await.unwrap_err();
    assert!(matches!(error, RegistryError::Lake(lake::LakeError::Corrupt { .. })), "{error}");
}

#[tokio::test]
async fn two_models_of_one_use_case_do_not_meet() {
    let store = memory();
    let lake = Lake::new(store.clone(), "memory://test");
    let (one, two) = (registry(&store), crate::Registry::new(&lake, "telco", "telco-churn-monthly"));
    register(&one, &new_version("run-1", "a"), &at(0)).await.unwrap();
    register(&two, &new_version("run-1", "a"), &at(0)).await.unwrap();
    register(&two, &new_version("run-2", "b"), &at(0)).await.unwrap();
    assert_eq!(one.state().await.unwrap().versions.len(), 1);
    assert_eq!(two.state().await.unwrap().versions.len(), 2);
}

#[tokio::test]
async fn versions_are_listed_newest_first_and_compared() {
    let registry = registry(&memory());
    register(&registry, &new_version("run-1", "a"), &at(0)).await.unwrap();
    let mut better = new_version("run-2", "b");
    (better.test.roc_auc, better.family) = (0.85, "lightgbm".to_owned());
    register(&registry, &better, &at(1)).await.unwrap();
    registry.stage(v(1), &at(2)).await.unwrap();
    registry.promote(v(1), &at(3)).await.unwrap();

    let versions = registry.versions().await.unwrap();
    let lines: Vec<_> = versions.iter().map(|s| format!("{} {} {:?}", s.version, s.stage, s.aliases)).collect();
    assert_eq!(lines, ["v2 None []", "v1 Production [\"live\", \"champion\"]"]);

    let comparison = registry.compare(v(1), v(2)).await.unwrap();
    assert!(comparison.is_same_data);
    assert!((comparison.metrics["roc_auc"].difference - 0.01).abs() < 1e-12);
    assert!(comparison.metrics["f1"].difference.abs() < 1e-12);
    let family = comparison.differences.iter().find(|difference| difference.what == "family").unwrap();
    assert_eq!((family.left.as_str(), family.right.as_str()), ("logistic_regression", "lightgbm"));
    assert!(!comparison.differences.iter().any(|difference| difference.what == "snapshot"));
}
