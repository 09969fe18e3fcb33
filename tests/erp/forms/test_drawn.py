"""Forms an analyst draws: what they ask, what they hide, and what is reported instead of crashing."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erp import context
from erp.documents.fields import Field, Kind
from erp.forms import load
from erp.forms.fields import pattern_problem
from erp.forms.texts import clean_html, markdown

QUOTE = {
    "id": "repair_order.answer_quote",
    "type": "default",
    "schemaVersion": 16,
    "components": [
        {"type": "text", "id": "t1", "text": "# Your quotation\n\nPlease **answer** by [mail](mailto:shop@example.com)."},
        {
            "type": "radio", "key": "decision", "label": "Your answer", "validate": {"required": True},
            "values": [{"value": "accept", "label": "Accept"}, {"value": "decline", "label": "Decline"}],
            "properties": {"kind": "buttons"},
        },
        {
            "type": "textarea", "key": "reason", "label": "Why not?", "validate": {"required": True, "maxLength": 20},
            "conditional": {"hide": '=decision != "decline"'},
        },
        {"type": "separator", "id": "s1"},
        {
            "type": "group", "label": "How to reach you", "id": "g1",
            "components": [
                {"type": "textfield", "key": "phone", "label": "Phone", "properties": {"kind": "phone", "field": "phone"}},
                {"type": "checkbox", "key": "by_sms", "label": "Send me an SMS"},
                {"type": "datetime", "key": "from_time", "subtype": "time", "timeLabel": "From", "conditional": {"hide": "=not(by_sms)"}},
            ],
        },
        {"type": "number", "key": "tip", "label": "Tip", "validate": {"min": 0, "max": 100}, "properties": {"kind": "money"}},
        {"type": "number", "key": "boxes", "label": "Boxes", "decimalDigits": 0, "defaultValue": 2},
        {"type": "filepicker", "key": "photos", "label": "Photos", "accept": "image/*", "multiple": True},
    ],
}  # fmt: skip


def form(*components: Any):
    return load(json.dumps({"components": list(components)}))


def test_a_drawn_form_becomes_fields():
    quote = load(json.dumps(QUOTE).encode())
    assert quote.problems == ()
    assert quote.key == "repair_order.answer_quote"
    assert {entry.name: entry.kind for entry in quote.fields} == {
        "decision": Kind.CHOICE, "reason": Kind.LONG_TEXT, "phone": Kind.PHONE, "by_sms": Kind.BOOLEAN, "from_time": Kind.TEXT,
        "tip": Kind.MONEY, "boxes": Kind.INTEGER, "photos": Kind.FILES,
    }  # fmt: skip


def test_what_is_hidden_is_not_asked_for():
    quote = load(json.dumps(QUOTE))
    accepted = quote.bind({"decision": "accept", "reason": "typed, then changed my mind"})
    assert accepted.ok
    assert accepted.values["reason"] is None
    declined = quote.bind({"decision": "decline", "reason": ""})
    assert declined.errors == {"reason": "Fill this in."}


def test_a_choice_drawn_as_buttons_has_no_field():
    quote = load(json.dumps(QUOTE))
    assert [(button.name, button.value, button.primary) for button in quote.buttons()] == [
        ("decision", "accept", True), ("decision", "decline", False),
    ]  # fmt: skip
    assert "decision" not in {entry.name for entry in quote.bind(None).inputs()}


def test_the_layout_keeps_texts_and_groups_in_their_order():
    quote = load(json.dumps(QUOTE))
    first, group, last = quote.sections(quote.bind(None))
    assert first.items[0].html == (
        '<h1>Your quotation</h1><p>Please <strong>answer</strong> by <a href="mailto:shop@example.com" rel="noopener noreferrer">mail</a>.</p>'
    )
    assert [getattr(item, "name", item.kind) for item in first.items] == ["text", "reason", "separator"]
    assert (group.label, [entry.name for entry in group.fields]) == (
        "How to reach you",
        ["phone", "by_sms", "from_time"],
    )
    assert [entry.name for entry in last.fields] == ["tip", "boxes", "photos"]
    assert first.fields[0].hide == "decision!=decline"
    assert group.fields[2].hide == "!by_sms"
    assert (last.fields[1].value, last.fields[2].accept) == ("2", "image/*")


def test_every_text_can_be_translated():
    texts = load(json.dumps(QUOTE)).texts
    assert {"Your answer", "Accept", "Decline", "How to reach you", "Why not?", "From"} <= set(texts)
    assert any(text.startswith("# Your quotation") for text in texts)


def test_rules_are_checked():
    quote = load(json.dumps(QUOTE))
    bound = quote.bind(
        {"decision": "decline", "reason": "x" * 21, "tip": "101", "by_sms": "1", "from_time": "26:00", "phone": "me"}
    )
    assert set(bound.errors) == {"reason", "tip", "from_time", "phone"}
    assert bound.errors["tip"] == "At most 100."


def test_length_pattern_and_a_box_that_must_be_ticked():
    drawn = form(
        {
            "type": "textfield",
            "key": "serial",
            "description": "Two letters, four digits",
            "validate": {"pattern": "^[A-Z]{2}[0-9]{4}$"},
        },
        {"type": "textfield", "key": "name", "validate": {"minLength": 3}},
        {"type": "checkbox", "key": "agreed", "validate": {"required": True}},
    )
    assert drawn.bind({"serial": "AB1234", "name": "Joe", "agreed": "1"}).ok
    assert drawn.bind({"serial": "AB12345", "name": "Jo"}).errors == {
        "serial": "This is not written as expected. Two letters, four digits",
        "name": "At least 3 characters.",
        "agreed": "Tick this to go on.",
    }


def test_a_field_that_fills_the_document_takes_its_kind_and_bounds():
    drawn = form(
        {"type": "textfield", "key": "promise", "label": "", "properties": {"field": "promised_on"}},
        {"type": "select", "key": "fault", "label": "Fault", "properties": {"field": "fault"}},
        {"type": "textfield", "key": "gone", "properties": {"field": "gone"}},
    )
    known = (
        Field("promised_on", Kind.DATE, label="Promised", required=True),
        Field("fault", Kind.CHOICE, choices=(("a", "A"),)),
    )
    grown = drawn.of_document(known)
    assert grown.bind({"promise": "", "fault": "b"}).errors == {
        "promise": "Fill this in.",
        "fault": "Choose one of the list.",
    }
    assert grown.bind(None).inputs()[0].label == "Promised"
    assert [(problem.message, problem.is_error) for problem in grown.problems] == [
        ("“Promised” of the document is a day and is asked as that, though a text is drawn.", False),
        ("The document has no field “gone”.", True),
    ]
    bound = grown.bind({"promise": "2026-11-28", "fault": "a"})
    assert set(grown.document_values(bound)) == {"promised_on", "fault", "gone"}


def test_a_hidden_field_of_the_document_is_left_as_it_is():
    drawn = form(
        {"type": "checkbox", "key": "more"},
        {"type": "textfield", "key": "note", "properties": {"field": "note"}, "conditional": {"hide": "=not(more)"}},
    )
    assert drawn.document_values(drawn.bind({"note": "x"})) == {}
    assert drawn.document_values(drawn.bind({"note": "x", "more": "1"})) == {"note": "x"}


def test_hiding_follows_hiding():
    drawn = form(
        {"type": "checkbox", "key": "a"},
        {"type": "checkbox", "key": "b", "conditional": {"hide": "=not(a)"}},
        {"type": "textfield", "key": "c", "validate": {"required": True}, "conditional": {"hide": "=not(b)"}},
    )
    assert drawn.bind({"b": "1"}).ok
    assert drawn.bind({"a": "1", "b": "1"}).errors == {"c": "Fill this in."}


def test_a_list_is_drawn_as_lines():
    drawn = form(
        {
            "type": "dynamiclist", "path": "parts", "label": "Parts",
            "components": [
                {"type": "textfield", "key": "name", "validate": {"required": True}},
                {"type": "number", "key": "count", "decimalDigits": 0},
            ],
        }
    )  # fmt: skip
    assert drawn.problems == ()
    bound = drawn.bind({"parts-0-name": "Shutter", "parts-0-count": "2"})
    assert bound.values["parts"] == [{"id": None, "name": "Shutter", "count": 2}]


@pytest.mark.parametrize(
    ("component", "message"),
    [
        ({"type": "iframe", "id": "x"}, "Components of type “iframe” are not shown."),
        ({"type": "textfield", "key": "a.b"}, "The key “a.b” cannot be used: write letters, digits and single underlines."),
        ({"type": "select", "key": "x"}, "There is nothing to choose: list the values."),
        ({"type": "select", "key": "x", "valuesExpression": "=y"}, "Values cannot come from an expression: list them."),
        ({"type": "number", "key": "x", "validate": {"min": "=y"}}, "“min” must be a number; expressions are not used."),
        ({"type": "textfield", "key": "x", "validate": {"pattern": "(a+)+$"}}, "The pattern is not used: a repeated group holds a repetition or alternatives."),
        ({"type": "number", "key": "x", "properties": {"kind": "colour"}}, "The kind “colour” does not fit a component of type “number”."),
        ({"type": "textfield", "key": "x", "conditional": {"hide": "=count(y) > 3"}}, 'The condition =count(y) > 3 is not understood. Write =key = "value", =key != "value" or =not(key).'),
        ({"type": "textfield", "key": "x", "conditional": {"hide": "=not(y)"}}, "The condition asks for “y”, which the form does not have."),
        ({"type": "number", "key": "x", "defaultValue": "many"}, "The default value does not fit: “many” is not a number."),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_reported(component: Any, message: str):
    drawn = form(component)
    assert message in [problem.message for problem in drawn.problems]
    drawn.bind({"x": "1"})
    drawn.sections(drawn.bind(None))


def test_a_key_used_twice_is_reported_and_the_first_stays():
    drawn = form({"type": "textfield", "key": "x", "label": "One"}, {"type": "number", "key": "x"})
    assert [problem.message for problem in drawn.problems] == ["The key “x” is used twice."]
    assert [entry.kind for entry in drawn.fields] == [Kind.TEXT]


@pytest.mark.parametrize("source", [b"", b"\xff", b"[]", b"{", b'{"components": 3}', b"[" * 100_000, b"x" * 600_000])
def test_what_is_no_form_is_reported(source: Any):
    assert load(source).problems


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
TYPES = [
    "textfield",
    "textarea",
    "number",
    "checkbox",
    "radio",
    "select",
    "datetime",
    "filepicker",
    "dynamiclist",
    "group",
    "text",
    "html",
]
NAMES = [
    "key",
    "label",
    "validate",
    "properties",
    "values",
    "conditional",
    "defaultValue",
    "components",
    "text",
    "subtype",
    "decimalDigits",
]
component = st.builds(
    lambda kind, parts: {"key": "k", **parts, "type": kind},
    st.sampled_from(TYPES),
    st.dictionaries(st.sampled_from(NAMES), anything),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(component, max_size=4), st.dictionaries(st.sampled_from(["k", "k-0-k", "k__remove"]), st.text()))
def test_no_schema_and_no_input_crashes(components: Any, raw: Any):
    drawn = load(json.dumps({"components": components}))
    bound = drawn.bind(raw)
    drawn.sections(bound)
    bound.lines()
    drawn.bind_json(raw)


@pytest.mark.parametrize(
    "pattern",
    ["(a*)*", "(a|aa)+", "((ab){2,5})*", "(a+){10}", ".*.*.*.*x", "(.*)(.*)(.*)(.*)", "a{0,99}a{0,99}a{0,99}a{0,99}"],
)
def test_patterns_that_may_never_end_are_refused(pattern: str):
    assert pattern_problem(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"^\+?[0-9 ]{7,15}$",
        r"^(KE|UG)-\d+$",
        r"^[A-Z]{1,2}[(+*)]\(\w+\)$",
        r"^[A-Z]{1,2}\d{2,4}[a-z]{0,3}-\d{1,5}\w+$",
        r"^(Mr|Ms)?\s*\w+$",
    ],
)
def test_ordinary_patterns_are_accepted(pattern: str):
    assert pattern_problem(pattern) == ""


def test_texts_cannot_carry_scripts():
    assert markdown("<script>alert(1)</script> [x](javascript:alert)") == (
        "<p>&lt;script&gt;alert(1)&lt;/script&gt; x</p>"
    )
    assert "<strong" not in markdown("2 * 3 * 4")
    assert markdown('[x](https://e.com/"onclick=")').count('"') == 4
    assert (
        clean_html('<p onclick="x">a<script>b</script><img src=x onerror=y><a href="java\nscript:x">c</a>')
        == "<p>a<a>c</a></p>"
    )
    assert (
        clean_html('<a href="https://e.com?a=1&b=2">c')
        == '<a href="https://e.com?a=1&amp;b=2" rel="noopener noreferrer">c</a>'
    )


def test_lists_and_rules_of_markdown():
    assert markdown("- one\n- two\n\n1. a\n2. b\n\n---\n\n*soft* `x*y*`") == (
        "<ul><li>one</li><li>two</li></ul><ol><li>a</li><li>b</li></ol><hr><p><em>soft</em> <code>x*y*</code></p>"
    )


def test_money_hint_and_unit():
    drawn = form(
        {"type": "number", "key": "weight", "properties": {"kind": "quantity", "unit": "g"}},
        {"type": "number", "key": "discount", "properties": {"kind": "percent"}},
    )
    with context.acting(language="en"):
        weight, discount = drawn.bind({"weight": "3.25", "discount": "5"}).inputs()
    assert (weight.kind, weight.unit, discount.kind, discount.unit) == ("quantity", "g", "percent", "%")
    assert drawn.bind({"weight": "3.25", "discount": "5"}).values == {"weight": Decimal("3.25"), "discount": 5}
