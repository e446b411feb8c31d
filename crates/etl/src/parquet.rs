use std::io::{Cursor, Write};
use std::sync::{Arc, Mutex, PoisonError};

use polars::prelude::{BatchedWriter, DataFrame, ParquetReader, ParquetWriter, Schema, SerReader};

use crate::EtlError;

/// Rows of a row group. Groups of one size everywhere make the bytes of a file follow from its rows alone.
pub(crate) const ROWS_PER_GROUP: usize = 65_536;

/// Reads a Parquet object that an earlier stage wrote.
pub(crate) fn read(object: &str, bytes: &[u8]) -> Result<DataFrame, EtlError> {
    ParquetReader::new(Cursor::new(bytes)).set_rechunk(true).finish().map_err(|error| EtlError::parquet(object, error))
}

/// Reads these columns of a Parquet object that an earlier stage wrote; the others are not decoded.
pub(crate) fn read_columns<'a>(
    object: &str,
    bytes: &[u8],
    names: impl Iterator<Item = &'a str>,
) -> Result<DataFrame, EtlError> {
    let mut columns: Vec<String> = Vec::new();
    for name in names {
        if !columns.iter().any(|column| column == name) {
            columns.push(name.to_owned());
        }
    }
    let reader = ParquetReader::new(Cursor::new(bytes)).with_columns(Some(columns)).set_rechunk(true);
    reader.finish().map_err(|error| EtlError::parquet(object, error))
}

/// Writes a frame as zstd Parquet: the same rows give the same bytes.
pub(crate) fn write(what: &str, frame: &mut DataFrame) -> Result<Vec<u8>, EtlError> {
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes)
        .with_row_group_size(Some(ROWS_PER_GROUP))
        .finish(frame)
        .map_err(|error| EtlError::write(what, error))?;
    Ok(bytes)
}

/// Writes a Parquet file a row group at a time, so that only the compressed file and one group are in memory.
pub(crate) struct GroupWriter {
    what: String,
    writer: BatchedWriter<SharedBytes>,
    bytes: SharedBytes,
}

impl GroupWriter {
    pub(crate) fn new(what: &str, schema: &Schema) -> Result<Self, EtlError> {
        let bytes = SharedBytes::default();
        let writer = ParquetWriter::new(bytes.clone()).batched(schema).map_err(|error| EtlError::write(what, error))?;
        Ok(Self { what: what.to_owned(), writer, bytes })
    }

    /// Writes a row group of all rows of `frame`.
    pub(crate) fn push(&mut self, frame: &DataFrame) -> Result<(), EtlError> {
        self.writer.write_batch(frame).map_err(|error| EtlError::write(&self.what, error))
    }

    /// The whole file.
    pub(crate) fn finish(self) -> Result<Vec<u8>, EtlError> {
        self.writer.finish().map_err(|error| EtlError::write(&self.what, error))?;
        Ok(std::mem::take(&mut *self.bytes.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// A buffer that can be read after a writer that keeps its sink to itself is done.
#[derive(Clone, Default)]
struct SharedBytes(Arc<Mutex<Vec<u8>>>);

impl Write for SharedBytes {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
