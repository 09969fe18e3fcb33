"""What cells may say: S-FEEL expressions and unary tests, of every type, and what is null."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erp.decisions import DecisionFailed, DecisionInvalid, parsing
from erp.decisions.functions import text_of
from erp.decisions.nodes import Scope
from erp.decisions.values import Months

NAMES = {
    "total": Decimal("1200.50"),
    "count": 3,
    "kind": "repair",
    "vip": True,
    "none": None,
    "bought on": date(2026, 1, 31),
    "at": datetime(2026, 3, 1, 9, tzinfo=UTC),
    "party": {"country": "KE", "limit": Decimal(500)},
    "codes": ["a", "b"],
}


def value(text, **more):
    return parsing.expression(text, {*NAMES, *more}).evaluate(Scope({**NAMES, **more}, today=date(2026, 11, 20)))


def holds(test, asked):
    return parsing.unary_tests(test, NAMES).holds(asked, Scope(NAMES))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1 + 2 * 3", Decimal(7)), ("(1 + 2) * 3", Decimal(9)), ("2 ** 3 ** 2", Decimal(64)), ("-2 ** 2", Decimal(4)),
        ("10 - 4 - 3", Decimal(3)), ("12 / 4 / 3", Decimal(1)), (".5 + 0.25", Decimal("0.75")), ("- -3", Decimal(3)),
        ("total * 0.1", Decimal("120.050")), ("count + 1", Decimal(4)), ("party.limit / 2", Decimal(250)),
        ('"a" + "b"', "ab"), (r'"say \"yes\" \u00e9\n"', 'say "yes" é\n'),
        ("true and none", None), ("false and none", False), ("true or none", True), ("none or false", None),
        ('"x" and true', None), ("1 = 1.0", True), ('1 = "1"', None), ("none = null", True), ("1 != 2", True),
        ("1 < 2", True), ('"a" <= "b"', True), ("none < 1", None), ("vip < true", None), ("[1, 2] = [1, 2]", True),
        ("total between 1000 and 2000", True), ("total in [1000..1200.5)", False), ("count in (1, 3)", True),
        ("kind in codes", False), ('"a" in codes', True), ("count in (< 2, > 2)", True),
        ('if vip then "yes" else "no"', "yes"), ("if none then 1 else 2", Decimal(2)),
        ("party.country", "KE"), ("party.town", None), ("kind.x", None), ("1 / 0", None), ("10 ** (10 ** 8)", None),
        ('1 + "a"', None), ("not(vip)", False), ("not(1)", None),
        ('date("2026-02-28")', date(2026, 2, 28)), ('date("2026-02-30")', None), ("date(2026, 2, 28)", date(2026, 2, 28)),
        ("bought on", date(2026, 1, 31)), ('bought on + duration("P1M")', date(2026, 2, 28)),
        ('bought on + @"P1D"', date(2026, 2, 1)), ("today() - bought on", timedelta(days=293)),
        ('today() - bought on > duration("P290D")', True), ("at.x", None),
        ('years and months duration(bought on, today()) >= duration("P9M")', True),
        ('time("09:30:00") + duration("PT45M")', time(10, 15)), ('date and time("2026-01-01T10:00:00Z") < at', True),
        ('@"2026-01-01"', date(2026, 1, 1)), ('@"-P1Y2M"', Months(-14)), ('duration("P1Y2D")', None),
        ('duration("PT90M") / 2', timedelta(minutes=45)), ('-duration("P1D")', timedelta(days=-1)),
        ("sum([1, 2, 3])", Decimal(6)), ("sum(1, 2)", Decimal(3)), ("sum([])", None), ("count([1, 1])", Decimal(2)),
        ("min(3, 1, 2)", Decimal(1)), ('max(["a", "c"])', "c"), ('max(1, "a")', None), ("mean(1, 2)", Decimal("1.5")),
        ("all([true, true])", True), ("any(false, none)", None), ('list contains(codes, "b")', True),
        ("floor(1.7)", Decimal(1)), ("ceiling(1.2)", Decimal(2)), ("decimal(2.345, 2)", Decimal("2.34")),
        ("round half up(2.345, 2)", Decimal("2.35")), ("abs(-3)", Decimal(3)), ('number("1,234.5", ",", ".")', Decimal("1234.5")),
        ('number("much")', None), ("string(1.50)", "1.5"), ("string(true)", "true"), ('upper case("a")', "A"),
        ('starts with("RO-1", "RO")', True), ('contains("abc", "d")', False), ('string length("né")', Decimal(2)),
        ('substring("repair", 3)', "pair"), ('substring("repair", -4, 2)', "pa"), ("lower case(1)", None),
    ],
)  # fmt: skip
def test_expressions(text, wanted):
    found = value(text)
    assert found == wanted
    assert type(found) is type(wanted)


@pytest.mark.parametrize(
    ("test", "passes", "fails"),
    [
        ("-", [None, Decimal(1)], []),
        ("", [None], []),
        ("< 18", [Decimal(17)], [Decimal(18), None, "17"]),
        (">= count", [Decimal(3)], [Decimal(2)]),
        ("[18..65)", [Decimal(18), Decimal(64)], [Decimal(65), Decimal(17)]),
        ("]18..65]", [Decimal(65)], [Decimal(18)]),
        ("(18..20), 30, > 60", [Decimal(19), Decimal(30), Decimal(61)], [Decimal(18), Decimal(60)]),
        ('"a", "b"', ["a", "b"], ["c", None]),
        ('not("a", "b")', ["c"], ["a"]),
        ("not(< 5, 7)", [Decimal(6)], [Decimal(4), Decimal(7)]),
        ("true", [True], [False, None]),
        ("null", [None], [False, Decimal(0)]),
        ("codes", ["a"], ["z"]),
        ('? + 1 > 5 and kind = "repair"', [Decimal(5)], [Decimal(4)]),
        ('starts with(?, "RO")', ["RO-1"], ["PO-1", None]),
        ('[date("2026-01-01")..today()]', [], [date(2026, 1, 5)]),
        ('< date("2026-01-01")', [date(2025, 12, 31)], [date(2026, 1, 1), None]),
    ],
)
def test_unary_tests(test, passes, fails):
    assert [holds(test, each) is True for each in passes] == [True] * len(passes)
    assert [holds(test, each) is True for each in fails] == [False] * len(fails)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 +", "missing at the end"), ("(1", "missing at the end"), ("1 2", "does not belong here"),
        ("import os", "does not belong here"), ("open(1)", "no function “open”"), ("a.__class__()", "does not belong"),
        ("#", "cannot be read"), ('"never closed', "cannot be read"), ("if 1 then 2", "missing at the end"),
        ('@"soon"', "a day, time or duration"), ("(" * 500, "too deeply"), ("-" * 500 + "1", "too deeply"),
        ("1 + " * 2000 + "1", "characters at most"), ("a.1", "does not belong"), ("[1, ]", "a value"),
    ],
)  # fmt: skip
def test_what_is_no_expression_says_why(text, said):
    with pytest.raises(DecisionInvalid, match=said):
        parsing.expression(text)


def test_an_unknown_name_is_told():
    with pytest.raises(DecisionFailed, match="“colour”"):
        value("colour = 1")


def test_a_name_with_spaces_wins_over_its_parts():
    assert value("net total + net", **{"net total": 2, "net": 1}) == Decimal(3)
    assert value("nets + net", nets=5, net=1) == Decimal(6)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet='0123456789.+-*/()[]<>=,?@"abc _notifthenelse', max_size=60))
def test_no_text_makes_the_parser_fall_over(text):
    for read in (parsing.expression, parsing.unary_tests):
        try:
            found = read(text, NAMES)
        except DecisionInvalid as error:
            assert error.message
            continue
        try:
            found.evaluate(Scope(NAMES)) if read is parsing.expression else found.holds(Decimal(1), Scope(NAMES))
        except DecisionFailed as error:
            assert error.message


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4), st.integers(-1200, 1200), st.timedeltas())
def test_values_read_what_they_are_written_as(number, months, length):
    length -= timedelta(microseconds=length.microseconds)
    assert value(f'number("{text_of(number)}")') == number
    assert value(f'@"{text_of(Months(months))}"') == Months(months)
    if abs(length.days) < 900_000:
        assert value(f'@"{text_of(length)}"') == length
