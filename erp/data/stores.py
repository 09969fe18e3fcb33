"""Where the bytes of files lie: a folder of this host or a bucket that speaks S3, under the same keys in both."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from erp import late
from erp.data.base import is_writing
from erp.errors import ErpError, NotFound, SetupError
from erp.i18n import _

if TYPE_CHECKING:
    import minio
    import urllib3
else:
    minio = late.module("minio")
    urllib3 = late.module("urllib3")

CONNECT_SECONDS, READ_SECONDS = 5, 30
GONE = frozenset({"NoSuchKey", "NoSuchObject", "NotFound"})


class StoreAway(ErpError):
    """The file store did not do what it was asked; nothing half done is left."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "file_store_away"


class Store(Protocol):
    """Bytes under keys; the same content has the same key, so that writing it twice changes nothing."""

    def has(self, key: str) -> bool:
        """Whether there is something under the key."""

    def put(self, key: str, content: bytes) -> None:
        """Keep the whole content or nothing of it; raises StoreAway."""

    def get(self, key: str) -> bytes:
        """The content; raises NotFound or StoreAway."""

    def remove(self, key: str) -> None:
        """Forget the key; nothing happens when it is not there."""

    def remove_older(self, key: str, moment: datetime) -> bool:
        """Forget the key unless it was kept again after this moment; whether it is gone now."""

    def listed(self, prefix: str = "") -> Iterator[tuple[str, datetime]]:
        """Every key that begins so, with the moment it was written, in the order of the keys."""


class Folder:
    """A folder of this host."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def has(self, key: str) -> bool:
        """Whether there is such a file."""
        return self._path(key).is_file()

    def put(self, key: str, content: bytes) -> None:
        """Write beside it, then rename: a reader never sees half a file."""
        path = self._path(key)
        with suppress(FileNotFoundError):
            os.utime(path)  # kept again just now: too young to be swept
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}.{os.urandom(4).hex()}")
        with partial.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)

    def get(self, key: str) -> bytes:
        """The content; raises NotFound."""
        path = self._path(key)
        if not path.is_file():
            raise NotFound("The file is missing from the store.")
        return path.read_bytes()

    def remove(self, key: str) -> None:
        """Forget it."""
        self._path(key).unlink(missing_ok=True)

    def remove_older(self, key: str, moment: datetime) -> bool:
        """Forget it unless it was touched since."""
        path = self._path(key)
        if path.is_file() and datetime.fromtimestamp(path.stat().st_mtime, UTC) > moment:
            return False
        path.unlink(missing_ok=True)
        return True

    def listed(self, prefix: str = "") -> Iterator[tuple[str, datetime]]:
        """Every file, half-written ones of a process that died too."""
        for path in sorted((self.root / prefix.rpartition("/")[0]).rglob("*")):
            key = path.relative_to(self.root).as_posix()
            if key.startswith(prefix) and path.is_file():
                yield key, datetime.fromtimestamp(path.stat().st_mtime, UTC)

    def _path(self, key: str) -> Path:
        path = (self.root / key).resolve()
        if not path.is_relative_to(self.root.resolve()):
            raise NotFound("The file is missing from the store.")
        return path


class Bucket:
    """A bucket of Amazon S3 or of a server that speaks its language; never asked inside a transaction."""

    def __init__(self, client: minio.Minio, name: str) -> None:
        self.client, self.name = client, name

    def has(self, key: str) -> bool:
        """Whether there is such an object."""
        try:
            self._asked(lambda: self.client.stat_object(self.name, key))
        except NotFound:
            return False
        return True

    def put(self, key: str, content: bytes) -> None:
        """One request: S3 shows an object whole or not at all."""
        self._asked(lambda: self.client.put_object(self.name, key, io.BytesIO(content), len(content)))

    def get(self, key: str) -> bytes:
        """The content; raises NotFound."""

        def read() -> bytes:
            answer = self.client.get_object(self.name, key)
            try:
                return bytes(answer.read())
            finally:
                answer.close()
                answer.release_conn()

        found: bytes = self._asked(read)
        return found

    def remove(self, key: str) -> None:
        """Forget it."""
        self._asked(lambda: self.client.remove_object(self.name, key))

    def remove_older(self, key: str, moment: datetime) -> bool:
        """Forget it unless it was written since."""
        try:
            written = self._asked(lambda: self.client.stat_object(self.name, key)).last_modified
        except NotFound:
            return True
        if written > moment:
            return False
        self.remove(key)
        return True

    def listed(self, prefix: str = "") -> Iterator[tuple[str, datetime]]:
        """Every object."""
        found = self._asked(lambda: self.client.list_objects(self.name, prefix=prefix, recursive=True))
        while (each := self._asked(lambda: next(found, None))) is not None:
            yield str(each.object_name), each.last_modified

    def _asked(self, ask: Any) -> Any:
        if is_writing():
            raise ErpError("The file store is asked inside a transaction, which would wait for the network.")
        try:
            return ask()
        except minio.error.S3Error as error:
            if error.code in GONE:
                raise NotFound("The file is missing from the store.") from error
            said = _("The file store refuses: %(reason)s. Nothing was saved; tell whoever runs it.", reason=error.code)
            raise StoreAway(said, detail={"reason": error.code}) from error
        except (minio.error.MinioException, urllib3.exceptions.HTTPError, OSError) as error:
            said = _("The file store does not answer. Nothing was saved; try again in a moment.")
            raise StoreAway(said, detail={"reason": type(error).__name__}) from error


def opened(url: str, folder: Path) -> Store:
    """The store an address names, the folder when there is none; raises SetupError when it cannot be read.

    `s3://KEY:SECRET@host:port/bucket?region=eu-west-1`; `&secure=0` for plain HTTP.
    """
    if not url:
        return Folder(folder)
    parts = urlsplit(url)
    name = parts.path.strip("/")
    if parts.scheme != "s3" or not (parts.hostname and parts.username and parts.password and name):
        raise SetupError("FILES_URL must read like s3://KEY:SECRET@host/bucket?region=eu-west-1.")
    options = {key: values[0] for key, values in parse_qs(parts.query).items()}
    pool = urllib3.PoolManager(
        timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=float(options.get("timeout", READ_SECONDS))),
        retries=urllib3.Retry(total=2, connect=1, backoff_factor=0.2, status_forcelist=(500, 502, 503, 504)),
        maxsize=10,
    )
    client = minio.Minio(
        f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname,
        access_key=unquote(parts.username),
        secret_key=unquote(parts.password),
        region=options.get("region", "us-east-1"),
        secure=options.get("secure", "1") != "0",
        http_client=pool,
    )
    return Bucket(client, name)
