"""Pictures as they are kept: turned upright, without what the camera wrote beside them, with small ones to show."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.Image import DecompressionBombError, Resampling

from erp.errors import Invalid
from erp.i18n import _, format_number

SIZES = (96, 480, 1280)
"""Longest sides of the small ones, in pixels: lists and pickers, pages, a whole screen."""
LONGEST = 4096
"""Longest side of what is kept."""
MOST_PIXELS = 64_000_000
"""More are not even decoded: a small file can hold a picture that fills the memory."""
KEPT_AS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/gif": "PNG"}
"""Format each kind is written in again; of a moving GIF its first picture."""


@dataclass(frozen=True)
class Picture:
    """A picture written anew."""

    content: bytes
    media_type: str
    small: Mapping[int, bytes]
    """{longest side: WebP}"""


def cleaned(content: bytes, media_type: str, name: str, field: str) -> Picture:
    """The picture without place, camera and other data; raises Invalid at `field` for what is none or far too large."""
    kept_as = KEPT_AS.get(media_type)
    if kept_as is None:
        said = _(
            "“%(name)s” is a HEIC picture, which browsers cannot show. Send it as JPEG; an iPhone takes JPEGs when"
            " Settings, Camera, Formats says “Most Compatible”.",
            name=name,
        )
        raise Invalid(fields={field: said})
    try:
        with Image.open(io.BytesIO(content), formats=[media_type.removeprefix("image/").upper()]) as opened:
            _refuse_huge(opened, name, field)
            turned = ImageOps.exif_transpose(opened)
            picture = turned.convert("RGBA" if kept_as != "JPEG" and turned.has_transparency_data else "RGB")
            profile = opened.info.get("icc_profile")
    except DecompressionBombError as error:
        raise Invalid(fields={field: _too_large(name)}) from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        said = _("“%(name)s” cannot be read as a picture; it may be damaged.", name=name)
        raise Invalid(fields={field: said}) from error
    picture.info.clear()
    picture.thumbnail((LONGEST, LONGEST), Resampling.LANCZOS)
    whole = _written(picture, kept_as, profile)
    small = {}
    for side in sorted(SIZES, reverse=True):
        picture.thumbnail((side, side), Resampling.LANCZOS)
        small[side] = _written(picture, "WEBP", None)
    return Picture(whole, f"image/{kept_as.lower()}", small)


def _refuse_huge(picture: Image.Image, name: str, field: str) -> None:
    if picture.width * picture.height > MOST_PIXELS:
        raise Invalid(fields={field: _too_large(name)})


def _too_large(name: str) -> str:
    most = format_number(MOST_PIXELS // 1_000_000)
    return _("“%(name)s” has more than %(most)s million pixels. Make it smaller first.", name=name, most=most)


def _written(picture: Image.Image, kept_as: str, profile: bytes | None) -> bytes:
    out = io.BytesIO()
    colours = {"icc_profile": profile} if profile else {}
    if kept_as == "PNG":
        picture.save(out, "PNG", optimize=True, **colours)
    else:
        picture.save(out, kept_as, quality=88 if kept_as == "JPEG" else 82, **colours)
    return out.getvalue()
