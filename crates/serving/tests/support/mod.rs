//! A lake in memory with real models of the telco use case, and a server over it whose clock stands still.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use bytes::Bytes;
use contracts::{BinaryMetrics, ModelSignature, ModelVersion, Reference, SignatureField, Task, WasmBuild};
use features::{Column, FeaturePlan, Frame};
use inference::Modules;
use lake::{Lake, MemoryStore, PutWhen, Store};
use registry::{Change, ModelFiles, NewVersion, Registry};
use serde_json::{Value, json};
use serving::{AppState, Settings, router};
use tower::ServiceExt as _;
use usecases::{Cell, Table, UseCase, telco};

pub const USE_CASE: &str = "telco";
const AT: &str = "2026-11-21T14:15:00Z";

/// The modules compiled ahead of time, wherever this machine has them.
pub fn modules() -> Modules {
    let dir = std::env::var_os("SLUICE_WASM_DIR").map(PathBuf::from).expect("SLUICE_WASM_DIR: run `cargo xtask wasm`");
    Modules::open(&dir).unwrap_or_else(|error| panic!("{}: {error}: run `cargo xtask wasm`", dir.display()))
}

pub fn v(number: u32) -> ModelVersion {
    ModelVersion::new(number).unwrap()
}

/// A lake with nothing in it, and what models are made of.
pub struct World {
    pub store: Arc<MemoryStore>,
    pub lake: Lake,
    pub registry: Registry,
    frame: Frame,
    rows: Vec<Vec<Value>>,
    plan: FeaturePlan,
}

impl World {
    pub fn new() -> Self {
        let use_case = usecases::find(USE_CASE).unwrap();
        let store = Arc::new(MemoryStore::new());
        let lake = Lake::new(Arc::clone(&store) as Arc<dyn Store>, "s3://lake");
        let registry = Registry::new(&lake, USE_CASE, use_case.model_name.as_str());
        let frame = frame(use_case);
        let all: Vec<usize> = (0..frame.n_rows()).collect();
        let plan = FeaturePlan::fit(&use_case.gold.features, &frame, &all).unwrap();
        let rows = all.iter().map(|&row| json_row(&plan, &frame, row)).collect();
        Self { store, lake, registry, frame, rows, plan }
    }

    /// A raw record by name, as a caller would send it.
    pub fn record(&self, row: usize) -> Value {
        let names = self.plan.fields().iter().map(|field| field.name.clone());
        Value::Object(names.zip(self.rows[row].iter().cloned()).collect())
    }

    /// A raw record by position.
    pub fn row(&self, row: usize) -> Value {
        Value::Array(self.rows[row].clone())
    }

    pub fn n_rows(&self) -> usize {
        self.rows.len()
    }

    /// What the model of `flavour` says about a row, computed here in f64.
    pub fn expected(&self, flavour: u32, row: usize) -> f64 {
        let matrix = self.plan.transform(&self.frame, &[row]).unwrap();
        let (coefficients, intercept) = weights(flavour, matrix.n_features);
        let products = coefficients.iter().zip(&matrix.values).map(|(&c, &x)| f64::from(c) * f64::from(x));
        1.0 / (1.0 + (-(products.sum::<f64>() + f64::from(intercept))).exp())
    }

    pub fn signature(&self) -> ModelSignature {
        let classes = usecases::find(USE_CASE).unwrap().gold.label.classes();
        let field = |(i, field): (usize, &features::Field)| {
            let mut categories: Vec<_> = self.rows.iter().filter_map(|row| Some(row[i].as_str()?.to_owned())).collect();
            categories.sort();
            categories.dedup();
            SignatureField {
                name: field.name.clone(),
                kind: field.kind.as_str().to_owned(),
                nullable: self.rows.iter().any(|row| row[i].is_null()),
                min: None,
                max: None,
                categories,
            }
        };
        ModelSignature {
            task: Task::BinaryClassification,
            fields: self.plan.fields().iter().enumerate().map(field).collect(),
            features: self.plan.feature_names(),
            classes: classes.map(str::to_owned).to_vec(),
            threshold: 0.5,
        }
    }

