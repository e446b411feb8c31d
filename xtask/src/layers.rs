//! The layers of `cargo xtask test`: what ran, how long it took, and what came of it.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::shell::say;

/// What came of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It ran; tests that passed and failed.
    Ran {
        /// Tests or checks that passed.
        passed: usize,
        /// Tests or checks that failed.
        failed: usize,
    },
    /// It could not run here, and why.
    NotRun(String),
}

impl Outcome {
    /// A layer that is one check, and passed.
    pub(crate) const ONE_PASSED: Self = Self::Ran { passed: 1, failed: 0 };
}

struct Layer {
    name: &'static str,
    outcome: Outcome,
    seconds: Duration,
}

/// Collects the outcomes of all layers.
pub(crate) struct Layers {
    layers: Vec<Layer>,
    is_ci: bool,
}

impl Layers {
    /// No layer yet. On CI a layer that cannot run counts as failed: there everything must be there.
    pub(crate) const fn new(is_ci: bool) -> Self {
        Self { layers: Vec::new(), is_ci }
    }

    /// Runs a layer. An error counts as one failure, so that the layers after it still show what they find.
    pub(crate) fn run(&mut self, name: &'static str, layer: impl FnOnce() -> Result<Outcome>) -> bool {
        say(format!("── {name}"));
        let start = Instant::now();
        let outcome = layer().unwrap_or_else(|error| {
            eprintln!("{name}: {error:#}");
            Outcome::Ran { passed: 0, failed: 1 }
        });
        let good = matches!(outcome, Outcome::Ran { failed: 0, .. });
        self.layers.push(Layer { name, outcome, seconds: start.elapsed() });
        good
    }

    /// Notes that a layer cannot run, and why.
    pub(crate) fn not_run(&mut self, name: &'static str, reason: impl Into<String>) {
        self.layers.push(Layer { name, outcome: Outcome::NotRun(reason.into()), seconds: Duration::ZERO });
    }

    /// One line per layer, and a closing line with the sums.
    pub(crate) fn summary(&self) -> String {
        let mut lines = Vec::new();
        for layer in &self.layers {
            let seconds = layer.seconds.as_secs_f64();
            lines.push(match &layer.outcome {
                Outcome::Ran { passed, failed } => {
                    let word = if *failed == 0 { "ok    " } else { "FAILED" };
                    format!("{word} {:24} {seconds:7.1} s  {passed} passed, {failed} failed", layer.name)
                }
                Outcome::NotRun(reason) => {
                    let word = if self.is_ci { "FAILED" } else { "not run" };
                    format!("{word} {}: {reason}", layer.name)
                }
            });
        }
        let (passed, failed) = self.counts();
        lines.push(format!("{passed} passed, {failed} failed"));
        lines.join("\n")
    }

    /// Tests that passed and failed, over all layers.
    pub(crate) fn counts(&self) -> (usize, usize) {
        self.layers.iter().fold((0, 0), |(passed, failed), layer| match layer.outcome {
            Outcome::Ran { passed: p, failed: f } => (passed + p, failed + f),
            Outcome::NotRun(_) => (passed, failed + usize::from(self.is_ci)),
        })
    }
}

/// Sums of what `cargo test`, `cargo nextest` and Python's `unittest` or `pytest` print at their end.
///
/// A run that failed without a count, because it did not compile or was ended, is one failure.
pub(crate) fn counted(text: &str, ended_well: bool) -> Outcome {
    let (mut passed, mut failed) = (0, 0);
    let plain: Vec<String> = text.lines().map(without_colours).collect();
    // Nextest shows the output of tests that failed, which has a count of its own: only the summary counts there.
    let has_summary = plain.iter().any(|line| line.trim().starts_with("Summary ["));
    for line in plain.iter().map(|line| line.trim()).filter(|line| !has_summary || line.starts_with("Summary [")) {
        if line.starts_with("test result:") || line.starts_with("Summary [") || is_pytest_summary(line) {
            passed += number_before(line, "passed");
            failed += number_before(line, "failed") + number_before(line, "timed out") + number_before(line, "errors");
        } else if let Some(rest) = line.strip_prefix("Ran ") {
            passed += rest.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0);
        } else if line.starts_with("FAILED (") {
            let n = number_after(line, "failures=") + number_after(line, "errors=");
            failed += n;
            passed = passed.saturating_sub(n);
        }
    }
    if !ended_well && failed == 0 {
        failed = 1;
    }
    Outcome::Ran { passed, failed }
}

