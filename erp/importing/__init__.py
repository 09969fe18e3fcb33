"""CSV and XLSX in: a file's columns become fields by a plan that is shown, tried and then run in the background.

    file = keep("parties.csv", content)                  # the upload, kept for the member who brought it
    table = opened(file.id)                              # columns, samples, encoding; .csv, .xlsx, either as .gz
    plan = recalled("party", table)                      # as last time for these columns, else guessed
    plan = Plan.from_json({"type": "party", "key": "number", "tidy": {"CustomerID": "whole"},
        "sources": {"number": {"column": "CustomerID"}, "name": {"text": "Customer {CustomerID}"},
                    "country": {"column": "Country", "pick": "most"}},
        "skips": [{"column": "CustomerID", "test": "empty"}]})
    trial = dry_run(plan, table)                         # counts, rows left out by each rule, problems; writes nothing
    job = start(plan, file.id)                           # queue `long`; chunks of 500, each its own transaction
    progress(job.id)                                     # how far it is; afterwards the counts and the problems' file

Rows of one key become one record: a source's `pick` says whose value counts. An import writes master data only; it
starts no process, and history holds one entry for it, not one for every field.
"""

from __future__ import annotations

from erp.importing.matching import Outcome, problems_csv
from erp.importing.plans import PICKS, TESTS, TIDIES, Plan, Skip, Source, choices, guess, importable, importable_fields
from erp.importing.readings import Problem
from erp.importing.runs import Progress, dry_run, init, keep, opened, progress, recalled, start, stop
from erp.importing.tables import Table, read

__all__ = [
    "PICKS", "TESTS", "TIDIES", "Outcome", "Plan", "Problem", "Progress", "Skip", "Source", "Table", "choices",
    "dry_run", "guess", "importable", "importable_fields", "init", "keep", "opened", "problems_csv", "progress", "read",
    "recalled", "start", "stop",
]  # fmt: skip
