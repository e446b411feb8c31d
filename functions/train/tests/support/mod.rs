//! The telco file as gold rows, made by the real reader and cleaner.

use contracts::SplitRule;
use etl::{BronzeReader, BronzeSource, GoldBuilder, GoldRows, Header, MAX_HEADER_BYTES, choose_split, clean};
use usecases::{UseCase, telco};

/// Gold rows of a delivered file, and the rule that divides them as the use case's own settings say.
///
/// # Errors
/// What the reader, the cleaner or the builder says.
pub(crate) fn gold_of(use_case: &UseCase, csv: &[u8]) -> Result<(GoldRows, SplitRule), Box<dyn std::error::Error>> {
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
    let mut builder = GoldBuilder::new(use_case)?;
    for bronze in &bronze.data {
        for silver in &clean(table, FILE, "bronze", bronze, 1)?.data {
            builder.push(telco::TABLE, "silver", silver)?;
        }
    }
    let (rows, _) = builder.finish()?;
    let rule = choose_split(&use_case.settings.split, use_case.settings.seed, &rows)?;
    Ok((rows, rule))
}
