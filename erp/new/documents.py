"""Writes the files of a new document type into a plugin, new or present."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from erp import prepare
from erp.config import ROOT, Settings
from erp.documents import types
from erp.errors import SetupError
from erp.new.drawing import drawn
from erp.new.merging import with_code, with_roles
from erp.plugins import Loaded

WORD = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
STEPS = ("confirm:confirmed", "close:closed")
PYTHON = {"__init__.py": "plugin.py", "models.py": "models.py", "actions.py": "actions.py"}


@dataclass(frozen=True)
class Step:
    """A user task and the state that is reached once it is done."""

    task: str
    state: str

    @property
    def label(self) -> str:
        """What the task is called."""
        return _label(self.task)

    @property
    def state_label(self) -> str:
        """What the state is called."""
        return _label(self.state)


@dataclass(frozen=True)
class Order:
    """What is wanted; empty parts are chosen from what there is."""

    name: str
    plugin: str = ""
    role: str = ""
    steps: Sequence[str] = field(default=STEPS)
    """`task:state` each, in their order: `hand_out:lent`."""

    @property
    def place(self) -> str:
        """The plugin it goes into: the wanted one, else one named after it."""
        return self.plugin or f"{self.name}s"


def write(order: Order, root: Path = ROOT) -> list[Path]:
    """Write the files of the wanted type below `root`; returns them. Raises SetupError before anything is written."""
    loaded = prepare.load_plugins(Settings())
    plugin = order.place
    steps = _checked(order.name, plugin, order.steps, root)
    present = loaded.get(plugin)
    title, role = _label(order.name), order.role or _role(present, loaded)
    names: dict[str, Any] = {
        "name": order.name,
        "cls": "".join(part.capitalize() for part in order.name.split("_")),
        "title": title,
        "plugin": plugin,
        "plugin_cls": "".join(part.capitalize() for part in plugin.split("_")),
        "plugin_title": present.title if present else _label(plugin),
        "prefix": _prefix(order.name),
        "role": role,
        "steps": steps,
        "drawing": drawn(order.name, title, role, steps),
    }
    made = _texts(names, plugin, steps)
    taken = [path for path in made if (root / path).exists() and path.suffix != ".py"]
    if taken:
        raise SetupError(f"{taken[0]} is there already; nothing was written.")
    return [_put(root / path, text, names) for path, text in made.items()]


def written(order: Order) -> str:
    """Write it, and say which files there are and what comes next."""
    files = [str(path.relative_to(ROOT)) for path in write(order)]
    then = f"Next, once the fields are yours: erp migration {order.place} {order.name}"
    return "\n".join([*files, then])


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _checked(name: str, plugin: str, steps: Iterable[str], root: Path) -> tuple[Step, ...]:
    for word in (name, plugin):
        if not WORD.fullmatch(word) or keyword.iskeyword(word):
            raise SetupError(f"“{word}” cannot be a name: write small letters and single underlines, as in loan_order.")
    if name in types.declared():
        raise SetupError(f"There is a document {name} already, in the plugin {types.declared()[name].plugin}.")
    if plugin in prepare.loaded() and not (root / "plugins" / plugin / "__init__.py").is_file():
        raise SetupError(f"The plugin {plugin} is installed from elsewhere; add the document where it is developed.")
    found = []
    for text in steps:
        task, _colon, state = text.partition(":")
        if not WORD.fullmatch(task) or not WORD.fullmatch(state):
            raise SetupError(f"“{text}” is no step: write a task and the state it leads to, as in hand_out:lent.")
        found.append(Step(task, state))
    used = [word for step in found for word in (step.task, step.state)]
    if not found or len(set(used)) < len(used) or {"opened", f"print_{name}"} & set(used):
        raise SetupError("Every task and state of a process needs a name of its own.")
    return tuple(found)


def _prefix(name: str) -> str:
    """Letters its numbers begin with that no other type uses."""
    used = {getattr(kind.cls, "prefix", "") for kind in types.declared().values()}
    plain = name.replace("_", "").upper()
    initials = "".join(part[0] for part in name.split("_")).upper()
    choices = [initials] if len(initials) > 1 else []
    choices += [plain[:length] for length in range(2, len(plain) + 1)]
    return next((choice for choice in choices if choice not in used), plain)


def _role(present: Loaded | None, loaded: Mapping[str, Loaded]) -> str:
    """Who does its tasks: the plugin's first role, else one of the menu's first that makes documents already."""
    if present is not None and present.cls.roles:
        return next(iter(present.cls.roles))
    first = sorted(loaded.values(), key=lambda plugin: plugin.cls.order)
    adding = (role for plugin in first for role, rights in plugin.rights().items() if "add" in dict(rights))
    return next(adding, "Clerk")


def rendered(template: str, **names: Any) -> str:
    """What a template of source code says."""
    environment = Environment(  # noqa: S701 - it writes source code, no page
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        variable_start_string="«",
        variable_end_string="»",
        block_start_string="[%",
        block_end_string="%]",
        comment_start_string="[#",
        comment_end_string="#]",
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(f"{template}.jinja").render(**names)


def _texts(names: Mapping[str, Any], plugin: str, steps: Sequence[Step]) -> dict[Path, str]:
    """{path below the root: what it says}."""

    def said(template: str, **more: Any) -> str:
        return rendered(template, **names, **more)

    name = names["name"]
    found = {Path("plugins", plugin, file): said(template) for file, template in PYTHON.items()}
    found[Path("workflows", plugin, f"{name}.bpmn")] = said("process.bpmn")
    for step in steps:
        found[Path("forms", plugin, f"{name}.{step.task}.form")] = said("task.form", step=step)
    found[Path("reports", plugin, f"{name}.html")] = said("print.html")
    found[Path("reports", plugin, f"{name}.json")] = said("print.json")
    found[Path("tests", plugin, "__init__.py")] = ""
    found[Path("tests", plugin, f"test_{name}.py")] = said("test.py")
    return found


def _put(path: Path, text: str, names: Mapping[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    present = path.read_text() if path.exists() else ""
    if present and path.name == "__init__.py":
        rights = {names["role"]: f"{names['name']}:list show add edit export", "TENANT_MANAGER": f"{names['name']}:*"}
        text = with_roles(present, rights) if text else present
    elif present:
        text = with_code(present, text)
    path.write_text(text)
    return path
