//! Runs a telco file through `ingest`, `clean`, `validate` and `features`, and prints time and memory of each.
//!
//! `cargo run --release -p features-function --example stages -- FILE [BYTES_PER_PART]`, or a number of synthetic rows
//! in place of the file. The lake is in memory too, so what a stage needs is the peak above where it started, less what
//! it wrote.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use contracts::stage::{IngestRequest, RawSource, ValidateRequest};
use lake::{Lake, MemoryStore, keys};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let what = args.next().ok_or("give a file, or a number of synthetic rows")?;
    let bytes_per_part: Option<u64> = args.next().map(|text| text.parse()).transpose()?;
    let file = match what.parse() {
        Ok(n_rows) => usecases::telco::generate(n_rows, 42, usecases::telco::Spelling::Ibm).into_bytes(),
        Err(_) => std::fs::read(&what)?,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(stages(file, bytes_per_part))
}

async fn stages(file: Vec<u8>, bytes_per_part: Option<u64>) -> Result<(), Box<dyn Error>> {
    let lake = Lake::new(Arc::new(MemoryStore::new()), "memory://lake");
    let run_id: contracts::RunId = "measured".parse()?;
    let mut settings = usecases::find("telco").ok_or("no telco")?.settings.clone();
    settings.reading.bytes_per_part = bytes_per_part.unwrap_or(settings.reading.bytes_per_part);
    lake.write_json_once(&keys::run_settings("telco", &run_id), &settings).await?;
    let (key, size_bytes) = (keys::raw("telco", "customers.csv"), file.len() as u64);
    lake.write_once(&key, file.into()).await?;
    let etag = lake.store().head(&key).await?.etag;
    let step = usize::try_from(settings.reading.bytes_per_part)?;
    let cut = |(part, start): (u32, u64)| IngestRequest {
        use_case: "telco".to_owned(),
        run_id: run_id.clone(),
        table: "customers".to_owned(),
        part,
        source: RawSource { key: key.clone(), etag: etag.clone(), size_bytes },
        start,
        end: size_bytes.min(start + step as u64),
    };
    let (mut bronze, mut parts) = (Vec::new(), Vec::new());
    let clock = Clock::start();
    for request in (0..).zip((0..size_bytes).step_by(step)).map(cut) {
        bronze.push(ingest::handle(&lake, request).await?);
    }
    clock.stop("ingest", bronze.len());
    let clock = Clock::start();
    for step in bronze {
        parts.push(clean::handle(&lake, step).await?);
    }
    clock.stop("clean", parts.len());
    let (clock, n_parts) = (Clock::start(), parts.len());
    let validated = validate::handle(&lake, ValidateRequest { use_case: "telco".to_owned(), run_id, parts }).await?;
    clock.stop("validate", n_parts);
    println!("{:?}, data_quality_score {:.6}", validated.rows, validated.data_quality_score);
    let clock = Clock::start();
    let answer = features_function::handle(&lake, validated).await?;
    clock.stop("features", n_parts);
    println!("snapshot {} {:?}", answer.snapshot_id, answer.rows_by_split);
    for layer in ["raw/", "bronze/", "silver/", "gold/"] {
        let size: u64 = lake.list(layer).await?.iter().map(|meta| meta.size_bytes).sum();
        println!("{layer} {size} bytes");
    }
    Ok(())
}

struct Clock {
    start: Instant,
    memory_mb: f64,
}

impl Clock {
    /// Begins a measurement of time and of the peak of resident memory.
    fn start() -> Self {
        // See proc_pid_clear_refs(5): 5 resets the peak to what is resident now.
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        Self { start: Instant::now(), memory_mb: lambda_kit::peak_rss_mb().unwrap_or(f64::NAN) }
    }

    fn stop(self, stage: &str, n_parts: usize) {
        let ms = self.start.elapsed().as_secs_f64() * 1e3;
        let peak = lambda_kit::peak_rss_mb().unwrap_or(f64::NAN);
        let above = peak - self.memory_mb;
        println!("{stage}: {ms:.1} ms for {n_parts} parts, peak memory {peak} MB, {above:.1} MB above the start");
    }
}
