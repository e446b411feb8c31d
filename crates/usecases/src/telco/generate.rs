//! Synthetic customers, for a demonstration and for tests where IBM's file is not at hand.
//!
//! Figures measured on them say nothing about real customers and are labelled synthetic wherever they are shown.

use super::profiles::{
    ADD_ON_PRICES, DEPENDENTS, DSL, FIBER, LINES, MONTHLY, NEW_CUSTOMERS, OFFLINE, ONE_YEAR, PAYMENT_METHODS,
    PRICE_NOISE, PRICES, PROFILES, Profile, TOTAL_NOISE, TWO_YEAR, churn,
};
use crate::rng::SplitMix64;

/// How a generated file spells its columns and levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// As IBM's file does: `SeniorCitizen`, `Yes`, `No internet service`, a blank for missing total charges.
    Ibm,
    /// In snake case: `senior_citizen`, 1, `month_to_month`; without ids, and without columns about household and phone.
    SnakeCase,
}

/// CSV text of `n_rows` **synthetic** customers with a header; the same arguments always give the same text.
///
/// They are drawn from rounded statistics of IBM's file: its frequencies, its prices, and a model of churn, so that
/// about 27 % churn and a good model reaches a ROC-AUC of about 0.86, where it reaches 0.85 on that file. The dirt is
/// as in that file: new customers (about 1 in 600) have a blank instead of total charges.
///
/// ```
/// use usecases::telco::{Spelling, generate};
///
/// let text = generate(3, 42, Spelling::SnakeCase);
/// assert_eq!(text.lines().count(), 4);
/// assert!(text.starts_with("tenure,monthly_charges,total_charges,contract_type,"));
/// ```
#[must_use]
pub fn generate(n_rows: usize, seed: u64, spelling: Spelling) -> String {
    let mut rng = SplitMix64::new(seed);
    let first_id = rng.next_u64();
    let mut text = String::with_capacity((n_rows + 2) * 150);
    text.push_str(match spelling {
        Spelling::Ibm => IBM_HEADER,
        Spelling::SnakeCase => SNAKE_CASE_HEADER,
    });
    for i in 0..n_rows {
        let customer = Customer::draw(&mut rng);
        match spelling {
            Spelling::Ibm => customer.write_ibm(&customer_id(first_id, i as u64), &mut text),
            Spelling::SnakeCase => customer.write_snake_case(&mut text),
        }
    }
    text
}

const IBM_HEADER: &str = "customerID,gender,SeniorCitizen,Partner,Dependents,tenure,PhoneService,MultipleLines,\
    InternetService,OnlineSecurity,OnlineBackup,DeviceProtection,TechSupport,StreamingTV,StreamingMovies,Contract,\
    PaperlessBilling,PaymentMethod,MonthlyCharges,TotalCharges,Churn\n";

const SNAKE_CASE_HEADER: &str = "tenure,monthly_charges,total_charges,contract_type,payment_method,internet_service,\
    online_security,online_backup,device_protection,tech_support,streaming_tv,streaming_movies,paperless_billing,\
    senior_citizen,churn\n";

struct Customer {
    profile: &'static Profile,
    is_male: bool,
    is_senior: bool,
    has_partner: bool,
    has_dependents: bool,
    tenure: u32,
    has_phone: bool,
    has_lines: bool,
    add_ons: [bool; 6],
    is_paperless: bool,
    payment: &'static str,
    monthly_cents: u64,
    total_cents: Option<u64>,
    churns: bool,
}

