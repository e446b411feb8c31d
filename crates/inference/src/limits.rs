use std::time::Duration;

use crate::engine::TICK;

/// What a model may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Linear memory of the module in bytes: code excluded, model, rows and answers included.
    pub memory_bytes: usize,
    /// Time for one call. A batch that is larger than a call's is split, and each part has this time.
    pub time_per_call: Duration,
    /// Time for loading the model, which is done once.
    pub time_to_load: Duration,
}

impl Default for Limits {
    /// 512 MiB, a second for a call, 20 seconds to load.
    fn default() -> Self {
        Self { memory_bytes: 512 << 20, time_per_call: Duration::from_secs(1), time_to_load: Duration::from_secs(20) }
    }
}

/// Ticks after which `time` has passed for certain: the current one may be almost over.
pub(crate) fn ticks(time: Duration) -> u64 {
    let ticks = time.as_nanos().div_ceil(TICK.as_nanos());
    u64::try_from(ticks).unwrap_or(u64::MAX).saturating_add(1)
}
