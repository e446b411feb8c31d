"""Drives the functions as the state machines do, each invocation in a process of its own.

The processes are the very binaries that are packaged for Lambda. They speak to a Runtime API of one invocation, which
hands them their request and takes their answer, and to an object store over HTTP. So the peak memory that a function
logs is its own, and what is timed is what a cold start costs and everything after it.
"""

import json
import os
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

BUCKET = "lake"
AT = "2026-01-02T03:04:05Z"


class Failed(Exception):
    """A function answered with an error."""


class Machine:
    def __init__(self, target, store, wasm, concurrency=2):
        self.binaries = Path(target) / "release"
        self.store = store
        self.wasm = wasm
        self.concurrency = concurrency
        # One entry per invocation: function, seconds and CPU seconds of the process, and the peak memory it logged.
        self.invocations = []

    def call(self, function, request):
        """The answer of one invocation."""
        step = request.get("step")
        start = time.perf_counter()
        answer, log, cpu = self.invoke(function, request)
        seconds = time.perf_counter() - start
        name = f"{function} {step}" if step else function
        line = next((line for line in log if line.get("stage") and "peak_rss_mb" in line), {})
        self.invocations.append({"function": name, "seconds": seconds, "cpu": cpu, "peak_mb": line.get("peak_rss_mb")})
        if "errorType" in answer:
            raise Failed(f"{name}: {answer['errorType']}: {answer['errorMessage']}")
        return answer

    def map(self, function, requests):
        with ThreadPoolExecutor(self.concurrency) as pool:
            return list(pool.map(lambda request: self.call(function, request), requests))

    def invoke(self, function, request):
        runtime = RuntimeApi(request)
        program = self.binaries / function
        environment = {
            "PATH": os.environ["PATH"],
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{runtime.server.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": function,
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "3008",
            "AWS_LAMBDA_LOG_GROUP_NAME": "benches",
            "AWS_LAMBDA_LOG_STREAM_NAME": "benches",
            "AWS_ENDPOINT_URL": self.store.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "SLUICE_BUCKET": BUCKET,
        } | ({"SLUICE_WASM_DIR": str(self.wasm)} if self.wasm else {})
        process = subprocess.Popen(
            [program], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        output = []
        reader = threading.Thread(target=lambda: output.extend(process.stdout))
        reader.start()
        while not runtime.done.wait(0.05):
            if process.poll() is not None:
                reader.join()
                raise Failed(f"{function} ended with {process.returncode}:\n{''.join(output)}")
        # It waits for a second request, which there is not.
        process.kill()
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
        reader.join()
        runtime.server.server_close()
        log = [parsed for line in output if (parsed := parse(line))]
        return runtime.answer, log, usage.ru_utime + usage.ru_stime

    def data(self, use_case, run_id, settings):
        """The data machine, from raw files to a snapshot."""
        run = {"use_case": use_case, "run_id": run_id}
        planned = self.call("plan", run | {"purpose": "data", "settings": settings, "raw": None})
        requests = [part for table in planned["tables"] for part in table["parts"]]
        cleaned = iter(self.map("clean", self.map("ingest", requests)))
        parts = [[next(cleaned) for _ in table["parts"]] for table in planned["tables"]]
        controls = [
            run | {"step": "partition", "at": AT, "partition": partition, "parts": parts}
            for partition in planned["partitions"]
        ]
        verdicts = self.map("validate", controls)
        gate = self.call("validate", run | {"step": "gate", "verdicts": verdicts})
        gold = self.map("features", [run | {"step": "gold", "verdict": verdict} for verdict in gate["verdicts"]])
        fit = {"step": "fit", "verdicts": gate["verdicts"], "rows": gate["rows"], "gold": gold}
        return gate, gold, self.call("features", run | fit)

    def training(self, use_case, run_id, settings, snapshot_id):
        """The training machine, from a snapshot to a registered version; without inference modules, to candidates."""
        run = {"use_case": use_case, "run_id": run_id}
        plan = {"purpose": "training", "settings": settings, "raw": None, "snapshot_id": snapshot_id}
        planned = self.call("plan", run | plan)
        candidates = self.map("train", planned["candidates"])
        if not self.wasm:
            return candidates, None, None
        choice = {"snapshot_id": snapshot_id, "started_at": AT, "at": AT, "candidates": candidates}
        selected = self.call("select", run | choice)
        registered = self.call("register", run | {"run": selected["run"], "at": AT})
        return candidates, selected, registered

    def by_function(self):
        """Figures of each function, in the order of their first invocations."""
        figures = {}
        for one in self.invocations:
            none = {"invocations": 0, "longest": 0.0, "sum": 0.0, "cpu": 0.0, "peak_mb": 0.0}
            mine = figures.setdefault(one["function"], none)
            mine["invocations"] += 1
            mine["longest"] = max(mine["longest"], one["seconds"])
            mine["sum"] += one["seconds"]
            mine["cpu"] += one["cpu"]
            mine["peak_mb"] = max(mine["peak_mb"], one["peak_mb"] or 0.0)
        return figures


class RuntimeApi:
    """Hands out one request and takes its answer."""

    def __init__(self, request):
        self.request = json.dumps(request).encode()
        self.answer = None
        self.done = threading.Event()
        self.server = HTTPServer(("127.0.0.1", 0), self.handler())
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while not self.done.is_set():
            self.server.handle_request()

    def handler(runtime):
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                self.send_response(200)
                self.send_header("Lambda-Runtime-Aws-Request-Id", "bench")
                self.send_header("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + 900_000))
                self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:0:function:bench")
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(runtime.request)))
                self.end_headers()
                self.wfile.write(runtime.request)

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                runtime.answer = json.loads(body)
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()
                runtime.done.set()

        return Handler


def parse(line):
    try:
        parsed = json.loads(line)
    except json.JSONDecodeError:
        return None
    return parsed if isinstance(parsed, dict) else None
