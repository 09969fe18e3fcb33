"""Small real pictures for tests that send one."""

from __future__ import annotations

import io

from PIL import Image


def png(width: int = 8, height: int = 8, colour: str = "teal") -> bytes:
    """A PNG of one colour."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG")
    return out.getvalue()
