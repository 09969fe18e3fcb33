"""What a request was sent with, in words a person knows: "Firefox, Windows"."""

from __future__ import annotations

import re

from flask import request

from erp.i18n import _

BROWSERS = (
    ("Edg", "Edge"), ("EdgA", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("HeadlessChrome", "Chrome"), ("Chrome", "Chrome"),
    ("Version", "Safari"),
)  # fmt: skip
"""(mark in the user agent, name), the more particular first: everybody claims to be Chrome and Safari too."""
SYSTEMS = (
    ("Windows", "Windows"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS"),
    ("Macintosh", "Mac"), ("Linux", "Linux"),
)  # fmt: skip
LONGEST = 60


def device() -> str:
    """The device of this request; a program goes by the name it gives itself."""
    return named(request.user_agent.string)


def named(agent: str) -> str:
    """What a user agent stands for; "unknown" in the reader's language when it says nothing."""
    browser = next((name for mark, name in BROWSERS if f"{mark}/" in agent), "")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    if browser and system:
        return f"{browser}, {system}"
    told = re.sub(r"[^\w./ -]", "", agent.partition(" ")[0])[:LONGEST]
    return browser or system or told or _("unknown device")
