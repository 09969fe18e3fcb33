"""A folder and a bucket keep the same promises; what goes wrong outside leaves nothing half done."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest
import sqlalchemy as sa

from erp import cli, operations
from erp.data import files, stores
from erp.data.base import session, transaction
from erp.data.files import File
from erp.errors import ErpError, NotFound, SetupError
from tests.erp.data.s3 import bucket
from tests.painted import png

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture(params=["folder", "bucket"])
def store(request, tmp_path):
    if request.param == "folder":
        yield stores.opened("", tmp_path)
    else:
        with bucket() as (url, _inside):
            yield stores.opened(url, tmp_path)


class TestEveryStore:
    def test_what_is_kept_is_read_back_and_may_be_kept_again(self, store):
        store.put("1/ab/abc", b"content")
        store.put("1/ab/abc", b"content")
        assert (store.has("1/ab/abc"), store.get("1/ab/abc")) == (True, b"content")

    def test_what_is_not_there_is_not_found(self, store):
        assert store.has("1/ab/none") is False
        with pytest.raises(NotFound):
            store.get("1/ab/none")
        store.remove("1/ab/none")

    def test_what_is_kept_is_listed_until_it_is_removed(self, store):
        for key in ("1/aa/a", "1/bb/b", "2/cc/c"):
            store.put(key, b"x")
        assert [key for key, _at in store.listed("1/")] == ["1/aa/a", "1/bb/b"]
        assert all(at.tzinfo is not None for _key, at in store.listed())
        store.remove("1/aa/a")
        assert [key for key, _at in store.listed()] == ["1/bb/b", "2/cc/c"]


def test_a_photo_goes_into_the_bucket_before_its_row_and_comes_back_by_right_only(company, monkeypatch, tmp_path):
    with bucket() as (url, inside):
        monkeypatch.setattr(files, "_store", stores.opened(url, tmp_path))
        with company.person("TENANT_MANAGER").acting() as acting:
            row = operations.create("product", {"code": "X", "name": "Ring"})
            (file,) = operations.attach("product", row.id, [("front.png", png())])
            assert files.read(acting.tenant_id, file.sha256).startswith(b"\x89PNG")
            assert set(inside.objects) == {
                files.key_of(acting.tenant_id, each) for each in (file.sha256, *file.sizes.values())
            }
            with pytest.raises(ErpError, match="inside a transaction"), transaction():
                files.keep(acting.tenant_id, b"waits for the network")
            with pytest.raises(NotFound):
                files.read(acting.tenant_id + 1, file.sha256)


@pytest.mark.parametrize(
    ("fails", "sentence"),
    [([403], "The file store refuses: AccessDenied."), ([500] * 6, "The file store"), ([0] * 6, "does not answer")],
)
def test_a_bucket_that_fails_leaves_no_row_and_says_so(company, monkeypatch, tmp_path, fails, sentence):
    with bucket() as (url, inside):
        monkeypatch.setattr(files, "_store", stores.opened(url, tmp_path))
        with company.person("TENANT_MANAGER").acting():
            row = operations.create("product", {"code": "X", "name": "Ring"})
            inside.fails[:] = fails
            with pytest.raises(stores.StoreAway) as refused:
                operations.attach("product", row.id, [("front.png", png())])
            assert sentence in refused.value.message
            assert refused.value.status == 503
            assert session().scalar(sa.select(sa.func.count()).select_from(File)) == 0


def test_a_wrong_secret_is_refused_by_the_bucket(tmp_path):
    with bucket("another secret") as (url, _inside), pytest.raises(stores.StoreAway, match="SignatureDoesNotMatch"):
        stores.opened(url, tmp_path).put("1/ab/abc", b"x")


@pytest.mark.parametrize("url", ["s3://host/bucket", "ftp://a:b@host/bucket", "s3://a:b@host"])
def test_an_address_that_cannot_be_read_is_told_at_once(url, tmp_path):
    with pytest.raises(SetupError, match="FILES_URL must read like"):
        stores.opened(url, tmp_path)


def test_files_move_into_a_bucket_and_back_and_go_on_where_they_stopped(settings, tmp_path):
    here = replace(settings, files_url="", var=tmp_path)
    folder = stores.opened("", here.files)
    contents = [f"content {number}".encode() for number in range(4)]
    keys = [f"1/{digest[:2]}/{digest}" for digest in (sha256(each).hexdigest() for each in contents)]
    for key, content in zip(keys, contents, strict=True):
        folder.put(key, content)
    (here.files / "1" / "half.123.abcd").write_bytes(b"left by a process that died")
    with bucket() as (url, inside):
        inside.objects[min(keys)] = contents[keys.index(min(keys))]
        assert cli.move_files(here, url).startswith("Copied 3 files; 1 were there already. Set FILES_URL")
        assert dict(inside.objects) == dict(zip(keys, contents, strict=True))
        there = replace(here, files_url=url)
        with pytest.raises(SetupError, match="there already"):
            cli.move_files(there, url)
        folder.remove(keys[0])
        (here.files / keys[1]).write_bytes(b"rotten")
        assert cli.move_files(there, "folder").startswith("Copied 1 files; 3 were there already. Take FILES_URL away")
        assert folder.get(keys[0]) == contents[0]
        inside.objects.clear()
        with pytest.raises(SetupError, match=f"left out.*\n{keys[1]}"):
            cli.move_files(here, url)
        assert set(inside.objects) == {*keys} - {keys[1]}
        inside.objects.clear()
        inside.fails.append(403)
        with pytest.raises(stores.StoreAway):
            cli.move_files(here, url)
