//! Bronze becomes silver.

use contracts::{RowCounts, Sha256};
use polars::prelude::{Column, DataFrame, IdxCa, NewChunkedArray};
use usecases::{ColumnDecl, Table};

use crate::frame::{Origins, SilverColumn};
use crate::quarantine::{MASK, Problem, Quarantine, is_hidden};
use crate::{EtlError, Part, frame, parquet, partition_of};
use column::{CleanColumn, Raw};
use dates::Bronze;

mod column;
mod dates;

/// Makes silver of a bronze part: typed columns, with line and offset of every row in its raw file.
///
/// Cells are read as their columns declare ([`ColumnDecl::read`]).
/// A row with a cell that cannot be read, or that is empty and must not be, is set aside; the first such cell names
/// the reason.
/// A column that the raw file lacks is null in bronze; it stays null, or becomes the identity of the row, as declared.
/// A column that ends at bronze is read, left out of silver, and masked where a row is set aside.
///
/// Dates with slashes are read in the one order that the part allows; see [`usecases::Date`].
/// The rows are divided into `n_partitions` by [`partition_of`] the table's entity.
///
/// # Errors
/// [`EtlError::Parquet`] when `bytes` is not a bronze part of the table; [`EtlError::File`] when nothing settles the
/// order of its slash dates, or two dates contradict each other in it; [`EtlError::Declaration`], [`EtlError::Write`].
pub fn clean(table: &Table, raw_file: &str, object: &str, bytes: &[u8], n_partitions: u32) -> Result<Part, EtlError> {
    let frame = parquet::read(object, bytes)?;
    let texts = table.columns.iter().map(|decl| frame::texts(object, &frame, &decl.name));
    let mut origins = Origins::of(object, &frame)?;
    let bronze = Bronze { table, raw_file, texts: texts.collect::<Result<_, _>>()?, origins: &origins };
    let (columns, quarantine, kept) = read_rows(&bronze, frame.height())?;
    let rows = RowCounts {
        rows_in: frame.height() as u64,
        rows_out: kept.len() as u64,
        rows_quarantined: quarantine.n_rows(),
    };
    drop(frame);
    origins.keep(&kept);
    let changed_cells = columns.iter().flat_map(CleanColumn::changes).collect();
    let columns: Vec<Column> =
        columns.into_iter().filter_map(CleanColumn::finish).chain(origins.into_columns()).collect();
    let mut silver = DataFrame::new_infer_height(columns).map_err(|error| EtlError::write("silver", error))?;
    let data = divide(table, raw_file, &mut silver, n_partitions)?;
    let (quarantine, quarantined_by_reason) = quarantine.into_parts();
    Ok(Part { data, quarantine, rows, quarantined_by_reason, changed_cells })
}

/// The columns of the rows that can be read, the others, and which rows the former are.
fn read_rows<'t>(
    bronze: &Bronze<'t, '_>,
    n_rows: usize,
) -> Result<(Vec<CleanColumn<'t>>, Quarantine, Vec<usize>), EtlError> {
    let slashes = bronze.slash_order()?;
    let columns = bronze.table.columns.iter();
    let columns = columns.map(|decl| Ok(CleanColumn::new(decl, slashes, bronze.id_column(decl)?)));
    let mut columns: Vec<CleanColumn<'t>> = columns.collect::<Result<_, EtlError>>()?;
    let file_id = Sha256::of(bronze.raw_file.as_bytes()).short(12).to_owned();
    let mut quarantine = Quarantine::new(bronze.raw_file);
    let mut kept = Vec::with_capacity(n_rows);
    for row in 0..n_rows {
        let origin = bronze.origins.get(row);
        let identity = || format!("row-{file_id}-{}", origin.offset);
        let cells = columns.iter().zip(&bronze.texts).map(|(column, texts)| {
            let raw = Raw { text: texts.get(row), day_in_id: bronze.day_in_id(column.id_column, row) };
            column.read(&raw, &identity)
        });
        match cells.collect::<Result<Vec<_>, Problem>>() {
            Ok(cells) => {
                columns.iter_mut().zip(cells).for_each(|(column, cell)| column.keep(cell));
                kept.push(row);
            }
            Err(problem) => {
                let cells = bronze.table.columns.iter().zip(&bronze.texts);
                let cells = cells.map(|(decl, texts)| masked(decl, texts.get(row).unwrap_or("")));
                quarantine.add(origin, &problem, &frame::as_text(cells))?;
            }
        }
    }
    Ok((columns, quarantine, kept))
}

fn masked<'t>(decl: &ColumnDecl, text: &'t str) -> &'t str {
    if is_hidden(decl) && !text.trim().is_empty() { MASK } else { text }
}

/// Writes the rows of every partition.
fn divide(table: &Table, raw_file: &str, silver: &mut DataFrame, n_partitions: u32) -> Result<Vec<Vec<u8>>, EtlError> {
    let what = format!("silver of {raw_file}");
    if n_partitions <= 1 {
        return Ok(vec![parquet::write(&what, silver)?]);
    }
    let undivided = || format!("table `{}` has no entity in silver that its rows could be divided by", table.name);
    let entity = table.entity.as_ref().and_then(|name| table.column(name)).filter(|decl| !decl.ends_at_bronze);
    let entity = entity.ok_or_else(|| EtlError::declaration(undivided()))?;
    let entity = SilverColumn::of(silver, entity).map_err(|error| EtlError::write(&what, error))?;
    let mut rows: Vec<Vec<u32>> = vec![Vec::new(); n_partitions as usize];
    for row in 0..silver.height() {
        let partition = partition_of(&entity.as_text(row).unwrap_or_default(), n_partitions);
        let at = u32::try_from(row).map_err(|error| EtlError::write(&what, error))?;
        rows[partition as usize].push(at);
    }
    let write = |rows: &Vec<u32>| {
        let rows = IdxCa::from_slice("".into(), rows);
        let mut part = silver.take(&rows).map_err(|error| EtlError::write(&what, error))?;
        parquet::write(&what, &mut part)
    };
    rows.iter().map(write).collect()
}
