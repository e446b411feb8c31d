use std::collections::BTreeSet;

use contracts::Settings;
use contracts::stage::{IngestRequest, PlanRequest, RawSource, TablePlan};
use lake::{Lake, Meta, StoreError, keys};
use usecases::{Table, UseCase};

use crate::PlanError;

/// Most hash partitions: each part of a table becomes that many objects (`parts::MAX_PARTITIONS`).
const MAX_PARTITIONS: u32 = 256;

/// For each table one request for `ingest` per part of its raw files, and the number of hash partitions: tables in the
/// order declared, files in the order of their keys.
pub(crate) async fn list(
    lake: &Lake,
    use_case: &UseCase,
    request: &PlanRequest,
    settings: &Settings,
) -> Result<(Vec<TablePlan>, u32), PlanError> {
    if request.snapshot_id.is_some() {
        let reason = "is only for training: data makes a snapshot and takes none".to_owned();
        return Err(PlanError::Request { field: "snapshot_id", reason });
    }
    let files = match &request.raw {
        Some(keys) => named(lake, use_case, keys).await?,
        None => delivered(lake, use_case).await?,
    };
    let n_partitions = n_partitions(use_case, &files, settings.reading.bytes_per_partition)?;
    let mut tables = Vec::with_capacity(use_case.tables.len());
    for table in &use_case.tables {
        let mut of_table = files.iter().filter(|(owner, _)| owner.name == table.name).peekable();
        if of_table.peek().is_none() {
            return Err(PlanError::MissingTable { table: table.name.clone(), patterns: patterns(use_case, [table]) });
        }
        let mut parts = Vec::new();
        for (_, file) in of_table {
            parts.extend(of_file(request, table, file, settings.reading.bytes_per_part, n_partitions)?);
        }
        tables.push(TablePlan { table: table.name.clone(), parts });
    }
    Ok((tables, n_partitions))
}

/// The smallest power of two with at most `bytes_per_partition` bytes of raw files per partition.
fn n_partitions(use_case: &UseCase, files: &[(&Table, Meta)], bytes_per_partition: u64) -> Result<u32, PlanError> {
    let size_bytes: u64 = files.iter().map(|(_, file)| file.size_bytes).sum();
    let mut powers = (0..=MAX_PARTITIONS.ilog2()).map(|power| 1_u32 << power);
    let is_enough = |n: &u32| size_bytes.div_ceil(u64::from(*n)) <= bytes_per_partition;
    let max = MAX_PARTITIONS;
    let n = powers.find(is_enough).ok_or(PlanError::TooManyPartitions { size_bytes, bytes_per_partition, max })?;
    match use_case.tables.iter().find(|table| n > 1 && table.entity.is_none()) {
        None => Ok(n),
        Some(table) => Err(PlanError::Undivided { size_bytes, bytes_per_partition, table: table.name.clone() }),
    }
}

/// Every file under `raw/<use_case>/` that belongs to a table.
async fn delivered<'a>(lake: &Lake, use_case: &'a UseCase) -> Result<Vec<(&'a Table, Meta)>, PlanError> {
    let files = lake.list(&keys::raw_prefix(&use_case.name)).await?;
    let mut owned = Vec::with_capacity(files.len());
    for file in files {
        match owner(use_case, &file.key) {
            Some(table) => owned.push((table, file)),
            None => tracing::warn!(key = file.key, "file belongs to no table and is left out"),
        }
    }
    Ok(owned)
}

/// The files a request names, in the order of their keys.
async fn named<'a>(lake: &Lake, use_case: &'a UseCase, keys: &[String]) -> Result<Vec<(&'a Table, Meta)>, PlanError> {
    let refuse = |reason: String| PlanError::Request { field: "raw", reason };
    let distinct: BTreeSet<_> = keys.iter().collect();
    if distinct.len() != keys.len() {
        return Err(refuse("names a file twice".to_owned()));
    }
    let mut owned = Vec::with_capacity(keys.len());
    for key in distinct {
        let prefix = keys::raw_prefix(&use_case.name);
        if !key.starts_with(&prefix) {
            return Err(refuse(format!("names {key}, which does not begin with {prefix}")));
        }
        let table = owner(use_case, key).ok_or_else(|| PlanError::NoTable {
            key: key.clone(),
            use_case: use_case.name.clone(),
            patterns: patterns(use_case, &use_case.tables),
        })?;
        let file = lake.store().head(key).await.map_err(|error| match error {
            StoreError::NotFound { key } => PlanError::NotFound { what: "a file named in the request", key },
            error => PlanError::Lake(error.into()),
        })?;
        owned.push((table, file));
    }
    Ok(owned)
}

