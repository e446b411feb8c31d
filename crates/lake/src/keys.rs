//! Where everything lies. No other place builds a key.
//!
//! ```text
//! raw/<use case>/<file>                                           as delivered, never changed
//! bronze|silver/<use case>/<table>/<source id>/part-000000.parquet  and part-000000.manifest.json beside it
//! quarantine/<use case>/<table>/<source id>/<stage>-part-000000.jsonl
//! silver/<use case>/<table>/<source id>/partition=003/part-000000.parquet   where entities are divided
//! gold/<use case>/parts/<source id>/partition=000.parquet         and the plan fitted on them:
//! gold/<use case>/<snapshot id>/features.json
//! snapshots/<use case>/<id>.json
//! candidates/<use case>/<candidate key>/{model.onnx,features.json,reference.json,drift.json,record.json}
//! runs/<use case>/<run id>/{settings.json,validate.json,run.json,…}
//! models/<use case>/<name>/v000001/{manifest.json,model.onnx,features.json,signature.json,reference.json,drift.json,model_card.md}
//! models/<use case>/<name>/events/000001.json
//! predictions/<use case>/<run id>/{partition=000.parquet,manifest.json}
//! monitoring/<use case>/<run id>/{joined.parquet,record.json,metrics.parquet}
//! reports/<use case>/<run id>/{monitoring.png,monitoring.html}
//! state/<use case>/<name>.json                                    the few things that change, by compare-and-swap
//! ```
//!
//! Names of use cases, tables and models come from declarations, ids are checked types; the store refuses `..`.

use contracts::{ModelVersion, Reading, RunId, Sha256, SnapshotId, stage::RawSource};

/// A delivered file.
#[must_use]
pub fn raw(use_case: &str, file: &str) -> String {
    format!("raw/{use_case}/{file}")
}

/// Every delivered file of a use case begins with this.
#[must_use]
pub fn raw_prefix(use_case: &str) -> String {
    format!("raw/{use_case}/")
}

/// Names a raw object as one run of cuts saw it: another file, another state of it, or other cuts give another id.
#[must_use]
pub fn source_id(source: &RawSource, reading: &Reading) -> String {
    let RawSource { key, etag, size_bytes } = source;
    let Reading { bytes_per_part, max_record_bytes, .. } = reading;
    let text = format!("{key}\n{etag}\n{size_bytes}\n{bytes_per_part}\n{max_record_bytes}");
    Sha256::of(text.as_bytes()).short(16).to_owned()
}

/// A layer of table parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// Typed as text, as `ingest` writes it.
    Bronze,
    /// Typed and cleaned, as `clean` writes it.
    Silver,
}

impl Layer {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Bronze => "bronze",
            Self::Silver => "silver",
        }
    }
}

/// A part of a table.
#[must_use]
pub fn part(layer: Layer, use_case: &str, table: &str, source_id: &str, part: u32) -> String {
    format!("{}/{use_case}/{table}/{source_id}/part-{part:06}.parquet", layer.as_str())
}

/// The `PartOutput` beside a part, written after it.
#[must_use]
pub fn part_manifest(layer: Layer, use_case: &str, table: &str, source_id: &str, part: u32) -> String {
    format!("{}/{use_case}/{table}/{source_id}/part-{part:06}.manifest.json", layer.as_str())
}

/// One hash partition of a part: `partition=003/part-000007.parquet` under the source id.
#[must_use]
pub fn partition(layer: Layer, use_case: &str, table: &str, source_id: &str, part: u32, partition: u32) -> String {
    format!("{}/{use_case}/{table}/{source_id}/partition={partition:03}/part-{part:06}.parquet", layer.as_str())
}

/// The rows that `stage` set aside from a part, one JSON object per line.
#[must_use]
pub fn quarantine(use_case: &str, table: &str, source_id: &str, stage: &str, part: u32) -> String {
    format!("quarantine/{use_case}/{table}/{source_id}/{stage}-part-{part:06}.jsonl")
}

/// The gold rows of one hash partition.
#[must_use]
pub fn gold_part(use_case: &str, source_id: &str, partition: u32) -> String {
    format!("gold/{use_case}/parts/{source_id}/partition={partition:03}.parquet")
}

/// The feature plan of a snapshot.
#[must_use]
pub fn gold_plan(use_case: &str, id: &SnapshotId) -> String {
    format!("gold/{use_case}/{id}/features.json")
}

/// A snapshot.
#[must_use]
pub fn snapshot(use_case: &str, id: &SnapshotId) -> String {
    format!("snapshots/{use_case}/{id}.json")
}

