use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use contracts::{RowCounts, Sha256};
use polars::prelude::{
    Column, DataFrame, DataType, Field, IntoColumn, NamedFrom, Schema, Series, StringChunkedBuilder,
};
use sha2::Digest as _;
use usecases::{Reason, Table};

use crate::csv::{self, Line, LineReader, Text};
use crate::parquet::{GroupWriter, ROWS_PER_GROUP};
use crate::quarantine::{MASK, Origin, Problem, Quarantine, is_hidden};
use crate::{EtlError, Header};

/// Column of bronze and silver that holds the line of the row in its raw file, from 1; null where it is not known.
pub const LINE_COLUMN: &str = "_line";
/// Column of bronze and silver that holds the first byte of the row in its raw file.
pub const OFFSET_COLUMN: &str = "_offset";

/// Bytes of text after which a row group ends, however few rows it has.
const BYTES_PER_GROUP: usize = 16 << 20;

/// What one part of a stage came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The rows kept, as Parquet: one file per hash partition of the entity, in their order; one in all where rows are
    /// not divided.
    pub data: Vec<Vec<u8>>,
    /// The rows set aside, as JSON lines of [`contracts::Quarantined`]; empty when there were none.
    pub quarantine: Vec<u8>,
    /// Row counts.
    pub rows: RowCounts,
    /// Rows set aside, by reason.
    pub quarantined_by_reason: BTreeMap<String, u64>,
    /// Cells changed while the row was kept, by `column: what was done`.
    pub changed_cells: BTreeMap<String, u64>,
}

/// The bytes of a raw file that became a part: from the start of its first line to the end of its last.
///
/// The first part has the header too, so that the parts of a file, put together, are the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceBytes {
    /// Digest of these bytes.
    pub sha256: Sha256,
    /// How many they are.
    pub size_bytes: u64,
}

/// Makes bronze of a range of a delimited file that is fed to it in pieces.
///
/// Memory is bounded by one row group, the compressed part and one line, whatever the file.
pub struct BronzeReader<'a> {
    lines: LineReader,
    digest: sha2::Sha256,
    n_bytes: u64,
    rows: RowBuilder<'a>,
}

/// What a part is read from, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BronzeSource<'a> {
    /// Key of the file, to name it in quarantine and errors.
    pub file: &'a str,
    /// Bytes at which the records of the part start.
    pub range: Range<u64>,
    /// A longer record is set aside without being held in memory.
    pub max_record_bytes: u64,
}

impl<'a> BronzeReader<'a> {
    /// A reader of one part of a file with this header.
    ///
    /// # Errors
    /// [`EtlError::Declaration`] when the table cannot be read as delimited text.
    pub fn new(table: &'a Table, header: &'a Header, source: &BronzeSource<'_>) -> Result<Self, EtlError> {
        let Range { start, end } = source.range;
        let spans_lines = table.csv().records_span_lines;
        let lines = if start <= header.end {
            LineReader::at_line(header.end..end.max(header.end), header.first_line, source.max_record_bytes)
                .spanning_lines(spans_lines)
        } else if spans_lines {
            let problem = format!("records of table `{}` span lines, so a file of it cannot be cut", table.name);
            return Err(EtlError::declaration(problem));
        } else {
            LineReader::anywhere(start..end, source.max_record_bytes)
        };
        Ok(Self {
            lines,
            digest: sha2::Sha256::new(),
            n_bytes: 0,
            rows: RowBuilder::new(table, header, source.file, source.max_record_bytes)?,
        })
    }

    /// Counts the header among the bytes read; for the first part, before anything is pushed.
    pub fn push_header(&mut self, header: &[u8]) {
        self.digest.update(header);
        self.n_bytes += header.len() as u64;
    }

    /// Offset of the byte of the file to push next; `None` when the part is complete.
    #[must_use]
    pub fn wants(&self) -> Option<u64> {
        self.lines.wants()
    }

    /// Reads the next bytes of the file, which begin at [`BronzeReader::wants`].
    ///
    /// # Errors
    /// [`EtlError::Write`].
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), EtlError> {
        let used = self.lines.push(bytes, &mut |line| self.rows.add(&line))?;
        self.digest.update(&bytes[used.clone()]);
        self.n_bytes += used.len() as u64;
        Ok(())
    }

    /// Ends the part, at the end of the file or when nothing more is wanted.
    ///
    /// # Errors
    /// [`EtlError::Write`].
    pub fn finish(mut self) -> Result<(Part, SourceBytes), EtlError> {
        self.lines.finish(&mut |line| self.rows.add(&line))?;
        let digest = hex::encode(self.digest.finalize());
        let sha256 = digest.parse().map_err(|error| EtlError::write("the digest of the file", error))?;
        Ok((self.rows.finish()?, SourceBytes { sha256, size_bytes: self.n_bytes }))
    }
}

/// Gathers records into row groups.
struct RowBuilder<'a> {
    table: &'a Table,
    header: &'a Header,
    delimiter: u8,
    max_record_bytes: u64,
    columns: Vec<StringChunkedBuilder>,
    lines: Vec<Option<u64>>,
    offsets: Vec<u64>,
    n_text_bytes: usize,
    writer: GroupWriter,
    quarantine: Quarantine,
    rows: RowCounts,
    n_blank_lines: u64,
}