fn is_pytest_summary(line: &str) -> bool {
    let bare = line.trim_matches('=').trim();
    (bare.contains(" passed") || bare.contains(" failed")) && bare.contains(" in ") && bare.ends_with('s')
}

fn number_before(line: &str, word: &str) -> usize {
    let words: Vec<&str> = line
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':' | '(' | ')'))
        .filter(|w| !w.is_empty())
        .collect();
    let wanted: Vec<&str> = word.split(' ').collect();
    let position = words.windows(wanted.len()).position(|window| window == wanted);
    position.and_then(|at| words.get(at.checked_sub(1)?)?.parse().ok()).unwrap_or(0)
}

fn number_after(line: &str, word: &str) -> usize {
    let rest = line.split_once(word).map_or("", |(_, rest)| rest);
    rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0)
}

fn without_colours(line: &str) -> String {
    let mut plain = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_each_runner_prints() {
        let cargo =
            "test result: ok. 3 passed; 0 failed; 0 ignored\n\ntest result: FAILED. 1 passed; 2 failed; 0 ignored";
        assert_eq!(counted(cargo, false), Outcome::Ran { passed: 4, failed: 2 });
        let nextest = "     Summary [   1.234s] 12 tests run: 11 passed (1 slow), 1 failed, 0 skipped";
        assert_eq!(counted(nextest, false), Outcome::Ran { passed: 11, failed: 1 });
        assert_eq!(counted("Ran 5 tests in 0.1s\n\nOK", true), Outcome::Ran { passed: 5, failed: 0 });
        assert_eq!(
            counted("Ran 5 tests in 0.1s\n\nFAILED (failures=1, errors=1)", false),
            Outcome::Ran { passed: 3, failed: 2 }
        );
        assert_eq!(counted("===== 7 passed, 1 failed in 0.12s =====", false), Outcome::Ran { passed: 7, failed: 1 });
    }

    #[test]
    fn what_a_failed_test_printed_is_not_counted_again() {
        let nextest = "    test result: FAILED. 0 passed; 1 failed; 0 ignored\n     Summary [ 1.2s] 3 tests run: 2 passed, 1 failed";
        assert_eq!(counted(nextest, false), Outcome::Ran { passed: 2, failed: 1 });
    }

    #[test]
    fn reads_through_colours() {
        let nextest = "\u{1b}[32;1m     Summary\u{1b}[0m [   1.2s] \u{1b}[1m2\u{1b}[0m tests run: \u{1b}[1m2\u{1b}[0m passed, 0 skipped";
        assert_eq!(counted(nextest, true), Outcome::Ran { passed: 2, failed: 0 });
    }

    #[test]
    fn a_run_that_breaks_off_is_a_failure() {
        assert_eq!(counted("error: could not compile", false), Outcome::Ran { passed: 0, failed: 1 });
    }

    #[test]
    fn a_layer_that_cannot_run_fails_on_ci_and_is_named_elsewhere() {
        for (is_ci, failed) in [(true, 1), (false, 0)] {
            let mut layers = Layers::new(is_ci);
            layers.run("first", || Ok(Outcome::ONE_PASSED));
            layers.not_run("compose", "no docker");
            assert_eq!(layers.counts(), (1, failed));
            assert!(layers.summary().contains("compose: no docker"));
            assert!(layers.summary().ends_with(&format!("1 passed, {failed} failed")));
        }
    }

    #[test]
    fn an_error_fails_its_layer_and_lets_the_next_one_run() {
        let mut layers = Layers::new(false);
        assert!(!layers.run("first", || anyhow::bail!("broken")));
        assert!(layers.run("second", || Ok(Outcome::ONE_PASSED)));
        assert_eq!(layers.counts(), (1, 1));
    }
}
