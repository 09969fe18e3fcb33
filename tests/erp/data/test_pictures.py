"""Pictures are kept upright and without what the camera knew; huge, broken and foreign ones are refused."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image

from erp import attached, operations
from erp.data import files, pictures
from erp.errors import Invalid

pytestmark = pytest.mark.usefixtures("app")


def picture(width: int = 60, height: int = 30, kind: str = "JPEG", **options) -> bytes:
    """Red on the left, blue on the right."""
    drawn = Image.new("RGB", (width, height), "blue")
    drawn.paste("red", (0, 0, width // 2, height))
    out = io.BytesIO()
    drawn.save(out, kind, **options)
    return out.getvalue()


def with_gps(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Secret Camera"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "S", (1.0, 16.0, 12.0), "E", (36.0, 48.0, 0.0)
    exif[0x8825] = gps
    return picture(exif=exif)


def kept(content: bytes, name: str = "front.jpg"):
    row = operations.attach("product", PRODUCT["id"], [(name, content)])[0]
    return row, Image.open(io.BytesIO(files.read(row.tenant_id, row.sha256)))


PRODUCT: dict[str, int] = {}


@pytest.fixture(autouse=True)
def product(company):
    with company.person("TENANT_MANAGER").acting():
        PRODUCT["id"] = operations.create("product", {"code": "X", "name": "Ring"}).id
        yield


def test_place_and_camera_are_gone_and_the_picture_stands_upright(product):
    source = with_gps(orientation=6)
    assert Image.open(io.BytesIO(source)).getexif().get_ifd(0x8825)
    row, found = kept(source)
    assert found.size == (30, 60)
    assert not found.getexif()
    assert b"Secret Camera" not in files.read(row.tenant_id, row.sha256)
    red, _green, blue = found.convert("RGB").getpixel((15, 5))
    assert (red > 200, blue < 60) == (True, True)
    for side, digest in row.sizes.items():
        small = Image.open(io.BytesIO(files.read(row.tenant_id, digest)))
        assert max(small.size) <= int(side)
        assert not small.getexif()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_every_kind_is_written_anew(product, kind):
    source = picture(kind=kind) + b"<script>trailing</script>"
    row, _found = kept(source, f"front.{kind.lower()}")
    assert row.media_type == ("image/png" if kind == "GIF" else f"image/{kind.lower()}")
    assert b"script" not in files.read(row.tenant_id, row.sha256)


def bomb() -> bytes:
    drawn = Image.new("1", (20_000, 20_000))
    out = io.BytesIO()
    drawn.save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (bomb, "has more than 64 million pixels"),
        (lambda: picture()[:200], "cannot be read as a picture"),
        (lambda: b"\0\0\0\x18ftypheic" + b"\0" * 40, "is a HEIC picture, which browsers cannot show"),
        (lambda: b"\xff\xd8\xff" + b"GIF89a" * 10, "cannot be read as a picture"),
    ],
)
def test_what_is_no_usable_picture_is_refused_with_a_sentence(product, content, sentence):
    with pytest.raises(Invalid) as refused:
        operations.attach("product", PRODUCT["id"], [("front.jpg", content())])
    assert sentence in refused.value.fields["files"]
    assert files.of("product", PRODUCT["id"]) == []


def test_pictures_have_an_order_and_the_first_is_shown_in_lists_and_pickers(product, company, sign_in):
    sent = [(f"{name}.png", picture(kind="PNG", width=60 + place)) for place, name in enumerate("abc")]
    rows = operations.attach("product", PRODUCT["id"], sent)
    attached.move("product", PRODUCT["id"], rows[2].id, "first")
    attached.move("product", PRODUCT["id"], rows[0].id, "later")
    assert [file.name for file in files.of("product", PRODUCT["id"])] == ["c.png", "b.png", "a.png"]
    attached.remove("product", PRODUCT["id"], rows[1].id)
    first = f"/product/{PRODUCT['id']}/files/{rows[2].id}?size=96"
    browser = sign_in(company.person("Counter"))
    assert first in browser.get("/product/").text
    assert browser.get("/product/pick?q=ring").json["results"][0]["picture"] == first
    answer = browser.get(first)
    assert (answer.content_type, Image.open(io.BytesIO(answer.data)).format) == ("image/webp", "WEBP")
    assert "b.png" in browser.get(f"/product/{PRODUCT['id']}/history").text
    assert browser.get(f"/product/{PRODUCT['id']}/files/{rows[1].id}").status_code == 404


def test_a_huge_photo_is_kept_no_larger_than_a_screen_can_show(product):
    found = pictures.cleaned(picture(5000, 100), "image/jpeg", "wide.jpg", "files")
    assert max(Image.open(io.BytesIO(found.content)).size) == pictures.LONGEST
    assert re.fullmatch(r"image/jpeg", found.media_type)
