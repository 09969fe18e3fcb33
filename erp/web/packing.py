"""Answers are packed for who takes them so: JSON, pages and sheets above a thousand bytes, never streams of events."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Generator, Iterable, Iterator
from typing import Any

from flask import Flask, Response, request

LEAST = 1000
"""Bytes below which packing saves nothing."""
LEVEL = 5
GZIP = 31
"""Window bits of zlib that write gzip's head and end."""
KINDS = frozenset({
    "application/json", "application/xml", "image/svg+xml", "text/css", "text/csv", "text/html", "text/javascript",
    "text/plain",
})  # fmt: skip
SHEET = "text/csv"
STRANGERS = frozenset({"cross-site", "same-site"})
"""What browsers say of a request that another site has caused."""


class Packed(Response):
    """An answer that was packed before, as what is asked for again and again; whoever takes it plain gets it so."""

    def unpack(self) -> None:
        """Be plain."""
        self.set_data(zlib.decompress(self.get_data(), GZIP))


def init_app(app: Flask) -> None:
    """Pack what leaves; called before anything that reads answers afterwards."""
    app.after_request(_pack)


def _pack(answer: Any) -> Any:
    if answer.mimetype not in KINDS or "Content-Encoding" in answer.headers or answer.direct_passthrough:
        return answer
    if answer.is_streamed and answer.mimetype != SHEET:
        return answer
    answer.vary.add("Accept-Encoding")
    if isinstance(answer, Packed):
        return _as_it_is(answer)
    if not _takes_gzip() or answer.status_code in {204, 304} or _could_be_probed():
        return answer
    if answer.is_streamed:
        answer.response = _flowing(answer.response)
        answer.headers["Content-Encoding"] = "gzip"
        return answer
    content = answer.get_data()
    if len(content) < LEAST:
        return answer
    answer.set_data(gzip.compress(content, LEVEL, mtime=0))
    answer.headers["Content-Encoding"] = "gzip"
    if "ETag" in answer.headers and not answer.headers["ETag"].startswith("W/"):
        answer.headers["ETag"] = f"W/{answer.headers['ETag']}"
    return answer


def _as_it_is(answer: Packed) -> Packed:
    if not _takes_gzip() or _could_be_probed():
        answer.unpack()
    else:
        answer.headers["Content-Encoding"] = "gzip"
    return answer


def _flowing(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """A long sheet, packed as it is written; it has an end, so that nobody waits for what is kept back."""
    packer = zlib.compressobj(LEVEL, wbits=GZIP)
    try:
        for chunk in chunks:
            if packed := packer.compress(chunk):
                yield packed
        yield packer.flush()
    finally:
        if isinstance(chunks, Generator):
            chunks.close()


def _takes_gzip() -> bool:
    return request.accept_encodings.quality("gzip") > 0


def _could_be_probed() -> bool:
    """Whether another site made a browser ask in its user's name: the length must not tell what is inside (BREACH)."""
    return "Cookie" in request.headers and request.headers.get("Sec-Fetch-Site", "") in STRANGERS
