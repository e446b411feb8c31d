//! Plans and coded rows from outside are read completely or refused with a reason; nothing panics.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;

use features::{FeatureError, FeaturePlan, Value, wire};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn plan_json() -> Json {
    json!({
        "format": 1,
        "fields": [{ "name": "a", "kind": "number" }, { "name": "c", "kind": "category" }],
        "features": [
            { "number": { "field": 0, "fill": 2.5 } },
            { "missing_flag": { "field": 1 } },
            { "one_hot": { "field": 1, "levels": ["x", "y"], "other": false } },
            { "ordinal": { "field": 1, "levels": ["y", "x"] } },
            { "ratio": { "name": "r", "numerator": [0, 0], "denominator": [0], "fill": 0.0 } },
            { "linear": { "name": "l", "terms": [{ "field": 0, "weight": 1.0 }, { "field": 0, "weight": -0.5 }], "fill": 0.0 } }
        ]
    })
}

fn read(json: &Json) -> Result<FeaturePlan, FeatureError> {
    FeaturePlan::from_json(json.to_string().as_bytes())
}

/// `plan_json` with one place changed.
fn with(pointer: &str, value: Json) -> Json {
    let mut json = plan_json();
    *json.pointer_mut(pointer).unwrap() = value;
    json
}

#[test]
fn a_sound_plan_is_read() {
    // The one-hot column of `y` and the ordinal are called `c=y` and `c`; nothing else has these names.
    let plan = read(&plan_json()).unwrap();
    assert_eq!(plan.feature_names(), ["a", "c_missing", "c=x", "c=y", "c", "r", "l"]);
}

#[test]
fn each_broken_plan_is_refused_with_the_place() {
    let long = "x".repeat(5_000);
    for (pointer, value, message) in [
        ("/format", json!(2), "format: 2 is not"),
        ("/features", json!([]), "without features"),
        ("/fields/0/name", json!(""), "fields[0]: the name is empty"),
        ("/fields/0/name", json!(long), "fields[0]: a name of 5000 bytes"),
        ("/fields/1/name", json!("a"), "field `a` occurs twice"),
        ("/fields/0/kind", json!("tensor"), "unknown variant"),
        ("/features/0/number/field", json!(2), "features[0]: field 2 does not exist"),
        ("/features/0/number/field", json!(-1), "invalid value"),
        ("/features/0/number/field", json!(u64::MAX), "features[0]: field 18446744073709551615 does not exist"),
        ("/features/0/number/field", json!(1), "`c` must be a number, not a category"),
        ("/features/0/number/fill", json!(null), "invalid type"),
        ("/features/2/one_hot/field", json!(0), "`a` must be a category, not a number"),
        ("/features/2/one_hot/levels", json!([]), "features[2]: no level"),
        ("/features/2/one_hot/levels", json!(["y", "x"]), "features[2]: levels are not sorted"),
        ("/features/2/one_hot/levels", json!(["x", "x"]), "level `x` occurs twice"),
        ("/features/2/one_hot/levels", json!([long]), "features[2]: a level of 5000 bytes"),
        ("/features/3/ordinal/levels", json!([]), "features[3]: there are no levels"),
        ("/features/3/ordinal/levels", json!(["x", "x"]), "level `x` occurs twice"),
        ("/features/4/ratio/name", json!("a"), "feature `a` occurs twice"),
        ("/features/4/ratio/name", json!("c=x"), "feature `c=x` occurs twice"),
        ("/features/4/ratio/denominator", json!([]), "features[4]: both sides"),
        ("/features/4/ratio/denominator", json!([1]), "`c` must be a number, not a category"),
        ("/features/4/ratio/numerator", json!([0, 0, 0, 0, 0, 0, 0, 0, 0]), "features[4]: 9 entries, at most 8"),
        ("/features/5/linear/name", json!("r"), "feature `r` occurs twice"),
        ("/features/5/linear/name", json!(""), "features[5]: the name is empty"),
        ("/features/5/linear/terms", json!([]), "features[5]: a sum needs a field"),
        ("/features/5/linear/terms/0/field", json!(1), "`c` must be a number, not a category"),
        ("/features/5/linear/terms/1/field", json!(2), "features[5]: field 2 does not exist"),
        ("/features/5/linear/terms", json!(vec![json!({ "field": 0, "weight": 1.0 }); 65]), "features[5]: 65 entries"),
        ("/features/4", json!({ "hash": { "field": 0 } }), "unknown variant"),
        ("/features/4", json!({ "number": { "field": 0, "fill": 0.0, "scale": 2.0 } }), "unknown field"),
    ] {
        let error = read(&with(pointer, value)).unwrap_err().to_string();
        assert!(error.contains(message), "{pointer}: `{error}` should say `{message}`");
    }
}

#[test]
fn a_fill_value_beyond_f32_is_refused() {
    // By the parser or by the check after it: serde_json does either, depending on features that others switch on.
    assert!(read(&with("/features/0/number/fill", json!(1e39))).is_err());
    assert!(read(&with("/features/5/linear/terms/0/weight", json!(1e39))).is_err());
}

#[test]
fn a_plan_read_by_serde_is_checked_as_well() {
    let broken = with("/features/0/number/field", json!(9));
    assert!(serde_json::from_value::<FeaturePlan>(broken).is_err());
}

#[test]
fn duplicate_names_in_the_json_itself_are_refused() {
    let text = plan_json().to_string().replacen("\"fill\":2.5", "\"fill\":2.5,\"fill\":3.5", 1);
    let error = FeaturePlan::from_json(text.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("duplicate field"), "{error}");
}

