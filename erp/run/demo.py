"""The demo company of the embedded database, and who may sign in to it."""

from __future__ import annotations
