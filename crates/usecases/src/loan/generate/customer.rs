use super::Drift;
use super::month::Month;
use super::profiles::{BEHAVIOURS, OVERDUE, PROFILES, Profile, UTILIZATION, default};
use crate::loan::columns::OCCUPATIONS;
use crate::rng::SplitMix64;

/// A customer before any dirt.
pub(super) struct Customer {
    /// Such as `CUS_0x1000`.
    pub(super) id: String,
    /// When the loan starts.
    pub(super) start: Month,
    pub(super) occupation: &'static str,
    pub(super) figures: Figures,
    pub(super) mix: usize,
    pub(super) pays_more_than_minimum: bool,
    pub(super) behaviour: usize,
    /// Thousands overdue at each installment; `None` for a loan that is always paid in time.
    pub(super) overdue: Option<&'static [u8; 11]>,
}

/// The numbers about a customer, which a drift may shift.
pub(super) struct Figures {
    pub(super) age: f64,
    pub(super) annual_income: f64,
    pub(super) monthly_salary: f64,
    pub(super) bank_accounts: f64,
    pub(super) credit_cards: f64,
    pub(super) interest_rate: f64,
    pub(super) loans: f64,
    pub(super) days_late: f64,
    pub(super) late_payments: f64,
    pub(super) limit_change: f64,
    pub(super) inquiries: f64,
    pub(super) debt: f64,
    pub(super) utilization: f64,
    pub(super) history: f64,
    pub(super) installments: f64,
    pub(super) invested: f64,
    pub(super) balance: f64,
}

impl Customer {
    /// The customer of this number. Ids ascend with numbers and never repeat.
    pub(super) fn draw(number: u64, start: Month, drift: Option<&Drift>, rng: &mut SplitMix64) -> Self {
        let profile = &PROFILES[pick(rng, PROFILES.iter().map(|profile| profile.share))];
        let id = format!("CUS_0x{:x}", 0x1000 + number * 4 + rng.below(4));
        let occupation = OCCUPATIONS[rng.below(OCCUPATIONS.len() as u64) as usize];
        let mix = pick(rng, profile.mixes.into_iter());
        let pays_more_than_minimum = match mix {
            0 => false,
            1 => chance(rng, 0.226),
            _ => true,
        };
        let behaviour_of = |salary: f64, rng: &mut SplitMix64| {
            const LOADING: f64 = 0.53;
            let rank = (libm::log(salary) - 8.04) / 0.80;
            let score = LOADING * rank + libm::sqrt(1.0 - LOADING * LOADING) * rng.next_normal();
            BEHAVIOURS.iter().position(|(bound, ..)| score <= *bound).unwrap_or(0)
        };
        let salary = quantile(&profile.monthly_salary, rng);
        let behaviour = behaviour_of(salary, rng);
        let mut figures = Figures::draw(profile, salary, behaviour, rng);
        let defaults = chance(rng, figures.default_probability(profile, behaviour));
        let overdue = defaults.then(|| {
            let total: u32 = OVERDUE.iter().map(|(customers, _)| customers).sum();
            &OVERDUE[pick(rng, OVERDUE.iter().map(|(customers, _)| f64::from(*customers) / f64::from(total)))].1
        });
        if let Some(drift) = drift.filter(|drift| start >= drift.from)
            && let Some(figure) = figures.named(&drift.column)
        {
            *figure += drift.shift;
        }
        Self { id, start, occupation, figures, mix, pays_more_than_minimum, behaviour, overdue }
    }

    /// How the loan is numbered: customer and start.
    pub(super) fn loan_id(&self) -> String {
        format!("{}_{:04}_{:02}_01", self.id, self.start.year(), self.start.month())
    }
}

