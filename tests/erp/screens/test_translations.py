"""The pages of translations: what is missing or machine-made is found, corrected and confirmed."""

from __future__ import annotations

LEFT = "Only %(due)s is still to be paid."


def test_the_pages_show_save_and_refuse(company, sign_in, post):
    browser = sign_in(company.person("PLATFORM_ADMIN"))
    page = browser.get("/translations/").text
    assert 'href="/translations/fa"' in page
    page = browser.get("/translations/fa?q=still+to+be+paid").text
    assert LEFT in page
    assert "Machine-made" in page
    refused = post(browser, "/translations/fa?q=still+to+be+paid", {"message": LEFT, "text": "بدون نام"})
    assert refused.status_code == 422
    assert "must stay as it is: %(due)s" in refused.text
    assert "بدون نام</textarea>" in refused.text
    kept = post(browser, "/translations/fa?show=unread", {"message": LEFT, "do": "confirm"})
    assert kept.headers["Location"] == "/translations/fa?show=unread"
    assert browser.get("/translations/xx").status_code == 404
    assert sign_in(company.person("TENANT_OWNER")).get("/translations/").status_code == 403
