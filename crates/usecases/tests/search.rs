//! Random search draws inside its space, seeded, without repeats.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use serde_json::{Value, json};
use usecases::{FamilySearch, SearchSpace, search};

fn is_inside(space: &SearchSpace, value: &Value) -> bool {
    match space {
        SearchSpace::Choice(values) => values.contains(value),
        SearchSpace::Int { min, max } => value.as_i64().is_some_and(|v| (*min..=*max).contains(&v)),
        SearchSpace::Uniform { min, max } | SearchSpace::LogUniform { min, max } => {
            value.as_f64().is_some_and(|v| (*min..=*max).contains(&v))
        }
    }
}

fn any_space() -> impl Strategy<Value = SearchSpace> {
    prop_oneof![
        prop::collection::vec(any::<i32>().prop_map(Value::from), 1..5).prop_map(SearchSpace::Choice),
        (any::<i64>(), any::<i64>()).prop_map(|(a, b)| SearchSpace::Int { min: a.min(b), max: a.max(b) }),
        (-1e6..1e6, 0.0..1e6).prop_map(|(min, width)| SearchSpace::Uniform { min, max: min + width }),
        (1e-6..1e3, 1.0..1e6).prop_map(|(min, factor)| SearchSpace::LogUniform { min, max: min * factor }),
    ]
}

proptest! {
    #[test]
    fn every_draw_lies_in_its_space(space in any_space(), seed: u64) {
        let family = FamilySearch::new("f", &[("p", space.clone())]);
        for set in search::sample(&family, 8, seed).iter().skip(1) {
            prop_assert!(is_inside(&space, &set["p"]), "{:?} not in {:?}", set, space);
        }
    }

    #[test]
    fn the_sets_follow_from_the_seed_and_never_repeat(seed: u64, n in 0_u32..20) {
        for family in &usecases::find("telco").unwrap().searches {
            let sets = search::sample(family, n, seed);
            prop_assert_eq!(&sets, &search::sample(family, n, seed));
            prop_assert_eq!(sets.len(), n as usize);
            for (i, set) in sets.iter().enumerate() {
                prop_assert!(!sets[..i].contains(set));
                prop_assert_eq!(set.is_empty(), i == 0);
            }
        }
    }
}

#[test]
fn a_space_that_is_used_up_ends_the_search() {
    let family = FamilySearch::new("f", &[("p", SearchSpace::Choice(vec![json!(1), json!(2)]))]);
    assert_eq!(search::sample(&family, 9, 3).len(), 3);
}

#[test]
fn families_do_not_walk_in_step() {
    let space = [("p", SearchSpace::Uniform { min: 0.0, max: 1.0 })];
    let draw = |family| search::sample(&FamilySearch::new(family, &space), 2, 42)[1]["p"].clone();
    assert_ne!(draw("a"), draw("b"));
}

#[test]
fn a_logarithmic_space_is_even_over_magnitudes() {
    let family = FamilySearch::new("f", &[("p", SearchSpace::LogUniform { min: 0.001, max: 1000.0 })]);
    let sets = search::sample(&family, 2001, 1);
    let below_one = sets.iter().skip(1).filter(|set| set["p"].as_f64().unwrap() < 1.0).count();
    assert!((900..1100).contains(&below_one), "{below_one} of 2000");
}
