"""An S3 server that shares no code with the emulators: moto's, kept in memory.

    <python of its environment> localstack/second_s3.py --port 4600

The tests send S3 there, and everything else to an emulator, to show that nothing depends on one vendor's S3.
It handles one request at a time: moto looks at a condition and writes in two steps, and this makes them one.
"""

import argparse

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple


def main() -> None:
    parser = argparse.ArgumentParser(description="Starts an S3 server in memory, in the foreground.")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    application = DomainDispatcherApplication(create_backend_app)
    run_simple("127.0.0.1", options.port, application, threaded=False)


if __name__ == "__main__":
    main()
