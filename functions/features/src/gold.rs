use contracts::stage::{GoldPart, GoldRequest};
use etl::{GoldBuilder, PartitionFindings};
use features::Field;
use lake::{Lake, keys};
use usecases::UseCase;

use crate::{FeaturesError, findings, use_case};

/// Changes when the same silver would become other gold.
const VERSION: &str = "gold-1";

/// Makes the gold rows of a partition, or finds them made.
///
/// # Errors
/// [`FeaturesError`]: `DataQuality` when the rows of an entity do not settle its gold row.
pub async fn handle(lake: &Lake, request: GoldRequest) -> Result<GoldPart, FeaturesError> {
    let use_case = use_case(&request.use_case)?;
    let partition = request.verdict.partition;
    let findings = findings(lake, &request.verdict).await?;
    let key = keys::gold_part(&use_case.name, &source_id(use_case, &findings)?, partition);
    let made = match lake.read_key(&key).await {
        Ok((data, bytes)) => Some((data, etl::GoldRows::from_parquet(&key, &bytes, &[] as &[Field])?.len())),
        Err(error) if error.is_not_found() => None,
        Err(error) => return Err(error.into()),
    };
    let (data, n_rows) = match made {
        Some(made) => made,
        None => {
            let rows = make(lake, use_case, &findings, partition).await?;
            (lake.write_once(&key, rows.to_parquet()?.into()).await?, rows.len())
        }
    };
    tracing::info!(partition, n_rows, "gold made");
    Ok(GoldPart { partition, data, n_rows: n_rows as u64 })
}

async fn make(
    lake: &Lake,
    use_case: &UseCase,
    findings: &PartitionFindings,
    partition: u32,
) -> Result<etl::GoldRows, FeaturesError> {
    let mut builder = GoldBuilder::new(use_case)?;
    let tables: Vec<&str> = builder.tables().collect();
    // One part is in memory at a time, besides the columns that gold needs of those before.
    for found in findings.tables.iter().filter(|found| tables.contains(&found.table.as_str())) {
        for part in &found.silver {
            builder.push(&found.table, &part.key, &lake.read(part).await?)?;
        }
    }
    let (rows, n_without) = builder.finish()?;
    if n_without > 0 {
        tracing::warn!(partition, n_entities = n_without, table = use_case.gold.table, "entities without a gold row");
    }
    Ok(rows)
}

/// Names what gold is made from: the silver of its tables, and the declaration without the features, which are made
/// later.
fn source_id(use_case: &UseCase, findings: &PartitionFindings) -> Result<String, FeaturesError> {
    let gold = &use_case.gold;
    let declared = (&gold.table, &gold.entity_key, &gold.dates, &gold.label, &gold.sources);
    let mut facts = vec![VERSION.to_owned(), etl::declaration(&declared)?];
    for found in &findings.tables {
        facts.extend(found.silver.iter().map(|part| format!("{} {}", found.table, part.sha256)));
    }
    Ok(parts::source_id(&facts.iter().map(String::as_str).collect::<Vec<_>>()))
}