/// The table that the file belongs to: the first, when several claim it.
fn owner<'a>(use_case: &'a UseCase, key: &str) -> Option<&'a Table> {
    let file_name = key.strip_prefix(&keys::raw_prefix(&use_case.name))?;
    use_case.tables.iter().find(|table| table.has_file(file_name))
}

fn patterns<'a>(use_case: &UseCase, tables: impl IntoIterator<Item = &'a Table>) -> String {
    let files = tables.into_iter().flat_map(|table| &table.files);
    files.map(|file| keys::raw(&use_case.name, file)).collect::<Vec<_>>().join(" or ")
}

fn of_file(
    request: &PlanRequest,
    table: &Table,
    file: &Meta,
    bytes_per_part: u64,
    n_partitions: u32,
) -> Result<Vec<IngestRequest>, PlanError> {
    if file.size_bytes == 0 {
        return Err(PlanError::EmptyFile { key: file.key.clone(), table: table.name.clone() });
    }
    // Where records may span lines, no line break is known to be the end of one: such a file is read in one part.
    let bytes_per_part = if table.csv().records_span_lines { file.size_bytes } else { bytes_per_part };
    let source = RawSource { key: file.key.clone(), etag: file.etag.clone(), size_bytes: file.size_bytes };
    let parts = cuts(file.size_bytes, bytes_per_part).zip(0..).map(|((start, end), part)| IngestRequest {
        use_case: request.use_case.clone(),
        run_id: request.run_id.clone(),
        table: table.name.clone(),
        part,
        source: source.clone(),
        start,
        end,
        n_partitions,
    });
    // Beyond this nothing fits into the answer anyway, and a tiny part size cannot exhaust memory here.
    Ok(parts.take(MAX_PARTS_PER_FILE).collect())
}

/// More than fit into an answer.
const MAX_PARTS_PER_FILE: usize = 10_000;

/// The ranges `start..end` of `bytes_per_part` bytes (the last may be shorter) that cover `0..size_bytes`.
fn cuts(size_bytes: u64, bytes_per_part: u64) -> impl Iterator<Item = (u64, u64)> {
    let step = bytes_per_part.max(1);
    let starts = std::iter::successors(Some(0_u64), move |start| start.checked_add(step));
    starts
        .take_while(move |&start| start < size_bytes)
        .map(move |start| (start, start.saturating_add(step).min(size_bytes)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_table_that_names_no_entity_is_never_divided() {
        let mut loan = usecases::find("loan").unwrap().clone();
        loan.tables[2].entity = None;
        let file = Meta { key: "raw/loan/a.csv".to_owned(), etag: "e".to_owned(), size_bytes: 100 };
        let files = [(&loan.tables[0], file)];
        assert_eq!(n_partitions(&loan, &files, 100).unwrap(), 1);
        let error = n_partitions(&loan, &files, 99).unwrap_err();
        let text = "100 bytes of raw files need more than one partition of 99 bytes, but table `features_financials` \
                    names no entity to divide by; raise setting `reading.bytes_per_partition`";
        assert_eq!(error.to_string(), text);
    }

    proptest! {
        #[test]
        fn the_parts_cover_the_file_exactly(bytes_per_part in 1..5_000_u64, size_bytes in 1..1_000_000_u64) {
            let parts: Vec<_> = cuts(size_bytes, bytes_per_part).collect();
            prop_assert_eq!(parts[0].0, 0);
            prop_assert_eq!(parts.last().unwrap().1, size_bytes);
            for pair in parts.windows(2) {
                prop_assert_eq!(pair[0].1, pair[1].0, "no gap and no overlap");
                prop_assert_eq!(pair[0].1 - pair[0].0, bytes_per_part);
            }
            prop_assert!(parts.iter().all(|(start, end)| start < end && end - start <= bytes_per_part));
        }

        #[test]
        fn no_size_overflows(bytes_per_part in 1_u64 << 60.., size_bytes: u64) {
            let covered: u64 = cuts(size_bytes, bytes_per_part).map(|(start, end)| end - start).sum();
            prop_assert_eq!(covered, size_bytes);
        }
    }
}
