//! Synthetic customers with their loans, for tests and demonstrations where the original files are not at hand, and
//! to multiply them.
//!
//! Figures measured on them say nothing about real customers and are labelled synthetic wherever they are shown.

use std::io::{self, Write};

pub use month::{Month, NotAMonth};

use crate::rng::SplitMix64;
use customer::Customer;
use write::{DateWriter, HEADERS};

mod customer;
mod month;
mod profiles;
mod write;

/// What is generated.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Customers, each with one loan.
    pub n_customers: u64,
    /// Number of the first customer: deliveries from different numbers have no customer in common.
    pub first_customer: u64,
    /// What the numbers follow from.
    pub seed: u64,
    /// How dates are written.
    pub dates: DateStyle,
    /// The month of the first loans.
    pub first_month: Month,
    /// In how many months loans start.
    pub n_months: u32,
    /// A figure that changes from some month on.
    pub drift: Option<Drift>,
}

/// How dates are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateStyle {
    /// `2023-05-01`.
    Iso,
    /// `1/5/2023`.
    DayFirst,
    /// `5/1/2023`.
    MonthFirst,
}

/// A figure that is measured differently from some month on: it no longer says about a default what it said.
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    /// Canonical name of a column of numbers of the attributes or financials, such as `interest_rate`.
    pub column: String,
    /// First month of loans whose customers have it.
    pub from: Month,
    /// What is added.
    pub shift: f64,
}

/// Where the four tables are written.
pub struct Tables<'a> {
    /// Table [`CLICKSTREAM`](super::CLICKSTREAM).
    pub clickstream: &'a mut dyn Write,
    /// Table [`ATTRIBUTES`](super::ATTRIBUTES).
    pub attributes: &'a mut dyn Write,
    /// Table [`FINANCIALS`](super::FINANCIALS).
    pub financials: &'a mut dyn Write,
    /// Table [`LOANS`](super::LOANS).
    pub loans: &'a mut dyn Write,
}

/// Why nothing, or not everything, was generated.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// The drift is about no figure of a customer.
    #[error("`{column}` is no column of numbers of the attributes or financials")]
    NoSuchFigure {
        /// Name given.
        column: String,
    },
    /// Loans cannot start in no month, or beyond the calendar.
    #[error("loans cannot start in {n_months} months from {first} on")]
    NoMonths {
        /// First month.
        first: Month,
        /// How many.
        n_months: u32,
    },
    /// A table could not be written.
    #[error("cannot write table `{table}`")]
    Write {
        /// Name of the table.
        table: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Months of the clickstream, from [`CLICKS_FROM`] on, and the first month whose new customers have none.
const CLICK_MONTHS: u32 = 24;
const CLICKS_FROM: (u32, u32) = (2023, 1);
const NO_CLICKS_FROM: (u32, u32) = (2024, 7);

impl Options {
    /// So many customers like those of the original: loans that start in the 25 months from January 2023 on.
    #[must_use]
    pub const fn new(n_customers: u64, seed: u64) -> Self {
        let first_month = Month::of(2023, 1);
        let dates = DateStyle::Iso;
        Self { n_customers, first_customer: 0, seed, dates, first_month, n_months: 25, drift: None }
    }
}

/// Writes the four tables of **synthetic** customers as CSV with headers; the same options always give the same bytes,
/// and more customers never change the earlier ones. Memory does not grow with their number.
///
/// They are drawn from rounded statistics of the original: its frequencies, its dirt at the same rates, its relations
/// (one loan of 11 installments each, clickstreams only of those whose loan starts before July 2024), and a model of
/// defaults, so that about 29 % of the loans default, half of these are overdue before the prediction, and a good
/// model reaches a ROC-AUC of about 0.80.
///
/// ```
/// use usecases::loan::generate::{Options, Tables, generate};
///
/// let mut files: [Vec<u8>; 4] = Default::default();
/// let [clickstream, attributes, financials, loans] = &mut files;
/// generate(&Options::new(3, 42), &mut Tables { clickstream, attributes, financials, loans })?;
/// let n_lines = |file: &[u8]| file.iter().filter(|&&byte| byte == b'\n').count();
/// assert_eq!([n_lines(&files[1]), n_lines(&files[2]), n_lines(&files[3])], [4, 4, 34]);
/// # Ok::<(), usecases::loan::generate::GenerateError>(())
/// ```
///
/// # Errors
/// Options that mean nothing, and whatever a writer fails with.
pub fn generate(options: &Options, tables: &mut Tables<'_>) -> Result<(), GenerateError> {
    check(options)?;
    for (table, header) in tables.named().into_iter().zip(HEADERS) {
        put(table, header.as_bytes())?;
    }
    let dates = DateWriter::new(options.dates);
    let mut text = String::new();
    for number in options.first_customer..options.first_customer.saturating_add(options.n_customers) {
        // Each customer and each table has its own numbers, so that neither can change another.
        let mut seeds = SplitMix64::new(options.seed ^ number.wrapping_mul(0xD1B5_4A32_D192_ED03));
        let mut rngs: [SplitMix64; 5] = std::array::from_fn(|_| SplitMix64::new(seeds.next_u64()));
        let start = options.first_month.plus(rngs[0].below(options.n_months.into()) as u32);
        let customer = Customer::draw(number, start, options.drift.as_ref(), &mut rngs[0]);
        for (table, rng) in tables.named().into_iter().zip(&mut rngs[1..]) {
            text.clear();
            match table.0 {
                super::CLICKSTREAM => customer.write_clickstream(&dates, rng, &mut text),
                super::ATTRIBUTES => customer.write_attributes(&dates, rng, &mut text),
                super::FINANCIALS => customer.write_financials(&dates, rng, &mut text),
                _ => customer.write_loan(&dates, &mut text),
            }
            put(table, text.as_bytes())?;
        }
    }
    tables.named().into_iter().try_for_each(|(table, file)| file.flush().map_err(|source| write_error(table, source)))
}

impl Tables<'_> {
    fn named(&mut self) -> [(&'static str, &mut dyn Write); 4] {
        [
            (super::CLICKSTREAM, &mut *self.clickstream),
            (super::ATTRIBUTES, &mut *self.attributes),
            (super::FINANCIALS, &mut *self.financials),
            (super::LOANS, &mut *self.loans),
        ]
    }
}

fn check(options: &Options) -> Result<(), GenerateError> {
    let Options { first_month, n_months, drift, .. } = options;
    // A loan lasts ten months.
    if *n_months == 0 || *n_months > 1_200 || first_month.year() > 9_800 {
        return Err(GenerateError::NoMonths { first: *first_month, n_months: *n_months });
    }
    match drift {
        Some(drift) if !customer::is_figure(&drift.column) => {
            Err(GenerateError::NoSuchFigure { column: drift.column.clone() })
        }
        _ => Ok(()),
    }
}

fn put((table, file): (&'static str, &mut dyn Write), bytes: &[u8]) -> Result<(), GenerateError> {
    file.write_all(bytes).map_err(|source| write_error(table, source))
}

const fn write_error(table: &'static str, source: io::Error) -> GenerateError {
    GenerateError::Write { table, source }
}
