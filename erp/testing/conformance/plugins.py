"""Checks of a plugin as a whole: what it says, imports, allows and writes for people."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from erp.access import STARTING_ROLES, VERBS
from erp.documents import types
from erp.plugins import OPERATING, rights_in
from erp.testing.conformance.subjects import loaded, tell
from erp.testing.conformance.texts import untranslated_in_python, untranslated_in_template

DOORS = frozenset({"erp", "erp.screens", "erp.testing"})
SHARED = frozenset({"models", "api"})
PLATFORM = frozenset(name for text in STARTING_ROLES.values() for _verb, name in rights_in(text))
"""Pages of the platform that roles may be given."""
VERBS_OF_ROLES = frozenset({*VERBS, *OPERATING})


def test_a_plugin_says_what_it_is(plugin: str) -> None:
    """Its docstring is a title and a sentence about it."""
    cls = loaded()[plugin].cls
    title, _dot, text = (cls.__doc__ or "").strip().partition(".")
    assert title, f"{cls.__name__} needs a docstring: its first sentence is the plugin's title."
    assert text.strip(), f"The docstring of {cls.__name__} needs a second sentence: what the plugin is for."


def test_a_plugin_depends_on_what_it_imports(plugin: str) -> None:
    """`depends` names exactly the plugins it imports; from those only `models` and `api`."""
    own, packages = loaded()[plugin], {entry.package: name for name, entry in loaded().items()}
    used: set[str] = set()
    problems = []
    for path, line, module in _imports(own.folder):
        package = next((p for p in packages if module == p or module.startswith(f"{p}.")), None)
        if package is None or package == own.package:
            continue
        used.add(packages[package])
        part = module.removeprefix(package).strip(".").partition(".")[0]
        if part not in SHARED:
            problems.append(f"{path.name}:{line} imports {module}; other plugins share only models and api.")
    depends = set(own.cls.depends)
    problems += [f"{plugin} imports {name} and does not depend on it." for name in sorted(used - depends)]
    problems += [f"{plugin} depends on {name} and never imports it." for name in sorted(depends - used)]
    tell(problems)


def test_a_plugin_uses_the_three_doors(plugin: str) -> None:
    """It imports `erp`, `erp.screens` in views.py, `erp.testing` in its simulator, and no inner room."""
    own = loaded()[plugin]
    problems = []
    for path, line, module in _imports(own.folder):
        if module.partition(".")[0] != "erp":
            continue
        place = path.relative_to(own.folder).parts[0]
        wanted = {"erp.screens": "views", "erp.testing": "simulator"}.get(module, "")
        if module not in DOORS:
            problems.append(f"{path.name}:{line} imports {module}; ask for it at the door: from erp import …")
        elif wanted and not place.startswith(wanted):
            problems.append(f"{path.name}:{line} imports {module}, which is for {wanted} only.")
    tell(problems)


def _imports(folder: Path) -> Iterator[tuple[Path, int, str]]:
    """(file, line, module) of every import of a plugin's code; its migrations are alembic's."""
    for path in sorted(folder.rglob("*.py")):
        if "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield path, node.lineno, node.module
            elif isinstance(node, ast.Import):
                yield from ((path, node.lineno, name.name) for name in node.names)


def test_the_rights_of_roles_exist(plugin: str) -> None:
    """Roles may do known things to types of this plugin or of those it stands on."""
    own = loaded()[plugin]
    within = {plugin, *own.cls.depends}
    problems = []
    for role, rights in own.rights().items():
        for verb, name in sorted(rights):
            kind = types.declared().get(name)
            known = VERBS_OF_ROLES | set(kind.cls.verbs if kind is not None else ())
            if verb not in known:
                problems.append(f"{role} may “{verb}” {name}; the verbs are {', '.join(sorted(known))}.")
            elif name in PLATFORM:
                continue
            elif kind is None:
                problems.append(f"{role} has rights on {name}, which no plugin declares.")
            elif kind.plugin not in within:
                problems.append(f"{role} has rights on {name} of the plugin {kind.plugin}, which is not in depends.")
    tell(problems)


def test_texts_of_a_plugin_can_be_translated(plugin: str) -> None:
    """What people read goes through `_` or `_l`, in Python and in templates."""
    folder = loaded()[plugin].folder
    problems = []
    for path in sorted(folder.rglob("*.py")):
        if not {"migrations", "demo", "demo.py"} & set(path.relative_to(folder).parts):
            problems += [f"{path.name}:{line} {found}" for line, found in untranslated_in_python(path.read_text())]
    for path in sorted((folder / "templates").rglob("*.html")):
        problems += [f"{path.name}:{line} “{found}”" for line, found in untranslated_in_template(path.read_text())]
    tell(problems)
