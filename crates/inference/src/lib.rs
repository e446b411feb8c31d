//! The host of the inference module: the only crate that knows wasmtime.
//!
//! A [`Module`] is machine code made from WebAssembly when the functions are packaged; there is no compiler in here.
//! A [`Model`] is an instance of it with an ONNX file and a feature plan loaded as data.
//! Whatever the model does, it does inside: it has no imports, no more memory than [`Limits`] give it, and no more time.
//! After a trap the instance is thrown away and the next call gets a fresh one.
//!
//! ```no_run
//! use contracts::WasmBuild;
//! use features::Value;
//! use inference::{Limits, Model, Modules};
//!
//! # let (onnx, plan_json) = (Vec::new(), Vec::new());
//! let modules = Modules::open("target/sluice/wasm")?;
//! let mut model = Model::load(&modules.build(WasmBuild::Compact)?, &onnx, &plan_json, Limits::default())?;
//! let probabilities = model.predict_rows(&[vec![Value::Number(2.0), Value::Category("month-to-month")]])?;
//! # Ok::<(), inference::InferenceError>(())
//! ```
//!
//! `cargo run --release --example time_per_row -- <folder of modules>` measures the way from loading the module to the
//! first answer.

pub use engine::{TARGET, settings};
pub use error::InferenceError;
pub use limits::Limits;
pub use model::Model;
pub use module::{Module, Modules};

mod batch;
mod engine;
mod error;
mod guest;
mod limits;
mod model;
mod module;
mod reference;
