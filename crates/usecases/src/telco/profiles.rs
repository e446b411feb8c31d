//! What the synthetic customers are drawn from: shares, quantiles and a fitted model of IBM's 7,043 customers, rounded.
//! No customer of that file can be recovered from them.

/// Customers of one contract and one internet service.
pub(super) struct Profile {
    pub(super) contract: &'static str,
    pub(super) internet: &'static str,
    /// Share of all customers.
    pub(super) share: f64,
    /// Deciles of the tenure in months, from the smallest to the largest.
    pub(super) tenure: [f64; 11],
    /// Shares of the payment methods, in the order of [`PAYMENT_METHODS`].
    pub(super) payment: [f64; 4],
    pub(super) paperless: f64,
    pub(super) senior: f64,
    pub(super) partner: f64,
    pub(super) phone: f64,
    /// Shares with each add-on, in the order of `ADD_ONS`.
    pub(super) add_ons: [f64; 6],
}

pub(super) const PAYMENT_METHODS: [&str; 4] =
    ["Bank transfer (automatic)", "Credit card (automatic)", "Electronic check", "Mailed check"];

pub(super) const MONTHLY: &str = "Month-to-month";
pub(super) const ONE_YEAR: &str = "One year";
pub(super) const TWO_YEAR: &str = "Two year";
pub(super) const DSL: &str = "DSL";
pub(super) const FIBER: &str = "Fiber optic";
pub(super) const OFFLINE: &str = "No";

#[rustfmt::skip]
pub(super) const PROFILES: [Profile; 9] = [
    Profile {
        contract: MONTHLY, internet: DSL, share: 0.174, tenure: [1.0, 1.0, 2.0, 4.0, 6.0, 10.0, 14.0, 20.0, 29.0, 41.0, 71.0],
        payment: [0.161, 0.151, 0.388, 0.300], paperless: 0.590, senior: 0.130, partner: 0.329, phone: 0.693,
        add_ons: [0.299, 0.303, 0.229, 0.277, 0.244, 0.251],
    },
    Profile {
        contract: MONTHLY, internet: FIBER, share: 0.302, tenure: [1.0, 1.0, 3.0, 7.0, 11.0, 16.0, 23.0, 30.0, 39.0, 52.0, 72.0],
        payment: [0.154, 0.138, 0.614, 0.094], paperless: 0.794, senior: 0.299, partner: 0.395, phone: 1.0,
        add_ons: [0.166, 0.325, 0.317, 0.156, 0.470, 0.469],
    },
    Profile {
        contract: MONTHLY, internet: OFFLINE, share: 0.074, tenure: [1.0, 1.0, 1.0, 1.0, 3.0, 5.0, 7.0, 11.0, 16.0, 25.0, 61.0],
        payment: [0.124, 0.124, 0.132, 0.620], paperless: 0.334, senior: 0.023, partner: 0.263, phone: 1.0,
        add_ons: [0.0; 6],
    },
    Profile {
        contract: ONE_YEAR, internet: DSL, share: 0.081, tenure: [1.0, 15.0, 24.0, 29.0, 36.0, 41.0, 47.0, 52.0, 58.0, 64.0, 71.0],
        payment: [0.254, 0.302, 0.204, 0.240], paperless: 0.528, senior: 0.088, partner: 0.546, phone: 0.746,
        add_ons: [0.579, 0.489, 0.537, 0.572, 0.447, 0.454],
    },
    Profile {
        contract: ONE_YEAR, internet: FIBER, share: 0.076, tenure: [4.0, 29.0, 39.0, 46.0, 51.0, 55.0, 59.0, 63.0, 66.0, 69.0, 72.0],
        payment: [0.291, 0.278, 0.364, 0.067], paperless: 0.742, senior: 0.230, partner: 0.633, phone: 1.0,
        add_ons: [0.412, 0.636, 0.631, 0.419, 0.737, 0.748],
    },
    Profile {
        contract: ONE_YEAR, internet: OFFLINE, share: 0.052, tenure: [1.0, 7.0, 12.0, 17.0, 22.0, 26.0, 33.0, 39.0, 48.0, 56.0, 72.0],
        payment: [0.245, 0.209, 0.096, 0.450], paperless: 0.272, senior: 0.044, partner: 0.489, phone: 1.0,
        add_ons: [0.0; 6],
    },
    Profile {
        contract: TWO_YEAR, internet: DSL, share: 0.089, tenure: [2.0, 36.0, 50.0, 57.0, 62.0, 66.0, 69.0, 70.0, 72.0, 72.0, 72.0],
        payment: [0.357, 0.377, 0.092, 0.174], paperless: 0.489, senior: 0.080, partner: 0.725, phone: 0.744,
        add_ons: [0.771, 0.694, 0.763, 0.817, 0.643, 0.661],
    },
    Profile {
        contract: TWO_YEAR, internet: FIBER, share: 0.061, tenure: [24.0, 50.0, 60.0, 64.0, 68.0, 70.0, 71.0, 72.0, 72.0, 72.0, 72.0],
        payment: [0.378, 0.359, 0.214, 0.049], paperless: 0.713, senior: 0.166, partner: 0.734, phone: 1.0,
        add_ons: [0.613, 0.718, 0.793, 0.718, 0.823, 0.818],
    },
    Profile {
        contract: TWO_YEAR, internet: OFFLINE, share: 0.091, tenure: [1.0, 16.0, 27.0, 40.0, 47.0, 54.0, 60.0, 65.0, 69.0, 72.0, 72.0],
        payment: [0.279, 0.298, 0.028, 0.395], paperless: 0.270, senior: 0.038, partner: 0.661, phone: 1.0,
        add_ons: [0.0; 6],
    },
];

