//! The stages called one after the other in this process, as the state machines call them.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use contracts::{
    RunId, Settings, Snapshot,
    stage::{
        FeaturesResponse, FitRequest, GoldPart, GoldRequest, PartitionCheck, PlanRequest, PlanResponse, Purpose,
        QualityGate, RegisterRequest, RegisterResponse, SelectRequest, SelectResponse, TrainResponse, ValidateRequest,
        ValidateResponse,
    },
};
use etl::Gold;
use features::FeaturePlan;
use inference::Modules;
use lake::{Lake, MemoryStore, PutWhen, keys};
use serde_json::{Map, Value};
use validate::ValidateAnswer;

/// Time of everything here.
const AT: &str = "2026-01-02T03:04:05Z";

/// A pipeline of one use case over a lake in memory.
pub struct LocalPipeline {
    /// The lake.
    pub lake: Lake,
    /// Settings laid over the use case's own.
    pub settings: Map<String, Value>,
    use_case: &'static str,
    calls: Mutex<Vec<Call>>,
}

/// One call of a stage.
#[derive(Clone, Debug)]
pub struct Call {
    /// Stage called.
    pub stage: &'static str,
    /// How long it took.
    pub seconds: f64,
    /// Peak of resident memory during the call, less what was resident before it; what the call wrote to a lake in
    /// memory is part of it.
    pub peak_mb: f64,
}

impl LocalPipeline {
    /// A pipeline of telco over an empty lake.
    #[must_use]
    pub fn new(settings: Value) -> Self {
        Self::of("telco", Lake::new(Arc::new(MemoryStore::new()), "memory://tests"), settings)
    }

    /// A pipeline of any use case over a lake.
    #[must_use]
    pub fn of(use_case: &'static str, lake: Lake, settings: Value) -> Self {
        let Value::Object(settings) = settings else { panic!("settings are an object") };
        Self { lake, settings, use_case, calls: Mutex::new(Vec::new()) }
    }

    /// Puts telco's raw file in place.
    pub async fn deliver(&self, bytes: &[u8]) {
        self.deliver_file("customers.csv", bytes).await;
    }

    /// Puts a raw file in place.
    pub async fn deliver_file(&self, name: &str, bytes: &[u8]) {
        let key = keys::raw(self.use_case, name);
        self.lake.store().put(&key, bytes.to_vec().into(), PutWhen::Always).await.expect("the lake takes the file");
    }

    /// The data machine.
    pub async fn data(&self, run_id: &str) -> FeaturesResponse {
        let (validated, gold) = self.gold_parts(run_id).await;
        let ValidateResponse { verdicts, rows, .. } = validated;
        let request = FitRequest { use_case: self.use_case.to_owned(), run_id: run(run_id), verdicts, rows, gold };
        self.call("features fit", features_function::fit(&self.lake, request)).await.expect("features fit")
    }

    /// The data machine up to the gold rows.
    pub async fn gold_parts(&self, run_id: &str) -> (ValidateResponse, Vec<GoldPart>) {
        let validated = self.validated(run_id).await;
        let mut gold = Vec::new();
        for verdict in validated.verdicts.clone() {
            let request = GoldRequest { use_case: self.use_case.to_owned(), run_id: run(run_id), verdict };
            gold.push(self.call("features gold", features_function::gold(&self.lake, request)).await.expect("gold"));
        }
        (validated, gold)
    }

    /// The data machine up to the data gate.
    pub async fn validated(&self, run_id: &str) -> ValidateResponse {
        let planned = self.plan(run_id, Purpose::Data).await;
        let mut parts = Vec::new();
        for table in planned.tables {
            let mut of_table = Vec::new();
            for part in table.parts {
                let bronze = self.call("ingest", ingest::handle(&self.lake, part)).await.expect("ingest");
                of_table.push(self.call("clean", clean::handle(&self.lake, bronze)).await.expect("clean"));
            }
            parts.push(of_table);
        }
        let (use_case, run_id) = (self.use_case.to_owned(), run(run_id));
        let mut verdicts = Vec::new();
        for partition in planned.partitions {
            let (use_case, run_id, at) = (use_case.clone(), run_id.clone(), AT.to_owned());
            let check = PartitionCheck { use_case, run_id, at, partition, parts: parts.clone() };
            let check = validate::handle(&self.lake, ValidateRequest::Partition(check));
            match self.call("validate partition", check).await.expect("validate partition") {
                ValidateAnswer::Partition(verdict) => verdicts.push(verdict),
                other => panic!("{other:?}"),
            }
        }
        let gate = ValidateRequest::Gate(QualityGate { use_case, run_id, verdicts });
        match self.call("validate gate", validate::handle(&self.lake, gate)).await.expect("validate gate") {
            ValidateAnswer::Gate(validated) => validated,
            other => panic!("{other:?}"),
        }
    }

