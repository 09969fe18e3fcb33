"""The till's page and the page that registers a browser as one."""

from __future__ import annotations

from flask import render_template

from erp.screens import Answer


def till() -> Answer:
    """The till, full screen."""
    return render_template("pos/till.html")


def register() -> Answer:
    """Where the code of a manager is typed."""
    return render_template("pos/register.html")
