//! The one code path from raw gold fields to the numbers a model takes.
//!
//! A use case declares a [`FeatureSpec`]: the raw fields of a row (numbers and categories, each possibly missing) and
//! the rules that make features of them.
//! The stage `features` fits it on the training rows only, which gives a [`FeaturePlan`]: medians and levels, plain
//! data with a JSON form and a fingerprint.
//! Batches ([`FeaturePlan::transform`]) and single rows ([`FeaturePlan::transform_row`]) go through the same function,
//! natively and inside the WebAssembly module, so that what was trained is what is served.
//!
//! # What a plan promises
//! - It never fails on a value: a level it has not seen, a missing field, an infinite number all have a defined
//!   feature. It fails only on rows of the wrong shape or fields of the wrong kind.
//! - Every feature is a finite `f32`.
//! - The same plan and row give the same bits on every machine: only comparison, IEEE addition, multiplication and
//!   division, and rounding to `f32` occur, no fused operation and no function of the platform.
//! - Two plans with the same fingerprint compute the same features.
//!
//! Features are not scaled here: trees do not need it, and the linear trainer folds its own scaling into its
//! coefficients.
//!
//! ```
//! use features::{Column, FeatureRule, FeatureSpec, Field, Frame, FeaturePlan, Value};
//!
//! let spec = FeatureSpec {
//!     fields: vec![Field::number("tenure"), Field::category("contract")],
//!     rules: vec![FeatureRule::number("tenure"), FeatureRule::one_hot("contract")],
//! };
//! let frame = Frame::new(vec![
//!     ("tenure".into(), Column::Number(vec![1.0, f64::NAN, 5.0])),
//!     ("contract".into(), Column::Category(vec![Some("month".into()), Some("year".into()), None])),
//! ])?;
//! let plan = FeaturePlan::fit(&spec, &frame, &[0, 1, 2])?;
//! assert_eq!(plan.feature_names(), ["tenure", "contract=month", "contract=year"]);
//!
//! let mut row = vec![0.0; plan.n_features()];
//! plan.transform_row(&[Value::Missing, Value::Category("year")], &mut row)?;
//! assert_eq!(row, [3.0, 0.0, 1.0]); // the median of 1 and 5 stands in for the missing tenure
//! # Ok::<(), features::FeatureError>(())
//! ```

pub use error::FeatureError;
pub use frame::{Column, Field, Frame, Kind, Value};
pub use matrix::Matrix;
pub use plan::{Feature, FeaturePlan, Term};
pub use spec::{FeatureRule, FeatureSpec, Fill, LinearTerm};

pub mod limits;
pub mod wire;

mod error;
mod fit;
mod frame;
mod matrix;
mod plan;
mod spec;
mod validate;