    /// The training machine up to the candidates.
    pub async fn candidates(&self, run_id: &str) -> (PlanResponse, Vec<TrainResponse>) {
        let planned = self.plan(run_id, Purpose::Training).await;
        let mut trained = Vec::new();
        for candidate in planned.candidates.clone() {
            trained.push(self.call("train", train::handle(&self.lake, candidate)).await.expect("train"));
        }
        (planned, trained)
    }

    /// The end of the training machine.
    pub async fn register(&self, modules: &Modules, run_id: &str) -> (SelectResponse, RegisterResponse) {
        let (planned, candidates) = self.candidates(run_id).await;
        let request = SelectRequest {
            use_case: self.use_case.to_owned(),
            run_id: run(run_id),
            snapshot_id: planned.snapshot_id.expect("training has a snapshot"),
            started_at: AT.to_owned(),
            at: AT.to_owned(),
            candidates,
        };
        let selected = self.call("select", select::handle(&self.lake, modules, request)).await.expect("select");
        let request = RegisterRequest {
            use_case: self.use_case.to_owned(),
            run_id: run(run_id),
            run: selected.run.clone(),
            at: AT.to_owned(),
        };
        let registered = self.call("register", register::handle(&self.lake, modules, request)).await;
        (selected, registered.expect("register"))
    }

    /// The settings of a run.
    pub async fn settings(&self, run_id: &str) -> Settings {
        self.lake.read_json(&keys::run_settings(self.use_case, &run(run_id))).await.expect("the run was planned")
    }

    /// The snapshot of an answer.
    pub async fn snapshot(&self, features: &FeaturesResponse) -> Snapshot {
        let key = keys::snapshot(self.use_case, &features.snapshot_id);
        self.lake.read_json(&key).await.expect("the snapshot is there")
    }

    /// The gold rows of a snapshot and the feature plan fitted on its training rows.
    pub async fn gold(&self, features: &FeaturesResponse) -> (Gold, Vec<u8>) {
        let snapshot = self.snapshot(features).await;
        let plan_json = self.lake.read(&snapshot.plan).await.expect("plan").to_vec();
        let plan = FeaturePlan::from_json(&plan_json).expect("the plan can be read");
        (parts::gold(&self.lake, &snapshot, plan.fields()).await.expect("gold rows"), plan_json)
    }

    /// Every call of a stage so far, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn plan(&self, run_id: &str, purpose: Purpose) -> PlanResponse {
        let request = PlanRequest {
            use_case: self.use_case.to_owned(),
            run_id: run(run_id),
            purpose,
            settings: self.settings.clone(),
            raw: None,
            snapshot_id: None,
        };
        self.call("plan", plan::handle(&self.lake, request)).await.expect("plan")
    }

    async fn call<T>(&self, stage: &'static str, work: impl Future<Output = T>) -> T {
        // See proc_pid_clear_refs(5): 5 resets the peak to what is resident now.
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        let before = lambda_kit::peak_rss_mb().unwrap_or(f64::NAN);
        let start = Instant::now();
        let answer = work.await;
        let seconds = start.elapsed().as_secs_f64();
        let peak_mb = lambda_kit::peak_rss_mb().unwrap_or(f64::NAN) - before;
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(Call { stage, seconds, peak_mb });
        answer
    }
}

/// A run id.
#[must_use]
pub fn run(id: &str) -> RunId {
    id.parse().expect("a valid run id")
}
