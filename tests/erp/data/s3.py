"""A bucket on this machine: keeps objects, checks every signature as S3 does, and fails when it is told to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from minio.credentials import Credentials
from minio.signer import sign_v4_s3

KEY, SECRET, BUCKET = "millrace", "a secret of the bucket", "files"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave together, so that nobody waits for an acknowledgement between them
    objects: ClassVar[dict[str, bytes]] = {}
    written: ClassVar[dict[str, datetime]] = {}
    fails: ClassVar[list[int]] = []
    """Statuses of the next answers instead of what was asked; 0 hangs up."""

    def handle_any(self):
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.fails:
            status = self.fails.pop(0)
            if not status:
                self.close_connection = True
                self.connection.close()
                return
            self.refuse(status, "AccessDenied" if status == 403 else "InternalError")
        elif not self.is_signed():
            self.refuse(403, "SignatureDoesNotMatch")
        else:
            self.carry_out(content)

    do_GET = do_PUT = do_DELETE = do_HEAD = handle_any  # noqa: N815 - the base calls them so

    def is_signed(self) -> bool:
        """The same request signed anew with our secret has the same signature."""
        given = self.headers["Authorization"]
        names = given.partition("SignedHeaders=")[2].partition(",")[0].split(";")
        headers = {name: self.headers[name] for name in names}
        at = datetime.strptime(self.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        url = urlsplit(f"http://{self.headers['Host']}{self.path}")
        again = sign_v4_s3(
            method=self.command, url=url, region="us-east-1", headers=headers,
            credentials=Credentials(KEY, SECRET), content_sha256=self.headers["x-amz-content-sha256"], date=at,
        )  # fmt: skip
        return again["Authorization"] == given

    def carry_out(self, content: bytes) -> None:
        parts = urlsplit(self.path)
        key = unquote(parts.path).removeprefix(f"/{BUCKET}").strip("/")
        if self.command == "PUT":
            self.objects[key], self.written[key] = content, datetime.now(UTC)
            self.say(200, b"", {"ETag": '"0"'})
        elif not key:
            self.say(200, self.listing(parse_qs(parts.query).get("prefix", [""])[0]))
        elif self.command == "DELETE":
            self.objects.pop(key, None)
            self.say(204, b"")
        elif key not in self.objects:
            self.refuse(404, "NoSuchKey")
        else:
            at = self.written.get(key, datetime.now(UTC))
            self.say(200, self.objects[key], {"ETag": '"0"', "Last-Modified": format_datetime(at, usegmt=True)})

    def listing(self, prefix: str) -> bytes:
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>{self.written.get(key, datetime.now(UTC)):%Y-%m-%dT%H:%M:%S.000Z}</LastModified>"
            f"<ETag>0</ETag><Size>{len(content)}</Size></Contents>"
            for key, content in sorted(self.objects.items())
            if key.startswith(prefix)
        )
        return (
            f"<ListBucketResult><Name>{BUCKET}</Name><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>".encode()
        )

    def refuse(self, status: int, code: str) -> None:
        self.say(status, f"<Error><Code>{code}</Code><Message>ordered</Message></Error>".encode())

    def say(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/xml", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_args):
        pass


@contextmanager
def bucket(secret: str = SECRET) -> Iterator[tuple[str, type[Handler]]]:
    """(FILES_URL, what it keeps and how it fails) of a bucket that runs while this is open."""
    own = type("Own", (Handler,), {"objects": {}, "written": {}, "fails": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), own)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"s3://{KEY}:{secret.replace(' ', '%20')}@127.0.0.1:{server.server_port}/{BUCKET}?secure=0&timeout=2", own
    finally:
        server.shutdown()
        server.server_close()
