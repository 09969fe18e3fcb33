"""A plugin that is wrong is left out at start, one sentence says why, and the others go on.

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
from erp import plugins, prepare
from erp.config import Settings
from erp.errors import PluginUnfit

for folder in sys.argv[1:]:
    if os.fork() == 0:
        sys.path.insert(0, folder)
        try:
            loaded = list(prepare.load_plugins(Settings()))
            said = " ".join({absent.reason for absent in prepare.absent().values()})
        except PluginUnfit as error:
            # as the command line does: in a new process, told so
            loaded, said = list(plugins.load(Settings(plugins_unfit={error.plugin: error.message})).loaded), error.message
        print(json.dumps([os.path.basename(folder), said, loaded]), flush=True)
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
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, list[str]]]:
    folder = tmp_path_factory.mktemp("installed")
    folders = [str(installed(kind, folder)) for kind in KINDS]
    ran = subprocess.run(
        [sys.executable, "-c", LOADER, *folders], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return {kind: (why, loaded) for kind, why, loaded in map(json.loads, ran.stdout.splitlines())}


@pytest.mark.parametrize("kind", KINDS)
def test_the_loader_says_what_is_wrong(kind: str, said: dict[str, tuple[str, list[str]]]) -> None:
    assert said[kind][0] == (BROKEN / kind / "why.txt").read_text().strip()


@pytest.mark.parametrize("kind", KINDS)
def test_all_others_take_part(kind: str, said: dict[str, tuple[str, list[str]]]) -> None:
    shipped = {path.parent.name for path in (ROOT / "plugins").glob("*/__init__.py")}
    assert set(said[kind][1]) == shipped
