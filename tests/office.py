"""Workbooks counted again by LibreOffice, as somebody who opens them would see them."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

Cells = list[list[Any]]


def recounted(books: Sequence[Path], folder: Path) -> list[Cells]:
    """The cells of the first sheet of each workbook as LibreOffice counts them; skips the test where there is none."""
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    emptied = folder / "uncounted"
    emptied.mkdir()
    for path in books:
        _uncounted(path, emptied / path.name)
    command = [office, "--headless", f"-env:UserInstallation=file://{folder}/home", "--convert-to",
               "xlsx:Calc MS Excel 2007 XML", "--outdir", str(folder / "counted")]  # fmt: skip
    command += [str(emptied / path.name) for path in books]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    return [cells(folder / "counted" / path.name) for path in books]


def cells(path: Path, *, formulas: bool = False) -> Cells:
    """What stands in the first sheet: values, or formulas where there are any."""
    sheet = load_workbook(path, data_only=not formulas).worksheets[0]
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def _uncounted(path: Path, copy: Path) -> None:
    """The same workbook without what its formulas come to, so that whoever opens it has to count."""
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as other:
        for name in whole.namelist():
            other.writestr(name, re.sub(rb"</f><v>[^<]*</v>", b"</f>", whole.read(name)))
