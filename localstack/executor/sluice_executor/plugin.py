"""The plugin that LocalStack loads for LAMBDA_RUNTIME_EXECUTOR=process."""

import time
from pathlib import Path

from localstack import config
from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from .process import FunctionProcess, StartFailed, inherited_environment
from .runtime_api import Event


class ProcessExecutorPlugin(RuntimeExecutorPlugin):
    name = "process"

    def load(self, *_args, **_kwargs) -> type[RuntimeExecutor]:
        return ProcessExecutor


class ProcessExecutor(RuntimeExecutor):
    """One execution environment. LocalStack makes one per concurrent invocation and reuses those that are idle."""

    process: FunctionProcess

    def start(self, env_vars: dict[str, str]) -> None:
        own = {name: str(value) for name, value in env_vars.items() if value is not None}
        self.process = FunctionProcess(
            code=self.function_version.config.code.get_unzipped_code_location(),
            environment=inherited_environment() | own,
            log_file=Path(config.dirs.tmp) / "executor.log",
            init_seconds=config.LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT,
        )
        try:
            self.process.start()
        except StartFailed as error:
            # The only exception that LocalStack turns into an answer of the function.
            raise StatusErrorException(str(error), payload=error.payload) from error

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        timeout = self.function_version.config.timeout
        request_id = payload["invoke-id"]
        event = Event(
            request_id=request_id,
            payload=payload["payload"].encode(),
            function_arn=payload["invoked-function-arn"],
            trace_id=payload["trace-id"],
            deadline_ms=int((time.time() + timeout) * 1000),
        )
        started = time.monotonic()
        answer = self.process.invoke(event, timeout)
        report = (
            f"REPORT RequestId: {request_id}\tDuration: {(time.monotonic() - started) * 1000:.2f} ms"
            f"\tMemory Size: {self.function_version.config.memory_size} MB"
            f"\tMax Memory Used: {self.process.peak_memory_mb()} MB"
        )
        lines = [f"START RequestId: {request_id}", *self.process.new_log_lines(), f"END RequestId: {request_id}", report]
        # LocalStack writes these to CloudWatch Logs.
        return InvocationResult(request_id, answer.payload, is_error=answer.is_error, logs="\n".join(lines))

    def stop(self) -> None:
        self.process.stop()

    def get_logs(self) -> str:
        return self.process.whole_log() if hasattr(self, "process") else "the function was not started"

    def get_address(self) -> str:
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        """Where a function finds LocalStack; becomes its AWS_ENDPOINT_URL."""
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        """Where the init binary of a container would report to; a process has none."""
        return ""

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        runtime = function_version.config.runtime
        if not (runtime or "").startswith("provided"):
            raise ValueError(f"the process executor runs `provided.*` functions only, not {runtime}")
        function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """LocalStack removes the unpacked code itself."""