    pub fn reference(&self, flavour: u32) -> Reference {
        Reference {
            fields: self.plan.fields().iter().map(|field| field.name.clone()).collect(),
            rows: self.rows.clone(),
            probabilities: (0..self.rows.len()).map(|row| self.expected(flavour, row)).collect(),
            tolerance: 1e-5,
        }
    }

    /// The files of a logistic regression whose coefficients follow from `flavour`.
    pub fn files(&self, flavour: u32) -> ModelFiles {
        let (coefficients, intercept) = weights(flavour, self.plan.n_features());
        let model = onnx::linear_classifier(&coefficients, intercept, &onnx::ModelInfo::default()).unwrap();
        ModelFiles {
            model: onnx::encode(&model).into(),
            plan: self.plan.to_json().into(),
            signature: serde_json::to_vec(&self.signature()).unwrap().into(),
            reference: serde_json::to_vec(&self.reference(flavour)).unwrap().into(),
            drift: Bytes::from_static(b"{}"),
        }
    }

    pub async fn register(&self, flavour: u32) -> ModelVersion {
        self.register_files(flavour, self.files(flavour)).await
    }

    pub async fn register_files(&self, flavour: u32, files: ModelFiles) -> ModelVersion {
        let new = NewVersion {
            run_id: format!("run-{flavour}").parse().unwrap(),
            snapshot_id: "00112233aabbccdd".parse().unwrap(),
            candidate_key: format!("candidate-{flavour}"),
            family: "logistic_regression".to_owned(),
            test: metrics(),
            cv_roc_auc: 0.845,
            feature_fingerprint: self.plan.fingerprint(),
            build: WasmBuild::Compact,
            max_abs_difference: BTreeMap::new(),
            files,
        };
        let registered = self.registry.register(&new, |version, _| format!("# {version}\n"), &self.change()).await;
        registered.unwrap().version
    }

    /// Registers a model and puts it live without testing it.
    pub async fn go_live(&self, flavour: u32) -> ModelVersion {
        let version = self.register(flavour).await;
        self.point_live_at(version).await;
        version
    }

    pub async fn point_live_at(&self, version: ModelVersion) {
        self.registry.stage(version, &self.change()).await.unwrap();
        self.registry.go_live(version, &self.change()).await.unwrap();
    }

    pub fn change(&self) -> Change {
        Change { who: "tester".into(), why: "test".into(), at: AT.into(), run_id: None }
    }

    /// Replaces an object, which only somebody who goes around the lake can do.
    pub async fn overwrite(&self, key: &str, bytes: impl Into<Bytes>) {
        self.store.put(key, bytes.into(), PutWhen::Always).await.unwrap();
    }

    pub fn server(&self) -> Server {
        self.server_with(|_| ())
    }

    pub fn server_with(&self, change: impl FnOnce(&mut Settings)) -> Server {
        let mut settings = Settings::new(USE_CASE, 2);
        change(&mut settings);
        let now_ms = Arc::new(AtomicU64::new(0));
        let clock = Arc::clone(&now_ms);
        let clock = Arc::new(move || Duration::from_millis(clock.load(Ordering::SeqCst)));
        let state = AppState::new(self.lake.clone(), modules(), settings, clock, "test");
        Server { router: router(state.clone()), state, now_ms }
    }
}

/// A server whose clock stands still until it is moved.
pub struct Server {
    pub router: Router,
    pub state: AppState,
    now_ms: Arc<AtomicU64>,
}

/// An answer with its body as JSON.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Reply {
    /// The probability and the version of an answer with one row.
    pub fn probability(&self) -> (f64, String) {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
        let version = self.body["model_version"].as_str().unwrap().to_owned();
        (self.body["predictions"][0]["probability"].as_f64().unwrap(), version)
    }

    #[track_caller]
    pub fn assert_problem(&self, status: u16, kind: &str) {
        assert_eq!(
            (self.status.as_u16(), &self.body["type"]),
            (status, &json!(format!("/problems/{kind}"))),
            "{self:?}"
        );
        assert_eq!(self.headers["content-type"], "application/problem+json", "{self:?}");
        assert_eq!(self.body["status"], status);
        assert_eq!(self.body["request_id"], self.headers["x-request-id"].to_str().unwrap());
    }
}

