#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::sync::Arc;

use contracts::stage::{
    FitRequest, GoldRequest, IngestRequest, PartitionCheck, QualityGate, RawSource, ValidateRequest, ValidateResponse,
};
use contracts::{RowCounts, RunId, Settings, Sha256, Snapshot, SnapshotId};
use etl::{Gold, Split};
use features::FeaturePlan;
use lake::{FailingStore, MemoryStore, Moment, PutWhen, Store, keys};
use usecases::telco::{Spelling, generate};
use validate::ValidateAnswer;

use super::*;

mod loans;

/// A run with its raw files in a lake.
struct Planned {
    lake: Lake,
    use_case: &'static str,
    run_id: RunId,
    files: Vec<IngestRequest>,
}

impl Planned {
    /// A lake over `store` with these raw files, by table, and a run over so many partitions.
    async fn new(
        store: Arc<dyn Store>,
        use_case: &'static str,
        run: &str,
        files: &[(&str, &str, &[u8])],
        n_partitions: u32,
    ) -> Self {
        let lake = Lake::new(store, "memory://test");
        let run_id: RunId = run.parse().unwrap();
        let mut settings: Settings = usecases::find(use_case).unwrap().settings.clone();
        if use_case == "telco" {
            settings.quality.max_fraction.insert("customer_id_is_unique".to_owned(), 0.02);
        }
        lake.write_json_once(&keys::run_settings(use_case, &run_id), &settings).await.unwrap();
        let mut planned = Self { lake, use_case, run_id, files: Vec::new() };
        for (table, key, bytes) in files {
            let etag = planned.lake.store().put(key, bytes.to_vec().into(), PutWhen::Always).await.unwrap();
            planned.files.push(IngestRequest {
                use_case: use_case.to_owned(),
                run_id: planned.run_id.clone(),
                table: (*table).to_owned(),
                part: 0,
                source: RawSource { key: (*key).to_owned(), etag, size_bytes: bytes.len() as u64 },
                start: 0,
                end: bytes.len() as u64,
                n_partitions,
            });
        }
        planned
    }

    async fn telco(store: Arc<dyn Store>, key: &str, file: &str, run: &str) -> Self {
        Self::new(store, "telco", run, &[("customers", key, file.as_bytes())], 1).await
    }

    /// The way from raw files to the answer of the data gate.
    async fn validated(&self) -> Result<ValidateResponse, String> {
        self.validated_in(&self.lake).await
    }

    async fn validated_in(&self, lake: &Lake) -> Result<ValidateResponse, String> {
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let mut parts = Vec::new();
        for file in &self.files {
            let bronze = ingest::handle(lake, file.clone()).await.map_err(|error| text(&error))?;
            parts.push(vec![clean::handle(lake, bronze).await.map_err(|error| text(&error))?]);
        }
        let (use_case, run_id) = (self.use_case.to_owned(), self.run_id.clone());
        let mut verdicts = Vec::new();
        for partition in 0..self.files[0].n_partitions {
            let (use_case, run_id, at) = (use_case.clone(), run_id.clone(), "2026-01-02T03:04:05Z".to_owned());
            let check = PartitionCheck { use_case, run_id, at, partition, parts: parts.clone() };
            match validate::handle(lake, ValidateRequest::Partition(check)).await.map_err(|error| text(&error))? {
                ValidateAnswer::Partition(verdict) => verdicts.push(verdict),
                other => panic!("{other:?}"),
            }
        }
        let gate = QualityGate { use_case, run_id, verdicts };
        match validate::handle(lake, ValidateRequest::Gate(gate)).await.map_err(|error| text(&error))? {
            ValidateAnswer::Gate(validated) => Ok(validated),
            other => panic!("{other:?}"),
        }
    }

    /// The gold rows of all partitions, as a request for the snapshot.
    async fn gold(&self) -> Result<FitRequest, String> {
        let validated = self.validated().await?;
        self.gold_of(&self.lake, validated).await
    }

    async fn gold_of(&self, lake: &Lake, validated: ValidateResponse) -> Result<FitRequest, String> {
        let ValidateResponse { verdicts, rows, .. } = validated;
        let (use_case, run_id) = (self.use_case.to_owned(), self.run_id.clone());
        let mut gold = Vec::new();
        for verdict in verdicts.clone() {
            let request = GoldRequest { use_case: use_case.clone(), run_id: run_id.clone(), verdict };
            match handle(lake, FeaturesRequest::Gold(request)).await.map_err(|error| error.to_string())? {
                Answer::Gold(part) => gold.push(part),
                other => panic!("{other:?}"),
            }
        }
        Ok(FitRequest { use_case, run_id, verdicts, rows, gold })
    }

    /// The whole way from raw files to a snapshot.
    async fn run(&self) -> Result<FeaturesResponse, String> {
        self.run_in(&self.lake).await
    }

