"""The browser bundles: named with their hash, kept by browsers for a year."""

from __future__ import annotations

import json
import mimetypes
from functools import cache
from pathlib import Path
from typing import Any

from flask import request, send_from_directory
from flask_appbuilder import BaseView, expose

from erp.errors import NotFound
from erp.web.guard import public

FOLDER = Path(__file__).resolve().parent.parent / "frontend" / "dist"
YEAR = 365 * 24 * 3600
LONGEST = 200
"""Bytes of a bundle's name; file systems refuse to look for much longer ones."""


@cache
def manifest() -> dict[str, str]:
    """The hash of each bundle; empty before the first build."""
    path = FOLDER / "manifest.json"
    found: dict[str, str] = json.loads(path.read_text()) if path.is_file() else {}
    return found


@cache
def asset(name: str) -> str:
    """The address of a bundle."""
    version = manifest().get(name)
    return f"/static/dist/{name}?v={version}" if version else f"/static/dist/{name}"


class Assets(BaseView):
    """Files of the browser bundles."""

    route_base = "/static/dist"
    default_view = "file"

    @expose("/<path:name>")
    @public
    def file(self, name: str) -> Any:
        """One file, packed when the browser takes it so."""
        if len(name.encode()) > LONGEST:
            raise NotFound
        packed = f"{name}.gz"
        is_packed = request.accept_encodings.quality("gzip") > 0 and (FOLDER / packed).is_file() and ".." not in name
        answer = send_from_directory(FOLDER, packed if is_packed else name, max_age=YEAR, conditional=True)
        if is_packed:
            answer.mimetype = mimetypes.guess_type(name)[0] or "application/octet-stream"
            answer.headers["Content-Encoding"] = "gzip"
        answer.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
        answer.headers["Vary"] = "Accept-Encoding"
        return answer
