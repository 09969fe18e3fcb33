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
EVENTS: Mapping[str, str] = {
    "moved": _l("Moved"),
    "goods_received": _l("Received"),
    "goods_sent_back": _l("Sent back to the supplier"),
    "goods_issued": _l("Issued"),
    "goods_returned": _l("Come back"),
    "stock_lost": _l("Lost"),
    "stock_found": _l("Found"),
    "stock_revalued": _l("Revalued"),
}
"""What a move may have been, as the books call it and as people do."""
OUTSIDE = {
    "supplier": _l("Suppliers"), "customer": _l("Customers"), "loss": _l("Lost and found"),
    "production": _l("Used in the workshop"), "transit": _l("On the way"),
}  # fmt: skip
"""Places of which a company needs one, by kind, with what it is called at first."""


def of_branch(branch_id: int, name: str) -> Mapping[str, Any]:
    """The place a branch keeps its goods at."""
    return _place(f"B{branch_id}", name, "internal", branch_id)


def _begins(branch: Any) -> Mapping[str, Any]:
    return of_branch(branch.id, branch.name)


def _place(code: str, name: str, kind: str, branch_id: int | None = None) -> Mapping[str, Any]:
    return {"code": code, "name": name, "kind": kind, "allows_negative": False, "branch_id": branch_id}


LOCATIONS: Sequence[Mapping[str, Any] | Callable[[Any], Mapping[str, Any]]] = (
    _begins,
    *(_place(kind.upper(), name, kind) for kind, name in OUTSIDE.items()),
)
