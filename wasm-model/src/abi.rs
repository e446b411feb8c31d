//! The exports of the WebAssembly module.
//!
//! The host asks for a buffer, writes into it, calls a function without pointers, and reads the answer from where
//! `output_ptr` or `error_ptr` says.
//! So no pointer from outside is ever followed: the `unsafe` in this file is the attribute that gives a function its
//! exported name (each name occurs once, and none is a symbol of the C library), and in the tract build one call to
//! the constructors that the linker has put together, made once and before anything else runs.
//!
//! Functions that can fail return 0 or −1; after −1 the error is JSON of a [`GuestError`].

use std::cell::RefCell;

use crate::{GuestError, Session};

thread_local! {
    // A module without threads has exactly one of these.
    static STATE: RefCell<State> = RefCell::default();
}

#[derive(Default)]
struct State {
    model: Vec<u8>,
    plan: Vec<u8>,
    rows: Vec<u8>,
    matrix: Vec<f32>,
    session: Option<Session>,
    output: (*const f32, usize),
    error: Vec<u8>,
}

impl State {
    fn load(&mut self) -> Result<(), GuestError> {
        self.session = None;
        let (model, plan) = (std::mem::take(&mut self.model), std::mem::take(&mut self.plan));
        self.session = Some(Session::load(&model, &plan)?);
        Ok(())
    }

    fn answer(
        &mut self,
        call: impl for<'a> FnOnce(&'a mut Session, &[u8], &[f32]) -> Result<&'a [f32], GuestError>,
    ) -> Result<(), GuestError> {
        let session = self.session.as_mut().ok_or(GuestError::NotLoaded)?;
        let output = call(session, &self.rows, &self.matrix)?;
        self.output = (output.as_ptr(), output.len());
        Ok(())
    }

    fn fail(&mut self, error: &GuestError) {
        self.error = serde_json::to_vec(error).unwrap_or_default();
    }
}

fn with<T>(f: impl FnOnce(&mut State) -> T) -> T {
    STATE.with_borrow_mut(f)
}

fn run(f: impl FnOnce(&mut State) -> Result<(), GuestError>) -> i32 {
    with(|state| {
        state.output = (std::ptr::null(), 0);
        match f(state) {
            Ok(()) => 0,
            Err(error) => {
                state.fail(&error);
                -1
            }
        }
    })
}

/// Makes `buffer` exactly `length` long and says where it lies; null when there is no memory for it.
fn resize<T: Copy + Default>(buffer: &mut Vec<T>, length: usize) -> *mut T {
    let more = length.saturating_sub(buffer.len());
    if buffer.try_reserve(more).is_err() {
        return std::ptr::null_mut();
    }
    buffer.resize(length, T::default());
    buffer.as_mut_ptr()
}

/// Version of these exports; a host refuses a module with another one.
#[unsafe(no_mangle)]
extern "C" fn sluice_abi() -> u32 {
    1
}

/// Runs the constructors of the crates inside. Called once, first.
#[unsafe(no_mangle)]
extern "C" fn _initialize() {
    #[cfg(feature = "tract")]
    {
        unsafe extern "C" {
            safe fn __wasm_call_ctors();
        }
        __wasm_call_ctors();
    }
}

/// A buffer for the ONNX file.
#[unsafe(no_mangle)]
extern "C" fn model_buffer(size_bytes: usize) -> *mut u8 {
    with(|state| resize(&mut state.model, size_bytes))
}

/// A buffer for the feature plan's JSON.
#[unsafe(no_mangle)]
extern "C" fn plan_buffer(size_bytes: usize) -> *mut u8 {
    with(|state| resize(&mut state.plan, size_bytes))
}

/// A buffer for rows in the coding of [`features::wire`].
#[unsafe(no_mangle)]
extern "C" fn rows_buffer(size_bytes: usize) -> *mut u8 {
    with(|state| resize(&mut state.rows, size_bytes))
}

/// A buffer for a matrix of features: `n_values` floats, little-endian.
#[unsafe(no_mangle)]
extern "C" fn matrix_buffer(n_values: usize) -> *mut f32 {
    with(|state| resize(&mut state.matrix, n_values))
}

/// Loads what is in the model and plan buffers, and frees both.
#[unsafe(no_mangle)]
extern "C" fn load() -> i32 {
    run(State::load)
}

/// Answers the features of the rows in the rows buffer.
#[unsafe(no_mangle)]
extern "C" fn transform(n_rows: usize) -> i32 {
    run(|state| state.answer(|session, rows, _| session.transform(rows, n_rows)))
}

/// Answers a prediction per row in the rows buffer.
#[unsafe(no_mangle)]
extern "C" fn predict_rows(n_rows: usize) -> i32 {
    run(|state| state.answer(|session, rows, _| session.predict_rows(rows, n_rows)))
}

/// Answers a prediction per row in the matrix buffer.
#[unsafe(no_mangle)]
extern "C" fn predict_matrix(n_rows: usize) -> i32 {
    run(|state| state.answer(|session, _, matrix| session.predict_matrix(matrix, n_rows)))
}

/// Where the floats of the last answer lie, until the next call.
#[unsafe(no_mangle)]
extern "C" fn output_ptr() -> *const f32 {
    with(|state| state.output.0)
}

/// How many floats the last answer has.
#[unsafe(no_mangle)]
extern "C" fn output_len() -> usize {
    with(|state| state.output.1)
}

/// Where the JSON of the last error lies.
#[unsafe(no_mangle)]
extern "C" fn error_ptr() -> *const u8 {
    with(|state| state.error.as_ptr())
}

/// Length of that JSON in bytes.
#[unsafe(no_mangle)]
extern "C" fn error_len() -> usize {
    with(|state| state.error.len())
}

/// Where the fingerprint of the loaded feature plan lies, 64 hex digits; null before `load`.
#[unsafe(no_mangle)]
extern "C" fn fingerprint() -> *const u8 {
    with(|state| state.session.as_ref().map_or(std::ptr::null(), |session| session.fingerprint().as_ptr()))
}

/// Features the loaded plan makes; 0 before `load`.
#[unsafe(no_mangle)]
extern "C" fn n_features() -> usize {
    with(|state| state.session.as_ref().map_or(0, Session::n_features))
}

/// Raw fields of a row of the loaded plan; 0 before `load`.
#[unsafe(no_mangle)]
extern "C" fn n_fields() -> usize {
    with(|state| state.session.as_ref().map_or(0, Session::n_fields))
}
