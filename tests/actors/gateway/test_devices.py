"""Who may look at one session, and what all of them have seen."""

from typing import cast

import pytest

from actors.gateway.devices import Device, DevicePolicy, is_admitted, is_sure, seen_by_all, stay_beside
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