/// Every snapshot of a use case begins with this.
#[must_use]
pub fn snapshots_prefix(use_case: &str) -> String {
    format!("snapshots/{use_case}/")
}

/// A file of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CandidateFile {
    /// The exported graph.
    Model,
    /// The feature plan.
    Plan,
    /// Rows with the trainer's answers.
    Reference,
    /// How fields and scores were distributed.
    Drift,
    /// The `CandidateRecord`, written last.
    Record,
}

/// A file of a candidate.
#[must_use]
pub fn candidate(use_case: &str, candidate_key: &str, file: CandidateFile) -> String {
    let file = match file {
        CandidateFile::Model => "model.onnx",
        CandidateFile::Plan => "features.json",
        CandidateFile::Reference => "reference.json",
        CandidateFile::Drift => "drift.json",
        CandidateFile::Record => "record.json",
    };
    format!("candidates/{use_case}/{candidate_key}/{file}")
}

/// A file of a run, such as `validate.json`.
#[must_use]
pub fn run_file(use_case: &str, run_id: &RunId, file: &str) -> String {
    format!("runs/{use_case}/{run_id}/{file}")
}

/// The settings of a run.
#[must_use]
pub fn run_settings(use_case: &str, run_id: &RunId) -> String {
    run_file(use_case, run_id, "settings.json")
}

/// The quality report of a run.
#[must_use]
pub fn run_validation(use_case: &str, run_id: &RunId) -> String {
    run_file(use_case, run_id, "validate.json")
}

/// The `RunRecord` of a run.
#[must_use]
pub fn run_record(use_case: &str, run_id: &RunId) -> String {
    run_file(use_case, run_id, RUN_RECORD)
}

/// Last segment of [`run_record`].
pub const RUN_RECORD: &str = "run.json";

/// Every file of every run of a use case begins with this.
#[must_use]
pub fn runs_prefix(use_case: &str) -> String {
    format!("runs/{use_case}/")
}

/// A file of a model version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelFile {
    /// The `ModelManifest`.
    Manifest,
    /// The graph.
    Model,
    /// The feature plan.
    Plan,
    /// The `ModelSignature`.
    Signature,
    /// Rows with the trainer's answers.
    Reference,
    /// How fields and scores were distributed.
    Drift,
    /// The model card.
    Card,
}

impl ModelFile {
    /// Last segment of the key.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Manifest => "manifest.json",
            Self::Model => "model.onnx",
            Self::Plan => "features.json",
            Self::Signature => "signature.json",
            Self::Reference => "reference.json",
            Self::Drift => "drift.json",
            Self::Card => "model_card.md",
        }
    }
}

/// A file of a model version.
#[must_use]
pub fn model(use_case: &str, model_name: &str, version: ModelVersion, file: ModelFile) -> String {
    format!("models/{use_case}/{model_name}/{}/{}", version.folder(), file.name())
}

/// Every version of a model begins with this.
#[must_use]
pub fn versions_prefix(use_case: &str, model_name: &str) -> String {
    format!("models/{use_case}/{model_name}/v")
}

/// Every model of a use case begins with this.
#[must_use]
pub fn models_prefix(use_case: &str) -> String {
    format!("models/{use_case}/")
}

/// Event number `seq` of a model, from 1.
#[must_use]
pub fn event(use_case: &str, model_name: &str, seq: u64) -> String {
    format!("models/{use_case}/{model_name}/events/{seq:06}.json")
}

/// Every event of a model begins with this.
#[must_use]
pub fn events_prefix(use_case: &str, model_name: &str) -> String {
    format!("models/{use_case}/{model_name}/events/")
}

/// The predictions of one hash partition.
#[must_use]
pub fn prediction_part(use_case: &str, run_id: &RunId, partition: u32) -> String {
    format!("predictions/{use_case}/{run_id}/partition={partition:03}.parquet")
}

/// The `PredictionSet` of a run, written after its parts.
#[must_use]
pub fn prediction_set(use_case: &str, run_id: &RunId) -> String {
    format!("predictions/{use_case}/{run_id}/manifest.json")
}

/// A file of a monitoring run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MonitoringFile {
    /// What the run reads, pinned before anything is made of it.
    Sources,
    /// Predictions beside labels.
    Joined,
    /// The figures.
    Record,
    /// The figures of this run as one row of a table.
    Metrics,
    /// What governance decided.
    Decision,
}

