//! A second, independent S3 server for the tests.

use std::{
    fs,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

use crate::{
    http,
    paths::Paths,
    process::{self, Group, Guard},
    shell::say,
    venv::Spec,
};

/// A running server; it ends with this value.
pub(crate) struct SecondS3 {
    pub(crate) endpoint: String,
    _guard: Guard,
}

/// Starts the server on a free port and waits until it answers.
pub(crate) fn start(paths: &Paths, folder: &Path) -> Result<SecondS3> {
    fs::create_dir_all(folder)?;
    let venv = Spec::complete("second-s3", "localstack/requirements-second-s3.txt").ensure(paths)?;
    let port = http::free_port()?;
    let log = folder.join("second-s3.log");
    let mut command = Command::new(venv.python());
    command.arg(paths.root.join("localstack/second_s3.py")).args(["--port", &port.to_string()]);
    let group = Group::start(&mut command, &log)?;
    let guard = group.clone().guarded();
    let deadline = Instant::now() + Duration::from_secs(60);
    while http::get(port, "/").is_none() {
        if !group.is_alive() || Instant::now() > deadline {
            bail!("the second S3 server does not answer; its log:\n{}", process::tail(&log, 4000));
        }
        thread::sleep(Duration::from_millis(100));
    }
    let endpoint = format!("http://127.0.0.1:{port}");
    say(format!("second S3 server on {endpoint}"));
    Ok(SecondS3 { endpoint, _guard: guard })
}
