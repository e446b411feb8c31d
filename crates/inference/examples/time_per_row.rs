//! From process start to the first answer, and the time per row after it.
//!
//! `time_per_row FOLDER [compact|tract]`, where FOLDER holds the modules that `cargo xtask wasm` makes.
//! The model is a booster of 100 trees with 31 leaves over 20 features, then a logistic regression.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::Instant;

use contracts::WasmBuild;
use inference::{Limits, Model, Modules};

const N_NUMBERS: usize = 18;

fn main() {
    let start = Instant::now();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = arguments.first().expect("usage: time_per_row FOLDER [compact|tract]");
    let build = match arguments.get(1).map(String::as_str) {
        None | Some("compact") => WasmBuild::Compact,
        Some("tract") => WasmBuild::Tract,
        Some(other) => panic!("`{other}` is not compact or tract"),
    };
    let plan = support::plan(N_NUMBERS).to_json();
    let rows = support::rows(N_NUMBERS, 10_000);
    let models =
        [("booster 100 x 31", support::boosted(N_NUMBERS + 2, 100, 31)), ("logistic", support::linear(N_NUMBERS + 2))];
    println!("made models and rows (not part of serving): {:?}", start.elapsed());

    let start = Instant::now();
    let module = Modules::open(folder).unwrap().build(build).unwrap();
    println!("module checked and mapped: {:?}", start.elapsed());
    for (name, onnx) in models {
        let start = Instant::now();
        let mut model = Model::load(&module, &onnx, &plan, Limits::default()).unwrap();
        let loaded = start.elapsed();
        model.predict_rows(&rows[..1]).unwrap();
        println!(
            "{name}: model of {} kB loaded {loaded:?}, with first answer {:?}",
            onnx.len() / 1000,
            start.elapsed()
        );

        let mut times: Vec<_> = (0..10_000)
            .map(|i| {
                let start = Instant::now();
                model.predict_rows(&rows[i..=i]).unwrap();
                start.elapsed()
            })
            .collect();
        times.sort_unstable();
        println!("{name}: one row with features p50 {:?}, p99 {:?}", times[5_000], times[9_900]);

        let matrix = model.transform(&rows).unwrap();
        let batch = |_| {
            let start = Instant::now();
            model.predict_matrix(&matrix).unwrap();
            start.elapsed()
        };
        let fastest = (0..20).map(batch).min().unwrap_or_default();
        println!("{name}: 10,000 rows of features, fastest of 20: {:.2} us a row", fastest.as_secs_f64() * 100.0);
    }
}
