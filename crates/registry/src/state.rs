use std::{collections::BTreeMap, fmt};

use contracts::{ModelVersion, ObjectRef, RunId, Sha256};
use serde::{Deserialize, Serialize};

use crate::{EventKind, RegistryError};

/// How many deployments can be rolled back, one after the other.
const MAX_BEFORE: usize = 16;

/// How far a version has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Stage {
    /// Registered, and nothing else.
    None,
    /// Passed its integration tests; may go live.
    Staging,
    /// The champion. At most one version is in Production.
    Production,
    /// Replaced or put aside; its files stay.
    Archived,
}

impl Stage {
    /// The stage as people write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Staging => "Staging",
            Self::Production => "Production",
            Self::Archived => "Archived",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is known of a version without reading its manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionState {
    /// How far it has come.
    pub stage: Stage,
    /// Run that trained it.
    pub run_id: RunId,
    /// When it was claimed, RFC 3339 in UTC.
    pub registered_at: String,
    /// Its `manifest.json`.
    pub manifest: ObjectRef,
    /// Digest of its graph.
    pub model: Sha256,
    /// Digest of its feature plan.
    pub plan: Sha256,
    /// Digest of its signature, which holds the threshold.
    pub signature: Sha256,
}

/// Where the aliases point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aliases {
    /// Version that the endpoint answers with.
    pub live: Option<ModelVersion>,
    /// Version in Production.
    pub champion: Option<ModelVersion>,
}

/// Everything about a model's versions at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryState {
    /// Number of the event that led here; 0 before the first.
    pub seq: u64,
    /// When that was, RFC 3339 in UTC; `None` before the first event.
    pub at: Option<String>,
    /// Every registered version. A number that was claimed and never finished is missing.
    pub versions: BTreeMap<ModelVersion, VersionState>,
    /// Version that the endpoint answers with. It is in Staging or Production.
    pub live: Option<ModelVersion>,
    /// Version in Production.
    pub champion: Option<ModelVersion>,
    /// Aliases before each deployment that can be rolled back, the latest last.
    pub before: Vec<Aliases>,
}

/// A change of the state, asked for and not yet judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Register(ModelVersion, Box<VersionState>),
    Stage(ModelVersion),
    GoLive(ModelVersion),
    Promote(ModelVersion),
    Archive(ModelVersion),
    RollBack(ModelVersion),
}

impl Action {
    pub(crate) const fn version(&self) -> ModelVersion {
        match self {
            Self::Register(version, _)
            | Self::Stage(version)
            | Self::GoLive(version)
            | Self::Promote(version)
            | Self::Archive(version)
            | Self::RollBack(version) => *version,
        }
    }

    pub(crate) const fn kind(&self) -> EventKind {
        match self {
            Self::Register(..) => EventKind::Registered,
            Self::Stage(_) => EventKind::Staged,
            Self::GoLive(_) => EventKind::WentLive,
            Self::Promote(_) => EventKind::Promoted,
            Self::Archive(_) => EventKind::Archived,
            Self::RollBack(_) => EventKind::RolledBack,
        }
    }
}

impl RegistryState {
    /// Stage of a version, if it is registered.
    #[must_use]
    pub fn stage_of(&self, version: ModelVersion) -> Option<Stage> {
        self.versions.get(&version).map(|version| version.stage)
    }

    /// Where the aliases point.
    #[must_use]
    pub const fn aliases(&self) -> Aliases {
        Aliases { live: self.live, champion: self.champion }
    }

    /// The version that holds these very files, if any; the first one, should there be several.
    #[must_use]
    pub fn find(&self, model: &Sha256, plan: &Sha256, signature: &Sha256) -> Option<ModelVersion> {
        let same = |state: &VersionState| state.model == *model && state.plan == *plan && state.signature == *signature;
        self.versions.iter().find(|(_, state)| same(state)).map(|(version, _)| *version)
    }

