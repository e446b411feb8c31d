use contracts::{BinaryMetrics, Gate, InvalidSetting, Monitoring, Settings, Split, SplitBy, Training};

use crate::UseCase;

/// Largest part: a Lambda holds a part and what it is made into in memory.
const MAX_BYTES_PER_PART: u64 = 256 << 20;
/// Most folds and candidates: what a person could mean.
const MAX_FOLDS: u32 = 50;
const MAX_CANDIDATES: u32 = 100;

impl UseCase {
    /// Checks what the types of [`Settings`] cannot: ranges, names, and that something is checked at all.
    ///
    /// # Errors
    /// The first setting that cannot be used, by name.
    ///
    /// ```
    /// let telco = usecases::find("telco").ok_or("no such use case")?;
    /// let mut settings = telco.settings.clone();
    /// assert!(telco.check_settings(&settings).is_ok());
    /// settings.gates.clear();
    /// let error = telco.check_settings(&settings).unwrap_err();
    /// assert_eq!(error.to_string(), "setting `gates`: without a gate every model would pass");
    /// # Ok::<(), &str>(())
    /// ```
    pub fn check_settings(&self, settings: &Settings) -> Result<(), InvalidSetting> {
        let reading = &settings.reading;
        let bytes = reading.bytes_per_part;
        require("reading.bytes_per_part", (1..=MAX_BYTES_PER_PART).contains(&bytes), || {
            format!("{bytes} is not between 1 and {MAX_BYTES_PER_PART}")
        })?;
        require("reading.bytes_per_partition", reading.bytes_per_partition > 0, || "a partition has bytes".to_owned())?;
        require("reading.max_record_bytes", reading.max_record_bytes > 0, || "a record has bytes".to_owned())?;
        fraction("reading.max_quarantined_fraction", reading.max_quarantined_fraction)?;
        self.check_quality(settings)?;
        check_split(&settings.split)?;
        let has_dates = self.gold.dates.is_some();
        require("split.by", settings.split.by == SplitBy::Random || has_dates, || {
            format!("the gold rows of `{}` have no date to be split by", self.name)
        })?;
        self.check_training(&settings.training)?;
        check_gates(settings)?;
        check_monitoring(&settings.monitoring)?;
        let tolerance = settings.champion_tolerance;
        require("champion_tolerance", tolerance.is_finite() && tolerance >= 0.0, || {
            format!("{tolerance} is not a number from 0")
        })
    }

    fn check_quality(&self, settings: &Settings) -> Result<(), InvalidSetting> {
        let quality = &settings.quality;
        require("quality.min_rows", quality.min_rows > 0, || "no rows cannot be validated".to_owned())?;
        fraction("quality.min_score", quality.min_score)?;
        fraction("quality.default_max_fraction", quality.default_max_fraction)?;
        for (name, &share) in &quality.max_fraction {
            let setting = format!("quality.max_fraction.{name}");
            let is_row_rule = self.rules.iter().any(|rule| rule.name == *name && rule.check.is_row_check());
            require(&setting, is_row_rule, || format!("`{}` has no rule of this name that checks rows", self.name))?;
            fraction(&setting, share)?;
        }
        Ok(())
    }

    fn check_training(&self, training: &Training) -> Result<(), InvalidSetting> {
        let Training { folds, candidates_per_family, families, comparisons, rank_by, threshold_by } = training;
        require("training.folds", (2..=MAX_FOLDS).contains(folds), || {
            format!("{folds} is not between 2 and {MAX_FOLDS}")
        })?;
        let n = *candidates_per_family;
        require("training.candidates_per_family", (1..=MAX_CANDIDATES).contains(&n), || {
            format!("{n} is not between 1 and {MAX_CANDIDATES}")
        })?;
        require("training.families", !families.is_empty(), || "there is no family to train".to_owned())?;
        for (i, family) in families.iter().enumerate() {
            require("training.families", self.search(family).is_some(), || {
                let known: Vec<_> = self.searches.iter().map(|search| search.family.as_str()).collect();
                format!("`{family}` is none of {}", known.join(", "))
            })?;
            require("training.families", !families[..i].contains(family), || format!("`{family}` occurs twice"))?;
        }
        for name in comparisons {
            require("training.comparisons", self.comparison(name).is_some(), || {
                let known: Vec<_> = self.comparisons.iter().map(|comparison| comparison.name.as_str()).collect();
                format!("`{name}` is none of {}", known.join(", "))
            })?;
        }
        one_of("training.rank_by", rank_by, &["roc_auc"])?;
        require("training.threshold_by", is_objective(threshold_by), || {
            format!("`{threshold_by}` is none of f1, accuracy, f1_where_accuracy_1 to f1_where_accuracy_99")
        })
    }
}

fn check_split(split: &Split) -> Result<(), InvalidSetting> {
    for (setting, share) in [("split.validation", split.validation), ("split.test", split.test)] {
        require(setting, share > 0.0 && share < 1.0, || format!("{share} is not above 0 and below 1"))?;
    }
    let sum = split.validation + split.test;
    require("split", sum < 1.0, || format!("validation and test take {sum} of the rows and leave none to train on"))
}

fn check_monitoring(monitoring: &Monitoring) -> Result<(), InvalidSetting> {
    let Monitoring { min_rows, min_labelled_rows, min_roc_auc, max_psi, psi_confidence, cool_down_hours: _ } =
        monitoring;
    require("monitoring.min_rows", *min_rows > 0, || "no rows tell nothing".to_owned())?;
    require("monitoring.min_labelled_rows", *min_labelled_rows > 0, || "no rows tell nothing".to_owned())?;
    fraction("monitoring.min_roc_auc", *min_roc_auc)?;
    require("monitoring.max_psi", max_psi.is_finite() && *max_psi > 0.0, || format!("{max_psi} is not above 0"))?;
    let is_probability = *psi_confidence > 0.0 && *psi_confidence < 1.0;
    require("monitoring.psi_confidence", is_probability, || format!("{psi_confidence} is not between 0 and 1"))
}

