"""Files of documents: bytes on disk by content hash, one row each; the type is sniffed, never believed."""

from __future__ import annotations

import hashlib
import os
import re
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from erp import clock, context
from erp.config import Settings
from erp.data.base import session
from erp.data.tenancy import TenantScoped
from erp.errors import Invalid, NotFound
from erp.i18n import _

SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
)
"""Leading bytes of what may be stored besides WebP, HEIC and plain text."""
IMAGES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/heic"})
INLINE = IMAGES | {"application/pdf"}
OFFICE = {".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


class File(TenantScoped):
    """A file of a document; rows are never changed, a new content is a new row."""

    __tablename__ = "file"
    __table_args__ = (sa.Index("file_owner", "tenant_id", "owner", "owner_id"),)
    owner: Mapped[str] = mapped_column(sa.String(60))
    owner_id: Mapped[int] = mapped_column(sa.BigInteger)
    name: Mapped[str] = mapped_column(sa.String(200))
    sha256: Mapped[str] = mapped_column(sa.String(64))
    size: Mapped[int] = mapped_column(sa.BigInteger)
    media_type: Mapped[str] = mapped_column(sa.String(100))
    purpose: Mapped[str] = mapped_column(sa.String(40), default="")
    """What a program made it for, e.g. `receipt`; empty when a person brought it."""
    created_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), default=lambda: clock.now())
    created_by: Mapped[str] = mapped_column(sa.String(200), default=lambda: context.current().name)

    @property
    def is_image(self) -> bool:
        """Whether a browser can show it as a picture."""
        return self.media_type in IMAGES


_root: Path | None = None
_limit = 20 * 1024 * 1024


def init(settings: Settings) -> None:
    """Set the folder and the largest size."""
    global _root, _limit
    _root, _limit = settings.files, settings.max_upload_mb * 1024 * 1024


def sniff(content: bytes, name: str) -> str | None:
    """The media type the bytes prove, or None for what is not accepted."""
    for signature, media_type in SIGNATURES:
        if content.startswith(signature):
            return OFFICE.get(Path(name).suffix.lower()) if media_type == "application/zip" else media_type
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:12] in {b"ftypheic", b"ftypheix", b"ftypmif1"}:
        return "image/heic"
    if Path(name).suffix.lower() in {".txt", ".csv"} and b"\x00" not in content[:4096]:
        return "text/plain"
    return None


def clean_name(name: str) -> str:
    """A file name without path, control and reserved characters."""
    base = re.sub(r"[\x00-\x1f\x7f/\\:*?\"<>|]+", "_", name.replace("\\", "/").rsplit("/", 1)[-1]).strip(" .")
    return base[-120:] or "file"


def _path(tenant_id: int, sha256: str) -> Path:
    if _root is None:
        raise NotFound("The file store is not open.")
    if tenant_id != context.current().tenant_id:
        raise NotFound("The file store is open for the acting tenant only.")
    return _root / str(tenant_id) / sha256[:2] / sha256


def store(owner: str, owner_id: int, name: str, content: bytes, *, purpose: str = "", field: str = "files") -> File:
    """Keep a file of a document; raises Invalid at `field` when empty, too large or of a type not accepted."""
    name = clean_name(name)
    if not content:
        raise Invalid(fields={field: _("“%(name)s” is empty.", name=name)})
    if len(content) > _limit:
        limit = _limit // 1024 // 1024
        raise Invalid(fields={field: _("“%(name)s” is larger than %(limit)s MB.", name=name, limit=limit)})
    media_type = sniff(content, name)
    if media_type is None:
        raise Invalid(fields={field: _("“%(name)s” is neither a picture, a PDF, a text nor a sheet.", name=name)})
    digest = keep(context.current().tenant_id or 0, content)
    return attach(
        File(name=name, sha256=digest, size=len(content), media_type=media_type, purpose=purpose), owner, owner_id
    )


def keep(tenant_id: int, content: bytes) -> str:
    """Put bytes into the store and return their SHA-256; needs no session, keeping them twice changes nothing."""
    digest = hashlib.sha256(content).hexdigest()
    _write(_path(tenant_id, digest), content)
    return digest


def attach(row: File, owner: str, owner_id: int) -> File:
    """Make a kept content a file of a document."""
    row.owner, row.owner_id = owner, owner_id
    session().add(row)
    session().flush()
    return row


def _write(path: Path, content: bytes) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.{os.urandom(4).hex()}")
    with partial.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(path)


def read(tenant_id: int, sha256: str) -> bytes:
    """The bytes of a file; needs no session, so a worker may read them outside every transaction."""
    path = _path(tenant_id, sha256)
    if not re.fullmatch(r"[0-9a-f]{64}", sha256) or not path.is_file():
        raise NotFound("The file is missing from the store.")
    return path.read_bytes()


def of(owner: str, owner_id: int, purpose: str | None = None) -> list[File]:
    """The files of a document, the oldest first."""
    statement = sa.select(File).where(File.owner == owner, File.owner_id == owner_id).order_by(File.id)
    if purpose is not None:
        statement = statement.where(File.purpose == purpose)
    return list(session().scalars(statement))
