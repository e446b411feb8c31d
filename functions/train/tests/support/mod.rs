//! The telco file as gold rows, made by the real reader and cleaner.

use etl::{BronzeReader, BronzeSource, Gold, GoldBuilder, Header, MAX_HEADER_BYTES, clean};
use usecases::UseCase;

/// Gold rows of a delivered file, divided as the use case's own settings say.
///
/// # Errors
/// What the reader, the cleaner or the builder says.
pub(crate) fn gold_of(use_case: &UseCase, csv: &[u8]) -> Result<Gold, Box<dyn std::error::Error>> {
    const FILE: &str = "raw/telco/customers.csv";
    let table = use_case.table(telco::TABLE).ok_or("no such table")?;
    let size = csv.len() as u64;
    let first = &csv[..csv.len().min(usize::try_from(MAX_HEADER_BYTES)?)];
    let header = Header::read(FILE, table, first, size)?;
    let max_record_bytes = use_case.settings.reading.max_record_bytes;
    let mut reader = BronzeReader::new(table, &header, &BronzeSource { file: FILE, range: 0..size, max_record_bytes })?;
    reader.push_header(&csv[..usize::try_from(header.end())?]);
    while let Some(from) = reader.wants().filter(|&from| from < size) {
        reader.push(&csv[usize::try_from(from)?..])?;
    }
    let (bronze, _) = reader.finish()?;
    let silver = clean(table, FILE, "bronze", &bronze.data)?;
    let mut builder = GoldBuilder::new(use_case)?;
    builder.push("silver", &silver.data)?;
    Ok(builder.finish(&use_case.settings.split, use_case.settings.seed)?)
}
