use contracts::{RunId, Settings};
use lake::{Lake, LakeError, keys};

/// The settings of a run, as `plan` stored them.
///
/// # Errors
/// The run was never planned ([`LakeError::NotFound`]), or the store failed.
pub async fn settings(lake: &Lake, use_case: &str, run_id: &RunId) -> Result<Settings, LakeError> {
    lake.read_json(&keys::run_settings(use_case, run_id)).await
}
