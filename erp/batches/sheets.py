"""Sheets brought back, kept for the member who brought them between looking and applying."""

from __future__ import annotations

import gzip
import json

from erp import context
from erp.access import require
from erp.batches.comparing import Comparison, States, compare
from erp.batches.models import SHEET, Batch
from erp.batches.starting import MOST, Change, start
from erp.data import files
from erp.data.base import session, transaction
from erp.data.files import File
from erp.documents.types import document_type
from erp.errors import Invalid, NotFound
from erp.forms import Lookup
from erp.i18n import _, format_number

OWNER = "sheet"
"""Of whom the kept comparisons belong to."""


def bring(type_name: str, name: str, content: bytes, lookup: Lookup, states: States) -> File:
    """Compare a sheet and keep what it wishes; writes nothing else. Raises Invalid at `file`, or Forbidden."""
    require("edit", type_name)
    found = compare(content, document_type(type_name), lookup, states)
    if len(found.wishes) > MOST:
        said = _("At most %(count)s rows at once; this changes %(found)s.", count=format_number(MOST),
                 found=format_number(len(found.wishes)))  # fmt: skip
        raise Invalid(fields={"file": said})
    acting = context.current()
    packed = gzip.compress(json.dumps(found.as_json()).encode(), mtime=0)
    row = File(
        name=files.clean_name(name), sha256=files.keep(acting.tenant_id or 0, packed), size=len(packed),
        media_type="application/gzip", purpose=type_name,
    )  # fmt: skip
    with transaction():
        return files.attach(row, OWNER, acting.member_id or 0)


def brought(type_name: str, file_id: int) -> tuple[str, Comparison]:
    """(name of the sheet, what it wishes); raises NotFound for others' and for other lists."""
    file = session().get(File, file_id)
    is_own = file is not None and file.owner == OWNER and file.owner_id == (context.current().member_id or 0)
    if file is None or not is_own or file.purpose != type_name:
        raise NotFound
    return file.name, Comparison.from_json(json.loads(gzip.decompress(files.read(file.tenant_id, file.sha256))))


def apply(type_name: str, file_id: int) -> Batch:
    """Start the one batch that makes the changes of a sheet; raises Invalid when there are none."""
    name, found = brought(type_name, file_id)
    changes = [Change(wish.row_id, wish.version, wish.values) for wish in found.wishes]
    return start(SHEET, type_name, changes, _("Sheet: %(name)s", name=name))
