//! Bounds that every specification and every plan keeps, so that a plan read from outside cannot exhaust memory.

/// Longest JSON form of a plan, in bytes.
pub const MAX_PLAN_BYTES: usize = 16 << 20;
/// Most raw fields.
pub const MAX_FIELDS: usize = 4_096;
/// Most features (columns of the matrix).
pub const MAX_FEATURES: usize = 65_536;
/// Most levels of one category.
pub const MAX_LEVELS: usize = 65_536;
/// Most fields multiplied on one side of a ratio.
pub const MAX_FACTORS: usize = 8;
/// Most fields added in a sum.
pub const MAX_TERMS: usize = 64;
/// Longest name of a field, ratio or sum, in bytes.
pub const MAX_NAME_BYTES: usize = 256;
/// Longest level of a category, in bytes.
pub const MAX_LEVEL_BYTES: usize = 4_096;
