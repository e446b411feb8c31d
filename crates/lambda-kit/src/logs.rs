use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// Sends `tracing` events to standard output as JSON lines, filtered by `RUST_LOG` (`info` when absent).
///
/// There is no timestamp on Lambda, where CloudWatch adds one. A second call changes nothing.
pub fn start_logs() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = fmt::layer().json().flatten_event(true).with_current_span(false).with_span_list(false);
    let registry = tracing_subscriber::registry().with(filter);
    let on_lambda = std::env::var_os("AWS_LAMBDA_FUNCTION_NAME").is_some();
    // An error means that somebody installed a subscriber before: theirs stays.
    let _ = if on_lambda { registry.with(lines.without_time()).try_init() } else { registry.with(lines).try_init() };
}

/// Lets the kernel measure the peak of resident memory from now on, so that a warm process reports each invocation.
///
/// Where `/proc` is missing or read-only nothing happens, and the peak stays that of the process.
pub(crate) fn reset_peak_rss() {
    // See proc_pid_clear_refs(5): 5 resets the peak resident set size to the current one.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// Largest resident memory of this process in MB (10⁶ bytes) since the current invocation began.
///
/// `None` where the system does not tell (`/proc/self/status` is Linux only).
#[must_use]
pub fn peak_rss_mb() -> Option<f64> {
    peak_in(&std::fs::read_to_string("/proc/self/status").ok()?)
}

fn peak_in(status: &str) -> Option<f64> {
    let kib = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().strip_suffix("kB")?.trim();
    Some((kib.parse::<f64>().ok()? * 1024.0 / 1e5).round() / 10.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    #[test]
    fn reads_the_peak_from_the_status_file() {
        assert_eq!(peak_in("Name:\tx\nVmPeak:\t  9 kB\nVmHWM:\t   10240 kB\nVmRSS:\t 1 kB\n"), Some(10.5));
    }

    #[test]
    fn a_status_without_a_peak_gives_none() {
        assert_eq!(peak_in("Name:\tx\n"), None);
        assert_eq!(peak_in("VmHWM:\t many kB\n"), None);
        assert_eq!(peak_in(""), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_a_peak() {
        assert!(peak_rss_mb().expect("linux has /proc") > 1.0);
    }
}
