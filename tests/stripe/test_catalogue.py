"""Every row of the failure catalogue of Stripe with the tests that prove it; all run over real sockets."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

CATALOGUE = {
    "S1 a generic decline leaves it unpaid, and another card may be tried": [
        "paying.a_declined_card_is_told_and_another_may_be_tried",
    ],
    "S2 insufficient funds": ["paying.a_declined_card_is_told_and_another_may_be_tried"],
    "S3 expired card, wrong code, processing error": ["paying.a_declined_card_is_told_and_another_may_be_tried"],
    "S4 the bank asks: proven, refused, abandoned until it is over": ["paying.the_bank_asks_who_it_is"],
    "S5 the answer to making a page, a capture, a refund is lost": [
        "failures.an_answer_that_is_lost_is_asked_for_again", "crashes.nothing_is_done_twice_or_lost",
    ],
    "S6 killed after the call, before the commit, and everywhere else": ["crashes.nothing_is_done_twice_or_lost"],
    "S7 429, 500, 503, 409: waited for, with the same key": [
        "failures.a_busy_provider_is_waited_for",
        "failures.a_failure_stripe_keeps_for_the_key_is_looked_into_before_it_is_asked_anew",
    ],
    "S8 timeout, refused, DNS, TLS, truncated and invalid JSON": [
        "failures.a_provider_that_hangs_up_or_is_slow",
        "failures.refused_connections_unknown_hosts_and_broken_tls",
        "failures.an_answer_that_is_lost_is_asked_for_again",
        "failures.a_provider_that_stays_away_is_told_to_a_person_and_found_later",
    ],
    "S9 the same key with other content is an alarm and is not sent again": [
        "failures.a_key_that_is_misused_is_an_alarm_and_nothing_is_sent_again",
    ],
    "S10 a key older than 24 hours: a look first": [
        "failures.an_old_key_is_not_sent_before_a_look",
        "failures.an_old_key_of_what_never_arrived_is_sent_after_the_look",
    ],
    "S11 notices: duplicates and three at once": ["notices.the_same_notice_many_times_is_one"],
    "S11 notices: out of order": ["notices.refunded_is_told_before_paid"],
    "S11 notices: of an unknown payment": [
        "notices.what_is_not_ours_is_thanked_for_and_left",
        "notices.money_with_our_mark_that_nobody_asked_for_is_for_a_person",
    ],
    "S11 notices: old, wrong secret, tampered, no header": ["notices.what_stripe_has_not_signed_now_is_refused"],
    "S11 notices: a rolled secret, two signatures": ["notices.a_rolled_secret_and_two_signatures_are_taken"],
    "S11 notices: a huge body": ["notices.a_huge_notice_and_an_unknown_address_are_refused"],
    "S11 notices: another version of the API": [
        "notices.a_notice_of_another_version_of_the_api_only_says_where_to_look",
    ],
    "S12 over-refund": [
        "giving_back.more_than_is_left_is_refused_and_the_ledger_unchanged",
        "giving_back.what_stripe_refuses_is_a_definite_no",
    ],
    "S12 refund of what is refunded": ["failures.what_was_refused_for_good_frees_the_money"],
    "S12 a refund that fails days later": [
        "giving_back.a_refund_waits_for_the_bank_and_then_fails", "giving_back.a_refund_that_had_succeeded_comes_back",
    ],
    "S12 capture after cancel": ["failures.cancelled_at_the_provider_meanwhile_is_released"],
    "S12 partial capture": ["paying.a_deposit_is_held_then_taken_in_part"],
    "S12 what is held has run out": ["paying.what_is_held_runs_out", "giving_back.a_capture_after_the_hold_ran_out"],
    "S13 the notice is worked off before the answer is committed": [
        "notices.the_notice_is_worked_off_while_the_answer_is_on_its_way", "notices.the_notice_comes_before_the_answer",
    ],
}  # fmt: skip


def known() -> set[str]:
    found = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found.add(f"{path.stem.removeprefix('test_')}.{node.name.removeprefix('test_')}")
    return found


@pytest.mark.parametrize("row", CATALOGUE)
def test_every_row_is_proven(row: str) -> None:
    assert set(CATALOGUE[row]) <= known()


def test_no_row_is_missing() -> None:
    assert {row.split()[0] for row in CATALOGUE} == {f"S{number}" for number in range(1, 14)}