impl Customer {
    fn draw(rng: &mut SplitMix64) -> Self {
        let mut profile = &PROFILES[pick(rng, PROFILES.iter().map(|profile| profile.share))];
        let mut tenure = quantile(&profile.tenure, rng.next_f64()) as u32;
        if chance(rng, NEW_CUSTOMERS) {
            tenure = 0;
            while profile.contract == MONTHLY {
                profile = &PROFILES[pick(rng, PROFILES.iter().map(|profile| profile.share))];
            }
        }
        let has_partner = chance(rng, profile.partner);
        let has_phone = chance(rng, profile.phone);
        let mut customer = Self {
            profile,
            is_male: chance(rng, 0.505),
            is_senior: chance(rng, profile.senior),
            has_partner,
            has_dependents: chance(rng, if has_partner { DEPENDENTS.0 } else { DEPENDENTS.1 }),
            tenure,
            has_phone,
            has_lines: has_phone && chance(rng, LINES[band(tenure, [12, 36])]),
            add_ons: profile.add_ons.map(|share| chance(rng, share)),
            is_paperless: chance(rng, profile.paperless),
            payment: PAYMENT_METHODS[pick(rng, profile.payment.into_iter())],
            monthly_cents: 0,
            total_cents: None,
            churns: false,
        };
        customer.monthly_cents = customer.draw_monthly_cents(rng);
        customer.total_cents = customer.draw_total_cents(rng);
        // Nobody leaves before the first month has ended.
        customer.churns = chance(rng, customer.churn_probability()) && tenure > 0;
        customer
    }

    fn draw_monthly_cents(&self, rng: &mut SplitMix64) -> u64 {
        let [dsl, fiber, phone, lines] = PRICES;
        let mut dollars = match self.profile.internet {
            DSL => dsl,
            FIBER => fiber,
            _ => 0.0,
        };
        dollars += f64::from(self.has_phone) * phone + f64::from(self.has_lines) * lines;
        for (price, has) in ADD_ON_PRICES.into_iter().zip(self.add_ons) {
            dollars += f64::from(has) * price;
        }
        to_cents((dollars + PRICE_NOISE * rng.next_normal()).clamp(18.25, 118.75))
    }

    fn draw_total_cents(&self, rng: &mut SplitMix64) -> Option<u64> {
        match self.tenure {
            0 => None,
            1 => Some(self.monthly_cents),
            months => {
                let drift = 1.0 + (TOTAL_NOISE[band(months, [6, 20])] * rng.next_normal()).clamp(-0.5, 0.5);
                Some(to_cents(f64::from(months) * self.monthly_cents as f64 / 100.0 * drift))
            }
        }
    }

    /// Probability to churn.
    fn churn_probability(&self) -> f64 {
        let months = f64::from(self.tenure);
        let mut logit = churn::INTERCEPT + churn::TENURE * months + churn::LOG_TENURE * libm::log(1.0 + months);
        logit += match self.profile.contract {
            ONE_YEAR => churn::ONE_YEAR,
            TWO_YEAR => churn::TWO_YEAR,
            _ => 0.0,
        };
        logit += match self.profile.internet {
            FIBER => churn::FIBER,
            OFFLINE => churn::OFFLINE,
            _ => 0.0,
        };
        for (coefficient, holds) in [
            (churn::ELECTRONIC_CHECK, self.payment == PAYMENT_METHODS[2]),
            (churn::PAPERLESS, self.is_paperless),
            (churn::SENIOR, self.is_senior),
            (churn::DEPENDENTS, self.has_dependents),
            (churn::LINES, self.has_lines),
            (churn::PHONE, self.has_phone),
        ] {
            logit += coefficient * f64::from(holds);
        }
        for (coefficient, has) in churn::ADD_ONS.into_iter().zip(self.add_ons) {
            logit += coefficient * f64::from(has);
        }
        1.0 / (1.0 + libm::exp(-(churn::STRETCH * logit + churn::SHIFT)))
    }

    fn write_ibm(&self, id: &str, text: &mut String) {
        let has_internet = self.profile.internet != OFFLINE;
        let lines = if self.has_phone { yes(self.has_lines) } else { "No phone service" };
        let gender = if self.is_male { "Male" } else { "Female" };
        let tenure = self.tenure.to_string();
        let mut cells = vec![id, gender, one(self.is_senior), yes(self.has_partner), yes(self.has_dependents), &tenure];
        cells.extend([yes(self.has_phone), lines, self.profile.internet]);
        cells.extend(self.add_ons.map(|has| if has_internet { yes(has) } else { "No internet service" }));
        let (monthly, total) = (dollars(self.monthly_cents), self.total_cents.map_or_else(|| " ".to_owned(), dollars));
        cells.extend([self.profile.contract, yes(self.is_paperless), self.payment, &monthly, &total, yes(self.churns)]);
        push_row(text, &cells);
    }

