"""XML that somebody sent: diagrams and decision tables are read by one reader, which follows nothing and unfolds nothing."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable

import pytest

from erp.decisions.errors import DecisionInvalid
from erp.decisions.reading import read
from erp.errors import Invalid
from erp.workflow.diagrams.diagram import BPMN, DiagramInvalid, read_root

Reader = tuple[Callable[[bytes], object], type[Invalid]]
READERS: list[Reader] = [(read_root, DiagramInvalid), (read, DecisionInvalid)]
FOLDED = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
"""A billion laughs in a few hundred bytes."""

LONG = "<e a='&l;'/>" * 30_000
NO_DTD = "document type or entities"
TOO_MUCH = "nested too deeply"
REFUSED = {
    "a billion laughs in a text": (f'<!DOCTYPE d [<!ENTITY l0 "lol">{FOLDED}]><d>&l9;</d>'.encode(), TOO_MUCH),
    "a billion laughs in an attribute": (f'<!DOCTYPE d [<!ENTITY l0 "lol">{FOLDED}]><d a="&l9;"/>'.encode(), TOO_MUCH),
    "one long entity used often": (
        f'<!DOCTYPE d [<!ENTITY l "{"A" * 100_000}">]><d>{LONG}</d>'.encode(), TOO_MUCH,
    ),
    "an entity that names itself": (b'<!DOCTYPE d [<!ENTITY a "&b;"><!ENTITY b "&a;">]><d a="&a;"/>', "not XML"),
    "nested a thousand deep": (b"<a>" * 1000 + b"</a>" * 1000, TOO_MUCH),
    "20 MB": (b"<a>" + b" " * (20 * 1024 * 1024) + b"</a>", "larger than 4 MB"),
    "a document type": (b"<!DOCTYPE d><d/>", NO_DTD),
    "a document type in UTF-16": ("<!DOCTYPE d><d/>".encode("utf-16"), NO_DTD),
    "a document type elsewhere": (b'<!DOCTYPE d SYSTEM "file:///etc/passwd"><d/>', NO_DTD),
    "an attribute filled from a file": (b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d a="&x;"/>', "not XML"),
    "a text filled from a file": (b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>', NO_DTD),
    "other bytes than it says": ('<?xml version="1.0" encoding="utf-8"?><d>é</d>'.encode("latin-1"), "not XML"),
    "an encoding nobody knows": (b'<?xml version="1.0" encoding="klingon"?><d/>', "not XML"),
    "nothing": (b"", "not XML"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00", "not XML"),
    "something else": (b"<html><body/></html>", "This file"),
}  # fmt: skip


@pytest.mark.parametrize("sent", REFUSED)
@pytest.mark.parametrize(("reader", "family"), READERS, ids=["diagram", "decision"])
def test_what_is_refused_is_refused_at_once_in_a_sentence(
    reader: Callable[[bytes], object], family: type[Invalid], sent: str
):
    xml, sentence = REFUSED[sent]
    tracemalloc.start()
    began = time.process_time()
    with pytest.raises(family, match=sentence) as refused:
        reader(xml)
    assert time.process_time() - began < 1
    assert tracemalloc.get_traced_memory()[1] < 8 * 1024 * 1024
    tracemalloc.stop()
    assert "HUGE" not in refused.value.message
    assert "root:" not in refused.value.message


def test_what_is_read_holds_no_comments_and_may_be_written_in_any_known_encoding():
    space = BPMN.strip("{}")
    for encoding in ("utf-8", "utf-16", "iso-8859-1"):
        xml = f'<?xml version="1.0" encoding="{encoding}"?><definitions xmlns="{space}" name="é"><!-- x --><?y?></definitions>'
        root = read_root(xml.encode(encoding))
        assert root.get("name") == "é"
        assert list(root) == []