/// Share of customers whose first month has not ended; all of them are under contract.
pub(super) const NEW_CUSTOMERS: f64 = 0.0016;
/// Share with dependents among those with a partner, and without.
pub(super) const DEPENDENTS: (f64, f64) = (0.514, 0.099);
/// Share with several lines among those with a phone, by months of tenure up to 12, up to 36, and above.
pub(super) const LINES: [f64; 3] = [0.254, 0.435, 0.642];
/// Dollars a month for DSL, fiber optic, phone and several lines; and for each add-on.
pub(super) const PRICES: [f64; 4] = [25.05, 50.0, 20.05, 5.0];
pub(super) const ADD_ON_PRICES: [f64; 6] = [5.0, 5.0, 5.0, 5.0, 10.0, 10.0];
/// Standard deviation of the monthly charges around the sum of the prices.
pub(super) const PRICE_NOISE: f64 = 1.02;
/// Standard deviation of total charges around tenure × monthly charges, by months up to 6, up to 20, and above.
pub(super) const TOTAL_NOISE: [f64; 3] = [0.102, 0.063, 0.031];

/// Coefficients of a logistic regression of churn on IBM's file.
pub(super) mod churn {
    pub(in super::super) const INTERCEPT: f64 = 0.83;
    pub(in super::super) const TENURE: f64 = 0.0013;
    pub(in super::super) const LOG_TENURE: f64 = -0.747;
    pub(in super::super) const ONE_YEAR: f64 = -0.71;
    pub(in super::super) const TWO_YEAR: f64 = -1.70;
    pub(in super::super) const FIBER: f64 = 0.95;
    pub(in super::super) const OFFLINE: f64 = -0.81;
    pub(in super::super) const ELECTRONIC_CHECK: f64 = 0.33;
    pub(in super::super) const PAPERLESS: f64 = 0.35;
    pub(in super::super) const SENIOR: f64 = 0.23;
    pub(in super::super) const DEPENDENTS: f64 = -0.12;
    /// In the order of `ADD_ONS`.
    pub(in super::super) const ADD_ONS: [f64; 6] = [-0.32, 0.0, 0.0, -0.29, 0.31, 0.32];
    pub(in super::super) const LINES: f64 = 0.37;
    pub(in super::super) const PHONE: f64 = -0.54;
    /// The sum of the above is stretched by this much and shifted back to the same share of churn. The signal is a
    /// little stronger than the real one, so that a demonstration does not stop at its gates by chance.
    pub(in super::super) const STRETCH: f64 = 1.1;
    pub(in super::super) const SHIFT: f64 = 0.06;
}
