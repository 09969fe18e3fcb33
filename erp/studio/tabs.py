"""The row of tabs over everything a process is made of; whoever adds a part adds a line."""

from __future__ import annotations

from erp.i18n import N_, _
from erp.web.shapes import Tab

PARTS = (
    (N_("Diagram"), ""),
    (N_("Forms"), "/forms"),
    (N_("Tables"), "/tables"),
    (N_("Heat map"), "/heat"),
    (N_("Tests"), "/tests"),
)
"""Titles, and where below the address of a process each part is."""


def tabs(key: str, here: str) -> list[Tab]:
    """The parts of a process, `here` marked as the current one by its title in English."""
    return [Tab(_(title), f"/studio/{key}{place}", current=title == here) for title, place in PARTS]
