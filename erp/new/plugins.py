"""Writes an empty plugin: its declaration and a test that it takes part."""

from __future__ import annotations

import keyword
from collections.abc import Sequence
from pathlib import Path

from erp import prepare
from erp.config import ROOT, Settings
from erp.errors import SetupError
from erp.new.documents import WORD, rendered


def write_plugin(name: str, depends: Sequence[str] = (), root: Path = ROOT) -> list[Path]:
    """Write the files of an empty plugin below `root`; returns them. Raises SetupError before anything is written."""
    loaded = prepare.load_plugins(Settings())
    if not WORD.fullmatch(name) or keyword.iskeyword(name):
        raise SetupError(f"“{name}” cannot be a name: write small letters and single underlines, as in loans.")
    if name in loaded or name in prepare.absent() or (root / "plugins" / name).exists():
        raise SetupError(f"There is a plugin {name} already.")
    if missing := sorted(set(depends) - set(loaded)):
        raise SetupError(f"There is no plugin {missing[0]} to depend on. These there are: {', '.join(loaded)}.")
    names = {
        "plugin": name,
        "plugin_cls": "".join(part.capitalize() for part in name.split("_")),
        "title": name.replace("_", " ").capitalize(),
        "depends": tuple(depends),
    }
    texts = {
        Path("plugins", name, "__init__.py"): rendered("empty_plugin.py", **names),
        Path("tests", name, "__init__.py"): "",
        Path("tests", name, f"test_{name}.py"): rendered("empty_plugin_test.py", **names),
    }
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return [root / path for path in texts]


def written_plugin(name: str, depends: Sequence[str]) -> str:
    """Write it, and say which files there are and what comes next."""
    files = [str(path.relative_to(ROOT)) for path in write_plugin(name, depends)]
    return "\n".join([*files, f"Next, its first document: erp new document NAME --plugin {name}"])
