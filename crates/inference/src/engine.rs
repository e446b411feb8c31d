//! One engine per process, with the settings that the compiler must share, and the thread that drives its clock.

use std::{sync::OnceLock, thread, time::Duration};

use wasmtime::{Config, Engine, WasmFeatures};

use crate::InferenceError;

/// What modules are compiled for: x86-64 as AWS Lambda offers it, without any extension a machine could lack.
pub const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Time between two ticks of the clock that interrupts a running model.
pub(crate) const TICK: Duration = Duration::from_millis(5);

/// The settings under which a module is compiled and loaded; wasmtime refuses a module made under others.
///
/// A compiler sets [`TARGET`] and the canonical NaN beside these, which loading does not ask for.
#[must_use]
pub fn settings() -> Config {
    let mut config = Config::new();
    // A deadline needs a check in every loop, so it is a matter of compilation.
    config.epoch_interruption(true);
    // Relaxed operations may give other bits on another machine.
    config.wasm_features(WasmFeatures::RELAXED_SIMD, false);
    // The guest is plain code over one memory; whatever it does not use is off on both sides.
    for unused in [
        WasmFeatures::GC,
        WasmFeatures::GC_TYPES,
        WasmFeatures::THREADS,
        WasmFeatures::EXCEPTIONS,
        WasmFeatures::COMPONENT_MODEL,
    ] {
        config.wasm_features(unused, false);
    }
    // The way back from a trap to a line of the guest is an eighth of the file, and nobody here would walk it.
    config.generate_address_map(false).native_unwind_info(false).wasm_backtrace_max_frames(None);
    config
}

/// The engine of this process.
pub(crate) fn engine() -> Result<&'static Engine, InferenceError> {
    static ENGINE: OnceLock<Result<Engine, String>> = OnceLock::new();
    let engine = ENGINE.get_or_init(|| start().map_err(|error| format!("{error:#}")));
    engine.as_ref().map_err(|reason| InferenceError::Engine { reason: reason.clone() })
}

fn start() -> wasmtime::Result<Engine> {
    let engine = Engine::new(&settings())?;
    let ticking = engine.clone();
    thread::Builder::new().name("inference-clock".to_owned()).spawn(move || {
        loop {
            thread::sleep(TICK);
            ticking.increment_epoch();
        }
    })?;
    Ok(engine)
}
