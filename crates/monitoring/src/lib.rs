//! How a model in production does: drift against what it was trained on, performance where labels are known.
