//! wasm-model.
