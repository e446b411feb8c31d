//! Cross-validates every family on a telco file, three times five folds, and prints a JSON object per family.
//!
//! ```text
//! cargo run --release --package train --example telco_cv -- FILE [FOLDS.csv]
//! ```
//!
//! With a second argument the folds are written there as `repeat,fold,customer_id`, so that others can be measured on
//! the very same rows: `benches/telco/run.py` does.
#![allow(clippy::print_stdout)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::{error::Error, fmt::Write as _, fs, time::Instant};

use etl::Gold;
use features::FeatureSpec;
use serde_json::{Map, json};
use training::{Family, Folds, cross_validate, stratified_folds};

const SEEDS: [u64; 3] = [42, 43, 44];
const N_FOLDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("the telco file is missing")?;
    let use_case = usecases::find("telco").ok_or("no use case")?;
    let (rows, rule) = support::gold_of(use_case, &fs::read(file)?)?;
    let gold = Gold::new(rows, &rule)?;
    if let Some(folds) = arguments.next() {
        fs::write(folds, folds_csv(&gold)?)?;
    }
    for family in Family::ALL {
        println!("{}", measure(family, &gold, &use_case.gold.features)?);
    }
    Ok(())
}

fn folds_csv(gold: &Gold) -> Result<String, Box<dyn Error>> {
    let mut text = "repeat,fold,customer_id\n".to_owned();
    for (repeat, seed) in SEEDS.into_iter().enumerate() {
        for (fold, rows) in stratified_folds(&gold.labels, N_FOLDS, seed)?.into_iter().enumerate() {
            for row in rows {
                writeln!(text, "{repeat},{fold},{}", gold.keys[row])?;
            }
        }
    }
    Ok(text)
}

fn measure(family: Family, gold: &Gold, spec: &FeatureSpec) -> Result<serde_json::Value, Box<dyn Error>> {
    let rows: Vec<usize> = (0..gold.labels.len()).collect();
    let (mut aucs, mut losses) = (Vec::new(), Vec::new());
    let start = Instant::now();
    for seed in SEEDS {
        let folds = Folds { frame: &gold.frame, labels: &gold.labels, rows: &rows, spec, n_folds: N_FOLDS, seed };
        let result = cross_validate(family, &Map::new(), &folds)?;
        aucs.extend(result.roc_auc);
        losses.extend(result.log_loss);
    }
    let seconds = start.elapsed().as_secs_f64();
    let n = aucs.len() as f64;
    let mean = aucs.iter().sum::<f64>() / n;
    let variance = aucs.iter().map(|auc| (auc - mean).powi(2)).sum::<f64>() / n;
    Ok(json!({
        "family": family,
        "n_rows": rows.len(),
        "roc_auc": mean,
        "fold_sd": variance.sqrt(),
        "log_loss": losses.iter().sum::<f64>() / n,
        "seconds": seconds,
    }))
}
