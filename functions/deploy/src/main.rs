//! `deploy`: one step of a deployment per invocation.

use std::sync::Arc;

use deploy::Target;
use endpoint::{Credentials, Endpoint};
use inference::Modules;

#[tokio::main]
async fn main() -> Result<(), lambda_kit::Error> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let modules = Arc::new(Modules::from_env()?);
    let endpoint = variable("SLUICE_PREDICT_URL").map(|url| Endpoint::new(&url)).transpose()?;
    let target = endpoint.map(|endpoint| Target::new(endpoint.signed(Credentials::from_variables(variable))));
    let target = Arc::new(target);
    lambda_kit::run("deploy", move |lake, request| {
        let (modules, target) = (Arc::clone(&modules), Arc::clone(&target));
        async move { deploy::handle(&lake, &modules, target.as_ref().as_ref(), request).await }
    })
    .await
}
