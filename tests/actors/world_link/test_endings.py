"""Accounts whose sessions are to end: told to every gateway until it has heard."""

from actors.world_link.endings import Endings
from transports.link.protocol import EndSessions

ANN, BOB = 1, 2


def test_each_gateway_is_owed_what_it_has_not_confirmed() -> None:
    endings = Endings()
    endings.begin(ANN, 7)
    endings.begin(BOB, 9)

    endings.heard("east", 1)

    assert endings.owed("east") == [EndSessions(2, BOB, 9)]
    assert endings.owed("west") == [EndSessions(1, ANN, 7), EndSessions(2, BOB, 9)]


def test_a_confirmation_that_comes_late_takes_nothing_back() -> None:
    endings = Endings()
    endings.begin(ANN, 7)
    endings.begin(BOB, 9)

    endings.heard("east", 2)
    endings.heard("east", 1)

    assert endings.owed("east") == []


def test_what_nobody_confirms_does_not_fill_the_memory() -> None:
    endings = Endings()

    for account in range(5000):
        endings.begin(account, 0)

    assert len(endings.owed("gone for good")) == 1000
    assert endings.owed("gone for good")[-1] == EndSessions(5000, 4999, 0)
