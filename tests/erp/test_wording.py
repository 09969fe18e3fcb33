"""An installation says a text in its own words: checked, shown everywhere, kept apart from what is shipped."""

from __future__ import annotations

from io import BytesIO

import pytest
import sqlalchemy as sa
from babel.messages.pofile import read_po

from erp import context, wording
from erp.data import base
from erp.data.base import system
from erp.errors import Forbidden, Invalid, NotFound
from erp.i18n import gettext

SAVE, LEFT = "Save", "Only %(due)s is still to be paid."


@pytest.fixture
def anne(company):
    """Who looks after the installation."""
    return company.person("PLATFORM_ADMIN")


@pytest.fixture(autouse=True)
def _as_shipped(app):
    yield
    with system() as current:
        current.execute(sa.update(wording.Wording).values(text="", read_by=""))
    wording.init()


def in_persian(message, **values):
    with context.acting(language="fa"):
        return gettext(message, **values)


def entry(message):
    return next(each for each in wording.entries("fa") if each.message == message)


def test_a_text_is_said_in_other_words_and_shown_at_once(anne):
    shipped = in_persian(SAVE)
    with anne.acting():
        wording.keep("fa", SAVE, "  نگه‌داشتن ")
        assert in_persian(SAVE) == "نگه‌داشتن"
        assert (entry(SAVE).shipped, entry(SAVE).own) == (shipped, "نگه‌داشتن")
        assert not entry(SAVE).is_unread
        wording.keep("fa", " or ", "یا")
        assert in_persian(" or ") == " یا "
        wording.keep("fa", SAVE, shipped)
        assert (entry(SAVE).own, in_persian(SAVE)) == ("", shipped)


def test_what_a_machine_wrote_is_marked_until_somebody_has_read_it(anne):
    with anne.acting():
        before = wording.coverage("fa")
        assert entry(LEFT).is_unread
        wording.confirm("fa", LEFT)
        assert not entry(LEFT).is_unread
        assert entry(LEFT).read_by == anne.name
        assert wording.coverage("fa").unread == before.unread - 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("  ", "Fill this in"),
        ("هنوز باید پرداخت شود.", "%(due)s"),
        ("%(due)s %(much)s", "%(due)s"),
        ("%(due)s 50%", "%(due)s"),
        ("x" * 2001 + "%(due)s", "2000 characters"),
    ],
)
def test_what_is_filled_in_stays(anne, text, said):
    with anne.acting(), pytest.raises(Invalid) as refused:
        wording.keep("fa", LEFT, text)
    assert said in refused.value.fields["text"]


def test_only_whoever_looks_after_the_installation_may(company):
    with company.person("TENANT_OWNER").acting():
        for deed in (wording.entries, wording.coverage):
            with pytest.raises(Forbidden):
                deed("fa")
        with pytest.raises(Forbidden):
            wording.keep("fa", SAVE, "x")


def test_what_is_in_no_catalogue_cannot_be_said(anne):
    with anne.acting():
        for language, message in (("fa", "Nothing of the kind"), ("xx", SAVE), ("en", SAVE)):
            with pytest.raises(NotFound):
                wording.keep(language, message, "x")


def test_the_file_holds_our_words_and_the_marks_that_are_left(anne):
    with anne.acting():
        wording.keep("fa", SAVE, "نگه‌داشتن")
        catalogue = read_po(BytesIO(wording.as_po("fa")))
    assert catalogue[SAVE].string == "نگه‌داشتن"
    assert catalogue[SAVE].user_comments == []
    assert catalogue[LEFT].user_comments == ["machine-made"]


def test_a_database_that_is_away_leaves_the_words_as_they_were(anne, monkeypatch):
    with anne.acting():
        wording.keep("fa", SAVE, "نگه‌داشتن")
    assert in_persian(SAVE) == "نگه‌داشتن"
    monkeypatch.setattr(wording, "FRESH", 0)
    monkeypatch.setitem(base._platform.kw, "bind", sa.create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none"))
    assert in_persian(SAVE) == "نگه‌داشتن"
