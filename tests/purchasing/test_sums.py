"""What terms are kept between requests, and who reads them."""

from __future__ import annotations

from erp import acting
from plugins.purchasing import sums


def test_each_reader_finds_the_companys_own_tax_in_their_language(firm):
    with firm.people["Ruth"].acting():
        told = []
        for language in ("fa", "en"):
            with acting(language=language):
                told += [tax.name for tax in sums.terms(None).taxes]
    assert told[1] == "Tax" != told[0]
