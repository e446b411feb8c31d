//! One instance of the module, called over its linear memory.

use std::time::Duration;

use wasm_model::GuestError;
use wasmtime::{Instance, Memory, Store, Trap, TypedFunc, WasmParams, WasmResults};

use crate::{InferenceError, Limits, Module, engine::engine, limits::ticks};

/// Version of the exports this host calls.
const ABI: u32 = 1;
/// Most entries of a function table; a module needs a few thousand.
const MAX_TABLE: usize = 1 << 20;

/// What of the guest's code was wrong or stopped, before it is known what the caller asked for.
pub(crate) enum Failure {
    /// The guest answered with an error; it can go on.
    Refused(GuestError),
    /// The guest stopped; it cannot go on.
    Stopped(InferenceError),
}

impl From<InferenceError> for Failure {
    fn from(error: InferenceError) -> Self {
        Self::Stopped(error)
    }
}

/// Which of the guest's buffers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Buffer {
    Model,
    Plan,
    Rows,
}

/// An instance with its exports looked up.
pub(crate) struct Guest {
    store: Store<Meter>,
    memory: Memory,
    limits: Limits,
    buffers: [TypedFunc<u32, u32>; 3],
    matrix_buffer: TypedFunc<u32, u32>,
    load: TypedFunc<(), i32>,
    transform: TypedFunc<u32, i32>,
    predict_rows: TypedFunc<u32, i32>,
    predict_matrix: TypedFunc<u32, i32>,
    output: [TypedFunc<(), u32>; 2],
    error: [TypedFunc<(), u32>; 2],
    fingerprint: TypedFunc<(), u32>,
    counts: [TypedFunc<(), u32>; 2],
}

/// Refuses memory beyond the limit, and remembers that it did.
struct Meter {
    memory_bytes: usize,
    refused: bool,
}

impl wasmtime::ResourceLimiter for Meter {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let is_allowed = desired <= self.memory_bytes;
        self.refused |= !is_allowed;
        Ok(is_allowed)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= MAX_TABLE)
    }
}

/// The calls that answer floats.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Question {
    Transform,
    PredictRows,
    PredictMatrix,
}

impl Guest {
    /// A fresh instance.
    pub(crate) fn start(module: &Module, limits: Limits) -> Result<Self, InferenceError> {
        let mut store = Store::new(engine()?, Meter { memory_bytes: limits.memory_bytes, refused: false });
        store.limiter(|meter| meter);
        store.set_epoch_deadline(ticks(limits.time_to_load));
        let instance = match Instance::new(&mut store, &module.code, &[]) {
            Ok(instance) => instance,
            Err(_) if store.data().refused => {
                return Err(InferenceError::OutOfMemory { limit_bytes: limits.memory_bytes });
            }
            Err(error) => return Err(module_error(&error)),
        };
        let memory = instance.get_memory(&mut store, "memory");
        let memory = memory.ok_or_else(|| InferenceError::Module { reason: "it exports no memory".to_owned() })?;
        let abi = export::<(), u32>(&mut store, &instance, "sluice_abi")?;
        let initialize = export::<(), ()>(&mut store, &instance, "_initialize")?;
        let mut buffer = |name| export(&mut store, &instance, name);
        let buffers = [buffer("model_buffer")?, buffer("plan_buffer")?, buffer("rows_buffer")?];
        let matrix_buffer = buffer("matrix_buffer")?;
        let mut number = |name| export(&mut store, &instance, name);
        let (output, error) =
            ([number("output_ptr")?, number("output_len")?], [number("error_ptr")?, number("error_len")?]);
        let fingerprint = number("fingerprint")?;
        let counts = [number("n_features")?, number("n_fields")?];
        let load = export(&mut store, &instance, "load")?;
        let mut question = |name| export(&mut store, &instance, name);
        let (transform, predict_rows) = (question("transform")?, question("predict_rows")?);
        let predict_matrix = question("predict_matrix")?;
        let mut guest = Self {
            store,
            memory,
            limits,
            buffers,
            matrix_buffer,
            load,
            transform,
            predict_rows,
            predict_matrix,
            output,
            error,
            fingerprint,
            counts,
        };
        let version = guest.call(&abi, ())?;
        if version != ABI {
            return Err(InferenceError::Module {
                reason: format!("it has the exports of version {version}, not {ABI}"),
            });
        }
        guest.call(&initialize, ())?;
        Ok(guest)
    }

    /// Writes `bytes` into one of the guest's buffers.
    pub(crate) fn write(&mut self, buffer: Buffer, bytes: &[u8]) -> Result<(), InferenceError> {
        let function = self.buffers[buffer as usize].clone();
        let size_bytes = u32::try_from(bytes.len()).map_err(|_| self.out_of_memory())?;
        let at = self.call(&function, size_bytes)?;
        self.slice_mut(at, bytes.len())?.copy_from_slice(bytes);
        Ok(())
    }

