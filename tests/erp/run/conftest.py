"""The supervisor is the real one, its programs are a few lines each (stand_in.py)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.erp.run.installation import Installation, free_port


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "var", free_port())
    yield made
    made.end()
