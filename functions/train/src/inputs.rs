use contracts::Snapshot;
use etl::{Gold, Split, choose_split};
use features::{FeaturePlan, FeatureSpec};
use lake::{Lake, keys};
use parts::gold_rows;
use usecases::{Comparison, UseCase};

use crate::{Candidate, TrainError};

/// What a candidate is trained from: gold rows with no more fields than its features read.
pub(crate) struct Inputs {
    /// Rules from which each fold fits a plan of its own.
    pub(crate) spec: &'static FeatureSpec,
    pub(crate) gold: Gold,
    /// Fitted on all training rows.
    pub(crate) plan: FeaturePlan,
}

impl Inputs {
    pub(crate) async fn read(
        lake: &Lake,
        use_case: &'static UseCase,
        candidate: &Candidate,
    ) -> Result<Self, TrainError> {
        let Candidate { use_case: name, snapshot_id, .. } = candidate;
        let snapshot: Snapshot = lake.read_json(&keys::snapshot(name, snapshot_id)).await?;
        if snapshot.id != *snapshot_id || snapshot.use_case != *name {
            return Err(refused(
                &snapshot,
                candidate,
                format!("it says it is {} of {}", snapshot.id, snapshot.use_case),
            ));
        }
        let comparison = candidate.comparison.as_ref().and_then(|compared| use_case.comparison(&compared.name));
        match comparison {
            Some(comparison) => Self::compared(lake, comparison, candidate, &snapshot).await,
            None => Self::proper(lake, &use_case.gold.features, candidate, &snapshot).await,
        }
    }

    /// The plan and the split of the snapshot.
    async fn proper(
        lake: &Lake,
        spec: &'static FeatureSpec,
        candidate: &Candidate,
        snapshot: &Snapshot,
    ) -> Result<Self, TrainError> {
        let plan = FeaturePlan::from_json(&lake.read(&snapshot.plan).await?)?;
        if plan.fingerprint() != snapshot.feature_fingerprint {
            let (found, expected) = (plan.fingerprint(), &snapshot.feature_fingerprint);
            let problem = format!("its feature plan has the fingerprint {found}, expected {expected}");
            return Err(refused(snapshot, candidate, problem));
        }
        let gold = parts::gold(lake, snapshot, &spec.fields).await?;
        Ok(Self { spec, gold, plan })
    }

    /// The features and the split that a comparison declares.
    async fn compared(
        lake: &Lake,
        comparison: &'static Comparison,
        candidate: &Candidate,
        snapshot: &Snapshot,
    ) -> Result<Self, TrainError> {
        let spec = &comparison.features;
        let rows = gold_rows(lake, &snapshot.gold, &spec.fields).await?;
        let rows = rows.ok_or_else(|| refused(snapshot, candidate, "it names no gold rows".to_owned()))?;
        let rule = choose_split(&comparison.split, candidate.seed, &rows)?;
        let gold = Gold::new(rows, &rule)?;
        let plan = FeaturePlan::fit(spec, &gold.frame, &gold.rows_of(Split::Train))?;
        Ok(Self { spec, gold, plan })
    }
}

fn refused(snapshot: &Snapshot, candidate: &Candidate, problem: String) -> TrainError {
    TrainError::Snapshot { snapshot_id: snapshot.id.to_string(), use_case: candidate.use_case.clone(), problem }
}
