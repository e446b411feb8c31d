//! Binary classifiers: four families behind one face, cross-validation, export to ONNX.
//!
//! | family | trainer | model |
//! |---|---|---|
//! | `logistic_regression` | smartcore, on standardised columns | linear |
//! | `random_forest` | smartcore, regression trees on 0/1 labels | trees, averaged |
//! | `lightgbm` | LightGBM itself, compiled in | trees, summed to log odds |
//! | `xgboost` | forust: depth-wise boosting with the objective and regularisation of XGBoost | trees, summed to log odds |
//!
//! Hyperparameters have the names that each library's users know; which values are tried is declared, and sampled, in
//! `usecases`. They go one way: JSON → `XParams` → `check()` → `XValidParams`, which alone has `fit`.
//! What comes out is [`Fitted`]: a family-independent [`Model`], which is all that is kept, beside the trainer's own
//! model, which only answers for comparison.
//!
//! # Why the same rows give the same bytes
//! Every family runs on one thread, from one seed, over rows in their order; LightGBM also with `deterministic` and
//! `force_row_wise`. Shuffles and samples use a generator of this crate ([`Rng`]), whose numbers no dependency can
//! change. Nothing about the time, the run or the machine goes into the file.
//!
//! # Why an exported model can be trusted
//! Features are `f32`, trainers compare them with `f64` thresholds.
//! A threshold is replaced by the largest `f32` that leaves every comparison of an `f32` as it was (see `rounding`), so
//! no row ever takes another branch. Leaf weights and coefficients are rounded to `f32`; [`TOLERANCE`] says what that
//! can do to a probability.
//!
//! ```
//! use features::Matrix;
//! use training::{Dataset, Family, fit};
//!
//! let x = Matrix::new((0..100).map(|i| i as f32).collect(), 100, 1)?;
//! let y: Vec<f32> = (0..100).map(|i| f32::from(u8::from(i >= 50))).collect();
//! let fitted = fit(Family::LogisticRegression, &serde_json::Map::new(), &Dataset { x: &x, y: &y }, 7)?;
//! let p = fitted.model.probabilities(&x)?;
//! assert!(p[10] < 0.1 && p[90] > 0.9);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub use cross_validation::{CrossValidation, Folds, cross_validate};
pub use dataset::Dataset;
pub use error::TrainingError;
pub use family::{Family, fit};
pub use fitted::Fitted;
pub use folds::stratified_folds;
pub use lightgbm::{LightgbmParams, LightgbmValidParams};
pub use logistic_regression::{LogisticRegressionParams, LogisticRegressionValidParams};
pub use model::{Model, OnnxMetadata, TOLERANCE};
pub use random_forest::{RandomForestParams, RandomForestValidParams};
pub use rng::Rng;
pub use xgboost::{XgboostParams, XgboostValidParams};

/// Counts the changes that let the same data, hyperparameters and seed give another model: a new version of a trainer,
/// another extraction, another default. Part of every candidate's key, so that no result of an older one is reused.
pub const TRAINER_VERSION: u32 = 1;

mod cross_validation;
mod dataset;
mod error;
mod family;
mod fitted;
mod folds;
mod lightgbm;
mod lightgbm_text;
mod logistic_regression;
mod model;
mod params;
mod random_forest;
mod rng;
mod rounding;
mod xgboost;
