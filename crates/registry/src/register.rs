use std::collections::BTreeMap;

use bytes::Bytes;
use contracts::{
    BinaryMetrics, ModelManifest, ModelVersion, ObjectRef, RunId, Sha256, SnapshotId, WasmBuild, run_name,
};
use lake::{
    LakeError,
    keys::{self, ModelFile},
};

use crate::{Change, Registry, RegistryError, RegistryState, Stage, VersionState, state::Action, time_text};

/// Attempts to claim a number; each failed one means that another run claimed it.
const MAX_CLAIMS: u32 = 64;

/// The files of a model, as bytes; the model card is written when the number is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFiles {
    /// `model.onnx`.
    pub model: Bytes,
    /// `features.json`.
    pub plan: Bytes,
    /// `signature.json`.
    pub signature: Bytes,
    /// `reference.json`.
    pub reference: Bytes,
    /// `drift.json`.
    pub drift: Bytes,
}

/// A model to register.
#[derive(Clone, Debug, PartialEq)]
pub struct NewVersion {
    /// Run that trained it.
    pub run_id: RunId,
    /// Data it was trained on.
    pub snapshot_id: SnapshotId,
    /// Digest of snapshot, family, hyperparameters and seed.
    pub candidate_key: String,
    /// Family of the model.
    pub family: String,
    /// Metrics on the test split.
    pub test: BinaryMetrics,
    /// Mean cross-validated ROC-AUC.
    pub cv_roc_auc: f64,
    /// Fingerprint of the feature plan.
    pub feature_fingerprint: String,
    /// Build of the inference module that serves it.
    pub build: WasmBuild,
    /// Largest difference from the trainer's probabilities, by evaluator.
    pub max_abs_difference: BTreeMap<String, f64>,
    /// Its files.
    pub files: ModelFiles,
}

/// What became of a registration.
#[derive(Clone, Debug, PartialEq)]
pub struct Registered {
    /// The version that holds the model.
    pub version: ModelVersion,
    /// Its manifest.
    pub manifest: ModelManifest,
    /// Whether this run made the version; a retry of the same run gives the same answer.
    pub created: bool,
}

/// The digests by which two models are the same.
struct Digests {
    model: Sha256,
    plan: Sha256,
    signature: Sha256,
}

impl Registry {
    /// Makes a model the next version.
    ///
    /// The number is claimed by writing `manifest.json`, which holds the run and the digest of every file; then the
    /// files are written, and the event last. A registration that was killed is taken up under the same number when
    /// its run comes again; the number of one that never does stays unused. A model whose graph, feature plan and
    /// signature are registered already keeps its version.
    ///
    /// `card` writes the model card from the number and the time of registration (RFC 3339); it must give the same
    /// text for the same arguments.
    ///
    /// # Errors
    /// [`RegistryError::DifferentFiles`] when the run claimed a number with other files, others kept changing the
    /// model, or the lake failed.
    pub async fn register(
        &self,
        new: &NewVersion,
        card: impl Fn(ModelVersion, &str) -> String + Send + Sync,
        change: &Change,
    ) -> Result<Registered, RegistryError> {
        let at = time_text::format(time_text::parse(&change.at)?)?;
        let digests = Digests {
            model: Sha256::of(&new.files.model),
            plan: Sha256::of(&new.files.plan),
            signature: Sha256::of(&new.files.signature),
        };
        for _ in 0..MAX_CLAIMS {
            let state = self.state().await?;
            if let Some(registered) = self.find_registered(&state, &digests, new).await? {
                return Ok(registered);
            }
            let Some((object, manifest)) = self.claim(&state, new, &digests, &card, &at).await? else { continue };
            self.write_files(&manifest, new, &card).await?;
            let version = VersionState {
                stage: Stage::None,
                run_id: manifest.run_id.clone(),
                registered_at: manifest.registered_at.clone(),
                manifest: object,
                model: manifest.model.sha256.clone(),
                plan: manifest.plan.sha256.clone(),
                signature: manifest.signature.sha256.clone(),
            };
            let state = self.apply(&Action::Register(manifest.version, Box::new(version)), change).await?;
            // Another run may have registered the very same model meanwhile; then its version counts.
            return self.find_registered(&state, &digests, new).await?.ok_or_else(|| self.unknown(manifest.version));
        }
        Err(self.contended(MAX_CLAIMS))
    }

    async fn find_registered(
        &self,
        state: &RegistryState,
        digests: &Digests,
        new: &NewVersion,
    ) -> Result<Option<Registered>, RegistryError> {
        let Some(version) = state.find(&digests.model, &digests.plan, &digests.signature) else { return Ok(None) };
        let manifest = self.manifest_in(state, version).await?;
        let created = manifest.run_id == new.run_id;
        Ok(Some(Registered { version, manifest, created }))
    }

