"""An object store over a folder that speaks as much of S3 as the functions do, for benchmarks only.

The emulators of the demo read a whole file to answer a range of it, which would be measured instead of the functions.
This one reads just the range. It has no accounts, no versions and one bucket; conditional writes are as in S3.
"""

import itertools
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

PAGE = 1000


class ObjectStore:
    """The objects under a folder, and the server that hands them out."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.lock = threading.Lock()
        self.numbers = itertools.count(1)
        # Entity tag and size by key; a tag says which write it was.
        self.objects = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def adopt(self, key, file):
        """Makes an existing file an object without copying it."""
        place = self.place(key)
        place.symlink_to(Path(file).resolve())
        self.objects[key] = (f"adopted-{next(self.numbers)}", place.stat().st_size)

    def read(self, key):
        return (self.folder / key).read_bytes()

    def place(self, key):
        place = self.folder / key
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def put(self, key, body, if_none_match, if_match):
        """The new entity tag, or the status of a failure."""
        temporary = self.folder / f".write-{next(self.numbers)}"
        temporary.write_bytes(body)
        with self.lock:
            found = self.objects.get(key)
            if if_none_match and found or if_match and (not found or found[0] != if_match):
                temporary.unlink()
                return None, 412 if found else 404
            os.replace(temporary, self.place(key))
            tag = f"w-{next(self.numbers)}"
            self.objects[key] = (tag, len(body))
            return tag, 200

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def handler(store):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # A small answer waits for nothing.
            disable_nagle_algorithm = True

            def log_message(self, *_):
                pass

            def key(self):
                """The bucket is the first part of the path."""
                path = unquote(urlsplit(self.path).path).lstrip("/")
                return path.partition("/")[2]

            def answer(self, status, body=b"", headers=()):
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def fail(self, status, code):
                text = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>"
                self.answer(status, b"" if self.command == "HEAD" else text.encode())

            def found(self):
                """The object asked for; `None` after a failure was answered."""
                key = self.key()
                found = store.objects.get(key)
                wanted = self.headers.get("If-Match")
                if not found:
                    self.fail(404, "NoSuchKey")
                elif wanted and wanted.strip('"') != found[0]:
                    self.fail(412, "PreconditionFailed")
                else:
                    return key, *found

            def do_HEAD(self):
                if found := self.found():
                    _, tag, size = found
                    self.send_response(200)
                    self.send_header("ETag", f'"{tag}"')
                    self.send_header("Content-Length", str(size))
                    self.end_headers()

            def do_GET(self):
                if not self.key():
                    return self.list()
                if not (found := self.found()):
                    return
                key, tag, size = found
                first, last, status = 0, size - 1, 200
                if wanted := self.headers.get("Range"):
                    start, _, end = wanted.removeprefix("bytes=").partition("-")
                    first, last, status = int(start), min(int(end), size - 1), 206
                    if first >= size:
                        return self.fail(416, "InvalidRange")
                self.send_response(status)
                self.send_header("ETag", f'"{tag}"')
                self.send_header("Content-Length", str(last - first + 1))
                if status == 206:
                    self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
                self.end_headers()
                self.wfile.flush()
                with open(store.folder / key, "rb") as file:
                    while first <= last:
                        first += os.sendfile(self.connection.fileno(), file.fileno(), first, last - first + 1)

            def do_PUT(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if not self.key():
                    return self.answer(200)
                condition = self.headers.get("If-Match", "").strip('"')
                tag, status = store.put(self.key(), body, self.headers.get("If-None-Match"), condition)
                if tag:
                    self.answer(200, headers=[("ETag", f'"{tag}"')])
                else:
                    self.fail(status, "PreconditionFailed" if status == 412 else "NoSuchKey")

            def do_DELETE(self):
                with store.lock:
                    if store.objects.pop(self.key(), None):
                        (store.folder / self.key()).unlink()
                self.answer(204)

            def list(self):
                query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
                prefix = query.get("prefix", "")
                after = query.get("continuation-token") or query.get("start-after", "")
                with store.lock:
                    keys = sorted(key for key in store.objects if key.startswith(prefix) and key > after)
                    page = [(key, *store.objects[key]) for key in keys[:PAGE]]
                is_cut = len(keys) > PAGE
                contents = "".join(
                    f"<Contents><Key>{escape(key)}</Key><ETag>&quot;{tag}&quot;</ETag><Size>{size}</Size></Contents>"
                    for key, tag, size in page
                )
                token = f"<NextContinuationToken>{escape(page[-1][0])}</NextContinuationToken>" if is_cut else ""
                text = (
                    '<?xml version="1.0" encoding="UTF-8"?>'
                    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
                    f"<Name>lake</Name><Prefix>{escape(prefix)}</Prefix><KeyCount>{len(page)}</KeyCount>"
                    f"<MaxKeys>{PAGE}</MaxKeys><IsTruncated>{str(is_cut).lower()}</IsTruncated>{token}{contents}"
                    "</ListBucketResult>"
                )
                self.answer(200, text.encode(), [("Content-Type", "application/xml")])

        return Handler