    async fn run_in(&self, lake: &Lake) -> Result<FeaturesResponse, String> {
        let validated = self.validated_in(lake).await?;
        let request = self.gold_of(lake, validated).await?;
        match handle(lake, FeaturesRequest::Fit(request)).await.map_err(|error| error.to_string())? {
            Answer::Snapshot(answer) => Ok(answer),
            other => panic!("{other:?}"),
        }
    }

    async fn snapshot(&self, answer: &FeaturesResponse) -> Snapshot {
        self.lake.read_json(&keys::snapshot(self.use_case, &answer.snapshot_id)).await.unwrap()
    }
}

/// From a raw telco file in a lake of its own to a snapshot and its gold rows.
async fn made(file: &str) -> (Lake, FeaturesResponse, Snapshot, Gold) {
    let planned = Planned::telco(Arc::new(MemoryStore::new()), "raw/telco/a.csv", file, "run-1").await;
    let answer = planned.run().await.unwrap();
    let snapshot = planned.snapshot(&answer).await;
    let gold = parts::gold(&planned.lake, &snapshot, &usecases::find("telco").unwrap().gold.fields()).await.unwrap();
    (planned.lake, answer, snapshot, gold)
}

/// 600 customers, of whom some are unreadable, incomplete or there twice.
fn dirty() -> String {
    let text = generate(600, 12, Spelling::Ibm);
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.push("short,record".to_owned());
    lines[7] = lines[7].replace(",Yes,", ",Perhaps,").replace(",No,", ",Perhaps,");
    lines.push(lines[9].clone());
    lines.join("\n") + "\n"
}

#[tokio::test]
async fn a_snapshot_names_everything_from_raw_file_to_feature_plan() {
    let (lake, answer, snapshot, gold) = made(&dirty()).await;
    assert_eq!(snapshot.rows, RowCounts { rows_in: 602, rows_out: 599, rows_quarantined: 3 });
    assert_eq!(snapshot.clone().with_id().id, snapshot.id);
    assert_eq!(snapshot.raw["customers"][0].key, "raw/telco/a.csv");
    assert!(snapshot.gold[0].key.starts_with("gold/telco/parts/"), "{}", snapshot.gold[0].key);
    assert_eq!(gold.rows_by_split(), answer.rows_by_split);
    assert_eq!(answer.rows_by_split.values().sum::<u64>(), 599);
    let plan = FeaturePlan::from_json(&lake.read(&snapshot.plan).await.unwrap()).unwrap();
    assert_eq!(plan.fingerprint(), answer.feature_fingerprint);
    assert_eq!(
        plan.transform(&gold.frame, &gold.rows_of(Split::Test)).unwrap().n_rows as u64,
        answer.rows_by_split["test"]
    );
    let newest: SnapshotId = lake.read_json(&keys::newest_snapshot("telco")).await.unwrap();
    assert_eq!(newest, answer.snapshot_id);
}

#[tokio::test]
async fn the_plan_sees_training_rows_only() {
    let file = generate(600, 13, Spelling::Ibm);
    let (_, answer, _, gold) = made(&file).await;
    // Another tenure and other charges in every row of one split; a split follows from keys and labels alone.
    let poisoned = |split: Split| {
        let keys: Vec<&String> = gold.rows_of(split).into_iter().map(|row| &gold.keys[row]).collect();
        let change = |(row, line): (usize, &str)| {
            let mut cells: Vec<&str> = line.split(',').collect();
            let monthly = 60.0 + row as f64 / 20.0;
            let (monthly, total) = (monthly.to_string(), (70.0 * monthly).to_string());
            if keys.iter().any(|key| key.as_str() == cells[0]) {
                (cells[5], cells[18], cells[19]) = ("70", &monthly, &total);
            }
            cells.join(",") + "\n"
        };
        file.lines().enumerate().map(change).collect::<String>()
    };
    for split in [Split::Validation, Split::Test] {
        let (_, poisoned, _, _) = made(&poisoned(split)).await;
        assert_eq!(poisoned.feature_fingerprint, answer.feature_fingerprint, "{split}");
        assert_ne!(poisoned.snapshot_id, answer.snapshot_id);
    }
    let (_, poisoned, _, _) = made(&poisoned(Split::Train)).await;
    assert_ne!(poisoned.feature_fingerprint, answer.feature_fingerprint);
}

#[tokio::test]
async fn the_same_data_is_the_same_snapshot_in_another_run_and_under_another_key() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let file = dirty();
    let first = Planned::telco(Arc::clone(&store), "raw/telco/a.csv", &file, "run-1").await.run().await.unwrap();
    let second = Planned::telco(Arc::clone(&store), "raw/telco/a.csv", &file, "run-2").await.run().await.unwrap();
    let third = Planned::telco(store, "raw/telco/renamed.csv", &file, "run-3").await;
    let third_answer = third.run().await.unwrap();
    assert_eq!((&second.snapshot_id, &third_answer.snapshot_id), (&first.snapshot_id, &first.snapshot_id));
    assert_eq!(third.lake.list("snapshots/").await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_run_asked_again_answers_the_same_and_leaves_the_newest_snapshot_alone() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let old = Planned::telco(Arc::clone(&store), "raw/telco/a.csv", &dirty(), "run-1").await;
    let answer = old.run().await.unwrap();
    let new = Planned::telco(store, "raw/telco/b.csv", &generate(600, 14, Spelling::Ibm), "run-2").await;
    let newer = new.run().await.unwrap();
    assert_eq!(old.run().await.unwrap(), answer);
    let newest: SnapshotId = new.lake.read_json(&keys::newest_snapshot("telco")).await.unwrap();
    assert_eq!(newest, newer.snapshot_id);
}

