"""The Lambda Runtime API for one function process."""

import json
import queue
import re
import sys
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VERSION = "/2018-06-01/runtime"
ANSWER = re.compile(rf"^{VERSION}/invocation/([^/]+)/(response|error)$")


@dataclass(frozen=True)
class Event:
    """One event for the function."""

    request_id: str
    payload: bytes
    function_arn: str
    trace_id: str
    deadline_ms: int


@dataclass(frozen=True)
class Answer:
    """What the function made of an event."""

    payload: bytes
    is_error: bool


def error_answer(name: str, message: str) -> Answer:
    """An error in the form that Lambda gives it."""
    return Answer(json.dumps({"errorType": name, "errorMessage": message}).encode(), is_error=True)


class RuntimeApi:
    """Hands events to a function, one at a time, and takes its answers.

    `next` blocks until there is an event; an answer to anything but the event at hand is refused, so that a late
    answer can never be taken for that of the event after it.
    """

    def __init__(self) -> None:
        self._events: queue.Queue[Event | None] = queue.Queue()
        self._answers: queue.Queue[Answer] = queue.Queue()
        self._lock = threading.Lock()
        self._current: str | None = None
        # Set when the function asks for its first event, or says that it cannot start.
        self.initialised = threading.Event()
        self.init_error: bytes | None = None
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    @property
    def address(self) -> str:
        host, port = self._server.server_address[:2]
        return f"{host}:{port}"

    def send(self, event: Event) -> None:
        with self._lock:
            self._current = event.request_id
        self._events.put(event)

    def wait_for_answer(self, seconds: float) -> Answer | None:
        """The answer, or None when there is none yet after `seconds`."""
        try:
            return self._answers.get(timeout=max(seconds, 0.001))
        except queue.Empty:
            return None

    def close(self) -> None:
        self._events.put(None)
        self._server.shutdown()
        self._server.server_close()

    def next_event(self) -> Event | None:
        self.initialised.set()
        return self._events.get()

    def take_answer(self, request_id: str, answer: Answer) -> bool:
        with self._lock:
            if request_id != self._current:
                return False
            self._current = None
        self._answers.put(answer)
        return True

    def take_init_error(self, payload: bytes) -> None:
        self.init_error = payload
        self.initialised.set()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A killed process breaks its connection; that is no error of the server."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _handler(api: RuntimeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path != f"{VERSION}/invocation/next":
                return self._reply(404)
            event = api.next_event()
            if event is None:
                return self._reply(500, b'{"errorMessage": "the environment is shutting down"}')
            self._reply(
                200,
                event.payload,
                {
                    "Lambda-Runtime-Aws-Request-Id": event.request_id,
                    "Lambda-Runtime-Deadline-Ms": str(event.deadline_ms),
                    "Lambda-Runtime-Invoked-Function-Arn": event.function_arn,
                    "Lambda-Runtime-Trace-Id": event.trace_id,
                },
            )

        def do_POST(self) -> None:
            body = self._body()
            if self.path == f"{VERSION}/init/error":
                api.take_init_error(body)
                return self._reply(202)
            match = ANSWER.match(self.path)
            if match is None:
                return self._reply(404)
            accepted = api.take_answer(match[1], Answer(body, is_error=match[2] == "error"))
            self._reply(202 if accepted else 400, b"" if accepted else b'{"errorType": "InvalidRequestID"}')

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            chunks = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                chunks.append(self.rfile.read(size))
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass  # trailers
            return b"".join(chunks)

        def _reply(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Silent: the function's own log is what matters."""

    return Handler
