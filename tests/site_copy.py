"""A copy of this repository's source to work in as a developer does, so that tests leave no file behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from erp.config import ROOT

FOLDERS = ("erp", "plugins", "workflows", "forms", "reports", "translations")
LEFT_OUT = shutil.ignore_patterns("node_modules", "dist", "src")
"""Compiled modules go along: a copy keeps the moment by which Python knows that they still fit."""


@dataclass(frozen=True)
class Site:
    """The copy, and a database for its commands."""

    root: Path
    database_url: str

    def env(self) -> dict[str, str]:
        """Environment of its commands."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
        return kept | {"DATABASE_URL": self.database_url}

    def run(self, *words: str, typed: str = "") -> str:
        """What a command printed; `erp` and `python` are this interpreter's. It must succeed."""
        program = {"erp": [sys.executable, "-m", "erp"], "python": [sys.executable]}[words[0]]
        ran = subprocess.run(
            [*program, *words[1:]],
            cwd=self.root,
            env=self.env(),
            input=typed,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=300,
            check=False,
        )
        assert ran.returncode == 0, f"{' '.join(words)}\n{ran.stdout[-6000:]}"
        return ran.stdout


@contextmanager
def copied(folder: Path, database: str, name: str) -> Iterator[Site]:
    """A copy below `folder`; its commands use a fresh database on the tests' server."""
    for part in FOLDERS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=LEFT_OUT)
    (folder / "erp" / "frontend" / "dist").symlink_to(ROOT / "erp" / "frontend" / "dist")
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "tests").mkdir()
    for file in ("__init__.py", "chromium.py", "conftest.py", "test_conformance.py"):
        shutil.copy(ROOT / "tests" / file, folder / "tests")
    engine = sa.create_engine(database, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text(f"create database {name}"))
    url = sa.engine.make_url(database).set(database=name)
    try:
        yield Site(folder, url.render_as_string(hide_password=False))
    finally:
        with engine.connect() as connection:
            connection.execute(sa.text(f"drop database {name} with (force)"))
        engine.dispose()
