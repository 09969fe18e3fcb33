"""Rows that could not be taken: noted while an import runs, and kept as a sheet to be corrected and brought back."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import groupby
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from erp import context
from erp.data import files
from erp.data.base import session
from erp.data.files import File
from erp.data.tenancy import TenantScoped
from erp.documents.fields import Field
from erp.i18n import _
from erp.importing.readings import Item, Problem, Reading
from erp.importing.tables import Table, reason_heads
from erp.reports.tables import Table as Sheet
from erp.reports.tables import to_xlsx

OWNER = "import"
"""Of whom the sheets belong to."""
SHOWN = 50


class ImportProblem(TenantScoped):
    """A row an import has come to and cannot take; gone once they are all in their sheet."""

    __tablename__ = "import_problem"
    __table_args__ = (sa.Index("import_problem_job", "tenant_id", "job_id", "row", "id"),)
    job_id: Mapped[int] = mapped_column(sa.BigInteger)
    row: Mapped[int]
    column: Mapped[str] = mapped_column(sa.String(200))
    value: Mapped[str] = mapped_column(sa.String(200))
    message: Mapped[str] = mapped_column(sa.Text())
    """Empty for a row that stays out with another one of its key."""


def note(job_id: int, items: Sequence[Item], problems: Sequence[Problem]) -> None:
    """Note the problems of some items, and every other row of these items."""
    told = {problem.row for problem in problems}
    others = [row for item in items if told.intersection(item.rows) for row in item.rows if row not in told]
    every = [*problems, *(Problem(row, "", "", "") for row in others)]
    if every:
        rows = [
            {
                "job_id": job_id, "row": each.row, "column": each.column[:200], "value": each.value[:200],
                "message": each.message,
            }
            for each in every
        ]  # fmt: skip
        session().execute(sa.insert(ImportProblem), rows)


def first(job_id: int) -> list[Problem]:
    """The first fifty problems noted."""
    statement = sa.select(ImportProblem).where(ImportProblem.job_id == job_id, ImportProblem.message != "")
    found = session().scalars(statement.order_by(ImportProblem.row, ImportProblem.id).limit(SHOWN))
    return [Problem(each.row, each.column, each.value, each.message) for each in found]


def forget(job_id: int) -> None:
    """Drop what was noted."""
    session().execute(sa.delete(ImportProblem).where(ImportProblem.job_id == job_id))


def keep_file(job_id: int, table: Table, reading: Reading) -> File:
    """The rows left out as they stand in the file, each with its number and what is wrong, for the acting member."""
    heads = (*table.columns, *reason_heads())
    columns = [Field(f"c{place}", label=head) for place, head in enumerate(heads)]
    with tempfile.TemporaryDirectory(prefix="millrace-import-") as folder:
        path = Path(folder) / "rows.xlsx"
        to_xlsx(Sheet(_("Not imported"), columns, _rows(job_id, table, reading)), path)
        content = path.read_bytes()
    name = files.clean_name(_("Not imported") + f" {table.name.partition('.')[0]}.xlsx")
    acting = context.current()
    digest = files.keep(acting.tenant_id or 0, content)
    made = File(
        name=name, sha256=digest, size=len(content), media_type=files.OFFICE[".xlsx"], purpose="import_problems"
    )
    return files.attach(made, OWNER, acting.member_id or 0)


def _rows(job_id: int, table: Table, reading: Reading) -> Iterator[list[str]]:
    """Every row left out, once; neither the rows nor the problems are held together."""
    statement = sa.select(ImportProblem.row, ImportProblem.column, ImportProblem.value, ImportProblem.message)
    statement = statement.where(ImportProblem.job_id == job_id).order_by(ImportProblem.row, ImportProblem.id)
    noted = (Problem(*values) for values in session().execute(statement, execution_options={"yield_per": 1000}))
    problems = groupby(merge(reading.every_problem(), noted, key=lambda each: each.row), key=lambda each: each.row)
    rows, width = table.rows(), len(table.columns)
    for number, said in problems:
        cells = next(cells for row, cells in rows if row == number)
        words = [f"{each.column}: {each.message}" if each.column else each.message for each in said if each.message]
        yield [*cells[:width], str(number), "; ".join(words) or _("Belongs to a row that could not be taken.")]
