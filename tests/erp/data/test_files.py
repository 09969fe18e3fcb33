"""Files are what their bytes prove, not what their names say."""

from __future__ import annotations

import pytest

from erp import operations
from erp.data import files
from erp.errors import Invalid, NotFound
from tests.painted import png

pytestmark = pytest.mark.usefixtures("app")
PNG = png()


@pytest.fixture
def party(company):
    with company.person("Counter").acting():
        yield operations.create("party", {"name": "Amina Hassan"})


def test_a_picture_is_kept_and_read_back(party):
    (row,) = operations.attach("party", party.id, [("front of the camera.png", PNG)])
    assert (row.media_type, row.is_image) == ("image/png", True)
    assert len(files.read(row.tenant_id, row.sha256)) == row.size
    assert [file.name for file in files.of("party", party.id)] == ["front of the camera.png"]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("photo.png", b"<script>alert(1)</script>", "neither a picture"),
        ("page.html", b"<html></html>", "neither a picture"),
        ("run.exe", b"MZ\x90\x00", "neither a picture"),
        ("empty.png", b"", "is empty"),
        ("large.png", PNG + b"\0" * 21 * 1024 * 1024, "larger than 20 MB"),
    ],
)
def test_what_is_not_accepted_is_refused_with_a_sentence(party, name, content, sentence):
    with pytest.raises(Invalid) as refused:
        operations.attach("party", party.id, [(name, content)])
    assert sentence in refused.value.fields["files"]
    assert files.of("party", party.id) == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [("../../etc/passwd", "passwd"), ("C:\\photos\\a.png", "a.png"), ("a\x00b\n.png", "a_b_.png"), ("...", "file")],
)
def test_names_lose_what_could_lead_elsewhere(given, kept):
    assert files.clean_name(given) == kept


def test_a_hash_is_no_path(company):
    with company.person("Counter").acting() as acting, pytest.raises(NotFound, match="missing"):
        files.read(acting.tenant_id, "../../../etc/passwd")
