use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
};

use anyhow::{Context as _, Result, bail};
use usecases::{
    UseCase,
    loan::{
        self,
        generate::{DateStyle, Drift, Month, Options, Tables},
    },
    telco,
};

use crate::arguments::{Dates, GenerateArguments, Spelling};

/// Rows of the original telco file, and customers of the original loan files.
const TELCO_ROWS: u64 = 7043;
const LOAN_CUSTOMERS: u64 = 12_500;

/// Writes synthetic rows.
pub(crate) fn run(use_case: &UseCase, arguments: &GenerateArguments) -> Result<()> {
    match use_case.name.as_str() {
        "telco" => telco(arguments),
        "loan" => loan(arguments),
        other => bail!("there is no generator for `{other}`"),
    }
}

fn telco(arguments: &GenerateArguments) -> Result<()> {
    let spelling = match arguments.spelling {
        Spelling::Ibm => telco::Spelling::Ibm,
        Spelling::SnakeCase => telco::Spelling::SnakeCase,
    };
    let n_rows =
        usize::try_from(arguments.rows.unwrap_or(TELCO_ROWS)).context("so many rows have no place in memory")?;
    let text = telco::generate(n_rows, arguments.seed, spelling);
    match &arguments.out {
        Some(file) => fs::write(file, text).with_context(|| format!("cannot write {}", file.display())),
        None => std::io::stdout().write_all(text.as_bytes()).context("cannot write to standard output"),
    }
}

/// Writes the four tables into a folder, row by row: memory does not grow with their number.
fn loan(arguments: &GenerateArguments) -> Result<()> {
    let options = options(arguments)?;
    let folder = arguments.out.as_deref().context("four tables need a folder: --out DIR")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let [mut clickstream, mut attributes, mut financials, mut loans] = [
        create(folder, loan::CLICKSTREAM)?,
        create(folder, loan::ATTRIBUTES)?,
        create(folder, loan::FINANCIALS)?,
        create(folder, loan::LOANS)?,
    ];
    let tables = &mut Tables {
        clickstream: &mut clickstream,
        attributes: &mut attributes,
        financials: &mut financials,
        loans: &mut loans,
    };
    loan::generate::generate(&options, tables)?;
    for mut file in [clickstream, attributes, financials, loans] {
        file.flush().with_context(|| format!("cannot write into {}", folder.display()))?;
    }
    Ok(())
}

fn create(folder: &Path, table: &str) -> Result<BufWriter<File>> {
    let file = folder.join(format!("{table}.csv"));
    Ok(BufWriter::new(File::create(&file).with_context(|| format!("cannot write {}", file.display()))?))
}

fn options(arguments: &GenerateArguments) -> Result<Options> {
    let mut options = Options::new(arguments.rows.unwrap_or(LOAN_CUSTOMERS), arguments.seed);
    options.first_customer = arguments.first_customer;
    options.dates = match arguments.dates {
        Dates::Iso => DateStyle::Iso,
        Dates::DayFirst => DateStyle::DayFirst,
        Dates::MonthFirst => DateStyle::MonthFirst,
    };
    if let Some(month) = &arguments.first_month {
        options.first_month = month.parse()?;
    }
    options.n_months = arguments.months.unwrap_or(options.n_months);
    options.drift = arguments.drift.as_deref().map(drift).transpose()?;
    Ok(options)
}

fn drift(text: &str) -> Result<Drift> {
    let parsed = || {
        let (column, rest) = text.split_once(':')?;
        let (shift, month) = rest.split_once(':')?;
        Some(Drift { column: column.to_owned(), from: month.parse::<Month>().ok()?, shift: shift.parse().ok()? })
    };
    parsed().with_context(|| format!("`{text}` is not COLUMN:SHIFT:MONTH, such as interest_rate:8:2025-02"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use clap::Parser as _;

    use super::*;
    use crate::{Arguments, Command};

    fn arguments(words: &[&str]) -> GenerateArguments {
        let words = [&["sluice", "generate", "loan"], words].concat();
        let Command::Generate(arguments) = Arguments::parse_from(words).command else { panic!("not generate") };
        arguments
    }

    #[test]
    fn four_tables_are_written_and_the_drift_shows() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, words: &[&str]| {
            let out = folder.path().join(name);
            let words = [words, &["--rows", "30", "--out", out.to_str().unwrap()]].concat();
            loan(&arguments(&words)).unwrap();
            [loan::CLICKSTREAM, loan::ATTRIBUTES, loan::FINANCIALS, loan::LOANS]
                .map(|table| fs::read_to_string(out.join(format!("{table}.csv"))).unwrap())
        };
        let (plain, drifted) = (write("plain", &[]), write("drifted", &["--drift", "interest_rate:8:2023-01"]));
        assert!(plain.iter().all(|table| table.lines().count() > 30));
        assert_eq!((&plain[1], &plain[3]), (&drifted[1], &drifted[3]));
        assert_ne!(plain[2], drifted[2]);
    }

    #[test]
    fn a_drift_that_cannot_be_read_is_refused() {
        for text in ["interest_rate", "interest_rate:x:2025-02", "interest_rate:8:February"] {
            assert!(options(&arguments(&["--drift", text])).is_err(), "{text}");
        }
    }
}