    fn write_snake_case(&self, text: &mut String) {
        let snake = |level: &str| level.to_lowercase().replace(" (automatic)", "").replace([' ', '-'], "_");
        let tenure = self.tenure.to_string();
        let (monthly, total) = (dollars(self.monthly_cents), self.total_cents.map_or_else(String::new, dollars));
        let (contract, payment) = (snake(self.profile.contract), snake(self.payment));
        let internet = snake(self.profile.internet);
        let mut cells = vec![tenure.as_str(), &monthly, &total, &contract, &payment, &internet];
        cells.extend(self.add_ons.map(one));
        cells.extend([one(self.is_paperless), one(self.is_senior), one(self.churns)]);
        push_row(text, &cells);
    }
}

fn push_row(text: &mut String, cells: &[&str]) {
    text.push_str(&cells.join(","));
    text.push('\n');
}

fn yes(holds: bool) -> &'static str {
    if holds { "Yes" } else { "No" }
}

fn one(holds: bool) -> &'static str {
    if holds { "1" } else { "0" }
}

/// An id like `0137-KQZXA`, different for every `i` below 10^4 × 26^5.
fn customer_id(first: u64, i: u64) -> String {
    const N_IDS: u64 = 10_000 * 11_881_376;
    // The step shares no factor with 2^9 × 5^4 × 13^5, so it visits every id before it comes back.
    const STEP: u64 = 73_244_475_697;
    let mut number = ((u128::from(first) + u128::from(i) * u128::from(STEP)) % u128::from(N_IDS)) as u64;
    let digits = number % 10_000;
    number /= 10_000;
    let letters = (0..5).map(|_| {
        let letter = char::from(b'A' + (number % 26) as u8);
        number /= 26;
        letter
    });
    let letters: String = letters.collect();
    format!("{digits:04}-{letters}")
}

fn chance(rng: &mut SplitMix64, probability: f64) -> bool {
    rng.next_f64() < probability
}

/// The index of one of `shares`, as often as its share; the last takes what rounding leaves.
fn pick(rng: &mut SplitMix64, shares: impl ExactSizeIterator<Item = f64>) -> usize {
    let last = shares.len().saturating_sub(1);
    let mut left = rng.next_f64();
    shares
        .take(last)
        .position(|share| {
            left -= share;
            left < 0.0
        })
        .unwrap_or(last)
}

/// The value below which a share of `u` lies, by linear interpolation between deciles.
fn quantile(deciles: &[f64; 11], u: f64) -> f64 {
    let at = u * 10.0;
    let below = (at as usize).min(9);
    let value = deciles[below] + (deciles[below + 1] - deciles[below]) * (at - below as f64);
    libm::round(value)
}

/// 0 up to the first bound, 1 up to the second, else 2.
fn band(months: u32, bounds: [u32; 2]) -> usize {
    bounds.iter().filter(|&&bound| months > bound).count()
}

/// Cents to the nearest five, as bills are rounded.
fn to_cents(dollars: f64) -> u64 {
    libm::round(dollars * 20.0) as u64 * 5
}

