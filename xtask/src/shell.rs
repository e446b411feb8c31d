//! Running commands and saying so.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Command, ExitStatus, Stdio},
    sync::OnceLock,
    thread,
    time::Instant,
};

use anyhow::{Context as _, Result, bail};

use crate::process;

static START: OnceLock<Instant> = OnceLock::new();

/// Starts the clock that `say` shows.
pub(crate) fn start_clock() {
    START.get_or_init(Instant::now);
}

/// Says what happens now, with the seconds since the start.
pub(crate) fn say(text: impl AsRef<str>) {
    let seconds = START.get_or_init(Instant::now).elapsed().as_secs_f64();
    println!("[{seconds:7.1} s] {}", text.as_ref());
}

/// Runs a command with the terminal as its output.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = describe(command);
    let mut child = command.spawn().with_context(|| format!("cannot start `{shown}`"))?;
    let _foreground = process::Foreground::new(child.id());
    let status = child.wait()?;
    check(status, &shown)
}

/// Runs a command and keeps its output to itself, unless it fails: then all of it is printed.
pub(crate) fn run_quietly(command: &mut Command) -> Result<()> {
    capture(command.stderr(Stdio::piped())).map(|_| ())
}

/// Runs a command for what it prints; its progress and its errors go to the terminal.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    capture(command.stderr(Stdio::inherit()))
}

fn capture(command: &mut Command) -> Result<String> {
    let shown = describe(command);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let child = child.with_context(|| format!("cannot start `{shown}`"))?;
    let _foreground = process::Foreground::new(child.id());
    let output = child.wait_with_output()?;
    if !output.status.success() {
        eprint!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    }
    check(output.status, &shown)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a command exists and ends well; what it prints is dropped.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Runs a command, shows what it prints, and hands the same text back with the status.
pub(crate) fn run_and_read(command: &mut Command) -> Result<(ExitStatus, String)> {
    let shown = describe(command);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.with_context(|| format!("cannot start `{shown}`"))?;
    let _foreground = process::Foreground::new(child.id());
    let readers = [child.stdout.take().map(echo), child.stderr.take().map(echo)];
    let status = child.wait()?;
    let mut text = String::new();
    for reader in readers.into_iter().flatten() {
        match reader.join() {
            Ok(part) => text.push_str(&part),
            Err(_) => bail!("the output of `{shown}` could not be read"),
        }
    }
    Ok((status, text))
}

fn echo<R: Read + Send + 'static>(from: R) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut all = String::new();
        let mut lines = BufReader::new(from);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
            let text = String::from_utf8_lossy(&line);
            print!("{text}");
            all.push_str(&text);
            line.clear();
        }
        all
    })
}

/// The command as it would be typed.
pub(crate) fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

fn check(status: ExitStatus, shown: &str) -> Result<()> {
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}