fn check_gates(settings: &Settings) -> Result<(), InvalidSetting> {
    require("gates", !settings.gates.is_empty(), || "without a gate every model would pass".to_owned())?;
    for (metric, Gate { min, max }) in &settings.gates {
        let setting = format!("gates.{metric}");
        require(&setting, is_metric(metric), || "there is no such metric".to_owned())?;
        require(&setting, min.is_some() || max.is_some(), || "it has neither `min` nor `max`".to_owned())?;
        let is_number = |bound: &Option<f64>| bound.is_none_or(f64::is_finite);
        require(&setting, is_number(min) && is_number(max), || "its bounds must be finite".to_owned())?;
        if let (Some(min), Some(max)) = (min, max) {
            require(&setting, min <= max, || format!("nothing is at least {min} and at most {max}"))?;
        }
    }
    Ok(())
}

/// The names that `metrics::Objective` reads.
fn is_objective(name: &str) -> bool {
    let min_percent = || name.strip_prefix("f1_where_accuracy_")?.parse::<u8>().ok();
    matches!(name, "f1" | "accuracy") || min_percent().is_some_and(|percent| (1..100).contains(&percent))
}

fn is_metric(name: &str) -> bool {
    let metrics = BinaryMetrics {
        n_rows: 0,
        n_positive: 0,
        threshold: 0.0,
        accuracy: 0.0,
        precision: 0.0,
        recall: 0.0,
        f1: 0.0,
        roc_auc: 0.0,
        log_loss: 0.0,
    };
    metrics.get(name).is_some()
}

fn require(setting: &str, holds: bool, reason: impl FnOnce() -> String) -> Result<(), InvalidSetting> {
    if holds { Ok(()) } else { Err(InvalidSetting::new(setting, reason())) }
}

fn fraction(setting: &str, share: f64) -> Result<(), InvalidSetting> {
    require(setting, (0.0..=1.0).contains(&share), || format!("{share} is not between 0 and 1"))
}

fn one_of(setting: &str, found: &str, known: &[&str]) -> Result<(), InvalidSetting> {
    require(setting, known.contains(&found), || format!("`{found}` is none of {}", known.join(", ")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use serde_json::{Value, json};

    fn check(overrides: Value) -> String {
        let telco = crate::find("telco").unwrap();
        let result = telco.settings.with_overrides(overrides.as_object().unwrap());
        match result.and_then(|settings| telco.check_settings(&settings)) {
            Ok(()) => "fine".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_settings_that_ship_are_fine() {
        for name in crate::names() {
            let use_case = crate::find(name).unwrap();
            assert_eq!(use_case.check_settings(&use_case.settings), Ok(()));
        }
    }

    #[test]
    fn settings_that_cannot_work_are_named() {
        for (overrides, message) in [
            (json!({ "training": { "folds": 1 } }), "setting `training.folds`: 1 is not between 2 and 50"),
            (json!({ "training": { "folds": "two" } }), "setting `training.folds`: invalid type"),
            (json!({ "training": { "fold": 2 } }), "setting `training.fold`: unknown field `fold`"),
            (json!({ "training": { "families": [] } }), "setting `training.families`: there is no family to train"),
            (json!({ "training": { "families": ["svm"] } }), "setting `training.families`: `svm` is none of logistic"),
            (json!({ "training": { "families": ["lightgbm", "lightgbm"] } }), "`lightgbm` occurs twice"),
            (json!({ "training": { "candidates_per_family": 0 } }), "setting `training.candidates_per_family`: 0 is"),
            (json!({ "training": { "rank_by": "luck" } }), "setting `training.rank_by`: `luck` is none of roc_auc"),
            (json!({ "training": { "threshold_by": "recall" } }), "setting `training.threshold_by`: `recall` is none"),
            (json!({ "split": { "test": 0.0 } }), "setting `split.test`: 0 is not above 0"),
            (json!({ "split": { "test": 0.5, "validation": 0.5 } }), "setting `split`: validation and test take 1"),
            (json!({ "reading": { "bytes_per_part": 0 } }), "setting `reading.bytes_per_part`: 0 is not"),
            (json!({ "reading": { "max_quarantined_fraction": 1.5 } }), "1.5 is not between 0 and 1"),
            (json!({ "quality": { "max_fraction": { "typo": 0.1 } } }), "setting `quality.max_fraction.typo`: `telco`"),
            (json!({ "quality": { "min_rows": 0 } }), "setting `quality.min_rows`"),
            (json!({ "gates": { "f1": { "min": null } } }), "setting `gates.f1`: it has neither"),
            (json!({ "gates": { "f2": { "min": 0.5 } } }), "setting `gates.f2`: there is no such metric"),
            (json!({ "gates": { "f1": { "min": 0.9, "max": 0.1 } } }), "setting `gates.f1`: nothing is at least 0.9"),
            (json!({ "training": { "threshold_by": "f1_where_accuracy_100" } }), "setting `training.threshold_by`"),
            (json!({ "training": { "threshold_by": "f1_where_accuracy_80" } }), "fine"),
            (json!({ "champion_tolerance": -1.0 }), "setting `champion_tolerance`: -1 is not"),
            (json!({ "seed": 7, "gates": { "log_loss": { "max": 0.5 } } }), "fine"),
        ] {
            let found = check(overrides.clone());
            assert!(found.contains(message), "{overrides}: `{found}` should say `{message}`");
        }
    }
}
