"""Decisions as tables analysts write: DMN files with S-FEEL cells, all hit policies, and an account of every answer.

    model = read(Path("warranty.dmn").read_bytes())        # every cell parsed; DecisionInvalid names the wrong one
    outcome = model.decide("warranty", {"document": order, "verdict": "repairable"})
    outcome.value                                          # {"labour": True, "parts": False}
    outcome.ruling.rules                                   # [2]: the second rule decided

Pure: nothing is read from or written to a database, and whatever a cell says ends in bounded time.
"""

from __future__ import annotations

from erp.decisions.errors import DecisionFailed, DecisionInvalid
from erp.decisions.model import Decision, Model, Outcome
from erp.decisions.reading import read
from erp.decisions.tables import Ruling

__all__ = ["Decision", "DecisionFailed", "DecisionInvalid", "Model", "Outcome", "Ruling", "read"]
