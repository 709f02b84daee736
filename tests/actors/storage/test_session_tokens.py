"""A token opens its session once, whoever asks at the same time; every "no" says why, by its type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import gevent
import peewee
import pytest

from actors.storage.cooperative import CooperativeDatabase
from actors.storage.errors import (
    NoSuchSession,
    SessionIsClosed,
    StorageRefused,
    TokenExpired,
    TokenRefused,
    TokenUsed,
    TokenWrong,
)
from actors.storage.requests import SaveSessions, TakeTokens
from actors.storage.session_tokens import TokenAsked, TokenTaken, revoke_tokens, take_tokens
from actors.storage.sessions import save_sessions
from tests.actors.storage.session_rows import digest, session_row, take_token, token_row


@pytest.fixture
def connections(database_dsn: str) -> Iterator[list[CooperativeDatabase]]:
    """Ten connections, as ten gateways have them."""
    made = [CooperativeDatabase(database_dsn) for _ in range(10)]
    for connection in made:
        connection.connect()
    yield made
    for connection in made:
        connection.discard()


@pytest.fixture
def kept(database: CooperativeDatabase) -> CooperativeDatabase:
    """Sessions 1 and 2 with tokens 1 and 2."""
    tokens = [token_row(1, 1), token_row(2, 2)]
    save_sessions(database, "main", [session_row(1), session_row(2, account_id=5)], tokens=tokens)
    return database


def refusal(database: CooperativeDatabase, number: int, session: int | None = 1) -> type[Exception]:
    with pytest.raises(TokenRefused) as raised:
        take_token(database, "main", digest(number), session)
    return raised.type


def test_a_token_opens_its_session_once(kept: CooperativeDatabase) -> None:
    assert take_token(kept, "main", digest(1), 1) == TokenTaken(1, "token")

    assert refusal(kept, 1) is TokenUsed
    assert take_token(kept, "main", digest(2), 2).session == 2


def test_a_code_names_no_session_and_finds_its_own(kept: CooperativeDatabase) -> None:
    save_sessions(kept, "main", tokens=[token_row(7, 2, kind="code")])

    assert take_token(kept, "main", digest(7)) == TokenTaken(2, "code")


@pytest.mark.parametrize(("takers", "tokens"), [(10, 1), (500, 1), (500, 50)])
@pytest.mark.slow
def test_of_all_who_take_a_token_at_once_exactly_one_gets_it(
    database: CooperativeDatabase, connections: list[CooperativeDatabase], takers: int, tokens: int
) -> None:
    numbers = range(tokens)
    rows = [session_row(number) for number in numbers]
    save_sessions(database, "main", rows, tokens=[token_row(number, number) for number in numbers])
    wanted = [number % tokens for number in range(takers)]

    def take(connection: CooperativeDatabase, share: list[int]) -> list[int | type[Exception]]:
        return [_taken(connection, number) for number in share]

    shares = [(connection, wanted[place::10]) for place, connection in enumerate(connections)]
    started = [gevent.spawn(take, *share) for share in shares]
    outcomes = Counter(outcome for greenlet in started for outcome in greenlet.get())

    assert outcomes == Counter(dict.fromkeys(numbers, 1) | {TokenUsed: takers - tokens})


def _taken(connection: CooperativeDatabase, number: int) -> int | type[Exception]:
    try:
        return take_token(connection, "main", digest(number), number).session
    except StorageRefused as refused:
        return type(refused)


@pytest.mark.slow
def test_a_session_that_closes_while_its_token_is_taken_ends_without_tokens(
    database: CooperativeDatabase, connections: list[CooperativeDatabase]
) -> None:
    for session in range(50):
        save_sessions(database, "main", [session_row(session)], tokens=[token_row(session, session)])
        taker = gevent.spawn(_taken, connections[0], session)
        gevent.spawn(save_sessions, connections[1], "main", closed=[session]).get()

        assert taker.get() in (session, TokenWrong, SessionIsClosed)
    assert database.rows("SELECT 1 FROM session_tokens") == []


@pytest.mark.slow
def test_many_that_are_taken_together_from_several_sides_are_given_once_each(
    database: CooperativeDatabase, connections: list[CooperativeDatabase]
) -> None:
    numbers = list(range(200))
    rows = [session_row(number) for number in numbers]
    save_sessions(database, "main", rows, tokens=[token_row(number, number) for number in numbers])

    def take(connection: CooperativeDatabase, order: list[int]) -> list[object]:
        return list(take_tokens(connection, "main", [TokenAsked(digest(one), one) for one in order]))

    orders = [numbers, numbers[::-1], numbers[100:] + numbers[:100]]
    started = [gevent.spawn(take, *one) for one in zip(connections, orders, strict=False)]
    answers = [answer for greenlet in started for answer in greenlet.get()]

    taken = [answer.session for answer in answers if isinstance(answer, TokenTaken)]
    assert sorted(taken) == numbers
    assert sum(isinstance(answer, TokenUsed) for answer in answers) == 400


def test_each_of_those_asked_for_together_has_its_own_answer_in_its_place(kept: CooperativeDatabase) -> None:
    save_sessions(kept, "main", [session_row(3)], tokens=[token_row(3, 3, seconds=-1)])
    save_sessions(kept, "main", closed=[2])
    asked = [(1, 1), (1, 1), (2, 2), (3, 3), (9, 3), (9, 77), (9, None), (1, 3)]

    answers = take_tokens(kept, "main", [TokenAsked(digest(number), one) for number, one in asked])

    kinds = [type(answer) for answer in answers]
    assert kinds == [
        TokenTaken,
        TokenUsed,
        SessionIsClosed,
        TokenExpired,
        TokenWrong,
        NoSuchSession,
        TokenWrong,
        TokenWrong,
    ]
    assert take_tokens(kept, "main", []) == []


def test_an_expired_token_opens_nothing(kept: CooperativeDatabase) -> None:
    save_sessions(kept, "main", tokens=[token_row(3, seconds=-1)])

    assert refusal(kept, 3) is TokenExpired


def test_a_secret_that_was_never_given_out_is_wrong(kept: CooperativeDatabase) -> None:
    assert refusal(kept, 99) is TokenWrong
    assert refusal(kept, 99, None) is TokenWrong


def test_a_token_is_good_for_its_own_session_only(kept: CooperativeDatabase) -> None:
    assert refusal(kept, 2, 1) is TokenWrong

    assert take_token(kept, "main", digest(2), 2).session == 2, "and was not consumed by that"


def test_a_session_nobody_knows_is_told_from_one_that_has_ended(kept: CooperativeDatabase) -> None:
    save_sessions(kept, "main", closed=[1])

    assert refusal(kept, 1) is SessionIsClosed
    assert refusal(kept, 1, 77) is NoSuchSession


def test_a_token_of_another_gateway_is_not_consumed(kept: CooperativeDatabase) -> None:
    with pytest.raises(NoSuchSession):
        take_token(kept, "second", digest(1), 1)
    with pytest.raises(TokenWrong):
        take_token(kept, "second", digest(1))

    assert take_token(kept, "main", digest(1), 1).session == 1


def test_a_new_token_takes_the_place_of_the_others_of_its_kind(kept: CooperativeDatabase) -> None:
    save_sessions(kept, "main", tokens=[token_row(7, 1, kind="code")])

    save_sessions(kept, "main", tokens=[token_row(3, 1, replaces=True)])

    assert refusal(kept, 1) is TokenWrong
    assert take_token(kept, "main", digest(7)).session == 1
    assert take_token(kept, "main", digest(2), 2).session == 2
    assert take_token(kept, "main", digest(3), 1).session == 1


def test_a_token_that_is_kept_again_is_good_for_longer_unless_it_was_used(kept: CooperativeDatabase) -> None:
    save_sessions(kept, "main", tokens=[token_row(3, seconds=-1), token_row(1, seconds=-1)])
    assert refusal(kept, 1) is TokenExpired

    save_sessions(kept, "main", tokens=[token_row(1, replaces=True), token_row(3)])

    assert take_token(kept, "main", digest(1), 1).session == 1
    good = save_sessions(kept, "main", tokens=[token_row(1), token_row(8), token_row(8)])
    assert good == {digest(8)}
    assert refusal(kept, 1) is TokenUsed


def test_two_tokens_of_one_session_in_one_batch_are_both_good_unless_one_replaces(
    kept: CooperativeDatabase,
) -> None:
    save_sessions(kept, "main", tokens=[token_row(3, replaces=True), token_row(4, replaces=True)])

    assert {take_token(kept, "main", digest(number), 1).session for number in (3, 4)} == {1}


def test_a_token_of_a_session_that_is_not_there_or_is_closed_is_not_kept(kept: CooperativeDatabase) -> None:
    save_sessions(kept, "main", closed=[1], tokens=[token_row(3, 77)])
    save_sessions(kept, "main", tokens=[token_row(4, 1)])

    assert kept.rows("SELECT session FROM session_tokens") == [(2,)]


def test_revoked_tokens_open_nothing_and_do_not_come_back(kept: CooperativeDatabase) -> None:
    revoke_tokens(kept, account_id=1)
    save_sessions(kept, "main", tokens=[token_row(1, 1)])

    assert refusal(kept, 1) is TokenWrong
    revoke_tokens(kept, sessions=[2])
    assert refusal(kept, 2, 2) is TokenWrong


@pytest.mark.parametrize("shown", [repr, str, "{}".format])
def test_no_digest_is_in_a_repr(shown: object) -> None:
    row = token_row(1)
    asked = TakeTokens("main", (TokenAsked(row.digest, 1, row.digest),))
    records = (row, asked, SaveSessions("main", (session_row(1),), (), (row,)))

    assert callable(shown)
    for record in records:
        assert "***" in shown(record) or "1 tokens" in shown(record)
        assert repr(row.digest)[2:-1] not in shown(record)


def test_a_token_that_is_kept_again_is_good_for_longer(kept: CooperativeDatabase) -> None:
    save_sessions(kept, "main", tokens=[token_row(7, 1, seconds=-1)])
    assert refusal(kept, 7) is TokenExpired

    save_sessions(kept, "main", tokens=[token_row(7, 1, seconds=60)])

    assert take_token(kept, "main", digest(7), 1).session == 1


def test_a_token_that_was_used_stays_so_when_it_is_kept_again(kept: CooperativeDatabase) -> None:
    take_token(kept, "main", digest(1), 1)

    save_sessions(kept, "main", tokens=[token_row(1, 1)])

    assert refusal(kept, 1) is TokenUsed


def test_nobody_takes_the_token_of_another_session_by_keeping_it(kept: CooperativeDatabase) -> None:
    save_sessions(kept, "main", tokens=[token_row(1, 2)])

    assert take_token(kept, "main", digest(1), None).session == 1


# The next one -------------------------------------------------------------------------------------------


def take_for_next(database: CooperativeDatabase, number: int, following: int) -> TokenTaken | TokenRefused:
    [answer] = take_tokens(database, "main", [TokenAsked(digest(number), 1, digest(following))])
    return answer


def seconds_left(database: CooperativeDatabase, number: int) -> float:
    statement = "SELECT extract(epoch FROM expires_at - now())::float8 FROM session_tokens WHERE digest = %s"
    [(seconds,)] = database.rows(statement, [digest(number)])
    return float(seconds)


def test_who_takes_a_token_may_name_the_next_and_comes_back_with_that(kept: CooperativeDatabase) -> None:
    assert take_for_next(kept, 1, 11) == TokenTaken(1, "token", is_next_kept=True)

    assert take_for_next(kept, 11, 12) == TokenTaken(1, "token", is_next_kept=True)
    assert take_token(kept, "main", digest(12), 1).session == 1


def test_the_next_one_is_a_token_with_what_was_left_of_the_time(kept: CooperativeDatabase) -> None:
    save_sessions(kept, "main", tokens=[token_row(7, 1, kind="code", seconds=40.0)])

    assert take_for_next(kept, 7, 11) == TokenTaken(1, "code", is_next_kept=True)

    assert 30 < seconds_left(kept, 11) <= 40
    assert take_token(kept, "main", digest(11), 1).kind == "token"


def test_the_token_of_before_stays_used_whatever_is_named_next(kept: CooperativeDatabase) -> None:
    take_for_next(kept, 1, 11)
    take_for_next(kept, 11, 12)

    for number in (1, 11):
        assert isinstance(take_for_next(kept, number, 13), TokenUsed)

    assert refusal(kept, 13) is TokenWrong
    assert take_token(kept, "main", digest(12), 1).session == 1


def test_nothing_is_kept_for_what_opens_nothing(kept: CooperativeDatabase) -> None:
    save_sessions(kept, "main", [session_row(3)], tokens=[token_row(3, 3, seconds=-1)])
    asked = [TokenAsked(digest(3), 3, digest(11)), TokenAsked(digest(99), 1, digest(12))]
    asked.append(TokenAsked(digest(2), 1, digest(13)))

    answers = take_tokens(kept, "main", asked)

    assert [type(answer) for answer in answers] == [TokenExpired, TokenWrong, TokenWrong]
    assert kept.rows("SELECT count(*) FROM session_tokens") == [(3,)]


def test_a_token_is_not_used_up_if_the_next_cannot_be_kept(kept: CooperativeDatabase) -> None:
    kept.rows(
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
            AS $$ BEGIN RAISE 'the disk is full'; END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON session_tokens FOR EACH ROW EXECUTE FUNCTION refuse();
        """
    )

    with pytest.raises(peewee.PeeweeException, match="the disk is full"):
        take_for_next(kept, 1, 11)

    kept.rows("DROP TRIGGER refuse ON session_tokens")
    assert take_for_next(kept, 1, 11) == TokenTaken(1, "token", is_next_kept=True)


