use std::{
    net::SocketAddr,
    str::FromStr,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use contracts::Sha256;
use inference::Modules;
use lake::{DirectoryStore, Lake};
use serving::{AppState, Settings};
use tokio::net::TcpListener;

use crate::lambda_router;

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A variable holds something else than it should.
    #[error("environment variable {name} is `{value}`: {expected}")]
    Variable {
        /// Its name.
        name: &'static str,
        /// What it holds.
        value: String,
        /// What it should hold.
        expected: &'static str,
    },
    /// The inference modules cannot be used.
    #[error(transparent)]
    Modules(#[from] inference::InferenceError),
    /// The lake cannot be reached.
    #[error(transparent)]
    Lake(#[from] lambda_kit::SetupError),
    /// The address cannot be listened on.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// The Lambda runtime ended.
    #[error("the Lambda runtime ended: {0}")]
    Lambda(lambda_http::Error),
}

/// Serves until the process is told to stop: in Lambda when `AWS_LAMBDA_RUNTIME_API` is set, else on `SLUICE_LISTEN`.
///
/// # Errors
/// A variable, the modules, the lake or the address cannot be used.
pub async fn run() -> Result<(), StartError> {
    lambda_kit::start_logs();
    let started = Instant::now();
    let n_workers = std::thread::available_parallelism().map_or(1, usize::from);
    let mut settings = Settings::new(text("SLUICE_USE_CASE").unwrap_or_else(|| "telco".to_owned()), n_workers);
    settings.max_rows = number("SLUICE_MAX_ROWS", settings.max_rows)?;
    settings.max_body_bytes = number("SLUICE_MAX_BODY_BYTES", settings.max_body_bytes)?;
    settings.refresh_every = Duration::from_secs(number("SLUICE_REFRESH_SECONDS", settings.refresh_every.as_secs())?);
    let modules = Modules::from_env()?;
    let lake = match text("SLUICE_LAKE_DIR") {
        Some(folder) => folder_lake(&folder)?,
        None => lambda_kit::lake_from_env().await?,
    };
    let state = AppState::new(lake, modules, settings, Arc::new(move || started.elapsed()), instance());
    state.warm_up().await;

    if text("AWS_LAMBDA_RUNTIME_API").is_some() {
        return lambda_http::run(lambda_router(state)).await.map_err(StartError::Lambda);
    }
    let address = text("SLUICE_LISTEN").unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let address: SocketAddr = address.parse().map_err(|_| StartError::Variable {
        name: "SLUICE_LISTEN",
        value: address,
        expected: "an address and a port, such as 127.0.0.1:8080",
    })?;
    let system = |what| move |source| StartError::System { what, source };
    let listener = TcpListener::bind(address).await.map_err(system("cannot listen on SLUICE_LISTEN"))?;
    let address = listener.local_addr().map_err(system("the address is unknown"))?;
    tracing::info!(%address, start_us = u64::try_from(started.elapsed().as_micros()).ok(), "listening");
    axum::serve(listener, serving::router(state))
        .with_graceful_shutdown(told_to_stop())
        .await
        .map_err(system("the server failed"))
}

fn text(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn number<T: FromStr>(name: &'static str, default: T) -> Result<T, StartError> {
    let Some(value) = text(name) else { return Ok(default) };
    value.parse().map_err(|_| StartError::Variable { name, value, expected: "a whole number" })
}

/// A lake in a folder, for a laptop without S3.
fn folder_lake(folder: &str) -> Result<Lake, lambda_kit::SetupError> {
    Ok(Lake::new(Arc::new(DirectoryStore::open(folder)?), format!("file://{folder}")))
}

/// A short text that no other server has, for request ids.
fn instance() -> String {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seed = format!("{} {}", std::process::id(), since_epoch.as_nanos());
    Sha256::of(seed.as_bytes()).short(12).to_owned()
}

async fn told_to_stop() {
    let interrupted = async { drop(tokio::signal::ctrl_c().await) };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! { () = interrupted => {}, _ = terminated.recv() => {} }
            return;
        }
    }
    interrupted.await;
}
