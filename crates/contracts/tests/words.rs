//! The small words: ids, versions, names, counts, gates.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use contracts::{
    BinaryMetrics, ErrorName, Gate, ModelVersion, RowCounts, RunId, Sha256, SnapshotId, WasmBuild, run_name,
};
use proptest::prelude::*;

#[test]
fn ids_are_checked_when_they_are_read() {
    for text in ["a", "20261121-141500", "A_b-9", &"x".repeat(80)] {
        assert_eq!(text.parse::<RunId>().unwrap().as_str(), text);
    }
    for text in ["", "a b", "a/b", "..", "é", &"x".repeat(81)] {
        let error = text.parse::<RunId>().unwrap_err();
        assert!(error.to_string().contains("is not a run id: 1 to 80 letters"), "{error}");
    }
    assert!("0123456789abcdef".parse::<SnapshotId>().is_ok());
    for text in ["0123456789abcde", "0123456789ABCDEF", "0123456789abcdeg"] {
        assert!(text.parse::<SnapshotId>().is_err(), "{text}");
    }
    let error = serde_json::from_str::<RunId>("\"../x\"").unwrap_err().to_string();
    assert!(error.contains("`../x` is not a run id"), "{error}");
}

#[test]
fn a_digest_is_that_of_fips_180() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(Sha256::of(b"").as_str(), empty);
    assert_eq!(Sha256::of(b"").short(8), "e3b0c442");
    assert_eq!(Sha256::of(b"").short(100), empty);
    assert!(empty.to_uppercase().parse::<Sha256>().is_err());
}

#[test]
fn versions_are_read_as_people_write_them() {
    let third = ModelVersion::new(3).unwrap();
    for text in ["3", "v3", "v000003"] {
        assert_eq!(text.parse::<ModelVersion>(), Ok(third), "{text}");
    }
    for text in ["", "v", "0", "v0", "-1", "+3", "v+3", "V3", "3.0", "vv3", "4294967296"] {
        assert!(text.parse::<ModelVersion>().is_err(), "{text}");
    }
    assert_eq!((third.to_string(), third.folder()), ("v3".to_owned(), "v000003".to_owned()));
    assert_eq!(ModelVersion::first().next().next(), third);
    assert_eq!(serde_json::to_string(&third).unwrap(), "\"v3\"");
}

#[test]
fn a_run_has_one_name_for_ever() {
    // Names stand in records that are already written: this one may never change.
    assert_eq!(run_name(&"20261121-141500".parse().unwrap()), "bright-hawk-570");
    let names: BTreeSet<_> = (0..500).map(|i| run_name(&format!("run-{i}").parse().unwrap())).collect();
    assert!(names.len() > 495, "{} names for 500 runs", names.len());
}

#[test]
fn an_error_name_is_spelled_the_same_everywhere() {
    let spellings: BTreeSet<_> = ErrorName::ALL.iter().map(|name| name.as_str()).collect();
    assert_eq!(spellings.len(), ErrorName::ALL.len());
    for name in ErrorName::ALL {
        assert_eq!(serde_json::to_value(name).unwrap(), name.as_str());
        assert_eq!(name.to_string(), name.as_str());
    }
    let retryable: Vec<_> = ErrorName::ALL.into_iter().filter(|name| name.is_retryable()).collect();
    assert_eq!(retryable, [ErrorName::Conflict, ErrorName::Storage]);
}

#[test]
fn each_build_has_its_own_file() {
    assert_ne!(WasmBuild::Compact.file_name(), WasmBuild::Tract.file_name());
    assert_eq!(serde_json::to_value(WasmBuild::Compact).unwrap(), "compact");
}

#[test]
fn counts_that_overflow_are_not_balanced() {
    let counts = RowCounts { rows_in: 1, rows_out: u64::MAX, rows_quarantined: 2 };
    assert!(!counts.is_balanced());
}

proptest! {
    #[test]
    fn balanced_parts_make_a_balanced_whole(parts in prop::collection::vec((0..1_000_000_u64, 0..1_000_000_u64), 0..20)) {
        let whole = parts.into_iter().fold(RowCounts::default(), |sum, (rows_out, rows_quarantined)| {
            let part = RowCounts { rows_in: rows_out + rows_quarantined, rows_out, rows_quarantined };
            assert!(part.is_balanced());
            sum.plus(part)
        });
        prop_assert!(whole.is_balanced());
    }

    #[test]
    fn any_text_is_an_id_or_is_refused(text in any::<String>()) {
        if let Ok(id) = text.parse::<RunId>() {
            prop_assert_eq!(id.as_str(), text.as_str());
        }
        if let Ok(version) = text.parse::<ModelVersion>() {
            prop_assert_eq!(version.to_string().parse(), Ok(version));
        }
    }
}

fn metrics(f1: f64) -> BinaryMetrics {
    BinaryMetrics {
        n_rows: 100,
        n_positive: 30,
        threshold: 0.4,
        accuracy: 0.8,
        precision: 0.7,
        recall: 0.6,
        f1,
        roc_auc: 0.85,
        log_loss: 0.42,
    }
}

/// Whether the gate on `metric` lets a model of this F1 through.
fn passes(metric: &str, min: Option<f64>, max: Option<f64>, f1: f64) -> bool {
    let gates = BTreeMap::from([(metric.to_owned(), Gate { min, max })]);
    let outcomes = Gate::apply_all(&gates, &metrics(f1));
    assert_eq!((outcomes.len(), outcomes[0].metric.as_str()), (1, metric));
    outcomes[0].passed
}

#[test]
fn a_gate_passes_at_its_bound_and_not_beyond() {
    assert!(passes("f1", Some(0.6), None, 0.6));
    assert!(!passes("f1", Some(0.6), None, 0.599_999));
    assert!(passes("log_loss", None, Some(0.42), 0.5));
    assert!(!passes("log_loss", None, Some(0.41), 0.5));
    assert!(!passes("f1", Some(0.5), Some(0.6), 0.7));
}

#[test]
fn a_gate_that_checks_nothing_never_passes() {
    assert!(!passes("f1", None, None, 1.0), "no bound");
    assert!(!passes("f2", Some(0.0), None, 1.0), "no such metric");
    assert!(!passes("f1", Some(0.0), None, f64::NAN), "a metric that could not be computed");
    assert!(!passes("f1", None, Some(1.0), f64::NAN));
    assert!(!passes("n_rows", Some(1.0), None, 1.0), "a count is no metric");
}

#[test]
fn every_metric_has_a_name() {
    let metrics = metrics(0.65);
    for (name, value) in
        [("accuracy", 0.8), ("precision", 0.7), ("recall", 0.6), ("f1", 0.65), ("roc_auc", 0.85), ("log_loss", 0.42)]
    {
        assert_eq!(metrics.get(name), Some(value), "{name}");
    }
}