@pytest.mark.parametrize("following", [1, 2, 7])
def test_one_that_is_there_already_is_given_to_nobody_as_the_next(
    kept: CooperativeDatabase, following: int
) -> None:
    save_sessions(kept, "main", tokens=[token_row(7, 1)])

    assert take_for_next(kept, 1, following) == TokenTaken(1, "token", is_next_kept=False)

    assert refusal(kept, 1) is TokenUsed
    assert take_token(kept, "main", digest(2), 2).session == 2
    assert take_token(kept, "main", digest(7), 1).session == 1


@pytest.mark.slow
def test_of_all_who_take_a_token_at_once_one_gets_it_and_only_his_next_is_kept(
    database: CooperativeDatabase, connections: list[CooperativeDatabase]
) -> None:
    save_sessions(database, "main", [session_row(1)], tokens=[token_row(1)])
    nexts = range(100, 200)

    def take(connection: CooperativeDatabase, share: range) -> list[int]:
        asked = [TokenAsked(digest(1), 1, digest(following)) for following in share]
        answers = take_tokens(connection, "main", asked)
        return [one for one, answer in zip(share, answers, strict=True) if isinstance(answer, TokenTaken)]

    started = [gevent.spawn(take, one, nexts[place::10]) for place, one in enumerate(connections)]
    [winner] = [following for greenlet in started for following in greenlet.get()]

    [(good,)] = database.rows("SELECT digest FROM session_tokens WHERE used_at IS NULL")
    assert bytes(good) == digest(winner)
    assert take_token(database, "main", digest(winner), 1).session == 1


def test_one_that_was_used_replaces_nothing_when_it_is_kept_again(kept: CooperativeDatabase) -> None:
    take_for_next(kept, 1, 11)

    save_sessions(kept, "main", tokens=[token_row(1, 1, replaces=True)])

    assert take_token(kept, "main", digest(11), 1).session == 1


def test_the_next_one_is_kept_alive_like_any_other_and_replaces_the_rest(kept: CooperativeDatabase) -> None:
    save_sessions(kept, "main", tokens=[token_row(5, 1, seconds=40.0)])
    take_for_next(kept, 5, 11)

    save_sessions(kept, "main", tokens=[token_row(11, 1, seconds=900.0, replaces=True)])

    assert seconds_left(kept, 11) > 800
    assert refusal(kept, 1) is TokenWrong