#[tokio::test]
async fn silver_that_is_not_what_validation_let_through_is_refused() {
    let planned = Planned::telco(Arc::new(MemoryStore::new()), "raw/telco/a.csv", &dirty(), "run-1").await;
    let validated = planned.validated().await.unwrap();
    let request = |validated: &ValidateResponse| GoldRequest {
        use_case: "telco".to_owned(),
        run_id: planned.run_id.clone(),
        verdict: validated.verdicts[0].clone(),
    };
    let mut fewer = planned.gold_of(&planned.lake, validated.clone()).await.unwrap();
    fewer.rows.rows_out -= 1;
    assert_eq!(fit(&planned.lake, fewer).await.unwrap_err().name(), ErrorName::Internal);
    let mut other = request(&validated);
    other.verdict.partition = 1;
    assert_eq!(gold(&planned.lake, other).await.unwrap_err().name(), ErrorName::InvalidInput);

    // A lake in which a silver part is cut in half, before gold was made of it.
    let planned = Planned::telco(Arc::new(MemoryStore::new()), "raw/telco/a.csv", &dirty(), "run-1").await;
    let validated = planned.validated().await.unwrap();
    let found: PartitionFindings = planned.lake.read_json_ref(&validated.verdicts[0].verdict).await.unwrap();
    let silver = &found.tables[0].silver[0];
    let half = planned.lake.read(silver).await.unwrap();
    planned.lake.store().put(&silver.key, half.slice(..half.len() / 2), PutWhen::Always).await.unwrap();
    let error = gold(&planned.lake, request(&validated)).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::InvalidInput);
    assert!(error.to_string().contains(&silver.key), "{error}");
}

/// Every object with its bytes.
async fn contents(store: &MemoryStore) -> BTreeMap<String, Sha256> {
    let mut contents = BTreeMap::new();
    for meta in store.list("", None).await.unwrap() {
        contents.insert(meta.key.clone(), Sha256::of(&store.get(&meta.key).await.unwrap().bytes));
    }
    contents
}

#[tokio::test]
async fn killed_at_any_call_and_run_again_it_leaves_the_same_objects() {
    let file = dirty();
    let sound = Arc::new(MemoryStore::new());
    let planned = Planned::telco(Arc::clone(&sound) as Arc<dyn Store>, "raw/telco/a.csv", &file, "run-1").await;
    let answer = planned.run().await.unwrap();
    let expected = contents(&sound).await;
    for moment in [Moment::BeforeEffect, Moment::AfterEffect] {
        for call in 1.. {
            let store = Arc::new(MemoryStore::new());
            let planned = Planned::telco(Arc::clone(&store) as Arc<dyn Store>, "raw/telco/a.csv", &file, "run-1").await;
            let failing = Arc::new(FailingStore::kill_at(Arc::clone(&store) as Arc<dyn Store>, call, moment));
            let dying = Lake::new(Arc::clone(&failing) as Arc<dyn Store>, "memory://test");
            assert_eq!(planned.run_in(&dying).await.is_err(), failing.has_failed(), "call {call}");
            assert_eq!(planned.run().await.unwrap(), answer, "call {call}, {moment:?}");
            assert_eq!(contents(&store).await, expected, "call {call}, {moment:?}");
            if !failing.has_failed() {
                assert!(call > 25, "only {call} calls: is every stage in the test?");
                break;
            }
        }
    }
}

#[test]
fn the_samples_and_the_json_in_the_readme_are_requests_and_answers() {
    let samples: Vec<FeaturesRequest> = [include_str!("../events/gold.json"), include_str!("../events/fit.json")]
        .map(|text| serde_json::from_str(text).unwrap())
        .into();
    let blocks: Vec<&str> =
        include_str!("../README.md").split("```").filter_map(|block| block.strip_prefix("json\n")).collect();
    assert_eq!(blocks.len(), 4);
    for (step, sample) in samples.iter().enumerate() {
        assert_eq!(serde_json::from_str::<FeaturesRequest>(blocks[2 * step]).unwrap(), *sample);
    }
    assert!(matches!(serde_json::from_str(blocks[1]).unwrap(), Answer::Gold(_)));
    assert!(matches!(serde_json::from_str(blocks[3]).unwrap(), Answer::Snapshot(_)));
}
