"""Another password: asked for unseen, proved by the old one, and given up at any moment."""

from __future__ import annotations

import pytest

from actors.gateway.devices import DevicePolicy
from actors.gateway.dialogue import Ended, Send, Step, TokensRevoked
from actors.gateway.password_change import weakness
from actors.gateway.session_options import SessionOptions
from tests.actors.gateway_kit import PASSWORD as GATEWAY_PASSWORD
from tests.actors.gateway_kit import GatewayBench
from tests.actors.login_scripts import Player, WorldTable
from transports.link.protocol import ChangePassword

OLD, NEW = "correct horse", "battery staple"


def at_the_menu() -> Player:
    table = WorldTable()
    table.add("Ann", OLD, "Brand")
    return Player(table).types("ann", OLD)


def test_the_old_one_and_the_new_one_twice_change_the_password() -> None:
    player = at_the_menu().types("password", OLD, NEW, NEW)

    assert player.saw("the new password counts")
    assert player.done(TokensRevoked)
    assert player.dialogue.step is Step.MENU
    assert Player(player.world).types("ann", NEW).saw("Welcome, Ann!")


def test_all_of_it_is_typed_unseen_and_nothing_after_it() -> None:
    player = at_the_menu()
    hidden = []
    for line in ("password", OLD, NEW, NEW):
        player.types(line)
        hidden.append(player.hidden)

    assert hidden == [True, True, True, False]


def test_a_wrong_old_password_leads_back_to_the_menu_and_counts_as_an_attempt() -> None:
    player = at_the_menu().types("password", "wrong horse", NEW, NEW)

    assert player.dialogue.step is Step.MENU
    assert player.dialogue.failures == 1
    for _ in range(2):
        assert not player.done(Ended)
        player.types("password", "wrong horse", NEW, NEW)
    assert player.done(Ended)


def test_two_that_differ_are_asked_for_again() -> None:
    player = at_the_menu().types("password", OLD, NEW, NEW + "s")

    assert player.saw("do not match")
    assert player.dialogue.step is Step.OTHER_PASSWORD
    assert player.types(NEW, NEW).saw("the new password counts")


@pytest.mark.parametrize("typed", [("",), ("back",), (OLD, ""), (OLD, "back"), (OLD, "short", "")])
def test_a_player_may_think_better_of_it(typed: tuple[str, ...]) -> None:
    player = at_the_menu().types("password", *typed)

    assert player.saw("stays as it is")
    assert (player.dialogue.step, player.dialogue.password, player.dialogue.old_password) == (
        Step.MENU,
        "",
        "",
    )


@pytest.mark.parametrize(
    ("password", "why"),
    [("short", "at least 8"), ("x" * 200, "at most 128"), (OLD, "the password you have")],
)
def test_a_password_that_protects_no_better_is_asked_for_again(password: str, why: str) -> None:
    player = at_the_menu().types("password", OLD, password)

    assert player.saw(why)
    assert player.dialogue.step is Step.OTHER_PASSWORD


def test_the_name_of_the_account_is_no_password() -> None:
    assert "anybody would try" in weakness("Annabella", " annabella", 8, 128)
    assert weakness("Ann", NEW, 8, 128) == ""


def test_what_the_door_takes_for_a_code_is_no_password() -> None:
    assert "taken for a code" in weakness("Ann", "Reconnect K7QM-2XWD", 8, 128)
    assert weakness("Ann", "reconnect the dots", 8, 128) == ""


def test_nothing_of_it_stays_in_the_dialogue_or_is_shown_in_a_repr() -> None:
    player = at_the_menu().types("password", OLD, NEW)
    assert OLD not in repr(player.dialogue)
    assert NEW not in repr(player.dialogue)

    player.types(NEW)

    requests = [effect.request for effect in player.done(Send) if isinstance(effect, Send)]
    assert isinstance(requests[-1], ChangePassword)
    assert NEW not in repr(player.effects)
    assert (player.dialogue.password, player.dialogue.old_password) == ("", "")
    assert not any(NEW in line or OLD in line for line in player.shown)


def test_who_has_changed_the_password_is_given_another_way_back_at_once() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        page = gateway.client("websocket").types("ann", GATEWAY_PASSWORD)
        gateway.advance(1)
        [before] = [value for name, value in page.data if name == "session.token"]

        page.types("password", GATEWAY_PASSWORD, NEW, NEW)
        gateway.advance(1)

        tokens = [value for name, value in page.data if name == "session.token"]
        assert len(tokens) == 2
        assert tokens[-1] != before
        assert page.echoes


