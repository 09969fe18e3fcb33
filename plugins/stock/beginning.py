"""The places a company begins with: one for each branch, and those goods come from and go to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from erp import _l

KINDS: Mapping[str, str] = {
    "internal": _l("In the house"),
    "transit": _l("On the way"),
    "supplier": _l("Suppliers"),
    "customer": _l("Customers"),
    "loss": _l("Lost and found"),
    "production": _l("Workshop"),
}
HELD = frozenset({"internal", "transit"})
"""Kinds of places whose goods are ours: they are counted and valued."""
OUTSIDE = {
    "supplier": _l("Suppliers"), "customer": _l("Customers"), "loss": _l("Lost and found"),
    "production": _l("Used in the workshop"), "transit": _l("On the way"),
}  # fmt: skip
"""Places of which a company needs one, by kind, with what it is called at first."""


def of_branch(branch: Any) -> Mapping[str, Any]:
    """The place a branch keeps its goods at."""
    return _place(f"B{branch.id}", branch.name, "internal", branch.id)


def _place(code: str, name: str, kind: str, branch_id: int | None = None) -> Mapping[str, Any]:
    return {"code": code, "name": name, "kind": kind, "allows_negative": False, "branch_id": branch_id}


LOCATIONS: Sequence[Mapping[str, Any] | Callable[[Any], Mapping[str, Any]]] = (
    of_branch,
    *(_place(kind.upper(), name, kind) for kind, name in OUTSIDE.items()),
)
