"""How files leave the house: as what they were proved to be, shown only where that is safe."""

from __future__ import annotations

from urllib.parse import quote

from flask import Response

from erp.data.files import INLINE


def sent(content: bytes, name: str, media_type: str) -> Response:
    """An answer with a file; pictures and PDFs open in the browser, everything else is saved."""
    kind = "inline" if media_type in INLINE else "attachment"
    plain = "".join(sign if sign.isascii() and sign.isprintable() and sign not in '"\\' else "_" for sign in name)
    answer = Response(content, mimetype=media_type)
    answer.headers["Content-Disposition"] = f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
