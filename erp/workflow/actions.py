"""What a diagram may call: `@action` runs inside the step, a `Call` goes outside in three phases."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, NamedTuple, TypeVar, get_args, get_type_hints

from erp import hooks
from erp.documents.base import Document, snake
from erp.documents.fields import Field
from erp.errors import Invalid, SetupError
from erp.i18n import _
from erp.workflow.errors import ProcessError

F = TypeVar("F", bound=Callable[..., Any])
Json = Any
ACTION = "action"
__all__ = ["ActionType", "Call", "ProcessError", "action", "catalogue", "find", "typed"]
TYPES: Mapping[str, type] = {"str": str, "int": int, "decimal": Decimal, "bool": bool, "date": date}


class Call:
    """An outside call: requested in the step, sent by a worker without a session, recorded exactly once in a step."""

    queue: ClassVar[str] = "short"
    attempts: ClassVar[int] = 6
    formerly: ClassVar[tuple[str, ...]] = ()
    correctable: ClassVar[tuple[Field, ...]] = ()
    """What of the request, by its names there, may be put right before it is sent again; the rest stays frozen."""

    def __init__(self, document: Document, parameters: Mapping[str, Any]) -> None:
        setattr(self, document_name(type(self)), document)
        for name, value in parameters.items():
            setattr(self, name, value)

    def request(self) -> Json:
        """What will be sent, as JSON; frozen with its key in this step."""
        raise NotImplementedError

    def send(self, request: Json, key: str) -> Json:
        """Send it with the key, no session at hand; returns the answer as JSON, raises to be tried again."""
        raise NotImplementedError

    def record(self, answer: Json) -> Any:
        """Put the answer into the document; what it returns becomes the task's result variable."""

    def failed(self, code: str, message: str) -> None:
        """Asked outside a process (`operations.ask`): a no with its code, or '' when the last attempt failed."""
        raise NotImplementedError


@dataclass(frozen=True)
class ActionType:
    """An entry of the catalogue analysts pick from."""

    name: str
    plugin: str
    help: str
    document_type: str
    """The type it works on; empty for any document."""
    parameters: Mapping[str, str]
    """{name: str | int | decimal | bool | date}"""
    optional: frozenset[str]
    function: Callable[..., Any] | None
    call: type[Call] | None
    asks: bool = True
    """Whether it may ask the database what this step has changed, so that it has to be written before."""
    result: str = ""
    """What it answers with: str | int | decimal | bool | date, none for nothing; empty where that is not declared."""

    @property
    def is_call(self) -> bool:
        """Whether it goes outside."""
        return self.call is not None


class Told(NamedTuple):
    """What `@action` says of a function."""

    formerly: tuple[str, ...]
    asks: bool


def action(function: F | None = None, *, formerly: tuple[str, ...] = (), asks: bool = True) -> Any:
    """Decorator: `function(document, **parameters)` may be called by diagrams, under its own name.

    Where it says that it `asks` the database nothing its step has changed, or flushes before it does, the step writes
    the document once.
    """

    def decorate(inner: F) -> F:
        return hooks.mark(inner, ACTION, Told(formerly, asks))

    return decorate if function is None else decorate(function)


_catalogue: dict[str, ActionType] = {}
_formerly: dict[str, str] = {}


def catalogue() -> Mapping[str, ActionType]:
    """Every action there is, by name."""
    return _catalogue


def find(name: str) -> ActionType:
    """An action by its name or a former one; raises Invalid."""
    found = _catalogue.get(_formerly.get(name, name))
    if found is None:
        raise Invalid(_("The diagram calls “%(name)s”, which no plugin offers.", name=name))
    return found


def find_call(cls: type[Call]) -> ActionType:
    """The entry of a Call that a plugin's `actions.py` declares."""
    return find(snake(cls.__name__))


def collect(plugin: str, module: object) -> None:
    """Take the actions and calls of a plugin's `actions.py`; raises SetupError on a name given twice."""
    for name, function, told in hooks.marked(module, ACTION):
        assert isinstance(told, Told)
        _add(_describe(name, plugin, function, asks=told.asks), told.formerly)  # type: ignore[arg-type]
    for item in vars(module).values():
        if isinstance(item, type) and issubclass(item, Call) and item.__module__ == getattr(module, "__name__", ""):
            _add(_describe_call(plugin, item), item.formerly)


