//! Writes the four tables of synthetic loans into a folder: `loan_files FOLDER N_CUSTOMERS [SEED]`.

use std::error::Error;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use usecases::loan::generate::{Options, Tables, generate};
use usecases::loan::{ATTRIBUTES, CLICKSTREAM, FINANCIALS, LOANS};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, n_customers, seed @ ..] = arguments.as_slice() else {
        return Err("usage: loan_files FOLDER N_CUSTOMERS [SEED]".into());
    };
    let seed = seed.first().map_or(Ok(42), |seed| seed.parse())?;
    let create = |table| File::create(Path::new(folder).join(format!("{table}.csv"))).map(BufWriter::new);
    let mut tables = Tables {
        clickstream: &mut create(CLICKSTREAM)?,
        attributes: &mut create(ATTRIBUTES)?,
        financials: &mut create(FINANCIALS)?,
        loans: &mut create(LOANS)?,
    };
    Ok(generate(&Options::new(n_customers.parse()?, seed), &mut tables)?)
}
