use std::fmt;

use serde::{Deserialize, Serialize};

/// The name under which a failed stage is known to the state machines.
///
/// A state machine retries and catches by these names only, so a name is added here before it is used anywhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ErrorName {
    /// The request, or a file it points to, cannot be used as it is; the message says where.
    InvalidInput,
    /// The data was read, and a schema, business or distribution check refused it.
    DataQuality,
    /// No candidate passed the performance gates.
    PerformanceGate,
    /// There are too few rows, or too few with a label, to decide anything.
    InsufficientData,
    /// An object, run, snapshot or model version does not exist.
    NotFound,
    /// Somebody else changed the same thing first; trying again sees the new state.
    Conflict,
    /// The store failed or did not answer; trying again may help.
    Storage,
    /// A model file is broken, hostile, unsupported, or disagrees with its trainer.
    ModelRejected,
    /// The candidate failed its tests before it was put live.
    IntegrationTest,
    /// The live endpoint answered wrongly after a deployment.
    SmokeTest,
    /// A fault of Sluice itself.
    Internal,
}

impl ErrorName {
    /// Every name, in the order of declaration.
    pub const ALL: [Self; 11] = [
        Self::InvalidInput,
        Self::DataQuality,
        Self::PerformanceGate,
        Self::InsufficientData,
        Self::NotFound,
        Self::Conflict,
        Self::Storage,
        Self::ModelRejected,
        Self::IntegrationTest,
        Self::SmokeTest,
        Self::Internal,
    ];

    /// The name as the state machines spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidInput => "InvalidInput",
            Self::DataQuality => "DataQuality",
            Self::PerformanceGate => "PerformanceGate",
            Self::InsufficientData => "InsufficientData",
            Self::NotFound => "NotFound",
            Self::Conflict => "Conflict",
            Self::Storage => "Storage",
            Self::ModelRejected => "ModelRejected",
            Self::IntegrationTest => "IntegrationTest",
            Self::SmokeTest => "SmokeTest",
            Self::Internal => "Internal",
        }
    }

    /// Whether the same request can succeed when it is sent again.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::Conflict | Self::Storage)
    }
}

impl fmt::Display for ErrorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
