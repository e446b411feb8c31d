use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value};

/// Settings given as `a.b=value`, as the nested object that a run takes. A value that is not JSON is a text.
pub(crate) fn parse(pairs: &[String]) -> Result<Map<String, Value>> {
    let mut settings = Map::new();
    for pair in pairs {
        let (path, value) = pair.split_once('=').with_context(|| format!("`{pair}` is not name=value"))?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
        set(&mut settings, path, value).with_context(|| format!("`{pair}`"))?;
    }
    Ok(settings)
}

fn set(settings: &mut Map<String, Value>, path: &str, value: Value) -> Result<()> {
    if path.split('.').any(str::is_empty) {
        bail!("a name is empty");
    }
    match path.split_once('.') {
        None => {
            if settings.insert(path.to_owned(), value).is_some() {
                bail!("`{path}` is given twice");
            }
            Ok(())
        }
        Some((first, rest)) => match settings.entry(first).or_insert_with(|| Value::Object(Map::new())) {
            Value::Object(inner) => set(inner, rest, value),
            _ => bail!("`{first}` is given twice"),
        },
    }
}

/// Refuses settings that the use case does not have, before anything is started.
pub(crate) fn check(use_case: &usecases::UseCase, settings: &Map<String, Value>) -> Result<()> {
    let merged = use_case.settings.with_overrides(settings);
    merged.map(|_| ()).with_context(|| format!("these settings do not fit `{}`", use_case.name))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn parsed(pairs: &[&str]) -> Result<Value> {
        parse(&pairs.iter().map(|pair| (*pair).to_owned()).collect::<Vec<_>>()).map(Value::Object)
    }

    #[test]
    fn dots_nest_and_values_are_json_where_they_can_be() {
        let settings =
            parsed(&["training.folds=3", "training.families=[\"lightgbm\"]", "seed=7", "training.rank_by=roc_auc"]);
        let expected = json!({ "seed": 7, "training": { "folds": 3, "families": ["lightgbm"], "rank_by": "roc_auc" } });
        assert_eq!(settings.unwrap(), expected);
    }

    #[test]
    fn refuses_what_is_no_setting() {
        for pairs in [&["folds"][..], &["a..b=1"], &["=1"], &["a=1", "a=2"], &["a=1", "a.b=2"]] {
            assert!(parsed(pairs).is_err(), "{pairs:?}");
        }
        let telco = usecases::find("telco").unwrap();
        let unknown = parse(&["training.fold=3".to_owned()]).unwrap();
        let message = format!("{:#}", check(telco, &unknown).unwrap_err());
        assert!(message.contains("unknown field `fold`"), "{message}");
    }
}
