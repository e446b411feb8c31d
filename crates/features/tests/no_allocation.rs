//! Making the features of one row allocates nothing, so that it costs the same in a long-lived process and in wasm.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// Counting allocations needs an allocator, which is an unsafe trait; this one only counts and hands on.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use features::{Column, FeaturePlan, FeatureRule, FeatureSpec, Field, Fill, Frame, Value, wire};

thread_local! {
    static N_ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        N_ALLOCATIONS.with(|n| n.set(n.get() + 1));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn n_allocations(work: impl FnOnce()) -> usize {
    let before = N_ALLOCATIONS.with(Cell::get);
    work();
    N_ALLOCATIONS.with(Cell::get) - before
}

#[test]
fn one_row_is_decoded_and_transformed_without_allocating() {
    let spec = FeatureSpec {
        fields: vec![Field::number("a"), Field::category("c")],
        rules: vec![
            FeatureRule::number("a"),
            FeatureRule::missing_flag("a"),
            FeatureRule::one_hot("c"),
            FeatureRule::ordinal("c", &["low", "high"]),
            FeatureRule::ratio("r", &["a"], &["a", "a"], Fill::Median),
            FeatureRule::linear("l", &[("a", 2.0), ("a", -1.0)], Fill::Median),
        ],
    };
    let levels = ["low", "high", "low"].map(|level| Some(level.to_owned()));
    let frame = Frame::new(vec![
        ("a".into(), Column::Number(vec![1.0, 2.0, f64::NAN])),
        ("c".into(), Column::Category(levels.to_vec())),
    ])
    .unwrap();
    let plan = FeaturePlan::fit(&spec, &frame, &[0, 1, 2]).unwrap();
    let mut bytes = Vec::new();
    for value in [Value::Number(4.0), Value::Category("high"), Value::Missing, Value::Category("unheard of")] {
        wire::encode_value(&value, &mut bytes);
    }
    let mut out = vec![0.0; plan.n_features()];
    assert!(n_allocations(|| drop(vec![1_u8])) > 0, "the counter counts");
    let n = n_allocations(|| {
        let mut reader = wire::Reader::new(&bytes);
        let mut row = [Value::Missing; 2];
        while !reader.is_at_end() {
            reader.read_row(&mut row).unwrap();
            plan.transform_row(&row, &mut out).unwrap();
        }
    });
    assert_eq!(n, 0);
    assert_eq!(out, [1.5, 1.0, 0.0, 0.0, -1.0, 0.75, 1.5]);
}
