use super::customer::{Customer, chance};
use super::month::Month;
use super::profiles::{BEHAVIOURS, LOAN_KINDS};
use super::{CLICK_MONTHS, CLICKS_FROM, DateStyle, NO_CLICKS_FROM};
use crate::loan::columns::CREDIT_MIXES;
use crate::rng::SplitMix64;
use Stain::{Real, Text, Whole};

/// In the order of [`Tables`](super::Tables), as the original files spell them.
pub(super) const HEADERS: [&str; 4] = [
    "fe_1,fe_2,fe_3,fe_4,fe_5,fe_6,fe_7,fe_8,fe_9,fe_10,fe_11,fe_12,fe_13,fe_14,fe_15,fe_16,fe_17,fe_18,fe_19,fe_20,\
     Customer_ID,snapshot_date\n",
    "Customer_ID,Name,Age,SSN,Occupation,snapshot_date\n",
    "Customer_ID,Annual_Income,Monthly_Inhand_Salary,Num_Bank_Accounts,Num_Credit_Card,Interest_Rate,Num_of_Loan,\
     Type_of_Loan,Delay_from_due_date,Num_of_Delayed_Payment,Changed_Credit_Limit,Num_Credit_Inquiries,Credit_Mix,\
     Outstanding_Debt,Credit_Utilization_Ratio,Credit_History_Age,Payment_of_Min_Amount,Total_EMI_per_month,\
     Amount_invested_monthly,Payment_Behaviour,Monthly_Balance,snapshot_date\n",
    "loan_id,Customer_ID,loan_start_date,tenure,installment_num,loan_amt,due_amt,paid_amt,overdue_amt,balance,\
     snapshot_date\n",
];

/// Customers of the original; the counts of dirty cells below are of so many.
const N: f64 = 12_500.0;

/// Writes the first of a month.
pub(super) struct DateWriter {
    style: DateStyle,
}

impl DateWriter {
    pub(super) const fn new(style: DateStyle) -> Self {
        Self { style }
    }

    fn text(&self, month: Month) -> String {
        match self.style {
            DateStyle::Iso => format!("{month}-01"),
            DateStyle::DayFirst => format!("1/{}/{}", month.month(), month.year()),
            DateStyle::MonthFirst => format!("{}/1/{}", month.month(), month.year()),
        }
    }
}

/// The names that synthetic people are called by.
const FIRST_NAMES: [&str; 12] =
    ["Ada", "Bela", "Caro", "Dara", "Emre", "Finn", "Gao", "Hana", "Ines", "Jo", "Kofi", "Lena"];
const LAST_NAMES: [&str; 12] =
    ["Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Gorse", "Hazel", "Ivy", "Juniper", "Larch", "Maple"];

impl Customer {
    /// 24 rows, or none. Figures 1 to 10 lie higher by 5 to 25 for one of the two classes, and 11 to 20 vary more for
    /// one of them by 1 to 5 %; they do so in every month, before the loan and after.
    pub(super) fn write_clickstream(&self, dates: &DateWriter, rng: &mut SplitMix64, text: &mut String) {
        if self.start >= Month::of(NO_CLICKS_FROM.0, NO_CLICKS_FROM.1) {
            return;
        }
        let defaults = self.overdue.is_some();
        for month in 0..CLICK_MONTHS {
            for figure in 0..20_u32 {
                let strength = f64::from(figure % 5 + 1);
                let is_his = (figure / 5 % 2 == 0) == defaults;
                let (mean, deviation) = match (is_his, figure < 10) {
                    (true, true) => (100.0 + 5.0 * strength, 100.0),
                    (true, false) => (100.0, 100.0 + strength),
                    (false, _) => (100.0, 100.0),
                };
                push_whole(libm::round(mean + deviation * rng.next_normal()) as i32, text);
                text.push(',');
            }
            let date = dates.text(Month::of(CLICKS_FROM.0, CLICKS_FROM.1).plus(month));
            text.push_str(&self.id);
            text.push(',');
            text.push_str(&date);
            text.push('\n');
        }
    }

    pub(super) fn write_attributes(&self, dates: &DateWriter, rng: &mut SplitMix64, text: &mut String) {
        let last = LAST_NAMES[rng.below(12) as usize];
        let name = match rng.below(2_500) {
            0 => format!(" {last}"),
            1 => format!("\", {last}\""),
            _ => format!("{} {last}", FIRST_NAMES[rng.below(12) as usize]),
        };
        let age = whole(self.figures.age);
        let ssn = format!("{:03}-{:02}-{:04}", 1 + rng.below(998), 1 + rng.below(98), 1 + rng.below(9_998));
        let cells = [
            self.id.clone(),
            name,
            soil(rng, age, &[(104.0, Text("-500")), (215.0, Whole(150, 8_700))], 637.0),
            soil(rng, ssn, &[(703.0, Text("#F%$D@*&8"))], 0.0),
            soil(rng, self.occupation.to_owned(), &[(880.0, Text("_______"))], 0.0),
            dates.text(self.start),
        ];
        push_row(&cells, text);
    }

