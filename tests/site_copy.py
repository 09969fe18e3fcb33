"""A copy of this repository's source to work in as a developer does, so that tests leave no file behind."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import sqlalchemy as sa

from erp.config import ROOT

FOLDERS = ("erp", "plugins", "workflows", "forms", "reports", "translations")
LEFT_OUT = shutil.ignore_patterns("node_modules", "dist", "src", "*.pyc.*")
"""Compiled modules go along, as a copy keeps the moment by which Python knows that they still fit; halves of them do not."""
PATIENCE = 300
"""Seconds a command may take."""


TYPES = ".mypy_cache"
MOTHER = """
import gc, json, os, sys

gc.disable()
from erp import cli
from erp.run import forks

for line in sys.stdin:
    order = json.loads(line)
    child = os.fork()
    if child == 0:
        os.environ.clear()
        os.environ.update(order["env"])
        os.dup2(os.open(order["typed"], os.O_RDONLY), 0)
        os.dup2(os.open(order["said"], os.O_WRONLY), 1)
        os.dup2(1, 2)
        sys.stdin = open(0)
        forks.die_with_parent()
        try:
            code = cli.main(order["words"])
        except SystemExit as ended:
            code = ended.code
        sys.stdout.flush()
        os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""`python -m erp` again and again: each time a process of its own, forked from one that has read the platform only."""


@dataclass(frozen=True)
class Site:
    """The copy, and a database for its commands."""

    root: Path
    database_url: str

    def env(self) -> dict[str, str]:
        """Environment of its commands."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
        return kept | {"DATABASE_URL": self.database_url}

    @cached_property
    def mother(self) -> subprocess.Popen[str]:
        """Of whom the commands of `erp` are forked."""
        return subprocess.Popen(
            [sys.executable, "-c", MOTHER], cwd=self.root, env=self.env(), text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )  # fmt: skip

    def erp(self, *words: str, typed: str = "") -> tuple[int, str]:
        """How a command of `erp` ended, and what it said."""
        names = {"typed": self.root.with_name("typed"), "said": self.root.with_name("said")}
        names["typed"].write_text(typed)
        names["said"].write_text("")
        assert self.mother.stdin is not None
        assert self.mother.stdout is not None
        order = {"words": words, "env": self.env(), **{name: str(path) for name, path in names.items()}}
        self.mother.stdin.write(json.dumps(order) + "\n")
        self.mother.stdin.flush()
        if not select.select([self.mother.stdout], [], [], PATIENCE)[0]:
            self.mother.kill()
            raise AssertionError(f"erp {' '.join(words)} does not end\n{names['said'].read_text()[-6000:]}")
        return int(self.mother.stdout.readline()), names["said"].read_text()

    def run(self, *words: str, typed: str = "") -> str:
        """What a command printed; `erp` and `python` are this interpreter's. It must succeed."""
        if words[0] == "erp":
            code, said = self.erp(*words[1:], typed=typed)
        else:
            ran = subprocess.run(
                [sys.executable, *words[1:]], cwd=self.root, env=self.env(), input=typed, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE, check=False,
            )  # fmt: skip
            code, said = ran.returncode, ran.stdout
        assert code == 0, f"{' '.join(words)}\n{said[-6000:]}"
        return said

    def check_types(self, *folders: str) -> None:
        """Run mypy; what `make lint` has found of all other source is not found out again."""
        known = (self.root / TYPES).is_dir()
        self.run("python", "-m", "mypy", *([] if known else ["--follow-imports=silent"]), *folders)

    def end(self) -> None:
        """No more commands."""
        for pipe in (self.mother.stdin, self.mother.stdout):
            assert pipe is not None
            pipe.close()
        self.mother.wait(10)


@contextmanager
def copied(folder: Path, database: str, name: str) -> Iterator[Site]:
    """A copy below `folder`; its commands use a fresh database on the tests' server."""
    for part in FOLDERS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=LEFT_OUT)
    (folder / "erp" / "frontend" / "dist").symlink_to(ROOT / "erp" / "frontend" / "dist")
    shutil.copy(ROOT / "pyproject.toml", folder)
    if (ROOT / TYPES).is_dir():
        shutil.copytree(ROOT / TYPES, folder / TYPES)
    (folder / "tests").mkdir()
    for file in ("__init__.py", "chromium.py", "conftest.py", "test_conformance.py"):
        shutil.copy(ROOT / "tests" / file, folder / "tests")
    engine = sa.create_engine(database, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text(f"create database {name}"))
    url = sa.engine.make_url(database).set(database=name)
    site = Site(folder, url.render_as_string(hide_password=False))
    try:
        yield site
    finally:
        site.end()
        with engine.connect() as connection:
            connection.execute(sa.text(f"drop database {name} with (force)"))
        engine.dispose()
