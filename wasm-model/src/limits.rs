//! Bounds on what a model file may ask for, far above any model that is meant seriously.

/// Most nodes of an ensemble.
pub const MAX_NODES: usize = 8 << 20;
/// Deepest tree; a row takes as many steps.
pub const MAX_DEPTH: u32 = 4_096;
/// Most rows of one call.
pub const MAX_ROWS: usize = 1 << 20;
