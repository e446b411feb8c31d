"""One function as a local process."""

import collections
import os
import subprocess
import threading
import time
from pathlib import Path

from .runtime_api import Answer, Event, RuntimeApi, error_answer

POLL_SECONDS = 0.05
KEPT_LOG_LINES = 10_000


class StartFailed(Exception):
    """The function did not come up; `payload` is what Lambda answers then."""

    def __init__(self, answer: Answer):
        super().__init__(answer.payload.decode(errors="replace"))
        self.payload = answer.payload


class FunctionProcess:
    """A `bootstrap` with its Runtime API. After a crash or a time-out the next event finds a fresh process."""

    def __init__(self, code: Path, environment: dict[str, str], log_file: Path, init_seconds: float):
        self._code = code
        self._environment = environment
        self._log_file = log_file
        self._init_seconds = init_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._api: RuntimeApi | None = None
        self._pump: threading.Thread | None = None
        self._log: collections.deque[str] = collections.deque(maxlen=KEPT_LOG_LINES)
        self._unread: collections.deque[str] = collections.deque(maxlen=KEPT_LOG_LINES)

    def start(self) -> None:
        """Starts the process and waits until it asks for its first event."""
        bootstrap = self._code / "bootstrap"
        if not bootstrap.is_file():
            raise StartFailed(error_answer("Runtime.InvalidEntrypoint", f"no bootstrap in the package at {self._code}"))
        # A zip file made without modes leaves it not executable.
        bootstrap.chmod(bootstrap.stat().st_mode | 0o755)
        self._api = RuntimeApi()
        environment = self._environment | {"AWS_LAMBDA_RUNTIME_API": self._api.address, "LAMBDA_TASK_ROOT": str(self._code)}
        try:
            self._process = subprocess.Popen(
                [str(bootstrap)],
                cwd=self._code,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        except OSError as error:
            self.stop()
            raise StartFailed(error_answer("Runtime.InvalidEntrypoint", f"cannot execute bootstrap: {error}")) from error
        self._pump = threading.Thread(target=self._keep_log, args=(self._process,), daemon=True)
        self._pump.start()
        self._wait_for_init()

    def _wait_for_init(self) -> None:
        deadline = time.monotonic() + self._init_seconds
        while not self._api.initialised.wait(POLL_SECONDS):
            status = self._process.poll()
            if status is not None:
                self.stop()
                said = self.whole_log()[-500:] or "nothing"
                message = f"the function ended with status {status} while it started, and said: {said}"
                raise StartFailed(error_answer("Runtime.ExitError", message))
            if time.monotonic() > deadline:
                self.stop()
                raise StartFailed(error_answer("Sandbox.Timedout", f"the function did not start within {self._init_seconds:g} s"))
        if self._api.init_error is not None:
            payload = self._api.init_error
            self.stop()
            raise StartFailed(Answer(payload, is_error=True))

    def invoke(self, event: Event, seconds: float) -> Answer:
        """Sends one event and waits at most `seconds` for its answer."""
        if self._process is None or self._process.poll() is not None:
            self.stop()
            try:
                self.start()
            except StartFailed as error:
                return Answer(error.payload, is_error=True)
        deadline = time.monotonic() + seconds
        self._api.send(event)
        while True:
            status = self._process.poll()
            answer = self._api.wait_for_answer(min(POLL_SECONDS, deadline - time.monotonic()))
            if answer is not None:
                return answer
            # Asked for before the wait, so an answer given just before the end is not lost.
            if status is not None:
                self.stop()
                return error_answer("Runtime.ExitError", f"RequestId: {event.request_id} Error: Runtime exited with status {status}")
            if time.monotonic() >= deadline:
                self.stop()
                return error_answer("Sandbox.Timedout", f"RequestId: {event.request_id} Error: Task timed out after {seconds:.2f} seconds")

    def stop(self) -> None:
        """Ends process and Runtime API; what they wrote stays readable."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._pump.join(timeout=1)
            self._process = None
        if self._api is not None:
            self._api.close()
            self._api = None

    def peak_memory_mb(self) -> int:
        """Largest resident size of the process so far; 0 when it is gone or the system does not tell."""
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text()
        except (OSError, AttributeError):
            return 0
        return next((int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0)

    def new_log_lines(self) -> list[str]:
        """Lines written since the last call."""
        lines = []
        while self._unread:
            lines.append(self._unread.popleft())
        return lines

    def whole_log(self) -> str:
        return "\n".join(self._log)

    def _keep_log(self, process: subprocess.Popen[bytes]) -> None:
        """Reads until the process closes its output: a pipe nobody reads would block it."""
        name = self._environment.get("AWS_LAMBDA_FUNCTION_NAME", "function")
        with process.stdout, open(self._log_file, "a", encoding="utf-8") as file:
            for raw in process.stdout:
                line = raw.decode(errors="replace").rstrip("\r\n")
                self._log.append(line)
                self._unread.append(line)
                file.write(f"{name} {process.pid} {line}\n")
                file.flush()


def inherited_environment() -> dict[str, str]:
    """What a process needs from the machine; nothing of LocalStack's own settings."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR") if name in os.environ}
