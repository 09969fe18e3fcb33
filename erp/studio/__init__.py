"""The analysts' workplace: the library of processes, the editor, the publish gate and the history of versions."""

from __future__ import annotations

from typing import Any

from erp.studio.case_pages import Cases
from erp.studio.forms import Forms
from erp.studio.heat import Heat
from erp.studio.moves import Moves
from erp.studio.pages import Studio
from erp.studio.tables import Tables
from erp.studio.walks import Walks


def register(builder: Any) -> None:
    """Add the pages under `/studio/`."""
    builder.add_view_no_menu(Studio)
    builder.add_view_no_menu(Forms)
    builder.add_view_no_menu(Heat)
    builder.add_view_no_menu(Tables)
    builder.add_view_no_menu(Moves)
    builder.add_view_no_menu(Walks)
    builder.add_view_no_menu(Cases)
