//! Raw files: the real ones where they are at hand, else generated ones.

use std::{env, fs, path::PathBuf};

use usecases::{
    loan::{
        self,
        generate::{Options, Tables},
    },
    telco::{self, Spelling},
};

/// Rows of the generated stand-in, as many as the real file has.
const N_GENERATED: usize = 7043;

/// Bytes of a telco file, and whether they are the real ones.
pub struct RawFile {
    /// The file.
    pub bytes: Vec<u8>,
    /// Whether this is IBM's file; figures made from generated rows say nothing about it.
    pub is_real: bool,
}

/// IBM's file from the folder that `SLUICE_SHARED_DATA` names, else generated rows, and prints which.
///
/// # Panics
/// When the file is there and cannot be read.
#[must_use]
pub fn telco() -> RawFile {
    let real = env::var_os("SLUICE_SHARED_DATA")
        .map(|folder| PathBuf::from(folder).join("telco/WA_Fn-UseC_-Telco-Customer-Churn.csv"))
        .filter(|path| path.exists());
    match real {
        Some(path) => {
            println!("telco rows: real, from {}", path.display());
            RawFile { bytes: fs::read(&path).expect("the file can be read"), is_real: true }
        }
        None => {
            println!("telco rows: generated, for the real file is not in SLUICE_SHARED_DATA");
            RawFile { bytes: telco::generate(N_GENERATED, 7, Spelling::Ibm).into_bytes(), is_real: false }
        }
    }
}

/// Names of the loan tables, which are the names of their files.
const LOAN_TABLES: [&str; 4] = [loan::CLICKSTREAM, loan::ATTRIBUTES, loan::FINANCIALS, loan::LOANS];

/// The loan files by name, from the folder that `SLUICE_SHARED_DATA` names, else generated, and prints which.
///
/// # Panics
/// When a file is there and cannot be read.
#[must_use]
pub fn loan() -> Vec<(String, Vec<u8>)> {
    let names = LOAN_TABLES.map(|table| format!("{table}.csv"));
    let folder = env::var_os("SLUICE_SHARED_DATA").map(|folder| PathBuf::from(folder).join("loan"));
    match folder.filter(|folder| names.iter().all(|name| folder.join(name).exists())) {
        Some(folder) => {
            println!("loan rows: real, from {}", folder.display());
            let read = |name: &String| fs::read(folder.join(name)).expect("the file can be read");
            names.iter().map(|name| (name.clone(), read(name))).collect()
        }
        None => {
            println!("loan rows: generated, for the real files are not in SLUICE_SHARED_DATA");
            generated_loan(&Options::new(4000, 7))
        }
    }
}

/// Generated loan files by name.
///
/// # Panics
/// When the options mean nothing.
#[must_use]
pub fn generated_loan(options: &Options) -> Vec<(String, Vec<u8>)> {
    let mut files: [Vec<u8>; 4] = Default::default();
    let [clickstream, attributes, financials, loans] = &mut files;
    loan::generate::generate(options, &mut Tables { clickstream, attributes, financials, loans })
        .expect("memory takes everything");
    LOAN_TABLES.iter().map(|table| format!("{table}.csv")).zip(files).collect()
}