/// A file of a monitoring run.
#[must_use]
pub fn monitoring(use_case: &str, run_id: &RunId, file: MonitoringFile) -> String {
    let file = match file {
        MonitoringFile::Sources => "sources.json",
        MonitoringFile::Joined => "joined.parquet",
        MonitoringFile::Record => "record.json",
        MonitoringFile::Metrics => "metrics.parquet",
        MonitoringFile::Decision => "decision.json",
    };
    format!("monitoring/{use_case}/{run_id}/{file}")
}

/// Every file of every monitoring run of a use case begins with this.
#[must_use]
pub fn monitoring_prefix(use_case: &str) -> String {
    format!("monitoring/{use_case}/")
}

/// A file of a report, such as `monitoring.png`.
#[must_use]
pub fn report(use_case: &str, run_id: &RunId, file: &str) -> String {
    format!("reports/{use_case}/{run_id}/{file}")
}

/// Key of the newest `PredictionSet` as a JSON text.
#[must_use]
pub fn newest_predictions(use_case: &str) -> String {
    state(use_case, "newest_predictions")
}

/// The last training that monitoring started.
#[must_use]
pub fn last_retraining(use_case: &str) -> String {
    state(use_case, "last_retraining")
}

/// The main figures of the last monitoring runs, oldest first.
#[must_use]
pub fn monitoring_history(use_case: &str) -> String {
    state(use_case, "monitoring_history")
}

/// Something that changes, such as `newest_snapshot`; see [`crate::Lake::update_json`].
#[must_use]
pub fn state(use_case: &str, name: &str) -> String {
    format!("state/{use_case}/{name}.json")
}

/// Which snapshot is the newest: [`contracts::Snapshot::id`] as a JSON text.
#[must_use]
pub fn newest_snapshot(use_case: &str) -> String {
    state(use_case, "newest_snapshot")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    #[test]
    fn keys_are_where_the_documentation_says() {
        let run: RunId = "run-1".parse().unwrap();
        let id: SnapshotId = "00112233aabbccdd".parse().unwrap();
        let version = ModelVersion::new(12).unwrap();
        let keys = [
            raw("telco", "a b.csv"),
            part(Layer::Bronze, "telco", "customers", "0123", 7),
            part_manifest(Layer::Silver, "telco", "customers", "0123", 7),
            quarantine("telco", "customers", "0123", "clean", 7),
            partition(Layer::Silver, "loan", "clickstream", "0123", 7, 3),
            gold_part("loan", "0123", 3),
            gold_plan("telco", &id),
            snapshot("telco", &id),
            candidate("telco", "k", CandidateFile::Record),
            run_settings("telco", &run),
            run_record("telco", &run),
            model("telco", "telco-churn", version, ModelFile::Manifest),
            event("telco", "telco-churn", 3),
            newest_snapshot("telco"),
        ];
        expect_test::expect![[r#"
            raw/telco/a b.csv
            bronze/telco/customers/0123/part-000007.parquet
            silver/telco/customers/0123/part-000007.manifest.json
            quarantine/telco/customers/0123/clean-part-000007.jsonl
            silver/loan/clickstream/0123/partition=003/part-000007.parquet
            gold/loan/parts/0123/partition=003.parquet
            gold/telco/00112233aabbccdd/features.json
            snapshots/telco/00112233aabbccdd.json
            candidates/telco/k/record.json
            runs/telco/run-1/settings.json
            runs/telco/run-1/run.json
            models/telco/telco-churn/v000012/manifest.json
            models/telco/telco-churn/events/000003.json
            state/telco/newest_snapshot.json"#]]
        .assert_eq(&keys.join("\n"));
    }

    #[test]
    fn a_source_id_changes_with_the_file_its_state_and_the_cuts() {
        let source = RawSource { key: "raw/telco/a.csv".to_owned(), etag: "e".to_owned(), size_bytes: 9 };
        let reading =
            Reading { bytes_per_part: 4, bytes_per_partition: 8, max_record_bytes: 2, max_quarantined_fraction: 0.1 };
        let ids = [
            source_id(&source, &reading),
            source_id(&RawSource { key: "raw/telco/b.csv".to_owned(), ..source.clone() }, &reading),
            source_id(&RawSource { etag: "f".to_owned(), ..source.clone() }, &reading),
            source_id(&RawSource { size_bytes: 8, ..source.clone() }, &reading),
            source_id(&source, &Reading { bytes_per_part: 5, ..reading }),
            source_id(&source, &Reading { max_record_bytes: 3, ..reading }),
        ];
        let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len(), "{ids:?}");
        let looser = Reading { max_quarantined_fraction: 0.5, ..reading };
        assert_eq!(source_id(&source, &looser), ids[0], "the gate does not change what is read");
    }
}
