"""`erp new document` writes a type that passes every check and its own test at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from erp.errors import SetupError
from erp.new import Order, write
from erp.new.merging import with_roles
from tests.site_copy import copied


def test_what_is_written_works_at_once(tmp_path_factory: pytest.TempPathFactory, database: str) -> None:
    with copied(tmp_path_factory.mktemp("new"), database, "new_document") as site:
        site.run("erp", "new", "document", "swap", "--plugin", "repairs")
        site.run("erp", "new", "document", "warranty_claim", "--steps", "send:sent", "settle:settled", "pay:paid")
        site.run("erp", "migration", "repairs", "add swap")
        site.run("erp", "migration", "warranty_claims", "first")
        python = ["plugins/repairs", "plugins/warranty_claims", "tests/repairs", "tests/warranty_claims"]
        site.run("python", "-m", "ruff", "format", "--check", *python, "--exclude", "migrations")
        site.run("python", "-m", "ruff", "format", *python)  # as `make format` does
        site.run("python", "-m", "ruff", "check", "--fix", *python)
        site.check_types("plugins/repairs", "plugins/warranty_claims")
        site.run("python", "-m", "pytest", "-q", "tests", "-k", "swap or warranty_claim")


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        (Order("Loan"), "“Loan” cannot be a name"),
        (Order("class"), "“class” cannot be a name"),
        (Order("loan", "../loans"), "“../loans” cannot be a name"),
        (Order("party"), "There is a document party already, in the plugin parties."),
        (Order("loan", steps=("lend",)), "“lend” is no step"),
        (Order("loan", steps=("lend:lent", "lend:back")), "a name of its own"),
        (Order("loan", steps=()), "a name of its own"),
        (Order("loan", steps=("open:opened",)), "a name of its own"),
    ],
)
def test_what_cannot_be_written_is_said_before_anything_is(order: Order, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=sentence):
        write(order, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    form = tmp_path / "forms" / "loans" / "loan.confirm.form"
    form.parent.mkdir(parents=True)
    form.write_text("mine")
    with pytest.raises(SetupError, match="is there already"):
        write(Order("loan"), tmp_path)
    assert form.read_text() == "mine"
    assert not (tmp_path / "plugins").exists()


@pytest.mark.parametrize(
    "present",
    [
        'class Loans(Plugin):\n    roles = {"Clerk": "loan:*"}\n',
        'class Loans(Plugin):\n    roles = {\n        "Clerk": "loan:*",\n    }\n',
        "class Loans(Plugin):\n    roles = {}\n",
    ],
)
def test_rights_are_added_however_roles_are_written(present: str) -> None:
    space: dict[str, type] = {"Plugin": object}
    exec(with_roles(present, {"Clerk": "swap:list", "TENANT_MANAGER": "swap:*"}), space)
    roles = space["Loans"].roles  # type: ignore[attr-defined]
    assert roles["TENANT_MANAGER"] == "swap:*"
    assert roles["Clerk"].endswith("swap:list")
    assert ("loan:*" in present) == ("loan:*" in roles["Clerk"])
