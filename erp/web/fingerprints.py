"""What tells one request from another when it is sent again."""

from __future__ import annotations

import hashlib
from collections.abc import Container

from flask import request

FORMS = frozenset({"multipart/form-data", "application/x-www-form-urlencoded"})


def fingerprint(without: Container[str] = ()) -> str:
    """Of method, address and content; of forms their fields and files, since the boundaries between them are random.

    Fields named by `without` may differ. Files are read, and stand at their beginning again afterwards.
    """
    found = hashlib.sha256(f"{request.method} {request.full_path}\n".encode())
    if request.mimetype not in FORMS:
        found.update(request.get_data())
        return found.hexdigest()
    for name, text in request.form.items(multi=True):
        if name not in without:
            found.update(f"{name!r} {text!r}\n".encode())
    for name, file in request.files.items(multi=True):
        file.stream.seek(0)
        content = hashlib.file_digest(file.stream, "sha256").hexdigest()  # type: ignore[arg-type] # a file opened for bytes
        file.stream.seek(0)
        found.update(f"{name!r} {file.filename!r} {content}\n".encode())
    return found.hexdigest()
