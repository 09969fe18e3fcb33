"""What the publish gate says of forms that changed: in words, at the step that asks them."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from erp.forms import load
from erp.modelling import checking, drafts, publishing
from erp.modelling.drafts import Drawing
from erp.modelling.form_differences import differences_of
from erp.testing.pytest_plugin import Company
from erp.workflow import definitions

FORM = "repair_order.inspect"
WEIGHT = {"type": "number", "id": "weight", "key": "weight", "label": "Weight", "validate": {"required": True}}
NOTE = {"type": "textarea", "id": "note", "key": "note", "label": "Note"}


def told(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return list(differences_of(*(load(json.dumps({"components": each})) for each in (before, after))))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ([], [WEIGHT], ("new field", "", "Weight (a number, required)")),
        ([NOTE], [], ("field", "Note (a long text)", "")),
        ([NOTE], [{**NOTE, "validate": {"required": True}}], ("field “Note”, required", "no", "yes")),
        ([NOTE], [{**NOTE, "label": "Remark"}], ("field “Remark”, label", "Note", "Remark")),
        ([NOTE], [{**NOTE, "type": "textfield"}], ("field “Note”, kind", "a long text", "a text")),
        ([WEIGHT], [{**WEIGHT, "validate": {"required": True, "min": 0}}], ("field “Weight”, at least", "", "0")),
        ([NOTE, WEIGHT], [WEIGHT, NOTE], ("order of the fields", "Note, Weight", "Weight, Note")),
        ([WEIGHT, NOTE], [WEIGHT, {**NOTE, "conditional": {"hide": "=not(weight)"}}], ("field “Note”, hidden while", "", "!weight")),
        ([], [{"type": "text", "text": "Look twice."}], ("new text", "", "Look twice.")),
        ([{"type": "group", "label": "Proof", "components": []}], [], ("text", "Proof", "")),
    ],
)  # fmt: skip
def test_each_change_has_its_words(before: Any, after: Any, said: tuple[str, str, str]):
    assert told(before, after) == [said]


def test_what_only_moves_on_the_board_is_no_change():
    assert told([NOTE], [{**NOTE, "id": "other", "layout": {"row": "Row_1", "columns": 8}}]) == []


def test_the_gate_tells_of_forms_and_refuses_what_cannot_be_asked(company: Company):
    shipped = definitions.shipped_form(FORM)
    assert shipped is not None
    changed = copy.deepcopy(shipped)
    changed["components"].append(WEIGHT)
    with company.person("TENANT_ANALYST").acting():
        live = drafts.live("repair_order")
        found = publishing.changes("repair_order", live, Drawing(live.bpmn, {FORM: changed}, {}))
        assert [(each.element, each.what, each.after) for each in found] == [
            ("inspect", "new field", "Weight (a number, required)")
        ]
        assert checking.errors(checking.remarks("repair_order", live.bpmn, {FORM: changed}, {})) == []
        changed["components"][-1] = {**WEIGHT, "properties": {"field": "weight_of_it"}}
        refused = checking.errors(checking.remarks("repair_order", live.bpmn, {FORM: changed}, {}))
    assert [(each.element, each.message) for each in refused] == [
        ("inspect", "Form, “Weight”: The document has no field “weight_of_it”.")
    ]
