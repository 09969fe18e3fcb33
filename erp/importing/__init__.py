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

Rows of one key become one record: a source's `pick` says whose value counts. History holds one entry for an import, not
one for every field. Documents come as history (`arrivals`): the rows of one number are one document with its lines
(`lines.description`), in a final state; nothing is set going by them, then or later. A file of rows that were left out
may be corrected and brought back.
"""

from __future__ import annotations

from erp.importing.matching import Outcome
from erp.importing.plans import PICKS, TESTS, TIDIES, Plan, Skip, Source, choices, guess, importable, importable_fields
from erp.importing.readings import Problem
from erp.importing.runs import Progress, content, dry_run, keep, opened, progress, recalled, start, stop
from erp.importing.tables import UNSOLVED, Table, read
from erp.importing.ways import Way, ways
from erp.importing.working import init

__all__ = [
    "PICKS", "TESTS", "TIDIES", "UNSOLVED", "Outcome", "Plan", "Problem", "Progress", "Skip", "Source", "Table", "Way",
    "choices", "content", "dry_run", "guess", "importable", "importable_fields", "init", "keep", "opened", "progress",
    "read", "recalled", "start", "stop", "ways",
]  # fmt: skip
