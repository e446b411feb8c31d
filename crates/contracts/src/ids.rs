use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use sha2::Digest as _;

/// A text that is not an id of the kind asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {kind}: {rule}")]
pub struct InvalidId {
    /// The text refused.
    pub text: String,
    /// What it should have been.
    pub kind: &'static str,
    /// The rule it breaks.
    pub rule: &'static str,
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $rule:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                let check: fn(&str) -> bool = $check;
                if check(&text) { Ok(Self(text)) } else { Err(InvalidId { text, kind: $kind, rule: $rule }) }
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                text.to_owned().try_into()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// One execution of a pipeline: the name of its Step Functions execution.
    RunId,
    "run id",
    "1 to 80 letters, digits, `-` or `_`",
    |text| (1..=80).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
);

text_id!(
    /// A version of the data: the first 16 hex digits of the SHA-256 over every object it holds.
    SnapshotId,
    "snapshot id",
    "16 lower-case hex digits",
    |text| text.len() == 16 && is_lower_hex(text)
);

text_id!(
    /// A SHA-256 digest as 64 lower-case hex digits.
    Sha256,
    "SHA-256",
    "64 lower-case hex digits",
    |text| text.len() == 64 && is_lower_hex(text)
);

impl Sha256 {
    /// The digest of `bytes` (FIPS 180-4).
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(hex::encode(sha2::Sha256::digest(bytes)))
    }

    /// The first `n` hex digits (at most 64), for names that people read.
    #[must_use]
    pub fn short(&self, n: usize) -> &str {
        &self.0[..n.min(64)]
    }
}

fn is_lower_hex(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// The number of a registered model: 1, 2, … shown as `v1`, `v2`, …
///
/// ```
/// let version: contracts::ModelVersion = "v3".parse()?;
/// assert_eq!((version.next().to_string(), version.folder()), ("v4".to_owned(), "v000003".to_owned()));
/// assert!("v0".parse::<contracts::ModelVersion>().is_err());
/// # Ok::<(), contracts::InvalidId>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelVersion(u32);

impl ModelVersion {
    /// Version `number`, or `None` for zero.
    #[must_use]
    pub const fn new(number: u32) -> Option<Self> {
        if number == 0 { None } else { Some(Self(number)) }
    }

    /// The first version of a model.
    #[must_use]
    pub const fn first() -> Self {
        Self(1)
    }

    /// The version after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The number without the `v`.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The folder name that sorts: `v000001`.
    #[must_use]
    pub fn folder(self) -> String {
        format!("v{:06}", self.0)
    }
}

impl fmt::Display for ModelVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

impl FromStr for ModelVersion {
    type Err = InvalidId;

    /// Reads `v3`, `v000003` or `3`.
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let digits = text.strip_prefix('v').unwrap_or(text);
        // `u32::from_str` takes a leading `+` as well.
        let is_number = digits.bytes().all(|b| b.is_ascii_digit());
        let number = if is_number { digits.parse().ok() } else { None };
        number.and_then(Self::new).ok_or_else(|| InvalidId {
            text: text.to_owned(),
            kind: "model version",
            rule: "`v1`, `v2`, …",
        })
    }
}

impl TryFrom<String> for ModelVersion {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<ModelVersion> for String {
    fn from(version: ModelVersion) -> Self {
        version.to_string()
    }
}

/// The name people use for a run, such as `glamorous-goose-948`.
///
/// It follows from the id alone, so every stage and every retry finds the same name.
///
/// ```
/// let id: contracts::RunId = "20261121-141500".parse()?;
/// assert_eq!(contracts::run_name(&id), contracts::run_name(&id));
/// # Ok::<(), contracts::InvalidId>(())
/// ```
#[must_use]
pub fn run_name(id: &RunId) -> String {
    let digest = sha2::Sha256::digest(id.as_str().as_bytes());
    let pick = |i: usize| usize::from(digest[i]) % 64;
    let number = (u32::from(digest[2]) << 8 | u32::from(digest[3])) % 1000;
    format!("{}-{}-{number}", ADJECTIVES[pick(0)], NOUNS[pick(1)])
}

const ADJECTIVES: [&str; 64] = [
    "able",
    "amber",
    "ancient",
    "bold",
    "brave",
    "bright",
    "brisk",
    "calm",
    "candid",
    "careful",
    "cheerful",
    "clever",
    "cool",
    "crisp",
    "curious",
    "daring",
    "eager",
    "early",
    "elegant",
    "fair",
    "famous",
    "fancy",
    "fleet",
    "fond",
    "frank",
    "gentle",
    "glad",
    "glamorous",
    "golden",
    "grand",
    "handy",
    "happy",
    "hardy",
    "honest",
    "humble",
    "jolly",
    "keen",
    "kind",
    "lively",
    "lucky",
    "mellow",
    "merry",
    "mighty",
    "modest",
    "neat",
    "nimble",
    "noble",
    "patient",
    "placid",
    "proud",
    "quick",
    "quiet",
    "rapid",
    "rare",
    "sharp",
    "silent",
    "smooth",
    "steady",
    "sunny",
    "swift",
    "tidy",
    "vivid",
    "warm",
    "wise",
];

const NOUNS: [&str; 64] = [
    "badger", "bear", "beaver", "bee", "bison", "bobcat", "calf", "carp", "cat", "cod", "colt", "condor", "crab",
    "crane", "crow", "deer", "dingo", "dog", "dove", "duck", "eagle", "eel", "elk", "falcon", "finch", "fox", "frog",
    "goat", "goose", "grouse", "gull", "hare", "hawk", "hen", "heron", "horse", "ibex", "jay", "kite", "lark", "lion",
    "lynx", "mink", "mole", "moose", "moth", "newt", "otter", "owl", "panda", "pike", "pony", "puma", "quail", "raven",
    "robin", "seal", "shark", "shrew", "snail", "stork", "swan", "trout", "wolf",
];
