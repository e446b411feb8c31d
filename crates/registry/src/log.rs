use contracts::{ModelManifest, ModelVersion};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use lake::{Lake, LakeError, StoreError, keys};

use crate::{Change, Event, RegistryError, RegistryState, state::Action, time_text};

/// Attempts of a change; each failed one means that somebody else succeeded.
const MAX_ATTEMPTS: u32 = 128;
/// Events read at once when the whole history is asked for.
const N_PARALLEL_READS: usize = 16;

/// The versions of one model of one use case.
#[derive(Clone, Debug)]
pub struct Registry {
    pub(crate) lake: Lake,
    pub(crate) use_case: String,
    pub(crate) model_name: String,
}

impl Registry {
    /// The registry of a model. Nothing is read yet, and nothing need exist.
    #[must_use]
    pub fn new(lake: &Lake, use_case: impl Into<String>, model_name: impl Into<String>) -> Self {
        Self { lake: lake.clone(), use_case: use_case.into(), model_name: model_name.into() }
    }

    /// Everything as it is now.
    ///
    /// # Errors
    /// The log is broken, or the lake failed.
    pub async fn state(&self) -> Result<RegistryState, RegistryError> {
        match self.n_events().await? {
            0 => Ok(RegistryState::default()),
            last => Ok(self.event(last).await?.state),
        }
    }

    /// Everything as it was at `time` (RFC 3339), events of that very moment included.
    ///
    /// # Errors
    /// `time` is no time, the log is broken, or the lake failed.
    pub async fn state_at(&self, time: &str) -> Result<RegistryState, RegistryError> {
        let time = time_text::parse(time)?;
        // The times in the log never decrease, so the last event that had happened is found by halving.
        let (mut happened, mut later) = (0, self.n_events().await? + 1);
        let mut state = RegistryState::default();
        while later - happened > 1 {
            let middle = happened.midpoint(later);
            let event = self.event(middle).await?;
            if time_text::parse(&event.at)? <= time {
                (happened, state) = (middle, event.state);
            } else {
                later = middle;
            }
        }
        Ok(state)
    }

    /// The whole history, first event first.
    ///
    /// # Errors
    /// The log is broken, or the lake failed.
    pub async fn events(&self) -> Result<Vec<Event>, RegistryError> {
        let reads = (1..=self.n_events().await?).map(|seq| self.event(seq));
        stream::iter(reads).buffered(N_PARALLEL_READS).try_collect().await
    }

    /// What makes up a version, checked against the digest in the log.
    ///
    /// # Errors
    /// The version is not registered, its manifest is not the one registered, or the lake failed.
    pub async fn manifest(&self, version: ModelVersion) -> Result<ModelManifest, RegistryError> {
        self.manifest_in(&self.state().await?, version).await
    }

    /// [`Registry::manifest`] for a state that was read before.
    ///
    /// # Errors
    /// As [`Registry::manifest`].
    pub async fn manifest_in(
        &self,
        state: &RegistryState,
        version: ModelVersion,
    ) -> Result<ModelManifest, RegistryError> {
        let found = state.versions.get(&version).ok_or_else(|| self.unknown(version))?;
        Ok(self.lake.read_json_ref(&found.manifest).await?)
    }

    /// Moves a version to Staging: it passed its integration tests. A version in Production stays there.
    ///
    /// # Errors
    /// The version is not registered, others kept changing the model, or the lake failed.
    pub async fn stage(&self, version: ModelVersion, change: &Change) -> Result<RegistryState, RegistryError> {
        self.apply(&Action::Stage(version), change).await
    }

    /// Points `live` at a version in Staging or Production.
    ///
    /// # Errors
    /// As [`Registry::stage`], and [`RegistryError::IllegalTransition`] from None and Archived.
    pub async fn go_live(&self, version: ModelVersion, change: &Change) -> Result<RegistryState, RegistryError> {
        self.apply(&Action::GoLive(version), change).await
    }

