use usecases::{HeaderMatch, Table};

use crate::{EtlError, csv};

/// Bytes within which the header of a file must end.
pub const MAX_HEADER_BYTES: u64 = 64 * 1024;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The header of a delimited file, read as columns of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// For each column of the file, the place of that column in the table; `None` where it is left out.
    pub(crate) places: Vec<Option<usize>>,
    /// Columns of the table that the file lacks.
    pub(crate) absent: Vec<usize>,
    /// First byte after the header.
    pub(crate) end: u64,
    /// Line of the first record.
    pub(crate) first_line: u64,
}

impl Header {
    /// Reads the header of `file` from its first bytes: the whole file, or at least [`MAX_HEADER_BYTES`] of it.
    ///
    /// A column may be spelt in any of the ways the table declares, and columns may come in any order.
    /// A byte order mark is skipped.
    ///
    /// # Errors
    /// [`EtlError::File`] when the file is empty, or its header is not one of the table; the message names the
    /// columns that are missing, unknown or there twice.
    pub fn read(file: &str, table: &Table, first_bytes: &[u8], file_size_bytes: u64) -> Result<Self, EtlError> {
        let bom = if first_bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        if file_size_bytes <= bom as u64 {
            return Err(EtlError::file(file, "the file is empty; a header and rows were expected"));
        }
        if !table.csv().has_header {
            let places = (0..table.columns.len()).map(Some).collect();
            return Ok(Self { places, absent: Vec::new(), end: bom as u64, first_line: 1 });
        }
        let (line, end) = match memchr::memchr(b'\n', first_bytes) {
            Some(newline) => (&first_bytes[bom..newline], newline as u64 + 1),
            None if first_bytes.len() as u64 >= file_size_bytes => (&first_bytes[bom..], file_size_bytes),
            None => {
                let problem = format!("no line ends in the first {} bytes; is this a text file?", first_bytes.len());
                return Err(EtlError::file(file, problem));
            }
        };
        let HeaderMatch { columns: places, absent } = read_line(file, table, line)?;
        Ok(Self { places, absent, end, first_line: 2 })
    }

    /// First byte after the header.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.end
    }
}

fn read_line(file: &str, table: &Table, line: &[u8]) -> Result<HeaderMatch, EtlError> {
    let line = std::str::from_utf8(line.strip_suffix(b"\r").unwrap_or(line))
        .map_err(|error| EtlError::file(file, format!("the header is not UTF-8: {error}")))?;
    let mut names = Vec::new();
    csv::split(line, table.csv().delimiter, &mut names)
        .map_err(|bad| EtlError::file(file, format!("column {} of the header: {}", bad.field + 1, bad.problem)))?;
    let names: Vec<&str> = names.iter().map(|name| crate::quarantine::shown(name)).collect();
    table.match_header(&names).map_err(|error| EtlError::file(file, error.to_string()))
}
