//! The `sluice` command, as a user of a stack types it.

use std::{
    path::PathBuf,
    process::{Command, Output},
};

use serde_json::Value;

use crate::{from_xtask, stack::Stack};

/// The command, told by its environment where the stack is.
pub struct Sluice<'a>(pub &'a Stack);

impl Sluice<'_> {
    /// Runs it.
    ///
    /// # Panics
    /// When there is no such command.
    #[must_use]
    pub fn run(&self, words: &[&str]) -> Output {
        let bucket = self.0.lake.uri("");
        Command::new(PathBuf::from(from_xtask("SLUICE_TEST_BINARIES")).join("sluice"))
            .args(words)
            .current_dir(std::env::temp_dir())
            .env("AWS_ENDPOINT_URL", &self.0.emulator)
            .env("AWS_REGION", "us-east-1")
            .env("SLUICE_BUCKET", bucket.trim_start_matches("s3://").trim_end_matches('/'))
            .env("SLUICE_PREDICT_URL", self.0.endpoint().url())
            .env("SLUICE_STACK", &self.0.name)
            .env("SLUICE_USER", "ada")
            .output()
            .unwrap()
    }

    /// What it prints with `--json`.
    ///
    /// # Panics
    /// When it fails; its words are in the message.
    #[must_use]
    pub fn json(&self, words: &[&str]) -> Value {
        serde_json::from_slice(&self.done(words).stdout).unwrap()
    }

    /// Exit code and what was said on standard error.
    #[must_use]
    pub fn refusal(&self, words: &[&str]) -> (Option<i32>, String) {
        let output = self.run(words);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Runs it to a good end.
    ///
    /// # Panics
    /// When it fails; its words are in the message.
    pub fn done(&self, words: &[&str]) -> Output {
        let output = self.run(words);
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }
}
