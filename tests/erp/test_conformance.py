"""The conformance suite fails a plugin that is wrong in every way, and says each time what to change."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from erp.config import ROOT

WRONG = ROOT / "tests" / "broken_plugins" / "conformance"
WITHOUT_DATABASE = "not as_declared and not opens and not programs and not down_again"
SAID = {
    "test_a_plugin_says_what_it_is": ["The docstring of Wrong needs a second sentence"],
    "test_a_plugin_depends_on_what_it_imports": [
        "models.py:7 imports plugins.receipts; other plugins share only models and api.",
        "wrong imports parties and does not depend on it.",
        "wrong depends on products and never imports it.",
    ],
    "test_a_plugin_uses_the_three_doors": ["actions.py:4 imports erp.data.base; ask for it at the door"],
    "test_the_rights_of_roles_exist": [
        "Clerk may “sing” inbox; the verbs are",
        "Clerk has rights on nothing, which no plugin declares.",
    ],
    "test_texts_of_a_plugin_can_be_translated": [
        "actions.py:11 raises Invalid with a text outside _().",
        "models.py:16 text() has a label or help outside _l().",
    ],
    "test_a_type_has_a_title_a_plural_and_a_text": ["The docstring of Inbox begins with title and plural"],
    "test_no_name_hides_another": [
        "/inbox is a page of the platform.",
        "Inbox.state hides a name every Document has.",
    ],
    "test_labels_can_be_translated": ["inbox.customer has no label in _l()."],
    "test_what_a_type_points_to_is_there": [
        "Inbox is named by “nickname”, which it does not have.",
        "Inbox needs a prefix for its numbers.",
        "Inbox has the icon “no-such-icon”, which erp/frontend/icons.txt does not list.",
        "No field of Inbox is listed, so its list tells nothing.",
    ],
    "test_somebody_may_see_a_type": ["No role may show inbox."],
    "test_a_diagram_is_named_after_its_document": ["outbox.bpmn holds the process inbox; name both alike."],
    "test_the_linter_finds_nothing": [
        "outbox.bpmn : The diagram has no drawing, so nobody could see it.",
        "outbox.bpmn opened: The process must begin with a state",
        "outbox.bpmn ask: The lane “Nobody” is no role.",
        "outbox.bpmn ask: It edits “mood”, which the document does not have.",
        "outbox.bpmn refuse: The parameter “why” is of the type str, not int.",
    ],
    "test_actions_fit_the_document": ["pay calls count_rework, which works on repair_order."],
    "test_icons_of_tasks_are_drawn": ["ask has the icon “no-such-icon”, which icons.txt does not list."],
    "test_forms_fit_their_tasks": [
        "The document has no field “age”.",
        "inbox.ask fills state, which ask may not edit.",
        "ask may edit customer, which inbox.ask does not ask.",
    ],
    "test_a_form_is_asked_for": ["Components of type “spreadsheet” are not shown."],
    "test_a_full_document_prints": ["asks for https://example.com/logo.png, which is not among its files."],
    "test_texts_of_a_print_can_be_translated": ["inbox.html:4 “Read me”", "inbox.html:4 “Dear customer”"],
    "test_a_plugin_has_one_line_of_migrations": ["wrong has no migrations: run `erp migration wrong first`."],
}


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """{check: what it said} of the wrong plugin, installed from elsewhere and tested as its own author would."""
    folder = tmp_path_factory.mktemp("elsewhere")
    about = folder / "wrong-1.0.dist-info"
    about.mkdir()
    about.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: wrong\nVersion: 1.0\n")
    about.joinpath("entry_points.txt").write_text("[millrace.plugins]\nwrong = wrong\n")
    module = folder / "test_wrong.py"
    module.write_text('from erp.testing.conformance import *\n\nPLUGINS = ("wrong",)\n')
    return _failed(folder, module)


def _failed(folder: Path, module: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    env = kept | {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, WRONG, folder))), "PYTHONDONTWRITEBYTECODE": "1"}
    words = ["-q", "-p", "no:cacheprovider", "--tb=short", "-k", WITHOUT_DATABASE, str(module)]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *words], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    found: dict[str, str] = {}
    for part in ran.stdout.split("\n____")[1:]:
        head, _line, text = part.partition("\n")
        name = head.strip("_ ").partition("[")[0]
        found[name] = found.get(name, "") + text
    assert found, ran.stdout + ran.stderr
    return found


@pytest.mark.parametrize("check", SAID)
def test_a_check_fails_and_says_why(check: str, failures: dict[str, str]) -> None:
    assert check in failures
    for sentence in SAID[check]:
        assert sentence in failures[check]


def test_every_check_without_a_database_was_seen_to_fail(failures: dict[str, str]) -> None:
    assert set(failures) - {"test_an_empty_document_prints"} == set(SAID)
