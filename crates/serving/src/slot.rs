use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use contracts::{ModelManifest, ModelVersion};
use registry::{Registry, RegistryState, Stage};

use crate::{
    app::Shared,
    version::{LoadError, Loaded, Serving},
};

/// The model of one use case: what serves now, and when the registry is to be asked again.
pub(crate) struct Slot {
    pub(crate) use_case: String,
    model_name: String,
    current: RwLock<Current>,
    /// Held by the one request that asks the registry.
    asking: tokio::sync::Mutex<()>,
    /// When the answer of the registry is too old, in milliseconds of the clock.
    due_ms: AtomicU64,
    /// Manifests never change, so each is read once.
    manifests: Mutex<BTreeMap<ModelVersion, Arc<ModelManifest>>>,
}

/// What a request works with from its beginning to its end, whatever is loaded meanwhile.
#[derive(Clone, Default)]
pub(crate) struct Current {
    pub(crate) serving: Option<Arc<Serving>>,
    pub(crate) registry: Option<Arc<RegistryState>>,
    /// Why it is not the version that should serve.
    pub(crate) problem: Option<String>,
}

impl Slot {
    pub(crate) fn new(use_case: &str, model_name: &str) -> Self {
        Self {
            use_case: use_case.to_owned(),
            model_name: model_name.to_owned(),
            current: RwLock::default(),
            asking: tokio::sync::Mutex::default(),
            due_ms: AtomicU64::new(0),
            manifests: Mutex::default(),
        }
    }

    /// What serves now; asks the registry first when its last answer is too old.
    ///
    /// While one request asks, the others go on with the version in service; they wait only if there is none.
    pub(crate) async fn current(&self, shared: &Shared) -> Current {
        let current = self.peek();
        if !self.is_due(shared) {
            return current;
        }
        let _asking = if current.serving.is_some() {
            match self.asking.try_lock() {
                Ok(guard) => guard,
                Err(_) => return current,
            }
        } else {
            self.asking.lock().await
        };
        if self.is_due(shared) { self.refresh(shared).await } else { self.peek() }
    }

    /// Asks the registry now. Gives what served before and what serves after.
    pub(crate) async fn reload(&self, shared: &Shared) -> (Current, Current) {
        let _asking = self.asking.lock().await;
        let before = self.peek();
        (before, self.refresh(shared).await)
    }

    /// The manifest of a version.
    pub(crate) async fn manifest(
        &self,
        shared: &Shared,
        state: &RegistryState,
        version: ModelVersion,
    ) -> Result<Arc<ModelManifest>, LoadError> {
        let known = self.manifests.lock().unwrap_or_else(PoisonError::into_inner).get(&version).cloned();
        if let Some(manifest) = known {
            return Ok(manifest);
        }
        let manifest = Arc::new(self.registry(shared).manifest_in(state, version).await?);
        self.manifests.lock().unwrap_or_else(PoisonError::into_inner).insert(version, manifest.clone());
        Ok(manifest)
    }

    fn registry(&self, shared: &Shared) -> Registry {
        Registry::new(&shared.lake, &self.use_case, &self.model_name)
    }

    fn peek(&self) -> Current {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_due(&self, shared: &Shared) -> bool {
        shared.now_ms() >= self.due_ms.load(Ordering::Acquire)
    }

    async fn refresh(&self, shared: &Shared) -> Current {
        let before = self.peek();
        let after = match self.registry(shared).state().await {
            Ok(state) => self.follow(shared, state, before).await,
            Err(error) => {
                tracing::error!(use_case = self.use_case, %error, "the registry could not be read");
                Current { problem: Some(format!("the registry could not be read: {error}")), ..before }
            }
        };
        let settings = &shared.settings;
        let wait = if after.serving.is_some() { settings.refresh_every } else { settings.retry_every };
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = after.clone();
        self.due_ms.store(shared.now_ms().saturating_add(millis(wait)), Ordering::Release);
        after
    }

    /// Serves the first version of the registry's choice that loads, or else what served before.
    async fn follow(&self, shared: &Shared, state: RegistryState, before: Current) -> Current {
        let choices = choices(&state);
        let mut problems = Vec::new();
        let mut chosen = None;
        for &version in &choices {
            match self.serving(shared, &state, version, before.serving.as_deref()).await {
                Ok(serving) => {
                    chosen = Some(Arc::new(serving));
                    break;
                }
                Err(error) => {
                    tracing::error!(use_case = self.use_case, %version, %error, "the version could not be loaded");
                    problems.push(format!("{version} could not be loaded: {error}"));
                }
            }
        }
        if chosen.is_none() && !choices.is_empty() {
            chosen = before.serving.clone();
        }
        let version_of =
            |serving: &Option<Arc<Serving>>| serving.as_ref().map(|s| s.loaded.manifest.version.to_string());
        let (old, new) = (version_of(&before.serving), version_of(&chosen));
        if old != new {
            tracing::info!(use_case = self.use_case, old, new, "the version in service changed");
        }
        let problem = (!problems.is_empty()).then(|| problems.join("; "));
        Current { serving: chosen, registry: Some(Arc::new(state)), problem }
    }

    async fn serving(
        &self,
        shared: &Shared,
        state: &RegistryState,
        version: ModelVersion,
        before: Option<&Serving>,
    ) -> Result<Serving, LoadError> {
        let stage = state.stage_of(version).unwrap_or(Stage::None).to_string();
        if let Some(before) = before
            && before.loaded.manifest.version == version
        {
            return Ok(Serving { loaded: before.loaded.clone(), stage });
        }
        let manifest = self.manifest(shared, state, version).await?;
        let limits = shared.settings.limits;
        let loaded = Loaded::load(&shared.lake, shared.modules.clone(), limits, manifest).await?;
        Ok(Serving { loaded: Arc::new(loaded), stage })
    }
}

/// The versions that may serve, best first: `live`, then the one in Production.
fn choices(state: &RegistryState) -> Vec<ModelVersion> {
    let mut choices: Vec<_> = state.live.into_iter().chain(state.champion).collect();
    choices.dedup();
    choices
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