/// Dollars as IBM's file writes them: `70.7`, `29.85`, `20`.
fn dollars(cents: u64) -> String {
    match cents % 100 {
        0 => format!("{}", cents / 100),
        part if part % 10 == 0 => format!("{}.{}", cents / 100, part / 10),
        part => format!("{}.{part:02}", cents / 100),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use std::collections::BTreeSet;

    use super::*;

    fn customers(n: usize) -> Vec<Customer> {
        let mut rng = SplitMix64::new(7);
        (0..n).map(|_| Customer::draw(&mut rng)).collect()
    }

    fn share(customers: &[Customer], holds: impl Fn(&Customer) -> bool) -> f64 {
        customers.iter().filter(|customer| holds(customer)).count() as f64 / customers.len() as f64
    }

    #[test]
    fn the_frequencies_are_those_of_the_real_file() {
        let all = customers(40_000);
        // Figures of IBM's file; the tolerance is five standard errors of a share of a half.
        for (name, real, synthetic) in [
            ("churn", 0.265, share(&all, |c| c.churns)),
            ("churn month to month", 0.427 * 0.55, share(&all, |c| c.churns && c.profile.contract == MONTHLY)),
            ("churn fiber", 0.419 * 0.44, share(&all, |c| c.churns && c.profile.internet == FIBER)),
            ("month to month", 0.55, share(&all, |c| c.profile.contract == MONTHLY)),
            ("electronic check", 0.336, share(&all, |c| c.payment == "Electronic check")),
            ("senior", 0.162, share(&all, |c| c.is_senior)),
            ("partner", 0.483, share(&all, |c| c.has_partner)),
            ("dependents", 0.300, share(&all, |c| c.has_dependents)),
            ("phone", 0.903, share(&all, |c| c.has_phone)),
            ("several lines", 0.422, share(&all, |c| c.has_lines)),
            ("tech support", 0.290, share(&all, |c| c.add_ons[3])),
            ("first month", 613.0 / 7043.0, share(&all, |c| c.tenure == 1)),
        ] {
            assert!((real - synthetic).abs() < 0.0125, "{name}: {synthetic} should be about {real}");
        }
        let mean = |value: fn(&Customer) -> f64| all.iter().map(value).sum::<f64>() / all.len() as f64;
        let (tenure, monthly) = (mean(|c| f64::from(c.tenure)), mean(|c| c.monthly_cents as f64 / 100.0));
        assert!((tenure - 32.4).abs() < 1.0, "mean tenure {tenure}");
        assert!((monthly - 64.8).abs() < 1.5, "mean monthly charges {monthly}");
    }

    #[test]
    fn the_signal_is_a_little_stronger_than_in_the_real_file() {
        let mut scored: Vec<_> = customers(20_000).iter().map(|c| (c.churn_probability(), c.churns)).collect();
        scored.sort_by(|a, b| a.0.total_cmp(&b.0));
        let n_positive = scored.iter().filter(|(_, churns)| *churns).count() as f64;
        let n_negative = scored.len() as f64 - n_positive;
        let ranks = scored.iter().zip(1..).filter(|((_, churns), _)| *churns).map(|(_, rank)| f64::from(rank));
        let auc = (ranks.sum::<f64>() - n_positive * (n_positive + 1.0) / 2.0) / (n_positive * n_negative);
        assert!((0.85..0.88).contains(&auc), "the best possible ROC-AUC is {auc}");
    }

    #[test]
    fn total_charges_are_blank_for_new_customers_and_only_for_them() {
        let all = customers(40_000);
        let n_new = all.iter().filter(|c| c.tenure == 0).count();
        assert!((20..150).contains(&n_new), "{n_new}");
        assert!(all.iter().all(|c| (c.tenure == 0) == c.total_cents.is_none()));
        assert!(all.iter().all(|c| c.tenure > 0 || !c.churns));
        let text = generate(40_000, 7, Spelling::Ibm);
        assert!(text.lines().any(|line| line.contains(", ,")));
    }

    #[test]
    fn ids_never_repeat() {
        let n_ids = 10_000_u64 * 26_u64.pow(5);
        let gcd = |mut a: u64, mut b: u64| {
            while b > 0 {
                (a, b) = (b, a % b);
            }
            a
        };
        assert_eq!(gcd(73_244_475_697, n_ids), 1);
        let ids: BTreeSet<_> = (0..50_000).map(|i| customer_id(99, i)).collect();
        assert_eq!(ids.len(), 50_000);
    }

    #[test]
    fn the_same_seed_gives_the_same_text_and_another_seed_another() {
        let text = generate(50, 1, Spelling::Ibm);
        assert_eq!(text, generate(50, 1, Spelling::Ibm));
        assert_ne!(text, generate(50, 2, Spelling::Ibm));
        let longer = generate(80, 1, Spelling::Ibm);
        assert!(longer.starts_with(&text), "more rows must not change the earlier ones");
    }

    #[test]
    fn dollars_are_written_as_in_the_real_file() {
        assert_eq!([dollars(7070), dollars(2985), dollars(2000), dollars(2005)], ["70.7", "29.85", "20", "20.05"]);
    }
}
