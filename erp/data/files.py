"""Files of documents: bytes in a store by content hash, one row each; the type is sniffed, never believed.

The bytes are kept before the transaction that writes the row, so that nothing waits for the network in it. Mails,
waiting jobs and prints name contents no row of `file` names; `erp.sweeping` takes out what nothing has named for long.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, distinct_on
from sqlalchemy.orm import Mapped, mapped_column

from erp import clock, context
from erp.config import Settings
from erp.data import audit, pictures, stores
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
    position: Mapped[int] = mapped_column(default=0, server_default="0")
    """Place among the files of its owner; of pictures the first is the one lists show."""
    sizes: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict, server_default="{}")
    """{longest side in pixels: SHA-256} of a picture's small ones."""
    created_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), default=lambda: clock.now())
    created_by: Mapped[str] = mapped_column(sa.String(200), default=lambda: context.current().name)

    @property
    def is_image(self) -> bool:
        """Whether a browser can show it as a picture."""
        return self.media_type in IMAGES

    def small(self, side: int) -> str:
        """The SHA-256 of its smallest small picture of at least this side, its own where there is none."""
        fitting = sorted((int(key), digest) for key, digest in self.sizes.items() if int(key) >= side)
        return fitting[0][1] if fitting else self.sha256


@dataclass(frozen=True)
class Kept:
    """A content in the store that is no document's yet."""

    name: str
    sha256: str
    size: int
    media_type: str
    sizes: Mapping[str, str] = field(default_factory=dict)
    purpose: str = ""

    def row(self, purpose: str = "") -> File:
        """The row that makes it a file."""
        return File(
            name=self.name, sha256=self.sha256, size=self.size, media_type=self.media_type,
            purpose=purpose or self.purpose,
            sizes=dict(self.sizes),
        )  # fmt: skip


Upload = tuple[str, bytes] | tuple[str, bytes, str]
"""(file name, content), and for a file that is more than a photo or paper its purpose."""
P = ParamSpec("P")
R = TypeVar("R")
_store: stores.Store | None = None
_limit = 20 * 1024 * 1024


def init(settings: Settings) -> None:
    """Open the store and set the largest size."""
    global _store, _limit
    _store, _limit = stores.opened(settings.files_url, settings.files), settings.max_upload_mb * 1024 * 1024


def store() -> stores.Store:
    """The store of this process."""
    if _store is None:
        raise NotFound("The file store is not open.")
    return _store


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


def key_of(tenant_id: int, sha256: str) -> str:
    """The key of a content in the store; raises NotFound for another tenant's, or for what is no hash."""
    if tenant_id != context.current().tenant_id:
        raise NotFound("The file store is open for the acting tenant only.")
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise NotFound("The file is missing from the store.")
    return f"{tenant_id}/{sha256[:2]}/{sha256}"


def receive(name: str, content: bytes, *, field: str = "files") -> Kept:
    """Check what somebody sent and keep it; outside a transaction, where the store is not of this host.

    A picture is written anew, without what its camera knew. Raises Invalid at `field` when it is empty, too large, or
    of a type not accepted.
    """
    name = clean_name(name)
    if not content:
        raise Invalid(fields={field: _("“%(name)s” is empty.", name=name)})
    if len(content) > _limit:
        limit = _limit // 1024 // 1024
        raise Invalid(fields={field: _("“%(name)s” is larger than %(limit)s MB.", name=name, limit=limit)})
    media_type = sniff(content, name)
    if media_type is None:
        raise Invalid(fields={field: _("“%(name)s” is neither a picture, a PDF, a text nor a sheet.", name=name)})
    tenant_id = context.current().tenant_id or 0
    if media_type not in IMAGES:
        return Kept(name, keep(tenant_id, content), len(content), media_type)
    picture = pictures.cleaned(content, media_type, name, field)
    sizes = {str(side): keep(tenant_id, small) for side, small in picture.small.items()}
    if picture.media_type != media_type:
        name = f"{name.rpartition('.')[0] or name}.{picture.media_type.removeprefix('image/')}"
    return Kept(name, keep(tenant_id, picture.content), len(picture.content), picture.media_type, sizes)


def received(uploads: Sequence[Upload | Kept]) -> list[Kept]:
    """What was sent along, kept in the store; raises Invalid naming what is refused."""
    return [each if isinstance(each, Kept) else _received(*each) for each in uploads]


def _received(name: str, content: bytes, purpose: str = "") -> Kept:
    return replace(receive(name, content), purpose=purpose)


def receiving(function: Callable[P, R]) -> Callable[P, R]:
    """Decorator: the `uploads` are checked and in the store before the function's transaction begins."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if sent := kwargs.get("uploads"):
            kwargs["uploads"] = received(cast("Sequence[Upload | Kept]", sent))
        return function(*args, **kwargs)

    return run


def keep(tenant_id: int, content: bytes) -> str:
    """Put bytes into the store and return their SHA-256; needs no session, keeping them twice changes nothing."""
    digest = hashlib.sha256(content).hexdigest()
    store().put(key_of(tenant_id, digest), content)
    return digest


def attach(row: File, owner: str, owner_id: int) -> File:
    """Make a kept content a file of a document."""
    row.owner, row.owner_id = owner, owner_id
    last = sa.select(sa.func.max(File.position)).where(File.owner == owner, File.owner_id == owner_id)
    row.position = (session().scalar(last) or 0) + 1
    session().add(row)
    session().flush()
    return row


def read(tenant_id: int, sha256: str) -> bytes:
    """The bytes of a file; needs no session, so a worker may read them outside every transaction."""
    return store().get(key_of(tenant_id, sha256))


def of(owner: str, owner_id: int, purpose: str | None = None) -> list[File]:
    """The files of a document, the oldest first."""
    statement = sa.select(File).where(File.owner == owner, File.owner_id == owner_id).order_by(File.position, File.id)
    if purpose is not None:
        statement = statement.where(File.purpose == purpose)
    return list(session().scalars(statement))


def first_pictures(owner: str, ids: Sequence[int]) -> dict[int, File]:
    """The picture that stands first, of each of these documents that has one; one statement."""
    found = (
        sa.select(File)
        .where(File.owner == owner, File.owner_id.in_(ids), File.media_type.in_(IMAGES), File.purpose == "")
        .order_by(File.owner_id, File.position, File.id)
        .ext(distinct_on(File.owner_id))
    )
    return {row.owner_id: row for row in session().scalars(found)} if ids else {}


def move(row: File, to: str) -> None:
    """Put a picture `first`, or one place `earlier` or `later`; inside a transaction, its owner locked."""
    others = [each for each in of(row.owner, row.owner_id, "") if each.is_image]
    place = others.index(row)
    others.remove(row)
    others.insert({"first": 0, "earlier": max(0, place - 1)}.get(to, place + 1), row)
    for position, each in zip(sorted(each.position for each in others), others, strict=True):
        each.position = position


def remove(row: File) -> None:
    """Take a file away from its document; the history keeps its name, the bytes are swept later."""
    audit.note("changed", row.owner, row.owner_id, file=[row.name, None])
    session().delete(row)