    /// Writes floats into the guest's matrix buffer.
    pub(crate) fn write_matrix(&mut self, values: &[f32]) -> Result<(), InferenceError> {
        let function = self.matrix_buffer.clone();
        let n_values = u32::try_from(values.len()).map_err(|_| self.out_of_memory())?;
        let at = self.call(&function, n_values)?;
        let bytes = self.slice_mut(at, values.len() * 4)?;
        for (bytes, value) in bytes.chunks_exact_mut(4).zip(values) {
            bytes.copy_from_slice(&value.to_le_bytes());
        }
        Ok(())
    }

    /// Loads what the model and plan buffers hold.
    pub(crate) fn load(&mut self) -> Result<(), Failure> {
        let function = self.load.clone();
        self.store.set_epoch_deadline(ticks(self.limits.time_to_load));
        let status = self.call_within(&function, (), self.limits.time_to_load)?;
        self.check(status)
    }

    /// Asks for an answer and appends it to `out`.
    pub(crate) fn ask(&mut self, question: Question, n_rows: u32, out: &mut Vec<f32>) -> Result<(), Failure> {
        let function = match question {
            Question::Transform => self.transform.clone(),
            Question::PredictRows => self.predict_rows.clone(),
            Question::PredictMatrix => self.predict_matrix.clone(),
        };
        let status = self.call(&function, n_rows)?;
        self.check(status)?;
        let bytes = self.read_from(&self.output.clone(), 4)?;
        out.extend(bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])));
        Ok(())
    }

    /// Fingerprint of the loaded plan, number of its features and of its fields.
    pub(crate) fn describe(&mut self) -> Result<(String, usize, usize), InferenceError> {
        let at = self.call(&self.fingerprint.clone(), ())?;
        let fingerprint = String::from_utf8_lossy(self.slice(at, 64)?).into_owned();
        let [n_features, n_fields] = self.counts.clone();
        Ok((fingerprint, self.call(&n_features, ())? as usize, self.call(&n_fields, ())? as usize))
    }

    fn check(&mut self, status: i32) -> Result<(), Failure> {
        if status == 0 {
            return Ok(());
        }
        let bytes = self.read_from(&self.error.clone(), 1)?;
        let error =
            serde_json::from_slice(bytes).map_err(|error| trap(format!("its error cannot be read: {error}")))?;
        Err(Failure::Refused(error))
    }

    fn read_from(&mut self, [at, length]: &[TypedFunc<(), u32>; 2], width: usize) -> Result<&[u8], InferenceError> {
        let (at, length) = (self.call(at, ())?, self.call(length, ())?);
        self.slice(at, (length as usize).saturating_mul(width))
    }

    fn slice(&self, at: u32, length: usize) -> Result<&[u8], InferenceError> {
        let memory = self.memory.data(&self.store);
        memory.get(at as usize..).and_then(|rest| rest.get(..length)).ok_or_else(outside)
    }

    fn slice_mut(&mut self, at: u32, length: usize) -> Result<&mut [u8], InferenceError> {
        // The guest answers null when it cannot make the buffer.
        if at == 0 {
            return Err(self.out_of_memory());
        }
        let memory = self.memory.data_mut(&mut self.store);
        memory.get_mut(at as usize..).and_then(|rest| rest.get_mut(..length)).ok_or_else(outside)
    }

    fn call<P: WasmParams, R: WasmResults>(
        &mut self,
        function: &TypedFunc<P, R>,
        parameters: P,
    ) -> Result<R, InferenceError> {
        self.store.set_epoch_deadline(ticks(self.limits.time_per_call));
        self.call_within(function, parameters, self.limits.time_per_call)
    }

    fn call_within<P: WasmParams, R: WasmResults>(
        &mut self,
        function: &TypedFunc<P, R>,
        parameters: P,
        limit: Duration,
    ) -> Result<R, InferenceError> {
        function.call(&mut self.store, parameters).map_err(|error| match error.downcast_ref::<Trap>() {
            Some(Trap::Interrupt) => InferenceError::OutOfTime { limit },
            // A guest that gets no memory stops with the same trap as one that panics.
            _ if self.store.data().refused => self.out_of_memory(),
            _ => trap(format!("{error:#}")),
        })
    }

    fn out_of_memory(&self) -> InferenceError {
        InferenceError::OutOfMemory { limit_bytes: self.limits.memory_bytes }
    }
}

fn export<P: WasmParams, R: WasmResults>(
    store: &mut Store<Meter>,
    instance: &Instance,
    name: &str,
) -> Result<TypedFunc<P, R>, InferenceError> {
    instance.get_typed_func(store, name).map_err(|error| module_error(&error))
}

fn module_error(error: &wasmtime::Error) -> InferenceError {
    InferenceError::Module { reason: format!("{error:#}") }
}

fn trap(reason: String) -> InferenceError {
    InferenceError::Trap { reason }
}

fn outside() -> InferenceError {
    trap("it points outside its memory".to_owned())
}
