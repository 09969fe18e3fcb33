"""One change of many rows: run in the background in the actor's name, watched, stopped between rows, taken back as one.

    batch = start(EDIT, "party", [Change(id) for id in ids], "Country: Kenya", values={"country": "Kenya"})
    find(batch.id).percent            # how far it is; `refused(batch)` are the rows that could not be changed, and why
    stop(batch.id)                    # after the rows at hand
    undo(batch.id)                    # a batch that writes the old values back where nobody changed the row since

    kept = bring("party", "customers.xlsx", content, lookup, states)   # an exported sheet, edited; nothing is written
    apply("party", kept.id)                                            # its one batch

Every row goes through `operations` with the rights the actor has when it runs. A row's change and its `batch_change`
are one transaction, so a killed worker's batch goes on where it stood; history names the batch at each row.
"""

from __future__ import annotations

from erp.batches.comparing import Comparison, States
from erp.batches.models import CANCEL, EDIT, INCIDENT, JUDGE, MOVE, MOVING, SHEET, TASK, UNDO, Batch, BatchChange
from erp.batches.running import init
from erp.batches.sheets import apply, bring, brought
from erp.batches.starting import MOST, Change, find, is_over, is_own, is_undoable, own, refused, start, stop, undo

__all__ = [
    "CANCEL", "EDIT", "INCIDENT", "JUDGE", "MOST", "MOVE", "MOVING", "SHEET", "TASK", "UNDO", "Batch", "BatchChange",
    "Change", "Comparison", "States", "apply", "bring", "brought", "find", "init", "is_over", "is_own", "is_undoable",
    "own", "refused", "start", "stop", "undo",
]  # fmt: skip
