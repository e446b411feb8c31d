//! What the suites in `tests/` share: the raw file, the stages called in this process, stacks on an emulator.
//!
//! Suites that need an emulator, a second S3 server or real ONNX Runtime are told where they are by `cargo xtask test`,
//! which starts them. Without them a suite fails and says so; it never passes by skipping.

#![allow(clippy::panic, clippy::expect_used, clippy::unwrap_used, clippy::print_stdout)]

pub mod command;
pub mod local;
pub mod onnx_runtime;
pub mod raw;
pub mod stack;

/// The value of a variable that `cargo xtask test` sets.
///
/// # Panics
/// When it is not set.
#[must_use]
pub fn from_xtask(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set; run `cargo xtask test`, which starts what it names"))
}

/// The modules of the inference guest.
///
/// # Panics
/// When they are not built.
#[must_use]
pub fn modules() -> inference::Modules {
    inference::Modules::open(from_xtask("SLUICE_WASM_DIR")).expect("`cargo xtask wasm` builds the modules")
}
