//! What a state worked on, read from what went in or came out of it.

use serde_json::Value;

/// Words for the table and part, the partition or the candidate that a state's JSON is about; `None` when it is about
/// the whole run.
pub(crate) fn of(data: &str) -> Option<String> {
    let data: Value = serde_json::from_str(data).ok()?;
    let text = |name: &str| data.get(name).and_then(Value::as_str);
    if let Some(table) = text("table") {
        return Some(match (part(&data), data.get("parts").and_then(Value::as_array)) {
            (Some(part), _) => format!("{table} {part}"),
            (None, Some(parts)) => format!("{table}, {}", counted(parts.len())),
            (None, None) => table.to_owned(),
        });
    }
    if let Some(family) = text("family") {
        return Some(match text("comparison") {
            Some(comparison) => format!("{family} for {comparison}"),
            None => family.to_owned(),
        });
    }
    let partition = data.get("partition").or_else(|| data.pointer("/verdict/partition")).and_then(Value::as_u64);
    partition.map(|partition| format!("partition {partition}"))
}

fn counted(n: usize) -> String {
    if n == 1 { "1 part".to_owned() } else { format!("{n} parts") }
}

/// Number of the part: as such, or from the key of its manifest.
fn part(data: &Value) -> Option<u64> {
    let from_key = || {
        let key = data.pointer("/manifest/key")?.as_str()?;
        let (_, digits) = key.strip_suffix(".manifest.json")?.rsplit_once("part-")?;
        digits.parse().ok()
    };
    data.get("part").and_then(Value::as_u64).or_else(from_key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_known_by_what_it_works_on() {
        let manifest = r#"{"key":"silver/loan/clicks/0123/part-000007.manifest.json"}"#;
        for (data, expected) in [
            (r#"{"table":"clicks","part":3,"source":{}}"#.to_owned(), "clicks 3"),
            (format!(r#"{{"table":"clicks","n_partitions":4,"manifest":{manifest}}}"#), "clicks 7"),
            (r#"{"table":"clicks","parts":[{},{}]}"#.to_owned(), "clicks, 2 parts"),
            (r#"{"step":"partition","partition":2,"parts":[]}"#.to_owned(), "partition 2"),
            (r#"{"step":"gold","verdict":{"partition":5,"verdict":{}}}"#.to_owned(), "partition 5"),
            (r#"{"family":"lightgbm","comparison":null}"#.to_owned(), "lightgbm"),
            (r#"{"family":"lightgbm","comparison":"random_split"}"#.to_owned(), "lightgbm for random_split"),
        ] {
            assert_eq!(of(&data).as_deref(), Some(expected), "{data}");
        }
        for data in [r#"{"use_case":"loan","work":{"tables":[]}}"#, "not JSON", "[]"] {
            assert_eq!(of(data), None, "{data}");
        }
    }
}
