//! The stages called one after the other in this process, as the state machines call them.

use std::sync::Arc;

use contracts::{
    RunId, Settings, Snapshot,
    stage::{
        FeaturesResponse, PlanRequest, PlanResponse, Purpose, RegisterRequest, RegisterResponse, SelectRequest,
        SelectResponse, TrainResponse, ValidateRequest,
    },
};
use etl::Gold;
use inference::Modules;
use lake::{Lake, MemoryStore, PutWhen, keys};
use serde_json::{Map, Value};

/// Time of everything here.
const AT: &str = "2026-01-02T03:04:05Z";

/// A pipeline over a lake in memory.
pub struct LocalPipeline {
    /// The lake.
    pub lake: Lake,
    /// Settings laid over the use case's own.
    pub settings: Map<String, Value>,
}

impl LocalPipeline {
    /// A pipeline over an empty lake.
    #[must_use]
    pub fn new(settings: Value) -> Self {
        let Value::Object(settings) = settings else { panic!("settings are an object") };
        Self { lake: Lake::new(Arc::new(MemoryStore::new()), "memory://tests"), settings }
    }

    /// Puts a raw file in place.
    pub async fn deliver(&self, bytes: &[u8]) {
        let key = keys::raw("telco", "customers.csv");
        self.lake.store().put(&key, bytes.to_vec().into(), PutWhen::Always).await.expect("the lake takes the file");
    }

    /// The data machine.
    pub async fn data(&self, run_id: &str) -> FeaturesResponse {
        let planned = self.plan(run_id, Purpose::Data).await;
        let mut parts = Vec::new();
        for part in planned.parts {
            let bronze = ingest::handle(&self.lake, part).await.expect("ingest");
            parts.push(clean::handle(&self.lake, bronze).await.expect("clean"));
        }
        let request = ValidateRequest { use_case: "telco".to_owned(), run_id: run(run_id), parts };
        let validated = validate::handle(&self.lake, request).await.expect("validate");
        features_function::handle(&self.lake, validated).await.expect("features")
    }

    /// The training machine up to the candidates.
    pub async fn candidates(&self, run_id: &str) -> (PlanResponse, Vec<TrainResponse>) {
        let planned = self.plan(run_id, Purpose::Training).await;
        let mut trained = Vec::new();
        for candidate in planned.candidates.clone() {
            trained.push(train::handle(&self.lake, candidate).await.expect("train"));
        }
        (planned, trained)
    }

    /// The end of the training machine.
    pub async fn register(&self, modules: &Modules, run_id: &str) -> (SelectResponse, RegisterResponse) {
        let (planned, candidates) = self.candidates(run_id).await;
        let selected = select::handle(
            &self.lake,
            modules,
            SelectRequest {
                use_case: "telco".to_owned(),
                run_id: run(run_id),
                snapshot_id: planned.snapshot_id.expect("training has a snapshot"),
                started_at: AT.to_owned(),
                at: AT.to_owned(),
                candidates,
            },
        )
        .await
        .expect("select");
        let request = RegisterRequest {
            use_case: "telco".to_owned(),
            run_id: run(run_id),
            run: selected.run.clone(),
            at: AT.to_owned(),
        };
        let registered = register::handle(&self.lake, modules, request).await.expect("register");
        (selected, registered)
    }

    /// The settings of a run.
    pub async fn settings(&self, run_id: &str) -> Settings {
        self.lake.read_json(&keys::run_settings("telco", &run(run_id))).await.expect("the run was planned")
    }

    /// The gold rows of a snapshot and the feature plan fitted on its training rows.
    pub async fn gold(&self, features: &FeaturesResponse) -> (Gold, Vec<u8>) {
        let key = keys::snapshot("telco", &features.snapshot_id);
        let snapshot: Snapshot = self.lake.read_json(&key).await.expect("the snapshot is there");
        let gold = self.lake.read(&snapshot.gold).await.expect("gold");
        let plan = self.lake.read(&snapshot.plan).await.expect("plan");
        (etl::gold_frame(&gold).expect("gold rows"), plan.to_vec())
    }

    async fn plan(&self, run_id: &str, purpose: Purpose) -> PlanResponse {
        let request = PlanRequest {
            use_case: "telco".to_owned(),
            run_id: run(run_id),
            purpose,
            settings: self.settings.clone(),
            raw: None,
            snapshot_id: None,
        };
        plan::handle(&self.lake, request).await.expect("plan")
    }
}

/// A run id.
#[must_use]
pub fn run(id: &str) -> RunId {
    id.parse().expect("a valid run id")
}
