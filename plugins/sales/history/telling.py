"""Which lines met which rule, kept as a file and given out rule by rule."""

from __future__ import annotations

import csv
import gzip
import io
import tempfile
from collections.abc import Iterator, Mapping
from typing import IO, Any

import sqlalchemy as sa

from erp import _, current, files, session
from plugins.sales.history.judging import Judged
from plugins.sales.history.reading import Held, Shelf
from plugins.sales.history.rules import RULES

OWNER = "sale_history"
"""Of whom the kept lines are: the job that brought them in, or with a minus the upload that was tried."""
HEADS = ("row", "rules", "number", "code", "description", "quantity", "price", "date", "customer", "country", "became")


class Told:
    """Notes every line a rule was met by, on the disk."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `keep`
        self.text = io.TextIOWrapper(gzip.GzipFile(fileobj=self.file, mode="wb", mtime=0), "utf-8", newline="")
        self.rows = csv.writer(self.text)

    def note(self, held: Held, judged: Judged) -> None:
        """Note the lines of a number."""
        if not judged.met:
            return
        became = {line.row: entry.kind for entry in judged.entries for line in entry.lines}
        for row, _code, *texts in self.shelf.texts_of(held):
            if rules := judged.met.get(row):
                self.rows.writerow([row, " ".join(rules), held.number, *texts, became.get(row, "")])

    def keep(self, owner_id: int, name: str) -> files.File:
        """Keep what was noted as the only such file of its owner."""
        self.text.close()
        self.file.seek(0)
        content = self.file.read()
        self.file.close()
        for old in session().scalars(_of(owner_id)):
            session().delete(old)
        made = files.File(
            name=files.clean_name(name), sha256=files.keep(current().tenant_id or 0, content), size=len(content),
            media_type="application/gzip", purpose="history_lines",
        )  # fmt: skip
        return files.attach(made, OWNER, owner_id)


def _of(owner_id: int) -> sa.Select[Any]:
    return sa.select(files.File).where(files.File.owner == OWNER, files.File.owner_id == owner_id)


def lines_of(owner_id: int, rule: str) -> Iterator[list[str]]:
    """The lines that met a rule, all of them where none is named; nothing where none are kept.

    What is asked of the session is asked now, so that rows may be sent when the request is over.
    """
    kept = session().scalar(_of(owner_id).order_by(files.File.id.desc()).limit(1))
    content = files.read(kept.tenant_id, kept.sha256) if kept is not None else gzip.compress(b"")
    return _rows(content, rule, {name: str(each.title) for name, each in RULES.items()}, _(", "))


def _rows(content: bytes, rule: str, titles: Mapping[str, str], comma: str) -> Iterator[list[str]]:
    with gzip.open(io.BytesIO(content), "rt", encoding="utf-8", newline="") as stream:
        for cells in csv.reader(stream):
            names = cells[1].split()
            if not rule or rule in names:
                yield [cells[0], comma.join(titles[name] for name in names), *cells[2:]]
