"""A real process behind the Runtime API, without LocalStack.

    python -m unittest discover --start-directory tests
"""

import http.client
import json
import sys
import tempfile
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sluice_executor.process import FunctionProcess, StartFailed, inherited_environment  # noqa: E402
from sluice_executor.runtime_api import Answer, Event, RuntimeApi  # noqa: E402

# A function that does what its event says, written against AWS's description of the interface.
BOOTSTRAP = f"""#!{sys.executable}
import http.client, json, os, sys, time
api = os.environ["AWS_LAMBDA_RUNTIME_API"]
if "fail" in os.environ.get("START", ""):
    http.client.HTTPConnection(api).request("POST", "/2018-06-01/runtime/init/error", b'{{"errorType": "Internal"}}')
    time.sleep(9)
if "exit" in os.environ.get("START", ""):
    sys.exit("no module")
n = 0
while True:
    c = http.client.HTTPConnection(api)
    c.request("GET", "/2018-06-01/runtime/invocation/next")
    r = c.getresponse()
    event = json.loads(r.read())
    n += 1
    print("got", event, flush=True)
    if event == "exit": os._exit(3)
    if event == "sleep": time.sleep(9)
    kind = "error" if event == "fail" else "response"
    body = {{"errorType": "DataQuality", "errorMessage": "x"}} if kind == "error" else {{"echo": event, "n": n, "deadline": r.headers["Lambda-Runtime-Deadline-Ms"]}}
    data = json.dumps(body).encode()
    c = http.client.HTTPConnection(api)
    path = f"/2018-06-01/runtime/invocation/{{r.headers['Lambda-Runtime-Aws-Request-Id']}}/{{kind}}"
    if event == "chunks":
        c.request("POST", path, iter([data[:5], data[5:]]), encode_chunked=True, headers={{"Transfer-Encoding": "chunked"}})
    else:
        c.request("POST", path, data)
    c.getresponse().read()
"""


def event(payload: object) -> Event:
    return Event("id-" + str(time.monotonic_ns()), json.dumps(payload).encode(), "arn:aws:lambda:::function:f", "Root=1", 5)


class ProcessTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "bootstrap").write_text(BOOTSTRAP)
        self.process = self.make()

    def make(self, **environment: str) -> FunctionProcess:
        process = FunctionProcess(self.folder, inherited_environment() | environment, self.folder / "executor.log", 5)
        self.addCleanup(process.stop)
        return process

    def invoke(self, payload: object, seconds: float = 5) -> tuple[object, bool]:
        answer = self.process.invoke(event(payload), seconds)
        return json.loads(answer.payload), answer.is_error

    def test_one_process_answers_event_after_event(self) -> None:
        self.assertEqual(self.invoke({"é": 1}), ({"echo": {"é": 1}, "n": 1, "deadline": "5"}, False))
        self.assertEqual(self.invoke("b")[0]["n"], 2)

    def test_an_error_keeps_the_name_the_function_gave_it(self) -> None:
        self.assertEqual(self.invoke("fail"), ({"errorType": "DataQuality", "errorMessage": "x"}, True))
        self.assertEqual(self.invoke("b")[0]["n"], 2)

    def test_an_answer_in_chunks_is_put_together(self) -> None:
        self.assertEqual(self.invoke("chunks")[0]["echo"], "chunks")

    def test_a_crash_is_named_and_the_next_event_finds_a_fresh_process(self) -> None:
        answer, is_error = self.invoke("exit")
        self.assertEqual((answer["errorType"], is_error), ("Runtime.ExitError", True))
        self.assertIn("status 3", answer["errorMessage"])
        self.assertEqual(self.invoke("b")[0]["n"], 1)

    def test_a_function_that_takes_too_long_is_killed(self) -> None:
        started = time.monotonic()
        answer, is_error = self.invoke("sleep", seconds=0.5)
        self.assertEqual((answer["errorType"], is_error), ("Sandbox.Timedout", True))
        self.assertLess(time.monotonic() - started, 3)
        self.assertEqual(self.invoke("b")[0]["n"], 1)

    def test_a_function_that_cannot_start_says_why(self) -> None:
        for environment, expected in [({"START": "exit"}, "Runtime.ExitError"), ({"START": "fail"}, "Internal")]:
            with self.assertRaises(StartFailed) as caught:
                self.make(**environment).start()
            self.assertEqual(json.loads(caught.exception.payload)["errorType"], expected)
            if expected == "Runtime.ExitError":
                self.assertIn("no module", str(caught.exception))
        (self.folder / "bootstrap").unlink()
        self.assertEqual(self.invoke("a")[0]["errorType"], "Runtime.InvalidEntrypoint")

    def test_the_log_holds_what_the_function_printed(self) -> None:
        self.invoke("a")
        self.invoke("b")
        self.process.stop()
        self.assertEqual(self.process.new_log_lines(), ["got a", "got b"])
        self.assertEqual(self.process.new_log_lines(), [])
        self.assertEqual(self.process.whole_log(), "got a\ngot b")
        self.assertIn(" got b\n", (self.folder / "executor.log").read_text())

    def test_peak_memory_is_that_of_the_process(self) -> None:
        self.assertEqual(self.process.peak_memory_mb(), 0)
        self.invoke("a")
        if Path("/proc/self/status").exists():
            self.assertGreater(self.process.peak_memory_mb(), 1)

    def test_processes_work_side_by_side(self) -> None:
        processes = [self.make() for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda p: json.loads(p[1].invoke(event(p[0]), 5).payload)["echo"], enumerate(processes)))
        self.assertEqual(answers, [0, 1, 2, 3])


class RuntimeApiTest(unittest.TestCase):
    def setUp(self) -> None:
        self.api = RuntimeApi()
        self.addCleanup(self.api.close)

    def post(self, path: str, body: bytes = b"{}") -> int:
        connection = http.client.HTTPConnection(self.api.address)
        self.addCleanup(connection.close)
        connection.request("POST", f"/2018-06-01/runtime/{path}", body)
        return connection.getresponse().status

    def test_only_the_event_at_hand_can_be_answered_and_only_once(self) -> None:
        sent = event("a")
        self.api.send(sent)
        self.assertEqual(self.post("invocation/another/response"), 400)
        self.assertEqual(self.post(f"invocation/{sent.request_id}/response", b"1"), 202)
        self.assertEqual(self.post(f"invocation/{sent.request_id}/response", b"2"), 400)
        self.assertEqual(self.api.wait_for_answer(1), Answer(b"1", is_error=False))
        self.assertIsNone(self.api.wait_for_answer(0.01))

    def test_unknown_paths_are_not_found(self) -> None:
        self.assertEqual(self.post("invocation/x/shrug"), 404)


if __name__ == "__main__":
    unittest.main()
