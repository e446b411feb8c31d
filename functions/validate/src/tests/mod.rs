#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use contracts::stage::{
    IngestRequest, PartStep, PartitionCheck, PartitionVerdict, QualityGate, RawSource, ValidateRequest,
    ValidateResponse,
};
use contracts::{ErrorName, ObjectRef, PartOutput, Quarantined, RowCounts, RunId, Settings};
use etl::{PartitionFindings, QualityReport};
use lake::{Lake, MemoryStore, PutWhen, keys};
use lambda_kit::Named as _;

use crate::{ValidateAnswer, ValidateError, handle};

mod faults;
mod loan;
mod telco;

/// When the runs of these tests start.
const AT: &str = "2026-11-21T14:15:00Z";

fn run_id() -> RunId {
    "run-1".parse().unwrap()
}

/// What went through `ingest` and `clean`.
#[derive(Clone)]
struct Cleaned {
    lake: Lake,
    use_case: &'static str,
    n_partitions: u32,
    steps: Vec<PartStep>,
}

/// These files, each in parts of at most `bytes_per_part`, in so many partitions, under changed settings.
async fn cleaned(
    use_case: &'static str,
    files: &[(&str, &str)],
    (bytes_per_part, n_partitions): (usize, u32),
    change: impl FnOnce(&mut Settings),
) -> Cleaned {
    let lake = Lake::new(Arc::new(MemoryStore::new()), "memory://test");
    let declared = usecases::find(use_case).unwrap();
    let mut settings = declared.settings.clone();
    change(&mut settings);
    lake.write_json_once(&keys::run_settings(use_case, &run_id()), &settings).await.unwrap();
    let mut steps = Vec::new();
    for (name, text) in files {
        let key = keys::raw(use_case, name);
        let etag = lake.store().put(&key, (*text).to_owned().into(), PutWhen::Always).await.unwrap();
        let table = declared.tables.iter().find(|table| table.has_file(name)).unwrap();
        for (part, start) in (0..).zip((0..text.len()).step_by(bytes_per_part)) {
            let request = IngestRequest {
                use_case: use_case.to_owned(),
                run_id: run_id(),
                table: table.name.clone(),
                part,
                source: RawSource { key: key.clone(), etag: etag.clone(), size_bytes: text.len() as u64 },
                start: start as u64,
                end: text.len().min(start + bytes_per_part) as u64,
                n_partitions,
            };
            steps.push(clean::handle(&lake, ingest::handle(&lake, request).await.unwrap()).await.unwrap());
        }
    }
    Cleaned { lake, use_case, n_partitions, steps }
}

impl Cleaned {
    fn check(&self, partition: u32) -> PartitionCheck {
        PartitionCheck {
            use_case: self.use_case.to_owned(),
            run_id: run_id(),
            at: AT.to_owned(),
            partition,
            parts: vec![self.steps.clone()],
        }
    }

    async fn partition(&self, partition: u32) -> Result<PartitionVerdict, ValidateError> {
        checked(&self.lake, self.check(partition)).await
    }

    async fn verdicts(&self) -> Vec<PartitionVerdict> {
        let mut verdicts = Vec::new();
        for partition in 0..self.n_partitions {
            verdicts.push(self.partition(partition).await.unwrap());
        }
        verdicts
    }

    /// Checks every partition, then judges.
    async fn validate(&self) -> Result<ValidateResponse, ValidateError> {
        let gate =
            QualityGate { use_case: self.use_case.to_owned(), run_id: run_id(), verdicts: self.verdicts().await };
        judged(&self.lake, gate).await
    }

    async fn report(&self) -> QualityReport {
        self.lake.read_json(&keys::run_validation(self.use_case, &run_id())).await.unwrap()
    }

    async fn findings(&self, verdict: &PartitionVerdict) -> PartitionFindings {
        self.lake.read_json_ref(&verdict.verdict).await.unwrap()
    }

    /// The validated objects of a table, of all partitions.
    async fn silver(&self, answer: &ValidateResponse, table: &str) -> Vec<ObjectRef> {
        let mut objects = Vec::new();
        for verdict in &answer.verdicts {
            let tables = self.findings(verdict).await.tables.into_iter();
            objects.extend(tables.filter(|found| found.table == table).flat_map(|found| found.silver));
        }
        objects
    }

    async fn manifest(&self, step: &PartStep) -> PartOutput {
        self.lake.read_json_ref(&step.manifest).await.unwrap()
    }

    /// The rows that this stage set aside: file, line, reason.
    async fn set_aside(&self) -> Vec<String> {
        let mut rows = Vec::new();
        let objects = self.lake.list("quarantine/").await.unwrap();
        for meta in objects.iter().filter(|meta| meta.key.contains("/validate-part-")) {
            let (_, bytes) = self.lake.read_key(&meta.key).await.unwrap();
            for line in bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
                let row: Quarantined = serde_json::from_slice(line).unwrap();
                let place = row.line.map_or_else(|| format!("byte {}", row.offset), |line| format!("line {line}"));
                rows.push(format!("{} {place}: {}", row.source, row.reason));
            }
        }
        rows.sort();
        rows
    }
}

async fn checked(lake: &Lake, request: PartitionCheck) -> Result<PartitionVerdict, ValidateError> {
    match handle(lake, ValidateRequest::Partition(request)).await? {
        ValidateAnswer::Partition(verdict) => Ok(verdict),
        ValidateAnswer::Gate(answer) => panic!("{answer:?}"),
    }
}

async fn judged(lake: &Lake, request: QualityGate) -> Result<ValidateResponse, ValidateError> {
    match handle(lake, ValidateRequest::Gate(request)).await? {
        ValidateAnswer::Gate(answer) => Ok(answer),
        ValidateAnswer::Partition(verdict) => panic!("{verdict:?}"),
    }
}

#[test]
fn the_samples_and_the_json_in_the_readme_are_requests_and_answers() {
    let blocks: Vec<&str> =
        include_str!("../../README.md").split("```").filter_map(|block| block.strip_prefix("json\n")).collect();
    let samples = [include_str!("../../events/partition.json"), include_str!("../../events/gate.json")];
    for (sample, block) in samples.iter().zip([blocks[0], blocks[3]]) {
        let sample: ValidateRequest = serde_json::from_str(sample).unwrap();
        assert_eq!(serde_json::from_str::<ValidateRequest>(block).unwrap(), sample);
    }
    let verdict: PartitionVerdict = serde_json::from_str(blocks[1]).unwrap();
    let ValidateRequest::Gate(gate) = serde_json::from_str(blocks[3]).unwrap() else { panic!("{}", blocks[3]) };
    assert_eq!(gate.verdicts, [verdict]);
    let findings: PartitionFindings = serde_json::from_str(blocks[2]).unwrap();
    assert!(findings.tables.iter().all(|table| table.checked.rows.is_balanced()));
    let answer: ValidateResponse = serde_json::from_str(blocks[4]).unwrap();
    assert!(answer.rows.is_balanced());
    let report: etl::CheckOutcome = serde_json::from_str(blocks[5]).unwrap();
    assert!(!report.passed);
    let flagged: etl::FlaggedEntities = serde_json::from_str(blocks[6]).unwrap();
    assert!(flagged.entities <= flagged.by_rule.values().sum());
}
