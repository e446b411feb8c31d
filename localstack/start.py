"""Becomes an emulator: sets its environment and executes it in this very process.

    <python of the emulator's environment> localstack/start.py --stack ministack --port 4566 --data .sluice/ministack

Because it replaces itself, the process id that the caller got is the emulator's: SIGTERM stops it.
Poll the address that `--print-health` prints until it answers 200.
"""

import argparse
import os
import sys
from pathlib import Path

HEALTH = {"ministack": "/_ministack/ready", "localstack": "/_localstack/health"}


def main() -> None:
    parser = argparse.ArgumentParser(description="Starts a local emulator in the foreground.")
    parser.add_argument("--stack", choices=sorted(HEALTH), required=True)
    parser.add_argument("--port", type=int, default=4566)
    parser.add_argument("--data", type=Path, required=True, help="folder for everything the emulator writes")
    parser.add_argument("--print-health", action="store_true", help="print the address to poll, and end")
    options = parser.parse_args()
    if options.print_health:
        print(f"http://127.0.0.1:{options.port}{HEALTH[options.stack]}")
        return
    data = options.data.resolve()
    (data / "tmp").mkdir(parents=True, exist_ok=True)
    environment = clean_environment() | {
        # Code and caches of the emulator, and what the functions put into their /tmp.
        "TMPDIR": str(data / "tmp"),
        "PYTHONUNBUFFERED": "1",
    }
    arguments, own = {"ministack": ministack, "localstack": localstack}[options.stack](options.port, data)
    os.chdir(data)
    os.execve(sys.executable, [sys.executable, *arguments], environment | own)


def clean_environment() -> dict[str, str]:
    """The caller's environment without its AWS settings.

    Functions run as children of the emulator and inherit what it has: a profile or an endpoint of the caller would
    send them somewhere else. What they are to get goes through the stack's parameters.
    """
    return {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "SLUICE_")) and k != "RUST_LOG"}


def ministack(port: int, data: Path) -> tuple[list[str], dict[str, str]]:
    endpoint = f"http://127.0.0.1:{port}"
    return ["-m", "ministack"], {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(data / "s3"),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(data / "state"),
        "LAMBDA_EXECUTOR": "local",
        # Handed to every function, so that its SDK comes back here.
        "AWS_ENDPOINT_URL": endpoint,
        # Listeners that nobody here needs.
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "INFO"),
    }


def localstack(port: int, data: Path) -> tuple[list[str], dict[str, str]]:
    return ["-m", "localstack.runtime.main"], {
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "LOCALSTACK_HOST": f"localhost:{port}",
        "FILESYSTEM_ROOT": str(data),
        # The plugin in executor/: functions run as processes, not as containers.
        "LAMBDA_RUNTIME_EXECUTOR": "process",
        "LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT": "30",
        # No telemetry, no download of certificates, no DNS server on port 53.
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "DNS_ADDRESS": "0",
        "SERVICES": "cloudformation,events,iam,lambda,logs,s3,scheduler,stepfunctions,sts,cloudwatch,ssm,sqs",
        "DEBUG": os.environ.get("DEBUG", "0"),
    }


if __name__ == "__main__":
    main()
