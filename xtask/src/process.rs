//! Processes that outlive a statement: started in a group of their own, and stopped as a group.

use std::{
    fs::{self, File},
    io::{Read as _, Seek as _, SeekFrom},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio, exit},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::shell;

/// What a signal must stop before this command ends.
#[derive(Default)]
struct Running {
    /// Commands waited for.
    foreground: Vec<u32>,
    /// Process groups that must not outlive this command.
    groups: Vec<Group>,
}

static RUNNING: Mutex<Running> = Mutex::new(Running { foreground: Vec::new(), groups: Vec::new() });

fn running() -> MutexGuard<'static, Running> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A process and all it started, identified so that a reused process number is not taken for it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Group {
    /// Number of the leader, which is the number of the group.
    pub(crate) pid: u32,
    /// When the leader started, as the system counts it.
    started: String,
}

impl Group {
    /// Starts `command` in a group of its own, with its output in `log`.
    pub(crate) fn start(command: &mut Command, log: &Path) -> Result<Self> {
        if let Some(folder) = log.parent() {
            fs::create_dir_all(folder)?;
        }
        let out = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        command.stdin(Stdio::null()).stdout(out.try_clone()?).stderr(out).process_group(0);
        let child = command.spawn().with_context(|| format!("cannot start `{}`", shell::describe(command)))?;
        let pid = child.id();
        // The child is reaped in the background, so that a dead one is seen as dead.
        thread::spawn(move || child.wait_with_output());
        Ok(Self { pid, started: start_of(pid).unwrap_or_default() })
    }

    /// The group as kept in a state file.
    pub(crate) fn to_json(&self) -> Value {
        json!({ "pid": self.pid, "started": self.started })
    }

    /// The group that a state file names.
    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        let pid = u32::try_from(value["pid"].as_u64()?).ok()?;
        Some(Self { pid, started: value["started"].as_str()?.to_owned() })
    }

    /// Whether the leader still runs.
    pub(crate) fn is_alive(&self) -> bool {
        start_of(self.pid).is_some_and(|started| started == self.started)
    }

    /// Asks the whole group to end, and after ten seconds ends it.
    pub(crate) fn stop(&self) {
        if !self.is_alive() {
            return;
        }
        signal_group("TERM", self.pid);
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.is_alive() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(50));
        }
        // The leader's children may need a moment longer than the leader; those that ignore the request end here.
        signal_group("KILL", self.pid);
    }

    /// Stops the group when the value is dropped, and when a signal ends this command.
    pub(crate) fn guarded(self) -> Guard {
        running().groups.push(self.clone());
        Guard(self)
    }
}

/// Stops its group at the end of its scope.
#[derive(Debug)]
pub(crate) struct Guard(Group);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.stop();
        running().groups.retain(|group| *group != self.0);
    }
}

/// A command being waited for, so that a signal to this command ends it as well.
pub(crate) struct Foreground(u32);

impl Foreground {
    pub(crate) fn new(pid: u32) -> Self {
        running().foreground.push(pid);
        Self(pid)
    }
}

impl Drop for Foreground {
    fn drop(&mut self) {
        running().foreground.retain(|pid| *pid != self.0);
    }
}

/// Makes Ctrl-C and termination stop everything that was started before they end this command.
pub(crate) fn stop_on_signals() {
    use signal_hook::{consts, iterator::Signals};
    let Ok(mut signals) = Signals::new([consts::SIGINT, consts::SIGTERM, consts::SIGHUP]) else { return };
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            eprintln!("\nstopping what was started …");
            let (foreground, groups) = {
                let running = running();
                (running.foreground.clone(), running.groups.clone())
            };
            for pid in foreground {
                kill("TERM", &pid.to_string());
            }
            for group in groups {
                group.stop();
            }
            exit(128 + signal);
        }
    });
}

/// The last `n` bytes of a log, for an error message.
pub(crate) fn tail(log: &PathBuf, n: u64) -> String {
    let read = || -> std::io::Result<String> {
        let mut file = File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(n)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    read().unwrap_or_else(|error| format!("({}: {error})", log.display()))
}

fn signal_group(name: &str, pid: u32) {
    kill(name, &format!("-{pid}"));
}

fn kill(name: &str, target: &str) {
    // A process that is gone already is what was wanted.
    shell::succeeds(Command::new("sh").args(["-c", &format!("kill -s {name} -- {target}")]));
}

/// When a process started, as the system counts it; `None` when there is none, or it only waits to be reaped.
fn start_of(pid: u32) -> Option<String> {
    if Path::new("/proc/self/stat").exists() {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name stands in parentheses and may hold anything; the state is the first field after it, the start the 20th.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        return (*fields.first()? != "Z").then(|| fields.get(19).map(|start| (*start).to_owned()))?;
    }
    let output = Command::new("ps").args(["-o", "lstart=,stat=", "-p", &pid.to_string()]).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let (start, state) = text.rsplit_once(char::is_whitespace)?;
    (!state.starts_with('Z')).then(|| start.trim().to_owned())
}
