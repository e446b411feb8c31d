use features::{FeatureRule, FeatureSpec, Field, Fill};

use super::TABLE;
use super::columns::ADD_ONS;
use crate::{Gold, Label, See, Source, Take};

pub(super) fn gold() -> Gold {
    Gold {
        table: TABLE.to_owned(),
        entity_key: "customer_id".to_owned(),
        dates: None,
        label: Label::Level { column: "churn".to_owned(), negative: "No".to_owned(), positive: "Yes".to_owned() },
        sources: vec![Source { table: TABLE.to_owned(), date: None, see: See::All, take: Take::Latest(fields()) }],
        features: FeatureSpec { fields: fields(), rules: feature_rules() },
    }
}

/// Every column but the id and the label, in the order of IBM's file.
fn fields() -> Vec<Field> {
    let mut fields = vec![
        Field::category("gender"),
        Field::category("senior_citizen"),
        Field::category("partner"),
        Field::category("dependents"),
        Field::number("tenure"),
        Field::category("phone_service"),
        Field::category("multiple_lines"),
        Field::category("internet_service"),
    ];
    fields.extend(ADD_ONS.map(Field::category));
    fields.extend([
        Field::category("contract"),
        Field::category("paperless_billing"),
        Field::category("payment_method"),
        Field::number("monthly_charges"),
        Field::number("total_charges"),
    ]);
    fields
}

/// A flag has one feature, for `Yes`: the third levels say no more than `internet_service=No` and `phone_service` do.
fn feature_rules() -> Vec<FeatureRule> {
    let flag = |name| FeatureRule::one_hot_of(name, &["Yes"]);
    let mut rules = vec![
        FeatureRule::number("tenure"),
        FeatureRule::number("monthly_charges"),
        // Only a new customer has no total, and the total so far is nothing.
        FeatureRule::number_or("total_charges", 0.0),
        FeatureRule::missing_flag("total_charges"),
        FeatureRule::ratio("average_charges", &["total_charges"], &["tenure"], Fill::Median),
        // Above 1: pays more now than on average so far. A new customer pays what they always paid.
        FeatureRule::ratio(
            "monthly_to_average_charges",
            &["monthly_charges", "tenure"],
            &["total_charges"],
            Fill::Constant(1.0),
        ),
        // About one over the months so far: the risk falls fast at first, which a linear model sees only here.
        FeatureRule::ratio("month_share_of_total", &["monthly_charges"], &["total_charges"], Fill::Constant(1.0)),
        FeatureRule::one_hot_of("gender", &["Male"]),
    ];
    rules.extend(["senior_citizen", "partner", "dependents", "phone_service", "multiple_lines"].map(flag));
    rules.push(FeatureRule::one_hot_of("internet_service", &["DSL", "Fiber optic", "No"]));
    rules.extend(ADD_ONS.map(flag));
    rules.push(FeatureRule::one_hot_of("contract", &["Month-to-month", "One year", "Two year"]));
    rules.push(flag("paperless_billing"));
    rules.push(FeatureRule::one_hot_of(
        "payment_method",
        &["Bank transfer (automatic)", "Credit card (automatic)", "Electronic check", "Mailed check"],
    ));
    rules
}
