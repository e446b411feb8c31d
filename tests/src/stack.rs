//! A stack of its own on a running emulator, made from the very template and packages that a user deploys.

use std::{process::Command, sync::Arc, time::Duration};

use aws_sdk_sfn::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    types::ExecutionStatus,
};
use contracts::PredictionResponse;
use endpoint::Endpoint;
use lake::{Lake, PutWhen, S3Endpoint, S3Store, keys};
use registry::Registry;
use serde_json::{Value, json};

use crate::{from_xtask, local::run};

/// How long an execution may take before a suite gives up; two cores may be busy with other suites.
const PATIENCE: Duration = Duration::from_secs(900);

/// A stack on an emulator.
pub struct Stack {
    /// Name of the stack, and the beginning of its functions' names.
    pub name: String,
    /// Address of the emulator.
    pub emulator: String,
    /// The lake.
    pub lake: Lake,
    outputs: Value,
    machines: Client,
}

/// How an execution ended.
#[derive(Debug)]
pub struct Execution {
    /// Whether it reached its end.
    pub succeeded: bool,
    /// Name of the error that ended it.
    pub error: String,
    /// Why it ended.
    pub cause: String,
    /// Its answer; null when it failed.
    pub output: Value,
}

impl Stack {
    /// Creates the stack `name` on the emulator that `variable` describes. `parameters` are given as `Name=value`.
    pub async fn create(variable: &str, name: &str, parameters: &[&str]) -> Self {
        let description: Value = serde_json::from_str(&from_xtask(variable)).expect("the variable holds JSON");
        let emulator = description["endpoint"].as_str().expect("an endpoint").to_owned();
        let outputs = stack_script("up", &emulator, name, parameters);
        let s3 = parameters.iter().find_map(|parameter| parameter.strip_prefix("S3Endpoint=")).unwrap_or(&emulator);
        let bucket = outputs["Bucket"].as_str().expect("a bucket");
        let store = S3Store::connect_to(bucket, S3Endpoint::local(s3)).await.expect("the lake's server");
        Self {
            name: name.to_owned(),
            lake: Lake::new(Arc::new(store.clone()), format!("s3://{bucket}")),
            machines: machines(&emulator).await,
            emulator,
            outputs,
        }
    }

    /// Puts a raw file of telco in place.
    pub async fn deliver(&self, file: &str, bytes: &[u8]) -> String {
        self.deliver_for("telco", file, bytes).await
    }

    /// Puts a raw file of a use case in place.
    pub async fn deliver_for(&self, use_case: &str, file: &str, bytes: &[u8]) -> String {
        let key = keys::raw(use_case, file);
        self.lake.store().put(&key, bytes.to_vec().into(), PutWhen::Always).await.expect("the lake takes the file");
        key
    }

    /// Starts the machine whose output is called `machine` and waits for its end.
    pub async fn execute(&self, machine: &str, run_id: &str, input: &Value) -> Execution {
        let started = self
            .machines
            .start_execution()
            .state_machine_arn(self.outputs[machine].as_str().expect("the machine's ARN"))
            .name(run(run_id).as_str())
            .input(input.to_string())
            .send()
            .await
            .expect("the execution starts");
        self.wait(started.execution_arn()).await
    }

    /// Waits for the end of an execution.
    pub async fn wait(&self, arn: &str) -> Execution {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let described = self.machines.describe_execution().execution_arn(arn).send().await;
            let described = described.expect("the execution can be described");
            if *described.status() != ExecutionStatus::Running {
                let output = described.output().map_or(Value::Null, |text| serde_json::from_str(text).expect("JSON"));
                return Execution {
                    succeeded: *described.status() == ExecutionStatus::Succeeded,
                    error: described.error().unwrap_or_default().to_owned(),
                    cause: described.cause().unwrap_or_default().to_owned(),
                    output,
                };
            }
            assert!(tokio::time::Instant::now() < deadline, "{arn} still runs after {PATIENCE:?}");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// How many executions the machine whose output is called `machine` has had.
    pub async fn n_executions(&self, machine: &str) -> usize {
        let arn = self.outputs[machine].as_str().expect("the machine's ARN");
        let listed = self.machines.list_executions().state_machine_arn(arn).send().await;
        listed.expect("executions can be listed").executions().len()
    }

    /// Sends a body to the live endpoint.
    pub async fn predict(&self, body: Value) -> Result<PredictionResponse, endpoint::EndpointError> {
        let endpoint = self.endpoint();
        tokio::task::spawn_blocking(move || endpoint.predict("telco", &body)).await.expect("the call ends")
    }

    /// The first answer that `is_right`, asked again while another instance of the function has not seen the registry.
    pub async fn predict_until(
        &self,
        body: &Value,
        is_right: impl Fn(&PredictionResponse) -> bool,
    ) -> PredictionResponse {
        for _ in 0..30 {
            match self.predict(body.clone()).await {
                Ok(answer) if is_right(&answer) => return answer,
                _ => tokio::time::sleep(Duration::from_secs(1)).await,
            }
        }
        panic!("the endpoint does not come round: {:?}", self.predict(body.clone()).await)
    }

    /// A client of the live endpoint.
    #[must_use]
    pub fn endpoint(&self) -> Endpoint {
        Endpoint::new(self.outputs["PredictUrl"].as_str().expect("a URL")).expect("a usable URL")
    }

    /// The registry of the telco model.
    #[must_use]
    pub fn registry(&self) -> Registry {
        self.registry_of("telco")
    }

    /// The registry of a use case's model.
    #[must_use]
    pub fn registry_of(&self, use_case: &str) -> Registry {
        let use_case = usecases::find(use_case).expect("a use case");
        Registry::new(&self.lake, &*use_case.name, &*use_case.model_name)
    }

    /// The schedules of the stack, by name.
    #[must_use]
    pub fn schedules(&self) -> Value {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/python/schedules.py");
        serde_json::from_str(&python(&[script, &self.emulator, &self.name])).expect("the script prints JSON")
    }

    /// Sets one variable of a function, as an operator's mistake would.
    pub fn set_variable(&self, function: &str, name: &str, value: &str) -> String {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/python/set_variable.py");
        let function = format!("{}-{function}", self.name);
        python(&[script, &self.emulator, &function, name, value]).trim().to_owned()
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            stack_script("down", &self.emulator, &self.name, &[]);
        }
    }
}

async fn machines(emulator: &str) -> Client {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(lake::http_client(Some(emulator)))
        .endpoint_url(emulator)
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "given"))
        .load()
        .await;
    Client::new(&config)
}

fn stack_script(command: &str, emulator: &str, name: &str, parameters: &[&str]) -> Value {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/stack.py");
    let packages = from_xtask("SLUICE_TEST_PACKAGES");
    let mut arguments = vec![script, command, "--endpoint", emulator, "--stack", name];
    if command == "up" {
        arguments.extend(["--packages", &packages]);
        arguments.extend(parameters.iter().flat_map(|parameter| ["--parameter", *parameter]));
    }
    serde_json::from_str(&python(&arguments)).unwrap_or(json!(null))
}

fn python(arguments: &[&str]) -> String {
    let output = Command::new(from_xtask("SLUICE_TEST_STACK_PYTHON")).args(arguments).output().expect("Python starts");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}