impl Figures {
    fn draw(profile: &Profile, salary: f64, behaviour: usize, rng: &mut SplitMix64) -> Self {
        let mut whole = |deciles| libm::round(quantile(deciles, rng));
        let (age, bank_accounts, credit_cards) =
            (whole(&profile.age), whole(&profile.bank_accounts), whole(&profile.credit_cards));
        let (interest_rate, loans, days_late) =
            (whole(&profile.interest_rate), whole(&profile.loans), whole(&profile.days_late));
        let (late_payments, inquiries, history) =
            (whole(&profile.late_payments), whole(&profile.inquiries), whole(&profile.history));
        let limit_change = cents(quantile(&profile.limit_change, rng));
        let debt = cents(quantile(&profile.debt, rng));
        let annual_income = cents(salary * 12.0 * (1.003 + 0.07 * rng.next_normal()).clamp(0.68, 1.9));
        let monthly_salary = cents(salary * 12.0) / 12.0;
        let (_, _, log_share, kept) = BEHAVIOURS[behaviour];
        let installments = (monthly_salary * loans * installment_share(rng)).min(1_780.0);
        let left = monthly_salary / 10.0 + kept - installments;
        let share = libm::exp(log_share + 0.42 * rng.next_normal());
        // Nobody of the original has less than nothing left, or invests more than 1,977.
        let invested = (monthly_salary * share).min(left.max(10.0) - 1.0).min(1_977.0);
        Self {
            age,
            annual_income: annual_income.clamp(7_005.93, 179_987.28),
            monthly_salary,
            bank_accounts,
            credit_cards,
            interest_rate,
            loans,
            days_late,
            late_payments,
            limit_change,
            inquiries,
            debt,
            utilization: quantile(&UTILIZATION, rng),
            history,
            installments,
            invested,
            balance: (left - invested).max(1.0),
        }
    }

    /// Probability of a default.
    fn default_probability(&self, profile: &Profile, behaviour: usize) -> f64 {
        let name = BEHAVIOURS[behaviour].1;
        let mut logit = profile.logit + default::SALARY * libm::log(self.monthly_salary / 3_000.0);
        logit += default::INVESTED * libm::log1p(self.invested / 100.0);
        logit += default::INSTALLMENTS * libm::log1p(self.installments / 100.0);
        for (coefficient, holds) in [
            (default::DEBT, self.debt > 1_500.0),
            (default::INTEREST, self.interest_rate > 14.5),
            (default::FEW_CARDS, self.credit_cards < 2.5),
            (default::LOW_SPENT, name.starts_with("Low")),
            (default::SMALL_PAYMENTS, name.contains("Small")),
        ] {
            logit += coefficient * f64::from(holds);
        }
        1.0 / (1.0 + libm::exp(-(default::STRETCH * logit + default::SHIFT)))
    }

    /// The figure of a column by its canonical name.
    fn named(&mut self, column: &str) -> Option<&mut f64> {
        Some(match column {
            "age" => &mut self.age,
            "annual_income" => &mut self.annual_income,
            "monthly_inhand_salary" => &mut self.monthly_salary,
            "num_bank_accounts" => &mut self.bank_accounts,
            "num_credit_card" => &mut self.credit_cards,
            "interest_rate" => &mut self.interest_rate,
            "num_of_loan" => &mut self.loans,
            "delay_from_due_date" => &mut self.days_late,
            "num_of_delayed_payment" => &mut self.late_payments,
            "changed_credit_limit" => &mut self.limit_change,
            "num_credit_inquiries" => &mut self.inquiries,
            "outstanding_debt" => &mut self.debt,
            "credit_utilization_ratio" => &mut self.utilization,
            "credit_history_months" => &mut self.history,
            "total_emi_per_month" => &mut self.installments,
            "amount_invested_monthly" => &mut self.invested,
            "monthly_balance" => &mut self.balance,
            _ => return None,
        })
    }
}

/// Whether there is a figure for a column of this canonical name.
pub(super) fn is_figure(column: &str) -> bool {
    let mut anybody = Figures::draw(&PROFILES[0], 3_000.0, 0, &mut SplitMix64::new(0));
    anybody.named(column).is_some()
}

/// Share of the salary that each loan takes a month: mostly about 1 %, seldom up to 10 %.
fn installment_share(rng: &mut SplitMix64) -> f64 {
    if chance(rng, 0.92) { 0.0045 + 0.006 * rng.next_f64() } else { libm::exp(-4.55 + 2.2 * rng.next_f64()) }
}

pub(super) fn chance(rng: &mut SplitMix64, probability: f64) -> bool {
    rng.next_f64() < probability
}

/// The index of one of `shares`, as often as its share; the last takes what rounding leaves.
pub(super) fn pick(rng: &mut SplitMix64, shares: impl ExactSizeIterator<Item = f64>) -> usize {
    let last = shares.len().saturating_sub(1);
    let mut left = rng.next_f64();
    let is_it = |share| {
        left -= share;
        left < 0.0
    };
    shares.take(last).position(is_it).unwrap_or(last)
}

/// A value drawn from deciles, by linear interpolation between them.
fn quantile(deciles: &[f64; 11], rng: &mut SplitMix64) -> f64 {
    let at = rng.next_f64() * 10.0;
    let below = (at as usize).min(9);
    deciles[below] + (deciles[below + 1] - deciles[below]) * (at - below as f64)
}

fn cents(amount: f64) -> f64 {
    libm::round(amount * 100.0) / 100.0
}
