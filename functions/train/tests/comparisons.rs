//! `train` for comparisons, on gold rows of the loan use case in two partitions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{collections::BTreeMap, sync::Arc};

use contracts::{
    CandidateRecord, ErrorName, ObjectRef, RowCounts, RunId, Snapshot,
    stage::{TrainRequest, TrainResponse},
};
use etl::{Gold, GoldRows, Split};
use features::{Column, FeaturePlan, Frame, Kind};
use lake::{Lake, MemoryStore, keys};
use lambda_kit::Named;
use serde_json::Map;
use train::{TrainError, handle};

async fn put(lake: &Lake, key: &str, bytes: Vec<u8>) -> ObjectRef {
    lake.write_once(key, bytes.into()).await.unwrap()
}

fn run(id: &str) -> RunId {
    id.parse().unwrap()
}

/// The loan use case over synthetic customers: a snapshot by time and comparisons by chance, with other features.
struct Loans {
    lake: Lake,
    snapshot: Snapshot,
    rows: GoldRows,
}

impl Loans {
    /// A snapshot made of gold rows whose labels follow from two fields; half of it is in a second partition.
    async fn new() -> Self {
        let use_case = usecases::find("loan").unwrap();
        let mut rng = training::Rng::new(5);
        let (mut labels, mut dates, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        let fields = use_case.gold.fields();
        let mut columns: Vec<(String, Column)> = fields
            .iter()
            .map(|field| match field.kind {
                Kind::Number => (field.name.clone(), Column::Number(Vec::new())),
                Kind::Category => (field.name.clone(), Column::Category(Vec::new())),
            })
            .collect();
        for i in 0..1_200 {
            let risk = rng.unit();
            labels.push(if rng.unit() < 0.1 + 0.6 * risk { 1.0 } else { 0.0 });
            dates.push(Some(19_000 + 30 * (i % 20)));
            keys.push(format!("CUS_{i:05}"));
            for (name, column) in &mut columns {
                match column {
                    Column::Number(numbers) if name == "outstanding_debt" => numbers.push(1_000.0 * risk),
                    Column::Number(numbers) => numbers.push((100.0 * rng.unit()).round()),
                    Column::Category(levels) => levels.push(None),
                }
            }
        }
        let rows = GoldRows { keys, dates, labels, frame: Frame::new(columns).unwrap() };
        let rule = etl::choose_split(&use_case.settings.split, use_case.settings.seed, &rows).unwrap();
        let gold = Gold::new(rows.clone(), &rule).unwrap();
        let plan = FeaturePlan::fit(&use_case.gold.features, &gold.frame, &gold.rows_of(Split::Train)).unwrap();
        let lake = Lake::new(Arc::new(MemoryStore::new()), "s3://bucket");
        let part = async |number: usize, rows: &GoldRows| {
            let key = format!("gold/loan/parts/x/partition={number:03}.parquet");
            put(&lake, &key, rows.to_parquet().unwrap()).await
        };
        let half = |first: usize| {
            let mut half = rows.clone();
            let is_kept: Vec<bool> = (0..rows.len()).map(|row| row / 600 == first).collect();
            half.frame.retain(&is_kept);
            let range = 600 * first..600 * (first + 1);
            (half.keys, half.dates) = (rows.keys[range.clone()].to_vec(), rows.dates[range.clone()].to_vec());
            half.labels = rows.labels[range].to_vec();
            half
        };
        let snapshot = Snapshot {
            id: "0000000000000000".parse().unwrap(),
            use_case: "loan".to_owned(),
            raw: BTreeMap::new(),
            silver: BTreeMap::new(),
            gold: vec![part(0, &half(0)).await, part(1, &half(1)).await],
            split: rule,
            plan: put(&lake, "gold/loan/x/features.json", plan.to_json()).await,
            feature_fingerprint: plan.fingerprint(),
            rows: RowCounts::default(),
            rows_by_split: gold.rows_by_split(),
        }
        .with_id();
        lake.write_json_once(&keys::snapshot("loan", &snapshot.id), &snapshot).await.unwrap();
        lake.write_json_once(&keys::run_settings("loan", &run("run-1")), &use_case.settings).await.unwrap();
        Self { lake, snapshot, rows }
    }

    async fn train(&self, comparison: Option<&str>) -> Result<(TrainResponse, CandidateRecord), TrainError> {
        let request = TrainRequest {
            use_case: "loan".to_owned(),
            run_id: run("run-1"),
            snapshot_id: self.snapshot.id.clone(),
            family: "logistic_regression".to_owned(),
            params: Map::new(),
            comparison: comparison.map(str::to_owned),
        };
        let response = handle(&self.lake, request).await?;
        let record = self.lake.read_json_ref(&response.record).await.unwrap();
        Ok((response, record))
    }
}

#[tokio::test]
async fn a_comparison_has_its_own_features_and_split_and_is_another_candidate() {
    let loans = Loans::new().await;
    let use_case = usecases::find("loan").unwrap();
    let (proper, record) = loans.train(None).await.unwrap();
    assert_eq!((&proper.comparison, &record.comparison), (&None, &None));
    assert_eq!(record.feature_fingerprint, loans.snapshot.feature_fingerprint);
    let mut seen = vec![proper.candidate_key];
    for comparison in &use_case.comparisons {
        let (response, record) = loans.train(Some(&comparison.name)).await.unwrap();
        assert_eq!(response.comparison.as_ref(), Some(&comparison.name));
        assert_eq!(record.comparison, response.comparison);
        assert!(!seen.contains(&response.candidate_key), "{}", comparison.name);
        seen.push(response.candidate_key.clone());

        let rule = etl::choose_split(&comparison.split, use_case.settings.seed, &loans.rows).unwrap();
        let gold = Gold::new(loans.rows.clone(), &rule).unwrap();
        let plan = FeaturePlan::fit(&comparison.features, &gold.frame, &gold.rows_of(Split::Train)).unwrap();
        assert_eq!(record.feature_fingerprint, plan.fingerprint(), "{}", comparison.name);
        assert_eq!(record.test.n_rows, gold.rows_by_split()["test"]);
        let onnx = onnx::decode(&loans.lake.read(&record.model).await.unwrap()).unwrap();
        assert_eq!(onnx.n_features().unwrap(), plan.n_features());
    }
    let error = loans.train(Some("with_crystal_ball")).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::InvalidInput);
    assert!(error.to_string().contains("`with_crystal_ball`"), "{error}");
}
