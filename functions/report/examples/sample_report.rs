//! Writes reports of made-up monitoring records into a folder, to look at them:
//! `cargo run --release -p report --example sample_report -- /tmp/reports`
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::PathBuf;

#[path = "../tests/support/mod.rs"]
mod support;

use support::{CALM, Story, record};

fn main() {
    let folder: PathBuf = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned()).into();
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    let stories = [
        ("healthy", CALM),
        ("drifted", Story { shift: 1.2, ..CALM }),
        ("late-labels", Story { share_labelled: 0.0, ..CALM }),
        ("one-month", Story { n_months: 1, ..CALM }),
        ("nothing", Story { n_rows: 0, ..CALM }),
    ];
    for (name, story) in stories {
        let record = record(&story);
        let png = charts::to_png(&report::picture(&record)).expect("a picture");
        std::fs::write(folder.join(format!("{name}.png")), png).expect("a file");
        std::fs::write(folder.join(format!("{name}.html")), report::page(&record)).expect("a file");
    }
}
