//! The raw telco file: the real one where it is at hand, else a generated one.

use std::{env, fs, path::PathBuf};

use usecases::telco::{self, Spelling};

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