#[test]
fn too_many_features_are_refused() {
    let levels: Vec<_> = (0..40_000).map(|i| format!("{i:06}")).collect();
    let one_hot = |field: usize| json!({ "one_hot": { "field": field, "levels": levels, "other": false } });
    let json = json!({
        "format": 1,
        "fields": [{ "name": "c", "kind": "category" }, { "name": "d", "kind": "category" }],
        "features": [one_hot(0), one_hot(1)]
    });
    let error = read(&json).unwrap_err().to_string();
    assert!(error.contains("80000 entries, at most 65536"), "{error}");
}

#[test]
fn a_plan_of_too_many_bytes_is_not_even_parsed() {
    let bytes = vec![b' '; features::limits::MAX_PLAN_BYTES + 1];
    let error = FeaturePlan::from_json(&bytes).unwrap_err().to_string();
    assert!(error.contains("at most"), "{error}");
}

#[test]
fn the_fingerprint_changes_with_every_part_of_the_plan() {
    let changes = [
        ("/fields/0/name", json!("b")),
        ("/features/0/number/fill", json!(2.500_000_2)),
        ("/features/1/missing_flag/field", json!(0)),
        ("/features/2/one_hot/levels", json!(["x", "z"])),
        ("/features/2/one_hot/other", json!(true)),
        ("/features/3/ordinal/levels", json!(["x", "y"])),
        ("/features/4/ratio/name", json!("s")),
        ("/features/4/ratio/numerator", json!([0])),
        ("/features/4/ratio/denominator", json!([0, 0])),
        ("/features/4/ratio/fill", json!(-0.0)),
        ("/features/5/linear/name", json!("m")),
        ("/features/5/linear/terms/0/weight", json!(1.000_000_1)),
        ("/features/5/linear/terms", json!([{ "field": 0, "weight": 1.0 }])),
        ("/features/5/linear/fill", json!(1.0)),
    ];
    let mut seen = BTreeSet::from([read(&plan_json()).unwrap().fingerprint()]);
    for (pointer, value) in changes {
        let plan = read(&with(pointer, value)).unwrap();
        assert!(seen.insert(plan.fingerprint()), "{pointer} does not show in the fingerprint");
    }
}

#[test]
fn the_fingerprint_is_the_digest_of_the_file() {
    let plan = read(&plan_json()).unwrap();
    assert_eq!(plan.fingerprint(), contracts::Sha256::of(&plan.to_json()).as_str());
    // Spaces and the order of names do not matter: what was read is written in the canonical form.
    let pretty = serde_json::to_vec_pretty(&plan_json()).unwrap();
    assert_eq!(FeaturePlan::from_json(&pretty).unwrap().fingerprint(), plan.fingerprint());
}

fn any_value() -> impl Strategy<Value = Option<Result<f64, String>>> {
    prop::option::of(prop_oneof![any::<f64>().prop_map(Ok), any::<String>().prop_map(Err)])
}

fn borrowed(value: &Option<Result<f64, String>>) -> Value<'_> {
    match value {
        None => Value::Missing,
        Some(Ok(number)) => Value::Number(*number),
        Some(Err(level)) => Value::Category(level),
    }
}

proptest! {
    #[test]
    fn coded_rows_come_back_as_they_were(values in prop::collection::vec(any_value(), 0..20)) {
        let mut bytes = Vec::new();
        values.iter().for_each(|value| wire::encode_value(&borrowed(value), &mut bytes));
        let mut reader = wire::Reader::new(&bytes);
        for value in &values {
            match (borrowed(value), reader.read_value().unwrap()) {
                (Value::Number(sent), Value::Number(got)) => prop_assert_eq!(sent.to_bits(), got.to_bits()),
                (sent, got) => prop_assert_eq!(sent, got),
            }
        }
        prop_assert!(reader.is_at_end());
        for cut in 0..bytes.len() {
            let mut reader = wire::Reader::new(&bytes[..cut]);
            let mut row = vec![Value::Missing; values.len()];
            prop_assert!(reader.read_row(&mut row).is_err());
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut reader = wire::Reader::new(&bytes);
        while !reader.is_at_end() {
            let before = reader.offset();
            if reader.read_value().is_err() {
                break;
            }
            prop_assert!(reader.offset() > before);
        }
        let _ = FeaturePlan::from_json(&bytes);
    }

    #[test]
    fn a_plan_with_bytes_changed_is_read_or_refused(at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = plan_json().to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(plan) = FeaturePlan::from_json(&bytes) {
            let mut out = vec![f32::NAN; plan.n_features()];
            plan.transform_row(&vec![Value::Missing; plan.fields().len()], &mut out).unwrap();
            prop_assert!(out.iter().all(|value| value.is_finite()));
        }
    }
}

#[test]
fn broken_rows_say_where() {
    let error = |bytes: &[u8]| {
        let mut reader = wire::Reader::new(bytes);
        loop {
            if let Err(error) = reader.read_value() {
                return error.to_string();
            }
        }
    };
    assert_eq!(error(&[0, 9]), "coded row broken at byte 1: unknown tag");
    assert_eq!(error(&[0, 1, 0, 0]), "coded row broken at byte 2: too few bytes");
    assert_eq!(error(&[2, 255, 255, 255, 255, b'a']), "coded row broken at byte 5: too few bytes");
    assert_eq!(error(&[2, 1, 0, 0, 0, 0xff]), "coded row broken at byte 0: the text is not UTF-8");
}
