"""What colleagues say to each other about a document: messages with @mentions, and reminders that stay open until done.

Whoever may see a document reads what is said about it and may say something; nobody else does, and nobody else is told.
"""

from __future__ import annotations

from erp.comments.messages import Comment, Piece
from erp.comments.reminders import FollowUp, init

__all__ = ["Comment", "FollowUp", "Piece", "init"]
