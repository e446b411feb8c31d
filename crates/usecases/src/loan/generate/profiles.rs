//! What synthetic customers are drawn from: rounded statistics of the original files.
//!
//! A mixture of eight kinds of customers, found by fitting one of normal distributions to the figures about credit,
//! reproduces how those figures go together, because within a kind they are nearly independent.

/// A kind of customers. Figures are deciles from the smallest to the largest value.
pub(super) struct Profile {
    /// Share of the customers.
    pub(super) share: f64,
    /// What the kind adds to the logit of a default.
    pub(super) logit: f64,
    /// Shares of a bad, a standard and a good mix of credits.
    pub(super) mixes: [f64; 3],
    pub(super) age: [f64; 11],
    pub(super) monthly_salary: [f64; 11],
    pub(super) bank_accounts: [f64; 11],
    pub(super) credit_cards: [f64; 11],
    pub(super) interest_rate: [f64; 11],
    pub(super) loans: [f64; 11],
    pub(super) days_late: [f64; 11],
    pub(super) late_payments: [f64; 11],
    pub(super) limit_change: [f64; 11],
    pub(super) inquiries: [f64; 11],
    pub(super) debt: [f64; 11],
    /// Months.
    pub(super) history: [f64; 11],
}

/// Utilisation of the credit in percent, the same for all kinds.
pub(super) const UTILIZATION: [f64; 11] = [20.1, 25.3, 27.2, 28.9, 30.7, 32.4, 34.1, 35.8, 37.4, 39.1, 48.2];

/// What the logit of a default consists of beside its kind's share, fitted to the original by logistic regression.
pub(super) mod default {
    /// Debt above 1,500.
    pub(in super::super) const DEBT: f64 = 0.66;
    /// Interest above 14.5 %.
    pub(in super::super) const INTEREST: f64 = 0.16;
    /// At most two cards.
    pub(in super::super) const FEW_CARDS: f64 = -2.39;
    /// Spends little.
    pub(in super::super) const LOW_SPENT: f64 = 0.48;
    /// In small payments.
    pub(in super::super) const SMALL_PAYMENTS: f64 = 0.21;
    /// Logarithm of the monthly salary over 3,000.
    pub(in super::super) const SALARY: f64 = 0.41;
    /// Logarithm of one and hundreds invested a month.
    pub(in super::super) const INVESTED: f64 = -0.39;
    /// Logarithm of one and hundreds of instalments a month.
    pub(in super::super) const INSTALLMENTS: f64 = -0.37;
    /// The sum of the above is stretched by this much, for what figures within a kind say together is lost, and
    /// shifted back to the same share of defaults.
    pub(in super::super) const STRETCH: f64 = 1.2;
    pub(in super::super) const SHIFT: f64 = 0.11;
}

/// How customers behave, from those who earn least to those who earn most: the bound of a normal score up to which
/// they do, its name, the mean logarithm of the share of the salary that is invested, and what stays in the balance.
pub(super) const BEHAVIOURS: [(f64, &str, f64, f64); 6] = [
    (-0.589, "Low_spent_Small_value_payments", -2.55, 290.0),
    (-0.189, "Low_spent_Medium_value_payments", -2.83, 280.0),
    (0.095, "Low_spent_Large_value_payments", -2.90, 270.0),
    (0.410, "High_spent_Small_value_payments", -3.20, 260.0),
    (1.054, "High_spent_Medium_value_payments", -3.66, 250.0),
    (f64::INFINITY, "High_spent_Large_value_payments", -4.16, 240.0),
];

/// Kinds of loans in the list of a customer's loans.
pub(super) const LOAN_KINDS: [&str; 9] = [
    "Auto Loan",
    "Credit-Builder Loan",
    "Debt Consolidation Loan",
    "Home Equity Loan",
    "Mortgage Loan",
    "Not Specified",
    "Payday Loan",
    "Personal Loan",
    "Student Loan",
];