    pub(super) fn write_financials(&self, dates: &DateWriter, rng: &mut SplitMix64, text: &mut String) {
        let figures = &self.figures;
        let (late, negative) =
            (whole(figures.late_payments), [(46.0, Text("-1")), (26.0, Text("-2")), (12.0, Text("-3"))]);
        let [once, twice, thrice] = negative;
        let history = whole(figures.history).parse().unwrap_or(0_i64);
        let minimum = if self.pays_more_than_minimum { "No" } else { "Yes" };
        let cells = [
            self.id.clone(),
            soil(rng, real(figures.annual_income), &[(114.0, Real(345_000, 23_800_000))], 859.0),
            real(figures.monthly_salary),
            soil(rng, whole(figures.bank_accounts), &[(4.0, Text("-1")), (167.0, Whole(26, 1_756))], 0.0),
            soil(rng, whole(figures.credit_cards), &[(296.0, Whole(21, 1_499))], 0.0),
            soil(rng, whole(figures.interest_rate), &[(270.0, Whole(99, 5_789))], 0.0),
            soil(rng, whole(figures.loans), &[(500.0, Text("-100")), (67.0, Whole(18, 1_495))], 623.0),
            self.kinds_of_loans(rng),
            whole(figures.days_late),
            soil(rng, late, &[once, twice, thrice, (105.0, Whole(47, 4_293))], 374.0),
            soil(rng, cents(figures.limit_change), &[(254.0, Text("_"))], 0.0),
            soil(rng, real(libm::round(figures.inquiries)), &[(195.0, Real(26, 2_554))], 0.0),
            soil(rng, CREDIT_MIXES[self.mix].to_owned(), &[(2_611.0, Text("_"))], 0.0),
            soil(rng, cents(figures.debt), &[], 139.0),
            real(figures.utilization),
            format!("{} Years and {} Months", history / 12, history % 12),
            soil(rng, minimum.to_owned(), &[(1_438.0, Text("NM"))], 0.0),
            soil(rng, real(figures.installments), &[(408.0, Real(2_004, 81_971))], 0.0),
            soil(rng, real(figures.invested), &[(558.0, Text("__10000__"))], 0.0),
            soil(rng, BEHAVIOURS[self.behaviour].1.to_owned(), &[(998.0, Text("!@9#%8"))], 0.0),
            soil(rng, real(figures.balance), &[(1.0, Text("__-333333333333333333333333333__"))], 0.0),
            dates.text(self.start),
        ];
        push_row(&cells, text);
    }

    /// The loans one by one, as `"Auto Loan, Payday Loan, and Student Loan"`; nothing for none.
    fn kinds_of_loans(&self, rng: &mut SplitMix64) -> String {
        let n_loans = libm::round(self.figures.loans.clamp(0.0, 20.0)) as usize;
        let mut kinds = (0..n_loans).map(|_| LOAN_KINDS[rng.below(LOAN_KINDS.len() as u64) as usize]);
        let Some(last) = kinds.next() else { return String::new() };
        let others: Vec<_> = kinds.collect();
        if others.is_empty() { last.to_owned() } else { format!("\"{}, and {last}\"", others.join(", ")) }
    }

    /// 11 rows: the loan of 10,000 is paid in ten installments of 1,000.
    pub(super) fn write_loan(&self, dates: &DateWriter, text: &mut String) {
        const NEVER: [u8; 11] = [0; 11];
        let overdue = self.overdue.unwrap_or(&NEVER).map(|thousands| 1_000.0 * f64::from(thousands));
        let (loan_id, start) = (self.loan_id(), dates.text(self.start));
        let mut balance = 10_000.0;
        for (installment, &overdue_now) in (0..).zip(&overdue) {
            let overdue_before = if installment == 0 { 0.0 } else { overdue[installment - 1] };
            let due = if installment == 0 { 0.0 } else { 1_000.0 };
            let paid = due + overdue_before - overdue_now;
            balance -= paid;
            let cells = [
                loan_id.clone(),
                self.id.clone(),
                start.clone(),
                "10".to_owned(),
                installment.to_string(),
                "10000".to_owned(),
                real(due),
                real(paid),
                real(overdue_now),
                real(balance),
                dates.text(self.start.plus(installment as u32)),
            ];
            push_row(&cells, text);
        }
    }
}

/// What stands in a cell instead of its value.
#[derive(Clone, Copy)]
enum Stain {
    Text(&'static str),
    /// A whole number between two, written as one or with `.0`.
    Whole(u64, u64),
    Real(u64, u64),
}

/// A cell that may be replaced, so many times among the customers of the original, and may end in an underscore.
fn soil(rng: &mut SplitMix64, value: String, stains: &[(f64, Stain)], underscored: f64) -> String {
    let mut left = rng.next_f64() * N;
    let stain = stains.iter().find(|(count, _)| {
        left -= count;
        left < 0.0
    });
    let mut cell = match stain.map(|(_, stain)| *stain) {
        None => value,
        Some(Text(text)) => text.to_owned(),
        Some(Whole(min, max)) => (min + rng.below(max - min + 1)).to_string(),
        Some(Real(min, max)) => real((min + rng.below(max - min + 1)) as f64),
    };
    if chance(rng, underscored / N) {
        cell.push('_');
    }
    cell
}

fn push_row(cells: &[String], text: &mut String) {
    text.push_str(&cells.join(","));
    text.push('\n');
}

fn whole(value: f64) -> String {
    (libm::round(value) as i64).to_string()
}

/// As the original writes it: `11.0`, `2706.1616666666664`.
fn real(value: f64) -> String {
    format!("{value:?}")
}

/// With two digits, as the original writes amounts that were never divided.
fn cents(value: f64) -> String {
    real(libm::round(value * 100.0) / 100.0)
}

/// Writes a whole number; ten million rows of 20 of them are most of what is generated.
fn push_whole(value: i32, text: &mut String) {
    if value < 0 {
        text.push('-');
    }
    let mut left = value.unsigned_abs();
    let mut digits = ['0'; 10];
    let mut n_digits = 0;
    while left > 0 || n_digits == 0 {
        digits[n_digits] = char::from(b'0' + (left % 10) as u8);
        left /= 10;
        n_digits += 1;
    }
    text.extend(digits[..n_digits].iter().rev());
}