    /// Moves a version from Staging to Production, and the one that was there to Archived.
    ///
    /// `champion` and `live` point at it afterwards.
    ///
    /// # Errors
    /// As [`Registry::stage`], and [`RegistryError::IllegalTransition`] from None and Archived.
    pub async fn promote(&self, version: ModelVersion, change: &Change) -> Result<RegistryState, RegistryError> {
        self.apply(&Action::Promote(version), change).await
    }

    /// Puts a version aside that is neither live nor in Production.
    ///
    /// # Errors
    /// As [`Registry::stage`], and [`RegistryError::IllegalTransition`] for the version that is live or in Production.
    pub async fn archive(&self, version: ModelVersion, change: &Change) -> Result<RegistryState, RegistryError> {
        self.apply(&Action::Archive(version), change).await
    }

    /// Takes a live version back: `live`, `champion` and the stages are as they were before it went live.
    ///
    /// When `version` is not live, nothing changes. When nothing was live before it, nothing is live afterwards.
    /// The last 16 deployments can be rolled back, one after the other.
    ///
    /// # Errors
    /// As [`Registry::stage`].
    pub async fn roll_back(&self, version: ModelVersion, change: &Change) -> Result<RegistryState, RegistryError> {
        self.apply(&Action::RollBack(version), change).await
    }

    /// Appends the event of `action`, unless its result holds already.
    pub(crate) async fn apply(&self, action: &Action, change: &Change) -> Result<RegistryState, RegistryError> {
        let asked_at = time_text::parse(&change.at)?;
        for _ in 0..MAX_ATTEMPTS {
            let state = self.state().await?;
            let Some(mut next) = state.after(action, &self.model_name)? else { return Ok(state) };
            let last_at = state.at.as_deref().map(time_text::parse).transpose()?;
            let at = time_text::format(last_at.map_or(asked_at, |last| last.max(asked_at)))?;
            next.seq = state.seq + 1;
            next.at = Some(at.clone());
            let event = Event {
                seq: next.seq,
                kind: action.kind(),
                version: action.version(),
                who: change.who.clone(),
                at,
                why: change.why.clone(),
                run_id: change.run_id.clone(),
                state: next,
            };
            match self.lake.write_json_once(&self.event_key(event.seq), &event).await {
                Ok(_) => return Ok(event.state),
                // Somebody else wrote this number; look again at what is there now.
                Err(LakeError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(self.contended(MAX_ATTEMPTS))
    }

    pub(crate) fn unknown(&self, version: ModelVersion) -> RegistryError {
        RegistryError::UnknownVersion { model: self.model_name.clone(), version }
    }

    pub(crate) fn contended(&self, n_attempts: u32) -> RegistryError {
        RegistryError::Contended { model: self.model_name.clone(), n_attempts }
    }

    fn event_key(&self, seq: u64) -> String {
        keys::event(&self.use_case, &self.model_name, seq)
    }

    /// Number of the last event, after a look that none before it is missing.
    async fn n_events(&self) -> Result<u64, RegistryError> {
        let events = self.lake.list(&keys::events_prefix(&self.use_case, &self.model_name)).await?;
        for (seq, found) in (1_u64..).zip(&events) {
            let key = self.event_key(seq);
            if found.key != key {
                return Err(RegistryError::BrokenLog { key, reason: format!("found `{}` in its place", found.key) });
            }
        }
        Ok(events.len() as u64)
    }

    async fn event(&self, seq: u64) -> Result<Event, RegistryError> {
        let key = self.event_key(seq);
        let event: Event = match self.lake.read_json(&key).await {
            Err(LakeError::Store(StoreError::NotFound { key })) => {
                return Err(RegistryError::BrokenLog { key, reason: "the event has vanished".to_owned() });
            }
            event => event?,
        };
        if event.seq != seq || event.state.seq != seq {
            let reason = format!("it is event {} with state {}", event.seq, event.state.seq);
            return Err(RegistryError::BrokenLog { key, reason });
        }
        Ok(event)
    }
}
