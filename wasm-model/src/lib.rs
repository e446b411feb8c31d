//! The guest: feature plan and model in one WebAssembly module, the same in a function, in a browser and in a test.
//!
//! A [`Session`] takes an ONNX file and a feature plan as bytes and answers rows. There is no I/O, no clock and no
//! randomness, and a module built from this crate imports nothing.
//! The exports are in `abi.rs`; everything else is safe Rust that native tests call directly.
//!
//! There are two builds of this source with the same exports:
//! - *compact* (default): [`CompactModel`] reads trees and linear models straight from the ONNX file into flat arrays.
//!   Small, quick to start, a few microseconds per row.
//! - *tract* (feature `tract`): any graph that tract runs, with the same tree code as its tree operators.
//!
//! # What a host can rely on
//! - No bytes make the module do anything but answer, fail with a [`GuestError`], or trap on exhausted memory.
//! - The features are those of [`features::FeaturePlan::transform_row`], and the compact answers are those of this
//!   crate built natively, bit for bit: sums are f64 in a fixed order, and `exp` is libm's on both sides.
//! - Once the buffers have grown to the largest batch, nothing is allocated per row.
//!
//! # How the modules are built
//! With a rustup toolchain that has the target (`rustup target add wasm32-unknown-unknown`):
//! ```text
//! export CARGO_TARGET_DIR=$HOME/.cache/sluice/target/wasm-guest
//! export RUSTFLAGS='-C target-feature=+simd128 --cfg getrandom_backend="unsupported"'
//! cargo build --profile wasm --target wasm32-unknown-unknown -p wasm-model                    # compact
//! cargo build --profile wasm --target wasm32-unknown-unknown -p wasm-model --features tract   # tract
//! ```
//! With Debian's `rustc-web cargo-web rust-web-src lld` instead, the standard library is built too:
//! ```text
//! RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 /usr/bin/cargo build -Z build-std=std,panic_abort --profile wasm …
//! ```
//! Debian's `rust-lld` is a link into the package `lld-22`; with `lld` instead, set
//! `CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld`, always or never: it is part of what makes a build fresh.
//!
//! Both builds write `wasm32-unknown-unknown/wasm/wasm_model.wasm` in the target folder: copy it to `compact.wasm` or
//! `tract.wasm` before the next one. The flags are the same for both, so that they share the standard library.
//! The tract build takes about ten minutes of CPU.
//!
//! # Example
//! ```
//! use features::{Column, FeaturePlan, FeatureRule, FeatureSpec, Field, Frame, Value, wire};
//!
//! let spec = FeatureSpec { fields: vec![Field::number("tenure")], rules: vec![FeatureRule::number("tenure")] };
//! let frame = Frame::new(vec![("tenure".into(), Column::Number(vec![1.0, 3.0]))])?;
//! let plan = FeaturePlan::fit(&spec, &frame, &[0, 1])?;
//! let model = onnx::linear_classifier(&[0.5], -1.0, &onnx::ModelInfo::default())?;
//!
//! let mut session = wasm_model::Session::load(&onnx::encode(&model), &plan.to_json())?;
//! let mut rows = Vec::new();
//! wire::encode_value(&Value::Number(2.0), &mut rows);
//! assert_eq!(session.predict_rows(&rows, 1)?, [0.5]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub use compact::CompactModel;
pub use error::GuestError;
pub use session::Session;
#[cfg(feature = "tract")]
pub use tract::TractModel;

pub mod limits;

mod compact;
mod ensemble;
mod error;
mod session;
#[cfg(feature = "tract")]
mod tract;
mod trees;

#[cfg(target_family = "wasm")]
#[allow(unsafe_code, reason = "an exported name is an unsafe attribute")]
mod abi;

/// The evaluator of this build.
#[cfg(not(feature = "tract"))]
pub type Model = CompactModel;
/// The evaluator of this build.
#[cfg(feature = "tract")]
pub type Model = TractModel;
