"""A plugin that is wrong is refused at start, and one sentence says why.

Each folder of tests/broken_plugins is an installation with plugins that are wrong in one way; its why.txt is the sentence.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from erp.config import ROOT

BROKEN = ROOT / "tests" / "broken_plugins"
KINDS = sorted(path.parent.name for path in BROKEN.glob("*/why.txt"))
LOADER = """
import json, os, sys
from erp import prepare
from erp.config import Settings
from erp.errors import SetupError

for folder in sys.argv[1:]:
    if os.fork() == 0:
        sys.path.insert(0, folder)
        try:
            said = " ".join(prepare.load_plugins(Settings()))
        except SetupError as error:
            said = error.message
        print(json.dumps([os.path.basename(folder), said]), flush=True)
        os._exit(0)
    os.wait()
"""
"""Declared tables stay in a process, so each kind is loaded in a process of its own."""


def installed(kind: str, folder: Path) -> Path:
    """The kind's packages with what an installer writes beside them."""
    made = shutil.copytree(BROKEN / kind, folder / kind)
    names = sorted(path.parent.name for path in made.glob("*/__init__.py"))
    about = made / f"{kind}-1.0.dist-info"
    about.mkdir()
    about.joinpath("METADATA").write_text(f"Metadata-Version: 2.1\nName: {kind}\nVersion: 1.0\n")
    points = [f"{name.removeprefix('other_')} = {name}" for name in names]
    about.joinpath("entry_points.txt").write_text("\n".join(["[millrace.plugins]", *points, ""]))
    return made


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("installed")
    folders = [str(installed(kind, folder)) for kind in KINDS]
    ran = subprocess.run(
        [sys.executable, "-c", LOADER, *folders], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return dict(json.loads(line) for line in ran.stdout.splitlines())


@pytest.mark.parametrize("kind", KINDS)
def test_the_loader_says_what_is_wrong(kind: str, said: dict[str, str]) -> None:
    assert said[kind] == (BROKEN / kind / "why.txt").read_text().strip()
