"""Who may look at one session, and what all of them have seen."""

from typing import cast

import pytest

from actors.gateway.devices import (
    Device,
    DevicePolicy,
    is_admitted,
    is_sure,
    own_number,
    seen_by_all,
    stay_beside,
)
from wyld_actors import Ref


def device(name: str) -> Device:
    return Device(cast(Ref, name))


TELNET, PAGE = device("telnet"), device("page").has_seen(40)


@pytest.mark.parametrize(
    ("policy", "shows_token", "is_let_in", "stay"),
    [
        (DevicePolicy.ONE, False, False, ()),
        (DevicePolicy.ONE, True, True, ()),
        (DevicePolicy.TAKEOVER, False, True, ()),
        (DevicePolicy.TAKEOVER, True, True, ()),
        (DevicePolicy.SHARE, False, True, (TELNET,)),
        (DevicePolicy.SHARE, True, True, (TELNET,)),
    ],
)
def test_the_policy_says_who_comes_in_and_who_stays(
    policy: DevicePolicy, shows_token: bool, is_let_in: bool, stay: tuple[Device, ...]
) -> None:
    assert is_admitted(policy, (TELNET,), shows_token=shows_token) is is_let_in
    assert stay_beside(policy, (TELNET,)) == stay


@pytest.mark.parametrize("policy", DevicePolicy)
def test_an_absent_player_is_let_in_by_every_policy(policy: DevicePolicy) -> None:
    assert is_admitted(policy, (), shows_token=False)


def test_what_is_written_counts_as_seen_if_nobody_has_to_say_so() -> None:
    assert is_sure((TELNET,))
    assert not is_sure((TELNET, PAGE))
    assert not is_sure(())


def test_all_have_seen_what_the_slowest_has_seen() -> None:
    assert seen_by_all((TELNET,), 60) == 60
    assert seen_by_all((TELNET, PAGE, device("other").has_seen(30)), 60) == 30


@pytest.mark.parametrize(
    ("devices", "number", "known_as"),
    [
        ((TELNET,), None, 0),
        ((PAGE,), 58, 58),
        # Begun anew: its 3 is not the 3 of before.
        ((PAGE,), 3, 0),
        # Gone on with: it has sent that before.
        ((Device(PAGE.connection, goes_on=True),), 3, 3),
        ((PAGE, TELNET), 58, 0),
    ],
)
def test_a_line_that_comes_again_is_known_by_its_number_and_no_other_is_taken_for_it(
    devices: tuple[Device, ...], number: int | None, known_as: int
) -> None:
    assert own_number(devices, number, last=57) == known_as