impl<'a> RowBuilder<'a> {
    fn new(table: &'a Table, header: &'a Header, file: &str, max_record_bytes: u64) -> Result<Self, EtlError> {
        Ok(Self {
            table,
            header,
            delimiter: table.csv().delimiter,
            max_record_bytes,
            columns: builders(table),
            lines: Vec::new(),
            offsets: Vec::new(),
            n_text_bytes: 0,
            writer: GroupWriter::new(&format!("bronze of {file}"), &schema(table))?,
            quarantine: Quarantine::new(file),
            rows: RowCounts::default(),
            n_blank_lines: 0,
        })
    }

    fn add(&mut self, line: &Line<'_>) -> Result<(), EtlError> {
        if line.text == Text::Whole(b"") {
            self.n_blank_lines += 1;
            return Ok(());
        }
        self.rows.rows_in += 1;
        let mut fields = Vec::new();
        match self.parse(line.text, &mut fields) {
            Ok(()) => self.keep(line, &fields),
            Err(problem) => {
                let (Text::Whole(bytes) | Text::TooLong { start: bytes, .. }) = line.text;
                let origin = Origin { offset: line.offset, line: line.number };
                // What cannot be taken apart cannot be masked in part.
                let is_hidden = self.table.columns.iter().any(is_hidden);
                let row = if is_hidden { MASK.into() } else { String::from_utf8_lossy(bytes) };
                self.quarantine.add(origin, &problem, &row)
            }
        }
    }

    fn parse<'l>(&self, text: Text<'l>, fields: &mut csv::Fields<'l>) -> Result<(), Problem> {
        let bytes = match text {
            Text::Whole(bytes) => bytes,
            Text::TooLong { size_bytes, .. } => {
                let detail = format!("{size_bytes} bytes where {} are allowed", self.max_record_bytes);
                return Err(Problem::of_row(Reason::RecordTooLong.as_str()).with_detail(detail));
            }
        };
        let line = std::str::from_utf8(bytes).map_err(|error| {
            let field = memchr::memchr_iter(self.delimiter, &bytes[..error.valid_up_to()]).count();
            let detail = format!("at byte {} of the line", error.valid_up_to());
            self.problem(field, Reason::InvalidUtf8, detail)
        })?;
        csv::split(line, self.delimiter, fields)
            .map_err(|bad| self.problem(bad.field, Reason::BrokenQuote, bad.problem.to_owned()))?;
        if fields.len() != self.header.places.len() {
            let detail = format!("{} where {} were expected", fields.len(), self.header.places.len());
            return Err(Problem::of_row(Reason::WrongFieldCount.as_str()).with_detail(detail));
        }
        match fields.iter().enumerate().find_map(|(at, field)| Some((at, field.find('\0')?))) {
            Some((field, byte)) => {
                Err(self.problem(field, Reason::NulCharacter, format!("at byte {byte} of the cell")))
            }
            None => Ok(()),
        }
    }

    fn problem(&self, field: usize, reason: Reason, detail: String) -> Problem {
        let place = self.header.places.get(field).copied().flatten();
        match place {
            Some(place) => Problem::of_cell(&self.table.columns[place].name, reason.as_str()),
            None => Problem::of_row(reason.as_str()),
        }
        .with_detail(detail)
    }

    fn keep(&mut self, line: &Line<'_>, fields: &[Cow<'_, str>]) -> Result<(), EtlError> {
        for (&place, field) in self.header.places.iter().zip(fields) {
            if let Some(place) = place {
                self.columns[place].append_value(field);
                self.n_text_bytes += field.len();
            }
        }
        for &place in &self.header.absent {
            self.columns[place].append_null();
        }
        self.lines.push(line.number);
        self.offsets.push(line.offset);
        if self.offsets.len() >= ROWS_PER_GROUP || self.n_text_bytes >= BYTES_PER_GROUP {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), EtlError> {
        self.rows.rows_out += self.offsets.len() as u64;
        self.n_text_bytes = 0;
        let texts = std::mem::replace(&mut self.columns, builders(self.table));
        let mut columns: Vec<Column> = texts.into_iter().map(|builder| builder.finish().into_column()).collect();
        columns.push(Series::new(LINE_COLUMN.into(), std::mem::take(&mut self.lines)).into());
        columns.push(Series::new(OFFSET_COLUMN.into(), std::mem::take(&mut self.offsets)).into());
        let frame = DataFrame::new_infer_height(columns).map_err(|error| EtlError::write("bronze", error))?;
        self.writer.push(&frame)
    }

    fn finish(mut self) -> Result<Part, EtlError> {
        if !self.offsets.is_empty() {
            self.flush()?;
        }
        self.rows.rows_quarantined = self.quarantine.n_rows();
        let (quarantine, quarantined_by_reason) = self.quarantine.into_parts();
        let mut changed_cells = BTreeMap::new();
        if self.n_blank_lines > 0 {
            changed_cells.insert("blank lines skipped".to_owned(), self.n_blank_lines);
        }
        let data = vec![self.writer.finish()?];
        Ok(Part { data, quarantine, rows: self.rows, quarantined_by_reason, changed_cells })
    }
}

fn builders(table: &Table) -> Vec<StringChunkedBuilder> {
    table.columns.iter().map(|column| StringChunkedBuilder::new(column.name.as_str().into(), 0)).collect()
}

fn schema(table: &Table) -> Schema {
    let texts = table.columns.iter().map(|column| Field::new(column.name.as_str().into(), DataType::String));
    let origin = [LINE_COLUMN, OFFSET_COLUMN].map(|name| Field::new(name.into(), DataType::UInt64));
    texts.chain(origin).collect()
}
