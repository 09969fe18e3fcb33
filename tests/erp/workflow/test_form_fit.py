"""What is wrong with a form where a step asks it: said at the component, and as a problem of the diagram."""

from __future__ import annotations

import json
from typing import Any

import pytest

from erp.documents.fields import Field, Kind
from erp.forms import Form, load
from erp.workflow.diagrams.diagram import parse
from erp.workflow.linting.form_fit import judge
from erp.workflow.linting.linter import lint
from tests.erp.workflow.engine_tools import catalogue, files

WEIGHT = Field("weight", Kind.DECIMAL, label="Weight")
STATE = Field("state_of_it", Kind.CHOICE, label="State", choices=(("good", "Good"),))
LINES = Field("lines", Kind.LINES, label="Lines", fields=(Field("quantity", Kind.DECIMAL),))


def form(*components: Any) -> Form:
    found = load(
        json.dumps({"components": [{"id": f"c{at}", **each} for at, each in enumerate(components)]}), "asking.ask"
    )
    return found.of_document((WEIGHT, STATE, LINES))


def fills(field: str, **drawn: Any) -> dict[str, Any]:
    return {"type": "textfield", "key": field, "properties": {"field": field}, **drawn}


@pytest.mark.parametrize(
    ("component", "message", "is_error"),
    [
        (fills("colour"), "The document has no field “colour”.", True),
        (fills("weight"), "“Weight” of the document is a number and is asked as that, though a text is drawn.", False),
        (fills("state_of_it"), "“State” of the document is one of a list and is asked as that, though a text is drawn.", False),
        ({"type": "button", "id": "b"}, None, False),
        ({"type": "iframe", "id": "f"}, "Components of type “iframe” are not shown.", True),
        ({"type": "textfield", "key": "a b"}, "The key “a b” cannot be used: write letters, digits and single underlines.", True),
        ({"type": "textfield", "key": "document"}, "“document” cannot be the name of an answer.", True),
        ({"type": "textfield", "key": "why", "conditional": {"hide": "=gone"}},
         'The condition =gone is not understood. Write =key = "value", =key != "value" or =not(key).', True),
        ({"type": "textfield", "key": "why", "conditional": {"hide": "=not(gone)"}},
         "The condition asks for “gone”, which the form does not have.", True),
        ({"type": "select", "key": "which"}, "There is nothing to choose: list the values.", True),
        (fills("lines", type="dynamiclist", properties={"field": "lines", "columns": "drawn"},
               components=[{"type": "number", "key": "colour", "id": "inner"}]), "The lines have no column “colour”.", True),
        ({"type": "group", "path": "here", "components": []}, "A group’s path is not used: give its fields keys of their own.", False),
    ],
)  # fmt: skip
def test_each_problem_stands_at_its_component(component: dict[str, Any], message: str | None, is_error: bool):
    found = list(judge(form(component), {"weight", "state_of_it", "lines", "colour"}))
    assert [each.message for each in found] == ([message] if message else [])
    for each in found:
        assert each.part == ("inner" if "lines" in str(component.get("key")) else component.get("id", "c0"))
        assert each.is_error is is_error


def test_a_key_is_used_once():
    found = list(judge(form({"type": "checkbox", "key": "a"}, {"type": "checkbox", "key": "a"})))
    assert [(each.part, each.message) for each in found] == [("c1", "The key “a” is used twice.")]


def test_what_the_step_may_not_change_is_not_filled():
    asked = form(fills("weight", type="number"), fills("state_of_it", type="select", readonly=True))
    assert list(judge(asked, {"weight"})) == []
    assert list(judge(asked)) == []
    assert [(each.part, each.message) for each in judge(asked, set())] == [
        ("c0", "It fills “Weight”, which the step may not change.")
    ]


def test_the_linter_tells_of_the_forms_of_its_steps():
    """At the step that asks the form, by the label of the field; a warning does not forbid publishing."""
    asked = form(fills("weight", type="number", label="How heavy"), fills("state_of_it"))
    found = lint(parse(files()["asking"]), catalogue(forms={**catalogue().forms, "asking.ask": asked}))
    assert [(each.element_id, each.rule, each.is_error, each.message) for each in found] == [
        ("ask", "form-edits", True, "Form, “How heavy”: It fills “How heavy”, which the step may not change."),
        ("ask", "form-edits", True, "Form, “State”: It fills “State”, which the step may not change."),
        ("ask", "form-field", False,
         "Form, “State”: “State” of the document is one of a list and is asked as that, though a text is drawn."),
    ]  # fmt: skip
