//! Takes the raw files of a use case through every stage up to the candidates, in this process, and prints what each
//! stage took and how each candidate did.
//!
//! ```text
//! cargo run --release -p tests --example local_run -- loan FOLDER [SETTINGS_JSON] [data]
//! ```
//!
//! FOLDER holds the raw files; SETTINGS_JSON is laid over the use case's settings; `data` stops at the snapshot.
//! The lake is a temporary folder, so that what stages keep in memory shows and what they wrote does not.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::{env, fs, sync::Arc};

use contracts::CandidateRecord;
use lake::{DirectoryStore, Lake};
use tests::local::{Call, LocalPipeline};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [use_case, folder, rest @ ..] = arguments.as_slice() else { panic!("name a use case and a folder") };
    let use_case = usecases::find(use_case).expect("the use case exists");
    let settings = rest.iter().find(|text| text.starts_with('{')).map_or("{}", String::as_str);
    let place = tempfile::tempdir().unwrap();
    let store = DirectoryStore::open(place.path()).unwrap();
    let lake = Lake::new(Arc::new(store), "file://local_run");
    let pipeline = LocalPipeline::of(&use_case.name, lake, serde_json::from_str(settings).expect("settings are JSON"));
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap();
        if use_case.tables.iter().any(|table| table.has_file(name)) {
            pipeline.deliver_file(name, &fs::read(&path).unwrap()).await;
        }
    }
    let features = pipeline.data("data").await;
    let snapshot = pipeline.snapshot(&features).await;
    println!(
        "{:?}\n{:?}\n{:?}, {} gold parts",
        snapshot.rows,
        features.rows_by_split,
        snapshot.split,
        snapshot.gold.len()
    );
    if !rest.iter().any(|text| text == "data") {
        let (_, trained) = pipeline.candidates("training").await;
        for candidate in trained {
            let record: CandidateRecord = pipeline.lake.read_json_ref(&candidate.record).await.unwrap();
            let name = record.comparison.as_deref().unwrap_or("");
            println!(
                "{:19} {name:31} cv {:.4} validation {:.4} test {:.4} f1 {:.3} of {:4} rows {}",
                record.family,
                record.cv_roc_auc_mean(),
                record.validation.roc_auc,
                record.test.roc_auc,
                record.test.f1,
                record.test.n_rows,
                serde_json::Value::Object(record.params.clone()),
            );
        }
    }
    let mut stages: BTreeMap<&str, Vec<Call>> = BTreeMap::new();
    for call in pipeline.calls() {
        stages.entry(call.stage).or_default().push(call);
    }
    for (stage, calls) in stages {
        let seconds: f64 = calls.iter().map(|call| call.seconds).sum();
        let longest = calls.iter().map(|call| call.seconds).fold(0.0, f64::max);
        let peak = calls.iter().map(|call| call.peak_mb).fold(0.0, f64::max);
        println!("{stage:18} {:4} calls {seconds:8.2} s, longest {longest:6.2} s, peak +{peak:.0} MB", calls.len());
    }
}
