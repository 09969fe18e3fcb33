"""A table while somebody writes it: what is wrong cell by cell, and rows it is tried with."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from erp.decisions import DecisionInvalid, read, trials
from erp.decisions.judging import judged
from erp.decisions.types import Type
from tests.erp.decisions.rules import ANY, file, formula, function, table

TODAY = date(2026, 11, 27)
NUMBER, TEXT = ("number", ""), ("string", "")


def complaints(xml, fields=()):
    return [(each.rule, each.place, each.message) for each in judged(xml, fields)[1]]


def test_every_wrong_cell_is_told_and_the_rest_can_be_used():
    wrong = file(table({"total": NUMBER, "kind": TEXT}, {"x": NUMBER}, [("> 5 5", '"a"', "1"), ("> 9", "][", '"two"'),
                       ("< 1", "-", "(2")]))  # fmt: skip
    with pytest.raises(DecisionInvalid):
        read(wrong)
    found = complaints(wrong)
    assert [(rule, place) for rule, place, _said in found] == [(1, 0), (2, 1), (3, 2), (2, 2)]
    assert found[0][2] == "“5” does not belong here."
    assert found[3][2] == "“x” should be of the type number, not “two”."
    model, _complaints = judged(wrong)
    row = {"total": "0.5", "kind": "b"}
    assert trials.tried(model, "rules", row, trials.asked(model, "rules"), TODAY).error == "“(2” cannot be read here."
    assert model.find("rules").logic.columns[0].text == "total"


def test_fields_the_document_has_not_are_told():
    xml = file(table({"document.totl": NUMBER}, {"x": ANY}, [("> document.deposit", "document.id + 1")]))
    assert complaints(xml) == []
    assert complaints(xml, {"id", "total"}) == [
        (0, 0, "It reads “document.totl”, which the document does not have."),
        (1, 0, "It reads “document.deposit”, which the document does not have."),
    ]
    assert complaints(file(table({"": NUMBER}, {"x": ANY}, []))) == [
        (0, 0, "Say what is asked here, for example document.total.")
    ]


def test_own_functions_are_known():
    twice = function("twice", ["n"], "n * 2")
    xml = file(twice, table({"a": NUMBER}, {"x": TEXT}, [("-", "twice(2)")]).replace(
        "<decisionTable", '<knowledgeRequirement><requiredKnowledge href="#twice"/></knowledgeRequirement><decisionTable'
    ))  # fmt: skip
    assert complaints(xml) == [(1, 1, "“x” should be of the type string, not “4”.")]


def tried(xml, row, types=None, decision="rules"):
    model = read(xml)
    return trials.tried(model, decision, row, trials.asked(model, decision, types or {}), TODAY)


def test_a_row_tells_which_rules_fit_and_which_decide():
    rules = [("> 10", '"much"'), ("> 5", '"some"'), ("-", '"any"')]
    first = tried(file(table({"n": NUMBER}, {"x": TEXT}, rules, policy="FIRST")), {"n": "7.5"})
    assert (first.outputs, first.fitting, first.deciding) == (["some"], [2, 3], [2])
    unique = tried(file(table({"n": NUMBER}, {"x": TEXT}, rules)), {"n": "7.5"})
    assert (unique.fitting, unique.error) == (
        [2, 3], "“rules”: the rules 2, 3 match together, and only one may.")  # fmt: skip
    assert tried(file(table({"n": NUMBER}, {"x": TEXT}, rules[:1])), {"n": "1"}).is_unmatched
    default = tried(file(table({"n": NUMBER}, {"x": TEXT}, rules[:1], defaults=['"none"'])), {"n": ""})
    assert (default.outputs, default.is_default) == (["none"], True)
    summed = file(
        table({"n": NUMBER}, {"x": NUMBER}, [("> 1", "2"), ("> 2", "3")], policy="COLLECT", aggregation="SUM")
    )
    assert tried(summed, {"n": "5"}).outputs == [Decimal(5)]


def test_values_are_typed_by_what_the_columns_hold():
    columns = {"n": NUMBER, "t": TEXT, "b": ("boolean", ""), "d": ("date", ""), "a": ANY}
    xml = file(table(columns, {"x": ANY}, [("5", '"a b"', "true", 'date("2026-01-02")', "[1,2]", "a")]))
    row = {"n": "5.0", "t": "a b", "b": "true", "d": "2026-01-02", "a": "1"}
    assert tried(xml, row).outputs == [Decimal(1)]
    assert tried(xml, {**row, "d": 'date("2026-01-02")', "t": '"a b"'}).fitting == [1]
    assert tried(xml, {**row, "n": "five"}).error == "“n” should be of the type number, not “five”."
    assert tried(xml, {**row, "n": "NaN"}).error == "“n” should be of the type number, not “NaN”."
    assert tried(xml, {**row, "d": "tomorrow"}).error == "“d” should be of the type date, not “tomorrow”."


def test_what_only_cells_read_is_asked_too():
    xml = file(table({"document.total": ANY}, {"x": NUMBER}, [("> document.limit", "document.total - rebate")]),
               formula("rebate", "7"))  # fmt: skip
    model = read(xml)
    questions = trials.asked(model, "rules", {("document", "total"): Type("number", "number")})
    assert [(each.key, each.type.basic, each.column) for each in questions] == [
        ("document.total", "number", 0), ("document.limit", "", None), ("rebate", "", None),
    ]  # fmt: skip
    row = {"document.total": "10", "document.limit": "5", "rebate": "2"}
    assert trials.tried(model, "rules", row, questions, TODAY).outputs == [Decimal(8)]
    assert trials.tried(
        read(file(formula("f", "a * 2"))), "f", {"a": "4"}, trials.asked(read(file(formula("f", "a * 2"))), "f"), TODAY
    ).outputs == [Decimal(8)]


def kept(text):
    space = "https://millrace.example/dmn/trials"
    part = f'<extensionElements><m:trials xmlns:m="{space}">{text}</m:trials></extensionElements><decisionTable'
    return file(table({"n": NUMBER}, {"x": NUMBER}, []).replace("<decisionTable", part))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (json.dumps([{"n": "5", "gone": None}]), [{"n": "5"}]),
        ("[1, {}, [2]]", [{}]),
        ("{}", []),
        ("[[[", []),
        ("[" * 5000, []),
        ("", []),
    ],
)
def test_rows_are_kept_in_the_file(text, wanted):
    assert trials.rows(kept(text), "rules") == wanted
    assert trials.rows(kept(text), "other") == []
    assert read(kept(text)).find("rules")