    /// Takes the next free number, or the one that this run took before it was killed; `None` when another was faster.
    async fn claim(
        &self,
        state: &RegistryState,
        new: &NewVersion,
        digests: &Digests,
        card: impl Fn(ModelVersion, &str) -> String,
        at: &str,
    ) -> Result<Option<(ObjectRef, ModelManifest)>, RegistryError> {
        let claimed = self.claimed().await?;
        for version in claimed.iter().filter(|version| !state.versions.contains_key(version)) {
            let key = self.file_key(*version, ModelFile::Manifest);
            let (object, manifest): (ObjectRef, ModelManifest) = self.lake.read_json_key(&key).await?;
            let is_same =
                manifest.has_files(&digests.model, &digests.plan) && manifest.signature.sha256 == digests.signature;
            if manifest.run_id == new.run_id && is_same {
                return Ok(Some((object, manifest)));
            }
        }
        let version = claimed.last().map_or(ModelVersion::first(), |last| last.next());
        let manifest = self.new_manifest(version, new, &card(version, at), at);
        match self.lake.write_json_once(&self.file_key(version, ModelFile::Manifest), &manifest).await {
            Ok(object) => Ok(Some((object, manifest))),
            Err(LakeError::Conflict { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Every number with a manifest, in order.
    async fn claimed(&self) -> Result<Vec<ModelVersion>, RegistryError> {
        let prefix = keys::versions_prefix(&self.use_case, &self.model_name);
        let objects = self.lake.list(&prefix).await?;
        let mut versions: Vec<ModelVersion> = objects
            .iter()
            .filter_map(|object| object.key.strip_suffix(ModelFile::Manifest.name())?.strip_suffix('/'))
            .filter_map(|folder| folder.rsplit('/').next()?.parse().ok())
            .collect();
        versions.sort_unstable();
        Ok(versions)
    }

    fn new_manifest(&self, version: ModelVersion, new: &NewVersion, card: &str, at: &str) -> ModelManifest {
        let object = |file, bytes: &[u8]| ObjectRef {
            key: self.file_key(version, file),
            sha256: Sha256::of(bytes),
            size_bytes: bytes.len() as u64,
        };
        ModelManifest {
            use_case: self.use_case.clone(),
            model_name: self.model_name.clone(),
            version,
            run_id: new.run_id.clone(),
            run_name: run_name(&new.run_id),
            snapshot_id: new.snapshot_id.clone(),
            candidate_key: new.candidate_key.clone(),
            family: new.family.clone(),
            registered_at: at.to_owned(),
            test: new.test,
            cv_roc_auc: new.cv_roc_auc,
            feature_fingerprint: new.feature_fingerprint.clone(),
            build: new.build,
            max_abs_difference: new.max_abs_difference.clone(),
            model: object(ModelFile::Model, &new.files.model),
            plan: object(ModelFile::Plan, &new.files.plan),
            signature: object(ModelFile::Signature, &new.files.signature),
            reference: object(ModelFile::Reference, &new.files.reference),
            drift: object(ModelFile::Drift, &new.files.drift),
            model_card: object(ModelFile::Card, card.as_bytes()),
        }
    }

    /// Writes every file of a claimed version that is not there yet.
    async fn write_files(
        &self,
        manifest: &ModelManifest,
        new: &NewVersion,
        card: impl Fn(ModelVersion, &str) -> String,
    ) -> Result<(), RegistryError> {
        let card = Bytes::from(card(manifest.version, &manifest.registered_at));
        let files = &new.files;
        let files = [
            (ModelFile::Model, &manifest.model, &files.model),
            (ModelFile::Plan, &manifest.plan, &files.plan),
            (ModelFile::Signature, &manifest.signature, &files.signature),
            (ModelFile::Reference, &manifest.reference, &files.reference),
            (ModelFile::Drift, &manifest.drift, &files.drift),
            (ModelFile::Card, &manifest.model_card, &card),
        ];
        for (file, claimed, bytes) in files {
            if Sha256::of(bytes) != claimed.sha256 {
                let (version, run_id) = (manifest.version, manifest.run_id.clone());
                return Err(RegistryError::DifferentFiles { version, run_id, file: file.name() });
            }
        }
        for (_, claimed, bytes) in files {
            self.lake.write_once(&claimed.key, bytes.clone()).await?;
        }
        Ok(())
    }

    fn file_key(&self, version: ModelVersion, file: ModelFile) -> String {
        keys::model(&self.use_case, &self.model_name, version, file)
    }
}
