//! The part of ONNX that Sluice writes and reads: one graph, a handful of operators, metadata.
//!
//! [`proto`] holds the messages of `onnx.proto3` (ONNX 1.x, field numbers as published); fields that Sluice never
//! needs are left out and skipped when a file has them.
//! [`linear_classifier`] and [`tree_ensemble_classifier`] make valid models of a binary classifier;
//! [`NodeProto::floats`](proto::NodeProto::floats) and its siblings read attributes with their types checked.
//!
//! Every model has the input `input`, float `(n_rows, n_features)`, and the outputs `label`, int64 `(n_rows)`, and
//! `probabilities`, float `(n_rows, 2)`, class 0 first. There is no ZipMap.
//!
//! ```
//! use onnx::{ModelInfo, decode, encode, linear_classifier};
//!
//! let model = linear_classifier(&[0.5, -1.0], 0.25, &ModelInfo::default())?;
//! let read = decode(&encode(&model))?;
//! assert_eq!(read.n_features()?, 2);
//! assert_eq!(read.graph()?.node[0].floats("coefficients")?, [-0.5, 1.0, 0.5, -1.0]);
//! # Ok::<(), onnx::OnnxError>(())
//! ```

pub use build::{
    DEFAULT_DOMAIN, IR_VERSION, ML_DOMAIN, ML_OPSET, ModelInfo, OPSET, PostTransform, linear_classifier,
    tree_ensemble_classifier,
};
pub use error::OnnxError;
pub use read::{INPUT, LABEL, MAX_MODEL_BYTES, PROBABILITIES, decode, encode};
pub use tree::{Comparison, Tree, TreeNode};

pub mod proto;

mod build;
mod error;
mod read;
mod tree;
