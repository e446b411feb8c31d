use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use inference::{Limits, Modules};
use lake::Lake;
use tokio::sync::Semaphore;

use crate::{
    problem::{Kind, Refusal, short},
    slot::Slot,
};

/// What a server is told when it starts.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Use case of the routes that name none.
    pub use_case: String,
    /// Most rows of one request.
    pub max_rows: usize,
    /// Largest body of one request.
    pub max_body_bytes: usize,
    /// How old an answer of the registry may grow while a version serves.
    pub refresh_every: Duration,
    /// How old it may grow while there is nothing to serve.
    pub retry_every: Duration,
    /// Requests computed at the same time; more wait.
    pub n_workers: usize,
    /// Bounds of the model itself.
    pub limits: Limits,
}

impl Settings {
    /// The settings that the documentation calls default, for a server of `use_case` on `n_workers` cores.
    #[must_use]
    pub fn new(use_case: impl Into<String>, n_workers: usize) -> Self {
        Self {
            use_case: use_case.into(),
            max_rows: 10_000,
            max_body_bytes: 1 << 20,
            refresh_every: Duration::from_secs(5),
            retry_every: Duration::from_secs(1),
            n_workers: n_workers.max(1),
            limits: Limits::default(),
        }
    }
}

/// Time since some moment in the past that stays the same; never goes backwards.
pub type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// Everything a request can reach. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) lake: Lake,
    pub(crate) settings: Settings,
    pub(crate) modules: Arc<Modules>,
    pub(crate) workers: Arc<Semaphore>,
    clock: Clock,
    instance: String,
    n_requests: AtomicU64,
    slots: BTreeMap<&'static str, Slot>,
}

impl AppState {
    /// The state of a server that has not been asked anything. `instance` makes its request ids its own.
    #[must_use]
    pub fn new(lake: Lake, modules: Modules, settings: Settings, clock: Clock, instance: impl Into<String>) -> Self {
        let use_cases = usecases::names().filter_map(usecases::find);
        let slots = use_cases.map(|use_case| (use_case.name.as_str(), Slot::new(&use_case.name, &use_case.model_name)));
        let shared = Shared {
            lake,
            modules: Arc::new(modules),
            workers: Arc::new(Semaphore::new(settings.n_workers)),
            settings,
            clock,
            instance: instance.into(),
            n_requests: AtomicU64::new(0),
            slots: slots.collect(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Loads the model of the default use case, if there is one, so that the first request does not wait for it.
    pub async fn warm_up(&self) {
        if let Ok(slot) = self.shared.slot(None) {
            slot.current(&self.shared).await;
        }
    }
}

impl Shared {
    pub(crate) fn now_ms(&self) -> u64 {
        u64::try_from((self.clock)().as_millis()).unwrap_or(u64::MAX)
    }

    pub(crate) fn now_us(&self) -> u64 {
        u64::try_from((self.clock)().as_micros()).unwrap_or(u64::MAX)
    }

    /// The slot of `use_case`, or of the default one.
    pub(crate) fn slot(&self, use_case: Option<&str>) -> Result<&Slot, Refusal> {
        let name = use_case.unwrap_or(&self.settings.use_case);
        self.slots.get(name).ok_or_else(|| {
            let known: Vec<_> = self.slots.keys().copied().collect();
            let detail = format!("`{}` is not one of {}", short(name), known.join(", "));
            Refusal::new(Kind::UnknownUseCase, detail)
        })
    }

    /// An id no other request of this server has.
    pub(crate) fn next_request_id(&self) -> String {
        format!("{}-{}", self.instance, self.n_requests.fetch_add(1, Ordering::Relaxed))
    }
}
