"""Texts made to end the process that runs them, to fill its memory or to keep it busy: none does any harm.

They run in a child with little memory to spare, since one that got through would take the tests along.
"""

from __future__ import annotations

import os
import resource
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from erp.workflow import snapshot
from erp.workflow.errors import EngineError, ScriptError
from erp.workflow.scripting import scripts, values
from erp.workflow.scripting.scripts import ReadOnly

SPARE = 150 * 1024 * 1024
LONGEST = 2.5
"""Seconds of a processor that is shared by other tests: much more than any of them takes alone."""
DOCUMENT = ReadOnly({"total": 5, "lines": [{"quantity": 2}]})

NESTED = {
    "iterators of iterators": "x = [1]\nfor i in range(60000): x = enumerate(x)\ny = list(x)",
    "generators of generators": "x = [1]\nfor i in range(60000): x = (y for y in x)\nz = list(x)",
    "a chain of generators let go": "x = [1]\nfor i in range(60000): x = (y for y in x)\nx = 0",
    "zips of zips": "x = [1]\nfor i in range(60000): x = zip(x)\ny = list(x)",
    "lists in lists": "x = []\nfor i in range(90000): x = [x]",
    "lists in lists, compared": "x, y = [], []\nfor i in range(50000):\n  x = [x]\n  y = [y]\nz = x == y",
    "functions in functions": "f = lambda: 1\nfor i in range(30000): f = (lambda g: lambda: g())(f)\nx = f()",
    "sorting that sorts": "f = lambda n: sorted([1], key=lambda v: f(n + 1))\nx = f(0)",
    "a list in itself": "x = []\nx.append(x)\ny = []\ny.append(y)\nz = x == y",
}
LARGE = {
    "methods kept and called": "s = 'a' * 99999\nf = s.upper\nx = [f() for i in range(19999)]",
    "lists copied": "s = [0] * 19999\nf = s.copy\nx = [f() for i in range(19999)]",
    "texts split": "s = 'a ' * 49999\nf = s.split\nx = [f() for i in range(19999)]",
    "a method for a key": "s = 'a ' * 49999\nx = sorted(['a', 'b'] * 9999, key=s.split)",
    "endless digits": "d = Decimal('0.' + '9' * 99990)\nx = [d.copy_abs() for i in range(100000)]",
    "texts joined": "x = ''.join('a' * 99999 for i in range(10000))",
    "a dictionary of dictionaries": "d = {}\nfor i in range(200): d = {'a': d, 'b': d}",
    "f-strings in f-strings": "x = 'a' * 999\nfor i in range(99): x = f'{x:>999}{x}{x}'",
    "lists in a comprehension": "x = [[0] * 20000 for i in range(20000)]",
    "dictionaries united": "d = {str(i): i for i in range(9999)}\nx = [d | d for i in range(19999)]",
    "large numbers": "x = [2 ** 4000 + i for i in range(100000)]",
    "one text many times": "s = 'a' * 99999\nx = [s] * 19990",
    "one text under many names": "s = 'a' * 99999\nd = {str(i): s for i in range(19990)}",
    "texts of several names": "\n".join(f"x{n} = ['a' * 99999] * 19" for n in range(8)),
    "long names": "x = {str(i): 1 for i in range(9000)}\nk = 'k' * 99990\nfor i in range(20): x = {k: x}",
}
SLOW = {
    "tuples in order": "t = (0,) * 20000\nx = sorted([t] * 20000)",
    "tuples of long texts": "a, b = 'a' * 99999, 'a' * 50000 + 'a' * 49999\nt, u = (a,) * 20000, (b,) * 20000\n"
    "while True: x = t < u",
    "tuples as keys": "t = ('a',) * 20000\nd = {}\nwhile True: d[t] = 1",
    "looking backwards": "a, b = 'a' * 99999, 'ab' + 'a' * 49998\nwhile True: x = a.rfind(b)",
    "looking backwards, kept": "a, b = 'a' * 99999, 'ab' + 'a' * 49998\nf = a.rpartition\nfor i in range(999): f(b)",
    "stripping": "a, b = 'a' * 99999, 'bcdefghijk' * 9999 + 'a'\nf = a.strip\nfor i in range(999): f(b)",
    "one of many beginnings": "t = ('a' * 99998 + 'b',) * 20000\nf = ('a' * 99999).startswith\nwhile True: x = f(t)",
    "replacing": "a, b = 'a' * 99999, 'a' * 49999 + 'b'\nwhile True: x = a.replace(b, '')",
    "names of the same hash": "d = {i * (2 ** 61 - 1): 1 for i in range(15000)}",
    "long decimals": "x = Decimal('1.0000001')\nwhile True: y = x ** Decimal('4000.5')",
    "a sum of a sum": "x = sum(sum(range(10 ** 6)) for i in range(10 ** 6))",
    "the largest of all": "x = max(range(10 ** 12), key=lambda n: n)",
    "three loops in one": "x = [1 for a in range(10 ** 4) for b in range(10 ** 4) for c in range(10 ** 4)]",
}
WALKS = {
    "a method's insides": "x = 'a'.upper.func",
    "a kept method's arguments": "f = 'a'.upper\nx = f.args",
    "a list's method": "x = [].append.keywords",
    "the document's fields": "x = document._fields",
    "the document's class": "x = document['__class__']",
    "a function's code": "def f(): pass\nx = f.__code__",
    "the guards": "x = _getattr_(document, '__class__')",
    "the guards replaced": "_holds_ = lambda a, b, c: True",
    "a class by a text": "x = f'{document.total.__class__}'",
    "a view's dictionary": "x = {'a': 1}.keys().mapping",
}