/// How loans that are ever overdue are: customers of the original, and thousands overdue at installments 0 to 10.
/// All others pay 1,000 at each installment from the first on.
pub(super) const OVERDUE: [(u32, [u8; 11]); 16] = [
    (905, [0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]),
    (541, [0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
    (535, [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7]),
    (375, [0, 0, 1, 0, 1, 2, 3, 4, 5, 6, 7]),
    (224, [0, 0, 0, 1, 0, 1, 2, 3, 4, 5, 6]),
    (210, [0, 1, 0, 1, 2, 3, 4, 5, 6, 7, 8]),
    (141, [0, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7]),
    (132, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
    (131, [0, 0, 1, 2, 0, 1, 2, 3, 4, 5, 6]),
    (107, [0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6]),
    (82, [0, 1, 2, 0, 1, 2, 3, 4, 5, 6, 7]),
    (77, [0, 0, 1, 0, 0, 1, 2, 3, 4, 5, 6]),
    (46, [0, 1, 0, 1, 0, 1, 2, 3, 4, 5, 6]),
    (45, [0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6]),
    (32, [0, 1, 0, 0, 0, 1, 2, 3, 4, 5, 6]),
    (19, [0, 1, 2, 0, 0, 1, 2, 3, 4, 5, 6]),
];

/// From those who default least to those who default most.
pub(super) const PROFILES: [Profile; 8] = [
    Profile {
        share: 0.141,
        logit: -1.81,
        mixes: [0.00, 0.03, 0.97],
        age: [17.0, 21.0, 25.0, 29.0, 33.0, 37.0, 41.0, 45.0, 49.0, 52.0, 56.0],
        monthly_salary: [690.0, 1580.0, 2350.0, 2900.0, 3370.0, 4880.0, 6370.0, 7760.0, 9710.0, 11380.0, 15200.0],
        bank_accounts: [0.0, 0.0, 1.0, 1.0, 2.0, 3.0, 3.0, 4.0, 4.0, 5.0, 8.0],
        credit_cards: [0.0, 1.0, 2.0, 3.0, 3.0, 3.0, 3.0, 4.0, 4.0, 4.0, 5.0],
        interest_rate: [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 9.0, 10.0, 11.0, 14.0],
        loans: [0.0, 0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0],
        days_late: [-5.0, 1.0, 3.0, 4.0, 6.0, 7.0, 9.0, 11.0, 13.0, 14.0, 23.0],
        late_payments: [0.0, 1.0, 2.0, 4.0, 5.0, 6.0, 7.0, 9.0, 10.0, 11.0, 16.0],
        limit_change: [-6.1, 1.5, 2.6, 3.8, 5.0, 6.2, 7.4, 8.4, 9.6, 11.1, 18.8],
        inquiries: [0.0, 1.0, 1.0, 2.0, 3.0, 4.0, 4.0, 5.0, 6.0, 7.0, 9.0],
        debt: [1.0, 140.0, 290.0, 440.0, 570.0, 730.0, 880.0, 1040.0, 1190.0, 1350.0, 1500.0],
        history: [188.0, 208.0, 232.0, 254.0, 278.0, 299.0, 320.0, 344.0, 364.0, 385.0, 404.0],
    },
    Profile {
        share: 0.172,
        logit: -1.85,
        mixes: [0.00, 0.81, 0.19],
        age: [17.0, 21.0, 25.0, 28.0, 32.0, 36.0, 39.0, 43.0, 47.0, 52.0, 56.0],
        monthly_salary: [440.0, 1290.0, 1780.0, 2310.0, 2760.0, 3350.0, 4940.0, 6120.0, 7620.0, 9210.0, 15090.0],
        bank_accounts: [0.0, 3.0, 4.0, 4.0, 5.0, 5.0, 6.0, 7.0, 7.0, 8.0, 9.0],
        credit_cards: [2.0, 3.0, 3.0, 3.0, 4.0, 4.0, 4.0, 5.0, 5.0, 5.0, 5.0],
        interest_rate: [1.0, 5.0, 7.0, 9.0, 10.0, 11.0, 13.0, 15.0, 17.0, 19.0, 22.0],
        loans: [0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 3.0, 4.0, 6.0],
        days_late: [0.0, 7.0, 10.0, 13.0, 15.0, 18.0, 21.0, 23.0, 26.0, 28.0, 35.0],
        late_payments: [1.0, 9.0, 10.0, 12.0, 13.0, 14.0, 15.0, 17.0, 18.0, 19.0, 23.0],
        limit_change: [-6.5, 2.0, 4.1, 5.7, 7.2, 8.4, 9.8, 11.1, 12.6, 15.9, 24.7],
        inquiries: [0.0, 1.0, 2.0, 3.0, 3.0, 4.0, 5.0, 5.0, 6.0, 7.0, 13.0],
        debt: [1.0, 150.0, 300.0, 420.0, 550.0, 710.0, 860.0, 1010.0, 1170.0, 1330.0, 1810.0],
        history: [138.0, 213.0, 233.0, 253.0, 275.0, 296.0, 317.0, 339.0, 360.0, 382.0, 404.0],
    },
    Profile {
        share: 0.110,
        logit: -1.77,
        mixes: [0.00, 0.81, 0.19],
        age: [17.0, 22.0, 26.0, 29.0, 32.0, 36.0, 40.0, 43.0, 47.0, 52.0, 56.0],
        monthly_salary: [520.0, 1220.0, 1710.0, 2180.0, 2610.0, 3200.0, 4800.0, 5930.0, 7590.0, 9230.0, 15100.0],
        bank_accounts: [1.0, 3.0, 4.0, 4.0, 5.0, 5.0, 6.0, 7.0, 7.0, 8.0, 9.0],
        credit_cards: [6.0, 6.0, 6.0, 6.0, 6.0, 7.0, 7.0, 7.0, 7.0, 7.0, 8.0],
        interest_rate: [1.0, 5.0, 6.0, 8.0, 10.0, 12.0, 13.0, 15.0, 17.0, 19.0, 20.0],
        loans: [0.0, 0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 4.0, 4.0, 6.0],
        days_late: [-1.0, 7.0, 10.0, 13.0, 15.0, 18.0, 20.0, 23.0, 26.0, 29.0, 35.0],
        late_payments: [5.0, 9.0, 10.0, 12.0, 13.0, 14.0, 15.0, 17.0, 18.0, 19.0, 23.0],
        limit_change: [-5.9, 2.0, 4.2, 6.1, 7.6, 8.8, 10.1, 11.1, 12.7, 16.2, 25.4],
        inquiries: [0.0, 1.0, 2.0, 3.0, 3.0, 4.0, 5.0, 5.0, 7.0, 8.0, 13.0],
        debt: [1.0, 150.0, 320.0, 460.0, 580.0, 740.0, 890.0, 1040.0, 1180.0, 1340.0, 1500.0],
        history: [120.0, 212.0, 232.0, 252.0, 275.0, 296.0, 322.0, 342.0, 362.0, 383.0, 404.0],
    },
    Profile {
        share: 0.140,
        logit: -1.35,
        mixes: [0.00, 0.99, 0.01],
        age: [14.0, 17.0, 20.0, 24.0, 27.0, 30.0, 33.0, 37.0, 40.0, 43.0, 56.0],
        monthly_salary: [330.0, 1060.0, 1420.0, 1740.0, 2340.0, 2900.0, 3880.0, 5010.0, 6090.0, 7890.0, 12510.0],
        bank_accounts: [1.0, 3.0, 4.0, 4.0, 5.0, 5.0, 6.0, 7.0, 7.0, 8.0, 10.0],
        credit_cards: [2.0, 3.0, 4.0, 4.0, 5.0, 5.0, 5.0, 6.0, 6.0, 7.0, 8.0],
        interest_rate: [2.0, 6.0, 8.0, 10.0, 11.0, 13.0, 15.0, 16.0, 18.0, 19.0, 27.0],
        loans: [0.0, 2.0, 2.0, 3.0, 4.0, 4.0, 5.0, 5.0, 6.0, 7.0, 7.0],
        days_late: [0.0, 7.0, 9.0, 12.0, 15.0, 17.0, 20.0, 23.0, 25.0, 28.0, 37.0],
        late_payments: [5.0, 9.0, 10.0, 11.0, 13.0, 14.0, 16.0, 17.0, 18.0, 20.0, 26.0],
        limit_change: [0.9, 8.6, 10.0, 11.3, 12.6, 14.1, 15.5, 16.7, 17.9, 19.2, 26.6],
        inquiries: [4.0, 5.0, 6.0, 7.0, 7.0, 8.0, 8.0, 9.0, 10.0, 11.0, 13.0],
        debt: [1.0, 220.0, 440.0, 660.0, 870.0, 1080.0, 1270.0, 1400.0, 1560.0, 2020.0, 2690.0],
        history: [67.0, 86.0, 105.0, 126.0, 147.0, 166.0, 184.0, 199.0, 213.0, 230.0, 320.0],
    },
    Profile {
        share: 0.119,
        logit: -1.1,
        mixes: [0.00, 0.04, 0.96],
        age: [17.0, 22.0, 26.0, 30.0, 33.0, 37.0, 41.0, 45.0, 49.0, 52.0, 56.0],
        monthly_salary: [650.0, 1610.0, 2390.0, 2880.0, 3330.0, 4580.0, 6200.0, 7790.0, 9840.0, 11310.0, 15170.0],
        bank_accounts: [0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 5.0, 6.0],
        credit_cards: [3.0, 5.0, 5.0, 5.0, 5.0, 6.0, 6.0, 6.0, 7.0, 7.0, 8.0],
        interest_rate: [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 11.0, 14.0],
        loans: [0.0, 0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0],
        days_late: [-5.0, 1.0, 4.0, 6.0, 8.0, 9.0, 11.0, 13.0, 14.0, 18.0, 33.0],
        late_payments: [0.0, 1.0, 2.0, 3.0, 5.0, 6.0, 7.0, 8.0, 9.0, 11.0, 15.0],
        limit_change: [-5.2, 1.1, 2.3, 3.4, 4.5, 5.8, 7.0, 8.4, 9.7, 11.1, 18.9],
        inquiries: [0.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0, 5.0, 7.0, 9.0],
        debt: [1.0, 140.0, 320.0, 460.0, 590.0, 730.0, 880.0, 1050.0, 1200.0, 1340.0, 1500.0],
        history: [188.0, 209.0, 229.0, 251.0, 273.0, 294.0, 318.0, 342.0, 364.0, 381.0, 404.0],
    },
    Profile {
        share: 0.135,
        logit: -0.63,
        mixes: [0.99, 0.01, 0.00],
        age: [14.0, 17.0, 20.0, 24.0, 27.0, 31.0, 33.0, 36.0, 39.0, 43.0, 46.0],
        monthly_salary: [300.0, 780.0, 1100.0, 1370.0, 1540.0, 1800.0, 2880.0, 3780.0, 4650.0, 5530.0, 7270.0],
        bank_accounts: [5.0, 6.0, 6.0, 7.0, 7.0, 8.0, 8.0, 9.0, 9.0, 10.0, 11.0],
        credit_cards: [4.0, 5.0, 6.0, 6.0, 7.0, 8.0, 8.0, 9.0, 9.0, 10.0, 11.0],
        interest_rate: [8.0, 17.0, 19.0, 21.0, 23.0, 25.0, 27.0, 29.0, 30.0, 32.0, 34.0],
        loans: [5.0, 5.0, 6.0, 6.0, 7.0, 7.0, 7.0, 8.0, 9.0, 9.0, 9.0],
        days_late: [10.0, 19.0, 24.0, 28.0, 33.0, 38.0, 42.0, 47.0, 52.0, 57.0, 66.0],
        late_payments: [12.0, 15.0, 17.0, 18.0, 19.0, 20.0, 21.0, 22.0, 23.0, 25.0, 28.0],
        limit_change: [-5.9, 5.8, 15.0, 17.2, 18.8, 20.7, 22.6, 24.4, 26.3, 28.3, 37.0],
        inquiries: [5.0, 7.0, 8.0, 9.0, 10.0, 11.0, 11.0, 12.0, 13.0, 15.0, 17.0],
        debt: [2200.0, 2770.0, 3030.0, 3290.0, 3520.0, 3740.0, 3990.0, 4270.0, 4510.0, 4740.0, 5000.0],
        history: [8.0, 24.0, 40.0, 59.0, 75.0, 90.0, 107.0, 124.0, 142.0, 159.0, 176.0],
    },
    Profile {
        share: 0.125,
        logit: 0.4,
        mixes: [0.77, 0.23, 0.00],
        age: [14.0, 17.0, 20.0, 24.0, 27.0, 30.0, 33.0, 37.0, 40.0, 43.0, 46.0],
        monthly_salary: [320.0, 800.0, 1140.0, 1400.0, 1600.0, 2180.0, 2960.0, 3740.0, 4690.0, 5560.0, 7260.0],
        bank_accounts: [5.0, 6.0, 7.0, 7.0, 8.0, 8.0, 9.0, 9.0, 9.0, 10.0, 11.0],
        credit_cards: [4.0, 5.0, 6.0, 6.0, 7.0, 8.0, 8.0, 9.0, 9.0, 10.0, 11.0],
        interest_rate: [14.0, 16.0, 18.0, 20.0, 22.0, 24.0, 26.0, 28.0, 30.0, 32.0, 34.0],
        loans: [2.0, 2.0, 3.0, 4.0, 5.0, 5.0, 6.0, 7.0, 7.0, 8.0, 9.0],
        days_late: [1.0, 22.0, 28.0, 33.0, 38.0, 42.0, 47.0, 50.0, 55.0, 59.0, 67.0],
        late_payments: [5.0, 13.0, 16.0, 17.0, 18.0, 19.0, 20.0, 22.0, 23.0, 24.0, 28.0],
        limit_change: [-5.7, 1.7, 3.2, 4.7, 6.3, 7.7, 8.7, 10.0, 13.0, 16.2, 26.8],
        inquiries: [5.0, 7.0, 8.0, 9.0, 10.0, 11.0, 11.0, 12.0, 13.0, 15.0, 17.0],
        debt: [1170.0, 1380.0, 1530.0, 1670.0, 1810.0, 1980.0, 2140.0, 2310.0, 2440.0, 2570.0, 3150.0],
        history: [38.0, 86.0, 106.0, 123.0, 143.0, 160.0, 176.0, 192.0, 213.0, 230.0, 248.0],
    },
    Profile {
        share: 0.059,
        logit: 0.38,
        mixes: [0.10, 0.90, 0.00],
        age: [14.0, 18.0, 21.0, 25.0, 27.0, 30.0, 34.0, 36.0, 39.0, 42.0, 46.0],
        monthly_salary: [330.0, 800.0, 1100.0, 1360.0, 1530.0, 1760.0, 2710.0, 3470.0, 4640.0, 5410.0, 7160.0],
        bank_accounts: [2.0, 3.0, 4.0, 5.0, 6.0, 6.0, 7.0, 7.0, 8.0, 8.0, 10.0],
        credit_cards: [2.0, 4.0, 5.0, 5.0, 6.0, 6.0, 7.0, 7.0, 8.0, 9.0, 11.0],
        interest_rate: [7.0, 17.0, 20.0, 22.0, 24.0, 25.0, 27.0, 29.0, 31.0, 32.0, 34.0],
        loans: [2.0, 2.0, 3.0, 3.0, 4.0, 5.0, 5.0, 6.0, 6.0, 7.0, 9.0],
        days_late: [0.0, 9.0, 12.0, 15.0, 17.0, 19.0, 21.0, 23.0, 25.0, 28.0, 38.0],
        late_payments: [5.0, 9.0, 10.0, 12.0, 13.0, 14.0, 15.0, 16.0, 18.0, 19.0, 23.0],
        limit_change: [2.3, 7.8, 9.1, 10.3, 11.7, 13.0, 14.5, 15.9, 17.2, 19.1, 27.1],
        inquiries: [4.0, 7.0, 8.0, 9.0, 10.0, 10.0, 11.0, 12.0, 13.0, 14.0, 17.0],
        debt: [1260.0, 1400.0, 1640.0, 1770.0, 1920.0, 2030.0, 2190.0, 2320.0, 2470.0, 2580.0, 2760.0],
        history: [47.0, 86.0, 105.0, 120.0, 136.0, 156.0, 172.0, 190.0, 208.0, 227.0, 248.0],
    },
];
