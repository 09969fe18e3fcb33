"""What is refused only while saving still stands at the field of its line."""

from __future__ import annotations

from erp.documents.fields import Field, Kind
from erp.forms import bind

LINES = Field("lines", kind=Kind.LINES, fields=(Field("description"), Field("quantity", kind=Kind.DECIMAL)))


def test_a_line_refused_while_saving_is_marked_at_its_field():
    typed = {"lines-4-description": "Shutter", "lines-4-quantity": "2", "lines-9-description": "Labour"}
    bound = bind([LINES], typed, {}).refused({"lines-1-description": "Not this one."})
    rows = bound.lines()[0].rows
    assert [field.error for row in rows for field in row.fields] == ["", "", "Not this one.", ""]