impl Server {
    pub fn wait(&self, duration: Duration) {
        self.now_ms.fetch_add(u64::try_from(duration.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// The only place where these tests call a router.
    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes)));
        Reply { status: parts.status, headers: parts.headers, body }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, path: &str, body: impl Into<Body>) -> Reply {
        let request = Request::post(path).header("content-type", "application/json");
        self.send(request.body(body.into()).unwrap()).await
    }

    pub async fn predict(&self, body: &Value) -> Reply {
        self.post("/predict", body.to_string()).await
    }
}

/// Coefficients that differ much between flavours, so that answers do too.
fn weights(flavour: u32, n_features: usize) -> (Vec<f32>, f32) {
    let sign = if flavour.is_multiple_of(2) { -1.0 } else { 1.0 };
    let coefficient = |i: usize| sign * 0.004 * (((i as u32 * 7 + flavour) % 11) as f32 - 5.0);
    ((0..n_features).map(coefficient).collect(), 0.1 * flavour as f32)
}

fn metrics() -> BinaryMetrics {
    BinaryMetrics {
        n_rows: 10,
        n_positive: 4,
        threshold: 0.5,
        accuracy: 0.8,
        precision: 0.7,
        recall: 0.6,
        f1: 0.646,
        roc_auc: 0.84,
        log_loss: 0.41,
    }
}

/// Generated customers as gold would have them: the first 60 rows in which every cell can be read.
fn frame(use_case: &UseCase) -> Frame {
    let table = use_case.table(telco::TABLE).unwrap();
    let csv = telco::generate(400, 7, telco::Spelling::Ibm);
    let mut lines = csv.lines();
    let header: Vec<_> = lines.next().unwrap().split(',').collect();
    let columns = table.match_header(&header).unwrap().columns;
    let rows: Vec<_> = lines.filter_map(|line| cells(table, &columns, line)).take(60).collect();
    assert_eq!(rows.len(), 60, "the generator gives too few clean rows");
    let column = |field: &features::Field| {
        let at = table.columns.iter().position(|column| column.name == field.name).unwrap();
        let cells = rows.iter().map(|row| &row[at]);
        let column = match field.kind {
            features::Kind::Number => Column::Number(cells.map(|cell| cell.as_f64().unwrap_or(f64::NAN)).collect()),
            features::Kind::Category => Column::Category(cells.map(|cell| cell.as_str().map(str::to_owned)).collect()),
        };
        (field.name.clone(), column)
    };
    Frame::new(use_case.gold.features.fields.iter().map(column).collect()).unwrap()
}

/// The cells of a line by declared column; `None` when one cannot be read or is missing where it must not be.
fn cells(table: &Table, columns: &[Option<usize>], line: &str) -> Option<Vec<Value>> {
    let texts: Vec<_> = line.split(',').collect();
    let mut cells = vec![Value::Null; table.columns.len()];
    if texts.len() != columns.len() {
        return None;
    }
    for (text, column) in texts.iter().zip(columns) {
        let Some(at) = *column else { continue };
        let column = &table.columns[at];
        cells[at] = match column.read(text, None).ok()?.cell {
            Cell::Null if column.name != "total_charges" => return None,
            Cell::Null => Value::Null,
            Cell::Number(number) => json!(number),
            Cell::Text(text) => json!(text),
            Cell::Date(_) => return None,
        };
    }
    Some(cells)
}

fn json_row(plan: &FeaturePlan, frame: &Frame, row: usize) -> Vec<Value> {
    let value = |field: &features::Field| match frame.column(&field.name).unwrap().value(row) {
        features::Value::Number(number) if number.is_finite() => json!(number),
        features::Value::Category(text) => json!(text),
        _ => Value::Null,
    };
    plan.fields().iter().map(value).collect()
}
