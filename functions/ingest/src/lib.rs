//! One range of a raw delimited file becomes one bronze part: text columns, with line and byte offset of every row.
//!
//! The file is read in pieces of at most [`FETCH_BYTES`], each only if the file still has the entity tag that was
//! planned, so memory is bounded by the part and two states of a file never mix.
//! Records that cannot be read are quarantined with line, offset, column and reason; a header that is not the table's
//! fails the stage.
//!
//! The answer names the manifest of the part, a [`contracts::PartOutput`]; its `source` names the raw file, with digest and length of the bytes that
//! became this part: from the start of its first line (of the file, for the first part) to the end of its last.
//! For a file read in one part that is the digest of the file.

use contracts::stage::{IngestRequest, PartStep};
use contracts::{ErrorName, ObjectRef, Settings};
use etl::{BronzeReader, BronzeSource, EtlError, Header, MAX_HEADER_BYTES, Part};
use lake::{Lake, LakeError, StoreError, keys};
use lambda_kit::Named;
use parts::{PartError, Place};
use usecases::Table;

/// Bytes fetched at a time.
pub const FETCH_BYTES: u64 = 4 << 20;
/// Bytes fetched at a time to find the end of the last record, beyond the range.
const TAIL_BYTES: u64 = 64 << 10;

/// Changes when the same file would give another part.
const VERSION: &str = "ingest-1";

/// Why a part could not be made.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The request names something that does not exist, or a range that cannot be.
    #[error("request: {0}")]
    Request(String),
    /// The raw file is not what it was when the run was planned.
    #[error("{key} was changed after the run was planned; start a new run")]
    Changed {
        /// Key of the file.
        key: String,
    },
    /// The file cannot be read as the table.
    #[error(transparent)]
    Etl(#[from] EtlError),
    /// The part could not be written.
    #[error(transparent)]
    Part(#[from] PartError),
    /// The lake failed.
    #[error(transparent)]
    Lake(#[from] LakeError),
}

impl Named for IngestError {
    fn name(&self) -> ErrorName {
        match self {
            Self::Request(_) => ErrorName::InvalidInput,
            Self::Changed { .. } => ErrorName::Conflict,
            Self::Etl(error) => error.name(),
            Self::Part(error) => error.name(),
            Self::Lake(error) => error.name(),
        }
    }
}

/// Makes the part, or finds it made.
///
/// # Errors
/// [`IngestError`], under the names `InvalidInput`, `NotFound`, `Conflict`, `Storage` and `Internal`.
pub async fn handle(lake: &Lake, request: IngestRequest) -> Result<PartStep, IngestError> {
    let use_case = usecases::find(&request.use_case)
        .ok_or_else(|| IngestError::Request(format!("there is no use case `{}`", request.use_case)))?;
    let table = use_case.table(&request.table).ok_or_else(|| {
        IngestError::Request(format!("use case `{}` has no table `{}`", request.use_case, request.table))
    })?;
    let source = &request.source;
    if request.start > request.end || request.end > source.size_bytes {
        let (start, end, size) = (request.start, request.end, source.size_bytes);
        return Err(IngestError::Request(format!("bytes {start} to {end} are no range of a file of {size} bytes")));
    }
    let settings = lambda_kit::settings(lake, &request.use_case, &request.run_id).await?;
    let place = Place {
        layer: keys::Layer::Bronze,
        stage: "ingest",
        use_case: &request.use_case,
        table: &request.table,
        source_id: source_id(&request, table, &settings)?,
        part: request.part,
    };
    let stored = match place.find(lake).await? {
        Some(stored) => stored,
        None => {
            let (source, part) = read(lake, &request, table, &settings).await?;
            place.write(lake, source, part).await?
        }
    };
    tracing::info!(table = request.table, part = request.part, rows = ?stored.output.rows, "part ingested");
    Ok(PartStep {
        use_case: request.use_case,
        run_id: request.run_id,
        table: request.table,
        n_partitions: request.n_partitions,
        manifest: stored.manifest,
    })
}

/// Says which bytes of which state of the file were read, and as what.
fn source_id(request: &IngestRequest, table: &Table, settings: &Settings) -> Result<String, IngestError> {
    let file = keys::source_id(&request.source, &settings.reading);
    let range = format!("{}..{}", request.start, request.end);
    Ok(parts::source_id(&[VERSION, &file, &range, &etl::declaration(table)?]))
}

async fn read(
    lake: &Lake,
    request: &IngestRequest,
    table: &Table,
    settings: &Settings,
) -> Result<(ObjectRef, Part), IngestError> {
    let file = &request.source;
    let first = fetch(lake, request, 0, MAX_HEADER_BYTES.min(file.size_bytes)).await?;
    let header = Header::read(&file.key, table, &first, file.size_bytes)?;
    let source = BronzeSource {
        file: &file.key,
        range: request.start..request.end,
        max_record_bytes: settings.reading.max_record_bytes,
    };
    let mut reader = BronzeReader::new(table, &header, &source)?;
    if request.start == 0 {
        reader.push_header(&first[..usize::try_from(header.end()).unwrap_or(first.len()).min(first.len())]);
    }
    while let Some(from) = reader.wants().filter(|&from| from < file.size_bytes) {
        let until = if from < request.end { request.end.min(from + FETCH_BYTES) } else { from + TAIL_BYTES };
        reader.push(&fetch(lake, request, from, until.min(file.size_bytes)).await?)?;
    }
    let (part, bytes) = reader.finish()?;
    if part.rows.rows_in == 0 && request.start == 0 && request.end == file.size_bytes {
        return Err(
            EtlError::File { file: file.key.clone(), problem: "there is a header and no row".to_owned() }.into()
        );
    }
    Ok((ObjectRef { key: file.key.clone(), sha256: bytes.sha256, size_bytes: bytes.size_bytes }, part))
}

async fn fetch(lake: &Lake, request: &IngestRequest, from: u64, until: u64) -> Result<bytes::Bytes, IngestError> {
    let file = &request.source;
    if from == until {
        return Ok(bytes::Bytes::new());
    }
    let bytes = lake.read_range(&file.key, from..until, Some(&file.etag)).await.map_err(|error| match error {
        LakeError::Store(StoreError::Precondition { key }) => IngestError::Changed { key },
        error => IngestError::Lake(error),
    })?;
    if bytes.len() as u64 == until - from {
        Ok(bytes)
    } else {
        // The entity tag is right, so the size that was planned is not.
        let (size, end) = (file.size_bytes, from + bytes.len() as u64);
        Err(IngestError::Request(format!("{} has {end} bytes where {size} were planned", file.key)))
    }
}

#[cfg(test)]
mod tests;
