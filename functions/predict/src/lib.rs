//! The server `predict`: the router of crate `serving`, on Lambda or on a socket.

pub use lambda::lambda_router;
pub use serving::router;
pub use shell::{StartError, run};

mod lambda;
mod shell;
