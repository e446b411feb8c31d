use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{Family, TrainingError};

/// Reads hyperparameters; defaults stand in for those left out, a name that does not exist is an error.
pub(crate) fn parse<P: DeserializeOwned>(family: Family, params: &Map<String, Value>) -> Result<P, TrainingError> {
    serde_json::from_value(Value::Object(params.clone()))
        .map_err(|error| TrainingError::Params { family, reason: error.to_string() })
}

/// Reads, checks and writes hyperparameters: the same ones with all defaults filled in.
pub(crate) fn complete<P: DeserializeOwned + Serialize + Clone, V>(
    family: Family,
    params: &Map<String, Value>,
    check: fn(P) -> Result<V, TrainingError>,
) -> Result<Map<String, Value>, TrainingError> {
    let read: P = parse(family, params)?;
    check(read.clone())?;
    match serde_json::to_value(read) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(TrainingError::Params { family, reason: "not an object".to_owned() }),
        Err(error) => Err(TrainingError::Params { family, reason: error.to_string() }),
    }
}

/// One range check. NaN fails every range, since `ok` is a comparison that must hold.
pub(crate) fn require(
    family: Family,
    name: &'static str,
    value: impl ToString,
    ok: bool,
    rule: &'static str,
) -> Result<(), TrainingError> {
    if ok { Ok(()) } else { Err(TrainingError::OutOfRange { family, name, value: value.to_string(), rule }) }
}
