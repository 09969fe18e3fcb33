"""What scripts may call: the methods and names that could take long or grow large, counted and bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from erp.i18n import _
from erp.workflow.errors import ScriptError, ScriptLimit
from erp.workflow.scripting.sandbox import MAX_DIGITS, SCALARS, Guards, decimal, exact


class Names(Guards):
    """One run of one script, with everything its code may name."""

    # methods that could grow without bound

    def text_join(self, text: str, parts: Iterable[Any]) -> str:
        """`text.join(parts)`."""
        found = list(self.iterate(parts))
        if not all(type(part) is str for part in found):
            raise ScriptError(_("Only texts can be joined."))
        self.bound_size(sum(map(len, found)) + len(text) * len(found), is_text=True)
        return text.join(found)

    def text_replace(self, text: str, old: str, new: str, count: int = -1) -> str:
        """`text.replace(old, new)`."""
        self.look_through(text, old)
        times = text.count(old) if count < 0 else min(count, len(text) + 1)
        self.bound_size(len(text) + times * len(new), is_text=True)
        return text.replace(old, new, count)

    def _padded(self, text: str, width: int, method: str, *fill: str) -> str:
        self.bound_size(max(width, len(text)), is_text=True)
        padded: str = getattr(text, method)(width, *fill)
        return padded

    def text_ljust(self, text: str, width: int, *fill: str) -> str:
        """`text.ljust(width)`."""
        return self._padded(text, width, "ljust", *fill)

    def text_rjust(self, text: str, width: int, *fill: str) -> str:
        """`text.rjust(width)`."""
        return self._padded(text, width, "rjust", *fill)

    def text_center(self, text: str, width: int, *fill: str) -> str:
        """`text.center(width)`."""
        return self._padded(text, width, "center", *fill)

    def text_zfill(self, text: str, width: int) -> str:
        """`text.zfill(width)`."""
        return self._padded(text, width, "zfill")

    def list_append(self, items: list[Any], item: Any) -> None:
        """`items.append(item)`."""
        self.bound_size(len(items) + 1, is_text=False)
        items.append(item)

    def list_extend(self, items: list[Any], more: Iterable[Any]) -> None:
        """`items.extend(more)`."""
        found = list(self.iterate(more))
        self.bound_size(len(items) + len(found), is_text=False)
        items.extend(found)

    def list_insert(self, items: list[Any], index: int, item: Any) -> None:
        """`items.insert(index, item)`."""
        self.bound_size(len(items) + 1, is_text=False)
        items.insert(index, item)

    def list_index(self, items: list[Any], item: Any) -> int:
        """`items.index(item)`."""
        for index, other in enumerate(self.iterate(items)):
            if self.equal(other, item):
                return index
        raise ScriptError(_("The list does not hold this item."))

    def list_count(self, items: list[Any], item: Any) -> int:
        """`items.count(item)`."""
        return sum(self.equal(other, item) for other in self.iterate(items))

    def list_remove(self, items: list[Any], item: Any) -> None:
        """`items.remove(item)`."""
        del items[self.list_index(items, item)]

    def list_sort(self, items: list[Any], *, key: Callable[[Any], Any] | None = None, reverse: bool = False) -> None:
        """`items.sort()`."""
        items[:] = self.name_sorted(items, key=key, reverse=reverse)

    def dict_get(self, mapping: dict[Any, Any], key: Any, default: Any = None) -> Any:
        """`mapping.get(key)`."""
        return mapping.get(self.key(key), default)

    def dict_pop(self, mapping: dict[Any, Any], key: Any, *default: Any) -> Any:
        """`mapping.pop(key)`."""
        return mapping.pop(self.key(key), *default)

    def dict_setdefault(self, mapping: dict[Any, Any], key: Any, default: Any = None) -> Any:
        """`mapping.setdefault(key, default)`."""
        return mapping.setdefault(self.key(key), default)

    def dict_update(self, mapping: dict[Any, Any], *more: Any, **named: Any) -> None:
        """`mapping.update(more)`."""
        mapping.update(self.name_dict(*more, **named))

    # texts

    def text(self, *parts: str) -> str:
        """The parts of an f-string."""
        self.bound_size(sum(map(len, parts)), is_text=True)
        return "".join(parts)

    def format(self, value: Any, conversion: int, spec: str) -> str:
        """One value of an f-string."""
        self.step()
        if type(value) not in SCALARS or conversion not in (-1, 115):
            raise ScriptError(_("Only texts, numbers and dates can be put into a text."))
        if isinstance(value, date) and spec:
            raise ScriptError(_("Dates are put into a text as they are."))
        if type(value) is float or type(value) is Decimal:
            value = decimal(value)
        if sum(char.isdigit() for char in spec) > 3:
            raise ScriptLimit(_("A text or list became too large."))
        return format(value, spec)

    def name_str(self, value: Any = "") -> str:
        """A text, number or date as text."""
        return self.format(value, -1, "")

    # names

    def name_int(self, value: Any = 0) -> int:
        """The whole number of a number or text."""
        self.step()
        if type(value) is str and len(value) > MAX_DIGITS:
            raise ScriptLimit(_("A number became too large."))
        return int(decimal(value) if type(value) in (float, Decimal) else value)

    def name_round(self, value: Any, digits: int | None = None) -> Any:
        """`round(value, digits)`, half to even."""
        self.step()
        if digits is not None and abs(digits) > 100:
            raise ScriptLimit(_("A number became too large."))
        number = decimal(value)
        found = round(number) if digits is None else round(number, digits)
        return int(found) if type(value) in (int, bool) else found

    def name_len(self, value: Any) -> int:
        """How many items."""
        self.step()
        return len(value)

    def name_bool(self, value: Any = False) -> bool:
        """Whether it is true."""
        return bool(value)

    def name_abs(self, value: Any) -> Any:
        """The number without its sign."""
        return abs(value)

    def name_list(self, value: Iterable[Any] = ()) -> list[Any]:
        """A new list of the items."""
        return list(self.iterate(value))

    def name_dict(self, *more: Any, **named: Any) -> dict[Any, Any]:
        """A new dictionary."""
        found: dict[Any, Any] = {}
        for source in more:
            pairs = source.items() if type(source) is dict else source
            for key, value in self.iterate(pairs):
                found[self.key(key)] = value
        return {**found, **named}

    def _ordered(self, values: Iterable[Any], key: Callable[[Any], Any] | None) -> list[tuple[Any, Any]]:
        found = [(exact(key(item)) if key else exact(item), item) for item in self.iterate(values)]
        if not all(self.is_orderable(rank) for rank, item in found):
            raise ScriptError(_("Lists and dictionaries have no order."))
        return found

    def _best(self, best: Callable[..., Any], values: tuple[Any, ...], key: Any, default: tuple[Any, ...]) -> Any:
        found = self._ordered(values[0] if len(values) == 1 else values, key)
        if not found and default:
            return default[0]
        return best(found, key=_rank)[1]

    def name_min(self, *values: Any, key: Callable[[Any], Any] | None = None, **default: Any) -> Any:
        """The smallest of the values, or of one list of them."""
        return self._best(min, values, key, tuple(default.values()))

    def name_max(self, *values: Any, key: Callable[[Any], Any] | None = None, **default: Any) -> Any:
        """The largest of the values, or of one list of them."""
        return self._best(max, values, key, tuple(default.values()))

    def name_sorted(
        self,
        values: Iterable[Any],
        *,
        key: Callable[[Any], Any] | None = None,
        reverse: bool = False,
    ) -> list[Any]:
        """The values in order."""
        return [item for rank, item in sorted(self._ordered(values, key), key=_rank, reverse=reverse)]

    def name_sum(self, values: Iterable[Any], start: Any = 0) -> Any:
        """All values added."""
        for value in self.iterate(values):
            start = self.binary("+", start, value)
        return start

    def name_any(self, values: Iterable[Any]) -> bool:
        """Whether one of them is true."""
        return any(self.iterate(values))

    def name_all(self, values: Iterable[Any]) -> bool:
        """Whether all of them are true."""
        return all(self.iterate(values))

    def name_enumerate(self, values: Iterable[Any], start: int = 0) -> Iterator[tuple[int, Any]]:
        """The items with their numbers."""
        return enumerate(self.iterate(values), start)

    def name_zip(self, *values: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
        """The items of several lists side by side."""
        return zip(*map(self.iterate, values), strict=False)

    def name_range(self, *bounds: int) -> range:
        """Whole numbers."""
        return range(*bounds)

    def name_now(self) -> datetime:
        """The moment of this step."""
        return self.clock().astimezone(UTC)

    def name_today(self) -> date:
        """The day of this step, where the caller is."""
        return self.clock().date()


def _rank(pair: tuple[Any, Any]) -> Any:
    return pair[0]