def in_a_child(texts: dict[str, str], answers: Path) -> int:
    """Run scripts in threads of a forked child, as a web process does; its exit status."""
    pid = os.fork()
    if pid:
        return os.waitpid(pid, 0)[1]
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + SPARE, used + SPARE))
    with answers.open("w") as told:
        for name, text in texts.items():
            print(name, end=": ", file=told, flush=True)
            thread = threading.Thread(target=lambda text=text: print(what_came_of(text), file=told, flush=True))
            thread.start()
            thread.join()
    os._exit(0)


def what_came_of(text: str) -> str:
    """How a script ended, and after how much of the processor's time."""
    began = time.thread_time()
    try:
        scripts.run(text, {}, {"document": DOCUMENT}, lambda: datetime(2026, 3, 1, 9, tzinfo=UTC))
        ended = "done"
    except ScriptError as error:
        ended = "refused" if len(error.message) < 1000 else "refused with a very long reason"
    except BaseException as error:
        ended = repr(error)
    return f"{ended} {time.thread_time() - began}"


@pytest.mark.parametrize("texts", [NESTED, LARGE, SLOW, WALKS], ids=["nested", "large", "slow", "walks"])
def test_no_script_does_any_harm(texts: dict[str, str], tmp_path: Path) -> None:
    answers = tmp_path / "answers"
    status = in_a_child(texts, answers)
    told = answers.read_text().splitlines()
    assert status == 0, f"the process died at {told[-1]}"
    assert len(told) == len(texts)
    for line in told:
        ended, _space, seconds = line.partition(": ")[2].rpartition(" ")
        assert ended == "refused" or (texts is NESTED and ended == "done"), line
        assert float(seconds) < LONGEST, line


def test_what_one_script_may_and_thousands_may_not() -> None:
    """Iterations that are over, or that nobody wants any more, count no longer."""
    text = "x = 0\nfor i in range(9000):\n  if any(n > 1 for n in [1, 2, 3]): x += 1"
    assert scripts.run(text, {}, {}, lambda: datetime.now(UTC))[0]["x"] == 9000


def test_a_script_reads_and_copies_only_what_it_names() -> None:
    known = {"n": 1, "lines": [{"a": 1}], "draft": 2}
    written, removed = scripts.run("n += 1\nlines[0]['a'] = 5\ndel draft", known, {}, lambda: datetime.now(UTC))
    assert (written, removed) == ({"n": 2, "lines": [{"a": 5}]}, frozenset({"draft"}))
    assert known == {"n": 1, "lines": [{"a": 1}], "draft": 2}


def test_all_that_is_kept_together_is_bounded() -> None:
    text = "a" * values.MAX_TEXT
    assert values.cleaned({"x": [text] * 9})["x"][8] == text
    with pytest.raises(ScriptError, match="too large"):
        values.cleaned({f"x{n}": text for n in range(20)})
    with pytest.raises(ScriptError, match=r"“x\.a\[\]\.b” is of the kind set"):
        values.cleaned({"x": {"a": [{"b": {1}}]}})


def test_what_could_not_be_read_again_is_not_saved() -> None:
    large = ["a" * 1_000_000] * 34
    with pytest.raises(EngineError, match="too large"):
        snapshot.encode(large)
    assert snapshot.decode(snapshot.encode(large[:31])) == large[:31]


@pytest.mark.parametrize(
    "text",
    ["x.append(1)", "x.clear()", "x.sort()", "d.update(a=5)", "d.pop('a')", "d.setdefault('b', 1)", "[x.extend(x)]"],
)
def test_an_expression_changes_nothing(text: str) -> None:
    """Paths side by side share the values they came with."""
    known = {"x": [3, 2], "d": {"a": [1]}}
    with pytest.raises(ScriptError, match="changes nothing"):
        scripts.evaluate(text, known, {"document": DOCUMENT}, lambda: datetime.now(UTC))
    assert known == {"x": [3, 2], "d": {"a": [1]}}
