"""What is saved comes back exactly, whatever the order of keys and the version of the format."""

import base64
import contextlib
import json
import zlib
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp.workflow import snapshot
from erp.workflow.engine import Instance
from erp.workflow.errors import ScriptError, SnapshotInvalid
from erp.workflow.scripting.values import cleaned, copied, merged
from tests.erp.workflow.engine_tools import Caller, Running, spec

names = st.text(max_size=8).filter(lambda name: not name.startswith("$"))
moments = st.datetimes(
    min_value=datetime(1900, 1, 1),
    max_value=datetime(2200, 1, 1),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=3, minutes=30))]),
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**200), 2**200)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.dates()
    | moments
    | st.uuids()
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4), max_leaves=12
)
data = st.dictionaries(names, values, max_size=5)


def shape(value):
    """The value with the type of every part: 1, True and Decimal(1) are equal, but not the same."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value]
    return (type(value).__name__, str(value))


@given(data)
def test_values_come_back_exactly(given_values):
    kept = cleaned(given_values)
    assert shape(snapshot.decode(snapshot.encode(kept))) == shape(kept)
    assert shape(cleaned(kept)) == shape(kept)


@given(data)
def test_a_process_comes_back_exactly(given_values):
    caller = Caller()
    instance = Instance.start(
        spec("side_by_side"), {"round_no": 0, "rounds": 2, "packed": [], "more": given_values}, caller
    )
    saved = instance.snapshot()
    again = Instance.load(spec("side_by_side"), saved, caller)
    assert again.snapshot() == saved
    for task in instance.open_tasks():
        assert shape(again.values(task.id)) == shape(instance.values(task.id))


@given(st.permutations(["sorted", "reversed", "as they are"]), st.randoms(use_true_random=False))
def test_the_order_of_keys_carries_no_meaning(orders, chance):
    work = Running("side_by_side", {"round_no": 0, "rounds": 2, "packed": [], "b": 1, "a": {"y": 1, "x": 2}})
    for order in orders:
        text = zlib.decompress(work.instance.snapshot()[3:]).decode()
        shuffled = json.dumps(_reordered(json.loads(text), order, chance))
        saved = work.instance.snapshot()[:3] + zlib.compress(shuffled.encode())
        work.instance = Instance.load(work.spec, saved, work.caller)
        open_task = work.waiting[-1 if chance.random() < 0.5 else 0]
        work.complete(open_task)
    rest = 4 - len(orders)
    for _ in range(rest):
        work.complete(work.waiting[0])
    assert work.instance.result == {"round_no": 2, "rounds": 2, "packed": [0, 1], "b": 1, "a": {"y": 1, "x": 2}}


def _reordered(value, order, chance):
    if isinstance(value, dict):
        keys = sorted(value) if order == "sorted" else list(reversed(value)) if order == "reversed" else list(value)
        if chance.random() < 0.5:
            chance.shuffle(keys)
        return {key: _reordered(value[key], order, chance) for key in keys}
    return [_reordered(item, order, chance) for item in value] if isinstance(value, list) else value


def test_no_diagram_is_saved_with_an_instance():
    order = Running("repair_order", {"parts": Decimal("900.50"), "labour": 200}).complete("inspect")
    saved = order.instance.snapshot()
    assert len(saved) < 600
    assert b"Approve the quote" not in zlib.decompress(saved[3:])


def test_an_unknown_format_is_refused():
    saved = Running("asking", {"n": 0}).instance.snapshot()
    with pytest.raises(SnapshotInvalid, match="format 9"):
        Instance.load(spec("asking"), saved[:2] + b"\x09" + saved[3:], Caller())


@given(st.integers(0, 200), st.integers(0, 255))
def test_damaged_bytes_are_refused_or_harmless(place, byte):
    saved = bytearray(Running("asking", {"n": 0}).instance.snapshot())
    saved[place % len(saved)] = byte
    with contextlib.suppress(SnapshotInvalid):
        Instance.load(spec("asking"), bytes(saved), Caller())


@pytest.mark.parametrize(
    "saved", [b"", b"MR", b"MR\x01", b"{}", b"MR\x01" + zlib.compress(b"[1]"), b"MR\x01" + zlib.compress(b"{")]
)
def test_what_is_no_snapshot_is_refused(saved):
    with pytest.raises(SnapshotInvalid):
        Instance.load(spec("asking"), saved, Caller())


def test_elements_that_are_gone_are_named():
    saved = Running("asking", {"n": 0}).instance.snapshot()
    with pytest.raises(SnapshotInvalid, match="ask"):
        Instance.load(spec("counting"), saved, Caller())


def test_all_kinds_of_values_together():
    kept = {
        "amount": Decimal("12.3400"),
        "day": date(2026, 2, 28),
        "at": datetime(2026, 3, 1, 9, 0, 0, 123456, tzinfo=UTC),
        "id": UUID(int=7),
        "none": None,
        "yes": True,
        "one": 1,
        "text": "متن \ud83d",
        "list": [1, [2]],
        "nested": {"a": {"b": []}},
    }
    asking = Running("asking", {"n": 0, **kept})
    (task,) = asking.instance.open_tasks()
    found = asking.instance.values(task.id)
    assert found == {"n": 0, **kept}
    assert str(found["amount"]) == "12.3400"


@given(data, data, data)
def test_merging_paths_loses_no_write(base, left, right):
    base, left, right = cleaned(base), cleaned(left), cleaned(right)
    stamps = dict.fromkeys(base, 0)
    one = ({**copied(base), **left}, {**stamps, **dict.fromkeys(left, 1)})
    other = ({**copied(base), **right}, {**stamps, **dict.fromkeys(right, 2)})
    for order in ([one, other], [other, one]):
        found, _stamps = merged(order)
        for name in {**base, **left, **right}:
            wanted = right.get(name, left.get(name, base.get(name)))
            if not isinstance(wanted, dict):
                assert shape(found[name]) == shape(wanted)
        assert found.keys() == {**base, **left, **right}.keys()


def test_a_name_removed_on_one_path_stays_removed():
    assert merged([({"a": 1}, {"a": 0, "b": 3}), ({"a": 1, "b": 2}, {"a": 0, "b": 0})])[0] == {"a": 1}
    assert merged([({"a": 1, "b": 2}, {"a": 0, "b": 0}), ({"a": 1}, {"a": 0, "b": 3})])[0] == {"a": 1}


def test_lists_and_dictionaries_that_are_too_large_are_refused():
    endless: list = []
    endless.append(endless)
    for value in (endless, list(range(30_000)), 2**5000, "x" * 100_001, Decimal("Infinity")):
        with pytest.raises(ScriptError):
            cleaned({"value": value})


# written by the version that knew format 1, at two waits of repair_order
WAITS_FOR_APPROVAL = (
    "TVIBeAHNkt1qhDAQhd9l6F2zZWJ+ND5H72SRaEYIuMbGuBRk371RdllKKb1tGHKRnO+QM5OGs6aBSLP1sQ3RUQQ2rePIBjsuxFJciW23vbIM"
    "e1kqwVGrysmeu0oao0qNWpLRptPAstPFT4dLxQDu6AZhgnqDl3X1DmroCoGVcrbgUks1iE5l2nLphHJUDAJuDBY/9XRAl3ChKWWswEKfUJyQ"
    "v6OpEXO9HvuuH3yk7I0M3Po7x8V37nZmTX6OKyvSQtihlFwNVSFNp7hC0wvrKsyxUgjtaBMB+4exxI923GP90WUGdp5juFL7sYY9G9cM/NL6"
    "1NLnTNPir/lwg9nGtByjcNT7ix3zLAzim8K98aPtwhqhLjD3PoW0X+dRP6Wc37X5Gz28svTBPSm+/7Pzvr4AM927pA=="
)
WAITS_FOR_MONEY = (
    "TVIBeAHNkNFqwzAMRf9F7FEM23FInF8JpsixAmFuYxxnMEL/fXZpOwqDvQ78JF8drs6ocBwhcaQlndbkOQFe9hBwprAx5rQzHtf6Skx3piHv"
    "po6E00pqop5ZCEWTJNO1MyBE+gJsFALFmNZP9oBHGaa8wXDAm+dpOVOAAYwQ762AK0Igt+4JBiUEQl5z/X6JSvnMLtvpCR5quVLtgS/bD9QP"
    "SCK87Kh6i7UWx1r1zJdcSv991282hDYNe904R6x76nvjTNtxO2uSs5RUwBPFvCe+G9k+/qWO0jIU5TebxYy13zfoprM="
)


def test_what_an_earlier_version_saved_goes_on():
    order = Running("repair_order", {"parts": 1, "labour": 1})
    order.instance = Instance.load(order.spec, base64.b64decode(WAITS_FOR_APPROVAL), order.caller)
    assert order.waiting == ["approve_quote", "reminder", "too_late"]
    order.complete("approve_quote", is_approved=False)
    assert order.instance.ended
    assert order.instance.result["total"] == Decimal("1100.50")
    paying = Running("repair_order", {"parts": 1, "labour": 1}, Caller("capture"))
    paying.instance = Instance.load(paying.spec, base64.b64decode(WAITS_FOR_MONEY), paying.caller)
    paying.answer("capture", "cap-1")
    assert paying.changes.state.id == "paid"
    assert paying.instance.ended
