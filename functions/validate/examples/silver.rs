//! Takes the raw files of a use case through `plan`, `ingest`, `clean` and `validate`, and prints time and memory of
//! each stage, and what the data gate says.
//!
//! `cargo run --release -p validate --example silver -- loan FOLDER [SETTINGS]`: the folder holds the raw files, or is a
//! number of synthetic customers of the use case `loan`; the settings are JSON laid over those of the use case. The lake
//! is in memory too, so what a call needs is the peak above where it started; what it wrote is among it.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::fs::DirEntry;
use std::sync::Arc;
use std::time::{Duration, Instant};

use contracts::RunId;
use contracts::stage::{PartStep, PartitionCheck, PlanRequest, Purpose, QualityGate, ValidateRequest};
use lake::{Lake, MemoryStore, keys};
use usecases::loan::{
    self,
    generate::{Options, Tables, generate},
};
use validate::ValidateAnswer;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let use_case = args.next().ok_or("give a use case and a folder with its raw files")?;
    let folder = args.next().ok_or("give a folder with raw files")?;
    let settings = args.next().map_or_else(|| Ok(serde_json::Map::new()), |text| serde_json::from_str(&text))?;
    let files = match folder.parse() {
        Ok(n_customers) => synthetic(n_customers)?,
        Err(_) => {
            let read = |file: std::io::Result<DirEntry>| {
                let file = file?;
                Ok((file.file_name().to_string_lossy().into_owned(), std::fs::read(file.path())?))
            };
            std::fs::read_dir(folder)?.map(read).collect::<std::io::Result<Files>>()?
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let lake = Lake::new(Arc::new(MemoryStore::new()), "memory://lake");
    runtime.block_on(async {
        for (name, bytes) in files {
            lake.write_once(&keys::raw(&use_case, &name), bytes.into()).await?;
        }
        stages(&lake, &use_case, settings).await
    })
}

/// Files by name.
type Files = Vec<(String, Vec<u8>)>;

fn synthetic(n_customers: u64) -> Result<Files, Box<dyn Error>> {
    let mut files: [Vec<u8>; 4] = Default::default();
    let [clickstream, attributes, financials, loans] = &mut files;
    generate(&Options::new(n_customers, 42), &mut Tables { clickstream, attributes, financials, loans })?;
    let names = [loan::CLICKSTREAM, loan::ATTRIBUTES, loan::FINANCIALS, loan::LOANS];
    Ok(names.map(|name| format!("{name}.csv")).into_iter().zip(files).collect())
}

async fn stages(
    lake: &Lake,
    use_case: &str,
    settings: serde_json::Map<String, serde_json::Value>,
) -> Result<(), Box<dyn Error>> {
    let (use_case, run_id): (String, RunId) = (use_case.to_owned(), "measured".parse()?);
    let purpose = Purpose::Data;
    let request = PlanRequest {
        use_case: use_case.clone(),
        run_id: run_id.clone(),
        purpose,
        settings,
        raw: None,
        snapshot_id: None,
    };
    let plan = plan::handle(lake, request).await?;
    let mut parts: Vec<Vec<PartStep>> = Vec::new();
    let (mut ingest, mut clean) = (Stage::new("ingest"), Stage::new("clean"));
    for table in plan.tables {
        let mut steps = Vec::new();
        for part in table.parts {
            let bronze = ingest.call(ingest::handle(lake, part)).await?;
            steps.push(clean.call(clean::handle(lake, bronze)).await?);
        }
        parts.push(steps);
    }
    let (mut check, mut verdicts) = (Stage::new("validate partition"), Vec::new());
    for partition in plan.partitions {
        let (use_case, run_id, parts) = (use_case.clone(), run_id.clone(), parts.clone());
        let at = "2026-01-01T00:00:00Z".to_owned();
        let request = ValidateRequest::Partition(PartitionCheck { use_case, run_id, at, partition, parts });
        if let ValidateAnswer::Partition(verdict) = check.call(validate::handle(lake, request)).await? {
            verdicts.push(verdict);
        }
    }
    let mut gate = Stage::new("validate gate");
    let request = QualityGate { use_case: use_case.clone(), run_id: run_id.clone(), verdicts };
    let judged = gate.call(validate::handle(lake, ValidateRequest::Gate(request))).await;
    for stage in [ingest, clean, check, gate] {
        stage.print();
    }
    for layer in ["raw/", "bronze/", "silver/", "quarantine/"] {
        let objects = lake.list(layer).await?;
        let size: u64 = objects.iter().map(|meta| meta.size_bytes).sum();
        println!("{layer} {} objects, {size} bytes", objects.len());
    }
    let report: etl::QualityReport = lake.read_json(&keys::run_validation(&use_case, &run_id)).await?;
    println!("{:?}, data_quality_score {:.6}", report.rows, report.data_quality_score);
    println!(
        "{}",
        serde_json::to_string_pretty(&(report.flagged, report.quarantined_by_reason, report.changed_cells))?
    );
    println!("{}", judged.map_or_else(|error| error.to_string(), |_| "passed".to_owned()));
    Ok(())
}

/// What the calls of one stage took.
struct Stage {
    name: &'static str,
    n_calls: u32,
    total: Duration,
    slowest: Duration,
    peak_mb: f64,
}

impl Stage {
    const fn new(name: &'static str) -> Self {
        Self { name, n_calls: 0, total: Duration::ZERO, slowest: Duration::ZERO, peak_mb: 0.0 }
    }

    async fn call<T>(&mut self, work: impl Future<Output = T>) -> T {
        // See proc_pid_clear_refs(5): 5 resets the peak to what is resident now.
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        let peak_mb = || lambda_kit::peak_rss_mb().unwrap_or(f64::NAN);
        let (start, start_mb) = (Instant::now(), peak_mb());
        let done = work.await;
        let took = start.elapsed();
        self.n_calls += 1;
        self.total += took;
        self.slowest = self.slowest.max(took);
        self.peak_mb = self.peak_mb.max(peak_mb() - start_mb);
        done
    }

    fn print(&self) {
        let Self { name, n_calls, total, slowest, peak_mb } = self;
        println!(
            "{name}: {n_calls} calls, {:.2} s, the slowest {:.2} s, peak memory {peak_mb:.1} MB above the start",
            total.as_secs_f64(),
            slowest.as_secs_f64()
        );
    }
}