    /// The state after `action`, with the number and time of the event still to be set; `None` when it holds already.
    pub(crate) fn after(&self, action: &Action, model: &str) -> Result<Option<Self>, RegistryError> {
        let version = action.version();
        if let Action::Register(_, new) = action {
            return Ok(self.after_register(version, new));
        }
        let Some(stage) = self.stage_of(version) else {
            return Err(RegistryError::UnknownVersion { model: model.to_owned(), version });
        };
        let refuse = |to, advice| Err(RegistryError::IllegalTransition { version, from: stage, to, advice });
        let mut next = self.clone();
        match (action, stage) {
            (Action::Register(..), _) => return Ok(None),
            // What is in Production has been through Staging: a redeployment of the champion changes nothing here.
            (Action::Stage(_), Stage::Staging | Stage::Production) => return Ok(None),
            (Action::Stage(_), Stage::None | Stage::Archived) => next.set_stage(version, Stage::Staging),

            (Action::GoLive(_), _) if self.live == Some(version) => return Ok(None),
            (Action::GoLive(_), Stage::None | Stage::Archived) => return refuse("live", "stage it first"),
            (Action::GoLive(_), Stage::Staging | Stage::Production) => next.remember_and_go_live(version),

            (Action::Promote(_), Stage::Production) if self.live == Some(version) => return Ok(None),
            (Action::Promote(_), Stage::None | Stage::Archived) => return refuse("Production", "stage it first"),
            (Action::Promote(_), Stage::Staging | Stage::Production) => next.promote(version),

            (Action::Archive(_), Stage::Archived) => return Ok(None),
            (Action::Archive(_), Stage::Production) => {
                return refuse("Archived", "promote another version, or roll back");
            }
            (Action::Archive(_), _) if self.live == Some(version) => {
                return refuse("Archived", "it is live: roll back first");
            }
            (Action::Archive(_), Stage::None | Stage::Staging) => next.set_stage(version, Stage::Archived),

            (Action::RollBack(_), _) if self.live != Some(version) => return Ok(None),
            (Action::RollBack(_), _) => next.roll_back(version),
        }
        Ok(Some(next))
    }

    fn after_register(&self, version: ModelVersion, new: &VersionState) -> Option<Self> {
        if self.versions.contains_key(&version) || self.find(&new.model, &new.plan, &new.signature).is_some() {
            return None;
        }
        let mut next = self.clone();
        next.versions.insert(version, new.clone());
        Some(next)
    }

    fn set_stage(&mut self, version: ModelVersion, stage: Stage) {
        if let Some(state) = self.versions.get_mut(&version) {
            state.stage = stage;
        }
    }

    fn remember_and_go_live(&mut self, version: ModelVersion) {
        if self.before.len() == MAX_BEFORE {
            self.before.remove(0);
        }
        self.before.push(self.aliases());
        self.live = Some(version);
    }

    /// Makes `version` champion and live, and archives the champion before it.
    fn promote(&mut self, version: ModelVersion) {
        if self.live != Some(version) {
            self.remember_and_go_live(version);
        }
        if let Some(old) = self.champion.filter(|old| *old != version) {
            self.set_stage(old, Stage::Archived);
        }
        self.set_stage(version, Stage::Production);
        self.champion = Some(version);
    }

    /// Puts aliases and stages back to where they were before the live `version` went live.
    ///
    /// Without anything before it, nothing is live afterwards: a model that failed its tests must not answer.
    fn roll_back(&mut self, version: ModelVersion) {
        let target = self.before.pop().unwrap_or_default();
        if let Some(champion) = self.champion.filter(|champion| Some(*champion) != target.champion) {
            self.set_stage(champion, Stage::Staging);
        }
        if let Some(champion) = target.champion {
            self.set_stage(champion, Stage::Production);
        }
        // It may have been archived since; what is live has a stage that says so.
        for alias in [target.live, Some(version)].into_iter().flatten() {
            if self.stage_of(alias) == Some(Stage::Archived) {
                self.set_stage(alias, Stage::Staging);
            }
        }
        (self.live, self.champion) = (target.live, target.champion);
    }
}