def forget() -> None:
    """Empty the catalogue, before it is collected anew."""
    _catalogue.clear()
    _formerly.clear()


def _add(entry: ActionType, formerly: tuple[str, ...]) -> None:
    known = _catalogue.get(entry.name)
    if known is not None and known.plugin != entry.plugin:
        raise SetupError(f"The plugins {known.plugin} and {entry.plugin} both offer an action {entry.name}.")
    _catalogue[entry.name] = entry
    _formerly.update(dict.fromkeys(formerly, entry.name))


def _type_name(hint: Any, parameter: str, action: str) -> str:
    for name, kind in TYPES.items():
        if hint is kind:
            return name
    kind = getattr(hint, "__name__", hint)
    raise SetupError(f"The parameter {parameter} of the action {action} is of {kind}; it may be of {', '.join(TYPES)}.")


def _describe(name: str, plugin: str, function: Callable[..., Any], *, asks: bool) -> ActionType:
    hints = get_type_hints(function)
    document, *parameters = inspect.signature(function).parameters.values()
    hint = hints[document.name]
    return ActionType(
        name=name,
        plugin=plugin,
        help=inspect.getdoc(function) or "",
        document_type="" if hint is Document else snake(hint.__name__),
        parameters={entry.name: _type_name(hints[entry.name], entry.name, name) for entry in parameters},
        optional=frozenset(entry.name for entry in parameters if entry.default is not inspect.Parameter.empty),
        function=function,
        call=None,
        asks=asks,
        result=_result_of(function),
    )


def _result_of(function: Callable[..., Any]) -> str:
    """What a function declares to return, an optional one by what it is when it is there."""
    hint = get_type_hints(function).get("return")
    if hint is type(None):
        return "none"
    kinds = [each for each in get_args(hint) if each is not type(None)] or [hint]
    return next((name for name, kind in TYPES.items() if kinds == [kind]), "")


def _own_hints(cls: type[Call]) -> dict[str, Any]:
    common = get_type_hints(Call)
    return {name: hint for name, hint in get_type_hints(cls).items() if name not in common}


def document_name(cls: type[Call]) -> str:
    """The attribute a Call keeps its document under: the one annotated with a document class."""
    for name, hint in _own_hints(cls).items():
        if isinstance(hint, type) and issubclass(hint, Document):
            return name
    raise SetupError(f"{cls.__name__} must name its document, for example `order: RepairOrder`.")


def _describe_call(plugin: str, cls: type[Call]) -> ActionType:
    hints = _own_hints(cls)
    own = hints.pop(document_name(cls))
    return ActionType(
        name=snake(cls.__name__),
        plugin=plugin,
        help=inspect.getdoc(cls) or "",
        document_type="" if own is Document else snake(own.__name__),
        parameters={name: _type_name(hint, name, snake(cls.__name__)) for name, hint in hints.items()},
        optional=frozenset(name for name in hints if hasattr(cls, name)),
        function=None,
        call=cls,
        result=_result_of(cls.record),
    )


def typed(entry: ActionType, values: Mapping[str, Any]) -> dict[str, Any]:
    """The evaluated parameters in their declared types; raises Invalid naming the one that does not fit.

    One that may be left out is also left out where a form's field was left empty.
    """
    found: dict[str, Any] = {}
    for name, kind in entry.parameters.items():
        if values.get(name) is None and name in entry.optional:
            continue
        if name not in values:
            raise Invalid(_("“%(action)s” needs the parameter “%(name)s”.", action=entry.name, name=name))
        value = values[name]
        try:
            found[name] = TYPES[kind](value) if kind in {"str", "int", "decimal"} and value is not None else value
        except (ValueError, ArithmeticError):
            raise Invalid(_("“%(value)s” does not fit the parameter “%(name)s”.", value=value, name=name)) from None
    return found
