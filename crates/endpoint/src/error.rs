use contracts::Problem;

/// Why a call to an endpoint gave no usable answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EndpointError {
    /// The address is not one that a call can be sent to.
    #[error("`{url}` is not the address of an endpoint: {reason}")]
    InvalidUrl {
        /// Address given.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// No answer: the name did not resolve, the connection failed, or time ran out.
    #[error("no answer from {url}: {reason}")]
    Unreachable {
        /// Address called.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// The endpoint answered with a status outside 2xx.
    #[error("{url} answered {status}: {}", describe(.problem.as_deref(), .body))]
    Refused {
        /// Address called.
        url: String,
        /// HTTP status.
        status: u16,
        /// The problem it named, if it answered `application/problem+json`.
        problem: Option<Box<Problem>>,
        /// The beginning of the body as text.
        body: String,
    },
    /// The endpoint answered 2xx with a body that is not what the route promises.
    #[error("{url} answered {status} with a body that cannot be read: {reason}")]
    UnreadableAnswer {
        /// Address called.
        url: String,
        /// HTTP status.
        status: u16,
        /// What does not fit.
        reason: String,
    },
}

impl EndpointError {
    /// HTTP status of the answer, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } | Self::UnreadableAnswer { status, .. } => Some(*status),
            Self::InvalidUrl { .. } | Self::Unreachable { .. } => None,
        }
    }

    /// The problem the endpoint named.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Refused { problem, .. } => problem.as_deref(),
            _ => None,
        }
    }
}

fn describe(problem: Option<&Problem>, body: &str) -> String {
    let Some(problem) = problem else { return if body.is_empty() { "no body".into() } else { body.into() } };
    let mut text = format!("{}: {}", problem.title, problem.detail);
    if let Some(field) = &problem.field {
        text.push_str(&format!(" (field `{field}`"));
        text.push_str(&problem.row.map_or(")".into(), |row| format!(", row {row})")));
    }
    text
}