def place_of(session: int) -> int:
    """The first, second, third of its gateway's life."""
    return session & 0xFFFF


def test_whoever_else_is_here_with_the_account_is_sent_away_and_nobody_else() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        thief, stranger = gateway.playing("Ann"), gateway.playing("Bob")
        lost = gateway.client("websocket").types("ann", GATEWAY_PASSWORD)
        lost.hangs_up()
        gateway.advance(1)
        player = gateway.client().types("ann", GATEWAY_PASSWORD)

        player.types("password", GATEWAY_PASSWORD, NEW, NEW)
        gateway.advance(1)

        assert thief.saw("The password of this account has been changed")
        assert (thief.closed_for, thief.is_open) == ("password_changed", False)
        assert (player.is_open, stranger.is_open) == (True, True)
        assert [place_of(session) for session in world.closed] == [1], "and its character has left the world"
        assert gateway.sessions() == ["2", "4"], "nor is there one to come back to"
        assert {place_of(token.session) for token in gateway.session_vault.tokens.values()} == {2, 4}


def test_a_password_that_is_changed_at_another_gateway_sends_away_whoever_is_here_in_play_or_not() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        in_play, stranger = gateway.playing("Ann"), gateway.playing("Bob")
        at_the_menu = gateway.client().types("ann", GATEWAY_PASSWORD)
        gateway.advance(1)

        world.ends_others(gateway.table.accounts["Ann"][0], spared=1)
        gateway.advance(1)

        assert [in_play.closed_for, at_the_menu.closed_for] == ["password_changed"] * 2
        assert stranger.is_open
        assert world.confirmed == [1]


def test_whoever_hears_of_his_login_just_before_the_password_is_another_one_is_sent_away() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        gateway.playing("Bob")
        world.answers = False
        thief = gateway.client().types("ann", GATEWAY_PASSWORD)
        account = gateway.table.accounts["Ann"][0]

        world.goes_on()
        world.ends_others(account, spared=1)
        gateway.advance(1)

        assert thief.closed_for == "password_changed"


def test_a_token_that_waits_for_the_database_in_that_moment_opens_nothing_afterwards() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        vault = gateway.session_vault
        player = gateway.client().types("ann", GATEWAY_PASSWORD)
        gateway.advance(1)
        vault.stands()
        thief = gateway.playing("Ann").types("reconnect")
        gateway.advance(1)

        player.types("password", GATEWAY_PASSWORD, NEW, NEW)
        vault.goes_on()
        gateway.advance(1)

        assert not thief.is_open
        assert {place_of(token.session) for token in vault.tokens.values()} == {1}


def test_devices_that_share_a_session_all_have_to_log_in_anew() -> None:
    with GatewayBench(session=SessionOptions(devices=DevicePolicy.SHARE)) as gateway:
        gateway.starts_world()
        one = gateway.playing("Ann")
        other = gateway.client().types("ann", GATEWAY_PASSWORD, "1")
        one.types("quit")

        one.types("password", GATEWAY_PASSWORD, NEW, NEW)
        gateway.advance(1)

        assert (one.closed_for, other.closed_for) == ("password_changed", "password_changed")
        assert gateway.sessions() == []


def test_a_session_of_an_earlier_life_that_is_not_back_yet_ends_with_the_password() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        gateway.playing("Ann").hangs_up()
        gateway.advance(1)
        gateway.gateway_stops()
        gateway.gateway_begins()
        player = gateway.client().types("ann", GATEWAY_PASSWORD)

        player.types("password", GATEWAY_PASSWORD, NEW, NEW)
        gateway.advance(1)

        assert len(gateway.sessions()) == 1
        assert len(gateway.session_vault.sessions) == 1


def test_what_was_revoked_elsewhere_is_not_kept_alive() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        gateway.client("websocket").logs_in()
        gateway.advance(1)
        vault = gateway.session_vault
        [token] = vault.tokens
        # Another session of the account has changed the password.
        vault.used.add(token)

        gateway.advance(SessionOptions().playing_idle_seconds - 60)
        saves = vault.saves
        gateway.advance(50)

        assert vault.saves == saves
