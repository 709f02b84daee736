"""Every way a resume can fail is a type of its own, with its words and its counter."""

import re

from actors.gateway.reconnect_results import REFUSALS, RESUMED, ResumeRefusal, TooManyAttempts, Unavailable
from transports.markup import plain


def test_each_refusal_has_its_own_counter_and_its_own_line() -> None:
    names = [refusal.name for refusal in REFUSALS]
    lines = [refusal.text for refusal in REFUSALS]

    assert len(set(names) | {RESUMED}) == len(names) + 1
    assert len(set(lines)) == len(lines)
    assert all(re.fullmatch(r"[a-z_]+", name) for name in names), "they are labels of a metric"
    assert all(plain(line).endswith(".") and "\n" not in line for line in lines)


def test_all_of_them_are_listed() -> None:
    assert set(ResumeRefusal.__subclasses__()) == set(REFUSALS)


def test_only_what_may_pass_by_itself_is_worth_another_try() -> None:
    assert {refusal for refusal in REFUSALS if refusal.may_try_again} == {TooManyAttempts, Unavailable}
