"""The book of sessions: reads never wait, writes follow within 100 ms, nothing is lost meanwhile."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from actors.gateway.attempts import CODES_LIMIT, AttemptLimits
from actors.gateway.book_writing import BATCH_SESSIONS, RETRY_SECONDS
from actors.gateway.messages.book import (
    BookStatus,
    CleanUp,
    CountSessions,
    DescribeBook,
    DropSession,
    GetSession,
    KeepSession,
    ListSessions,
    RestoredSessions,
    RestoreSessions,
    SessionsOfAccount,
    TouchSession,
)
from actors.gateway.messages.tokens import (
    KeepToken,
    Resumable,
    ResumeRefused,
    ResumeSession,
    TokenKept,
    TokenKind,
    TokenNotKept,
)
from actors.gateway.reconnect_results import (
    AlreadyUsed,
    Expired,
    Garbage,
    ResumeRefusal,
    SessionClosed,
    TooManyAttempts,
    Unavailable,
    UnknownSession,
    WrongSecret,
    WrongState,
)
from actors.gateway.reconnect_token import SECRET_LETTERS, Code, Token, encode, encode_code, make, make_code
from actors.gateway.session_book import CLEAN_UP_SECONDS, SESSION_BOOK, TOUCH_SECONDS, SessionBook
from actors.gateway.session_options import SessionOptions
from actors.gateway.session_record import SessionId, SessionRecord
from actors.gateway.session_states import SessionState
from supervisors import one_for_one, run_tree, supervisor, worker
from tests.actors.book_listener import BookListener
from tests.actors.gateway.session_records import connecting, disconnected, playing, selecting
from tests.actors.memory_vault import MemoryVault
from wyld_actors import SHUTDOWN, ActorSystem, Mailbox, ManualClock, Message, Ref

OPTIONS = SessionOptions(link_dead_seconds=900.0)
HERE = "203.0.113.7"
ELSEWHERE = "198.51.100.1"


class Bench:
    """A book under its supervisor, its vault, and sessions to tell it things."""

    def __init__(
        self, vault: MemoryVault | None = None, *, has_vault: bool = True, options: SessionOptions = OPTIONS
    ) -> None:
        self.system = ActorSystem(clock=ManualClock(1_000.0))
        self.vault = vault or MemoryVault(self.system)
        self.vault.system = self.system
        self.players: dict[Ref, list[Message]] = {}
        given = self.vault if has_vault else None
        book = worker(SESSION_BOOK, SessionBook, options, given, mailbox=Mailbox(limit=20_000))
        self.tree = run_tree(self.system, supervisor("top", one_for_one, [book]))
        self.settle()

    @property
    def now(self) -> float:
        return self.system.now()

    @property
    def book(self) -> Ref:
        book = self.system.registry.whereis(SESSION_BOOK)
        assert book is not None
        return book

    def settle(self) -> None:
        self.system.settle()

    def advance(self, seconds: float = 0.1) -> None:
        self.system.advance(seconds)

    def tell(self, *messages: Message) -> None:
        for message in messages:
            self.book.tell(message)
        self.settle()

    def ask(self, message: Message) -> Any:
        future = self.book.ask(message, block=False)
        self.settle()
        return future.get(timeout=1)

    def player(self) -> Ref:
        heard: list[Message] = []
        ref = self.system.spawn(BookListener, heard)
        self.players[ref] = heard
        return ref

    def keep(self, record: SessionRecord, ref: Ref | None = None) -> Ref:
        ref = ref or self.player()
        self.tell(KeepSession(record, ref))
        return ref

    def token(self, session: int, ref: Ref, *, seconds: float = 600.0, replaces: bool = True) -> Token:
        token = make(SessionId(session), secrets.token_bytes)
        self.tell(KeepToken(session, ref, token.digest, TokenKind.TOKEN, seconds, replaces))
        return token

    def code(self, session: int, ref: Ref) -> Code:
        code = make_code(secrets.token_bytes)
        self.tell(KeepToken(session, ref, code.digest, TokenKind.CODE, 600.0))
        return code

    def shows(self, what: Token | Code | str, address: str = HERE) -> Resumable | type[ResumeRefusal]:
        """A young session shows this; what it hears."""
        text = encode(what) if isinstance(what, Token) else what
        text = encode_code(text) if isinstance(text, Code) else text
        asker = self.player()
        self.tell(ResumeSession(asker, address, text))
        [answer] = self.players[asker]
        if isinstance(answer, ResumeRefused):
            return type(answer.refusal)
        assert isinstance(answer, Resumable)
        return answer

    def status(self) -> BookStatus:
        status: BookStatus = self.ask(DescribeBook())
        return status

    def crash(self) -> None:
        self.book.cell.kill()
        self.settle()
        self.advance(0.2)

    def stop(self) -> None:
        self.tree.shutdown()
        self.settle()
        self.system.stop()


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.vault.goes_on()
    bench.system.stop()


# Memory -----------------------------------------------------------------------------------------------


def test_every_question_is_answered_from_memory_at_once(bench: Bench) -> None:
    bench.vault.stands()
    first = bench.keep(playing(1, account=5))
    bench.keep(selecting(2, account=5))
    bench.keep(connecting(3))
    bench.advance()

    assert bench.ask(GetSession(1)) == (playing(1, account=5), first)
    assert bench.ask(GetSession(9)) is None
    assert [record.id for record in bench.ask(ListSessions())] == [1, 2, 3]
    assert [record.id for record in bench.ask(ListSessions(SessionState.PLAYING))] == [1]
    assert (bench.ask(CountSessions()), bench.ask(CountSessions(SessionState.CONNECTING))) == (3, 1)
    assert [record.id for record, _ in bench.ask(SessionsOfAccount(5))] == [1, 2]


def test_a_session_whose_actor_is_given_up_is_closed(bench: Bench) -> None:
    ref = bench.keep(playing(1))
    bench.advance()

    ref.cell.kill()
    bench.advance()

    assert bench.ask(CountSessions()) == 0
    assert bench.vault.sessions == {}


def test_a_session_that_ends_with_the_gateway_is_not_closed(bench: Bench) -> None:
    ref = bench.keep(playing(1))
    bench.tell(KeepSession(disconnected(1), ref))

    ref.cell.finish(SHUTDOWN)
    bench.advance()

    assert bench.vault.sessions[SessionId(1)].state is SessionState.DISCONNECTED


def test_what_the_book_knows_outlasts_its_crash(bench: Bench) -> None:
    bench.vault.stands()
    ref = bench.keep(playing(1))
    bench.advance()
    bench.crash()
    bench.vault.goes_on()
    bench.advance()

    assert bench.ask(CountSessions()) == 1
    assert list(bench.vault.sessions) == [1], "the batch that was on its way is written again"
    ref.cell.kill()
    bench.advance()
    assert bench.ask(CountSessions()) == 0, "its sessions are watched again"


# Writing behind ---------------------------------------------------------------------------------------


def test_a_change_is_written_within_100_ms_with_all_of_its_moment(bench: Bench) -> None:
    for number in range(50):
        bench.keep(playing(number))
    assert bench.vault.batches == []

    bench.advance(0.1)

    assert bench.vault.batches == [50]


def test_who_has_not_logged_in_is_not_written(bench: Bench) -> None:
    bench.keep(connecting(1))
    bench.keep(connecting(1).moved_to(SessionState.AUTHENTICATING, now=1.0))
    bench.tell(TouchSession(1, 5.0))
    bench.advance(2 * TOUCH_SECONDS)
    bench.tell(DropSession(1))
    bench.advance()

    assert bench.vault.saves == 0


def test_a_record_that_says_nothing_new_is_not_written_again(bench: Bench) -> None:
    ref = bench.keep(playing(1))
    bench.advance()

    bench.keep(playing(1), ref)
    bench.advance()

    assert bench.vault.batches == [1]


def test_touches_are_gathered_for_half_a_minute(bench: Bench) -> None:
    for number in (1, 2):
        bench.keep(playing(number))
    bench.advance()
    for second in range(5):
        bench.tell(TouchSession(1, bench.now + second), TouchSession(2, bench.now))
    bench.advance(1.0)
    assert bench.vault.batches == [2]

    bench.advance(TOUCH_SECONDS)

    assert bench.vault.batches == [2, 2]
    assert bench.vault.sessions[SessionId(1)].touched_at > 1_000.0


def test_a_closed_session_goes_with_its_tokens(bench: Bench) -> None:
    ref = bench.keep(playing(1))
    token = bench.token(1, ref)
    bench.advance()

    bench.tell(DropSession(1))
    bench.advance()

    assert (bench.vault.sessions, bench.vault.tokens) == ({}, {})
    assert bench.shows(token) is UnknownSession


def test_what_changes_while_a_batch_is_on_its_way_follows_at_once(bench: Bench) -> None:
    ref = bench.keep(playing(1))
    bench.vault.stands()
    bench.advance()
    bench.keep(disconnected(1), ref)
    bench.keep(playing(2))
    bench.advance()
    assert bench.vault.saves == 1

    bench.vault.goes_on()
    bench.advance(0.05)

    assert bench.vault.batches == [1, 2]
    assert bench.vault.sessions[SessionId(1)].state is SessionState.DISCONNECTED


def test_while_the_database_is_away_nothing_is_lost_and_it_is_said_once(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.vault.away = "connection refused"
    ref = bench.keep(playing(1))
    bench.advance(10.0)
    bench.keep(disconnected(1), ref)
    bench.keep(playing(2))
    bench.advance(10.0)

    assert (bench.status().pending, bench.status().problem) == (2, "connection refused")
    assert bench.status().oldest_seconds > 15.0
    assert caplog.text.count("wait for the database") == 1
    assert bench.vault.saves <= 21 / RETRY_SECONDS, "it is left in peace between two attempts"

    bench.vault.away = ""
    bench.advance(RETRY_SECONDS)
    assert bench.vault.sessions[SessionId(1)].state is SessionState.DISCONNECTED
    assert len(bench.vault.sessions) == 2
    assert (bench.status().pending, bench.status().problem) == (0, "")


def test_a_day_without_a_database_takes_no_more_memory_than_the_sessions_there_are(bench: Bench) -> None:
    bench.vault.away = "gone"
    for number in range(200):
        ref = bench.keep(playing(number))
        bench.keep(disconnected(number), ref)
        bench.tell(DropSession(number))

    assert bench.status().pending <= 2


def test_ten_thousand_sessions_are_written_in_batches(bench: Bench) -> None:
    ref = bench.player()
    for number in range(10_000):
        bench.book.tell(KeepSession(playing(number, account=number % 10), ref))
    bench.settle()
    bench.advance(0.1)

    assert bench.vault.batches == [BATCH_SESSIONS] * 10
    assert bench.ask(CountSessions(SessionState.PLAYING)) == 10_000


def test_a_session_that_no_database_takes_costs_only_itself(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.vault.poison = SessionId(2)
    for number in (1, 2, 3):
        bench.keep(playing(number))
    bench.advance(10.0)

    assert sorted(bench.vault.sessions) == [1, 3]
    assert bench.status().pending == 0
    assert "sessions (1, 2, 3) crashed, and is tried in smaller pieces" in caplog.text
    assert "sessions (2) crashed, and is given up" in caplog.text


def test_the_last_states_are_written_when_the_process_stops(bench: Bench) -> None:
    ref = bench.keep(playing(1))
    bench.advance()
    bench.keep(disconnected(1), ref)

    bench.stop()

    assert bench.vault.sessions[SessionId(1)].state is SessionState.DISCONNECTED


def test_what_sessions_say_in_their_last_moment_is_written_before_the_book_stops(bench: Bench) -> None:
    ref = bench.player()
    for number in range(3_000):
        bench.book.tell(KeepSession(disconnected(number), ref))

    bench.stop()

    assert len(bench.vault.sessions) == 3_000


def test_old_rows_are_dropped_at_the_start_hourly_and_on_demand(bench: Bench) -> None:
    assert bench.vault.trims == 1
    bench.tell(CleanUp())
    assert bench.vault.trims == 2

    bench.advance(CLEAN_UP_SECONDS)

    assert bench.vault.trims == 3


# Tokens -----------------------------------------------------------------------------------------------


def test_a_token_is_told_of_when_it_is_durable_and_not_before(bench: Bench) -> None:
    ref = bench.keep(playing(1, now=bench.now))
    bench.vault.stands()
    token = bench.token(1, ref)
    bench.advance(0.05)
    assert bench.players[ref] == []

    bench.vault.goes_on()
    bench.advance(0.0)

    [kept] = bench.players[ref]
    assert isinstance(kept, TokenKept)
    assert kept.digest == token.digest
    assert 599.0 < kept.seconds <= 600.0


def test_a_token_does_not_outlive_its_session(bench: Bench) -> None:
    away = bench.keep(disconnected(1, now=bench.now - 300.0))
    here = bench.keep(playing(2, now=bench.now))
    for number, ref in ((1, away), (2, here)):
        bench.token(number, ref, seconds=1e6)
    bench.advance()

    [short], [long] = bench.players[away], bench.players[here]
    assert isinstance(short, TokenKept)
    assert isinstance(long, TokenKept)
    assert short.seconds == pytest.approx(600.0, abs=1.0)
    assert long.seconds == pytest.approx(OPTIONS.playing_idle_seconds + 900.0, abs=1.0)


def test_a_session_that_has_had_its_time_keeps_no_token(bench: Bench) -> None:
    ref = bench.keep(disconnected(1, now=bench.now - 901.0))

    bench.token(1, ref)

    assert [type(heard) for heard in bench.players[ref]] == [TokenNotKept]


def test_no_token_is_kept_while_the_database_is_away_and_again_when_it_is_back(bench: Bench) -> None:
    ref = bench.keep(playing(1))
    bench.advance()
    bench.vault.away = "connection refused"
    bench.token(1, ref)
    bench.advance(0.5)
    bench.token(1, ref)

    assert [type(heard) for heard in bench.players[ref]] == [TokenNotKept, TokenNotKept]
    assert bench.vault.tokens == {}
    bench.vault.away = ""
    bench.advance(RETRY_SECONDS)
    bench.token(1, ref)
    bench.advance()
    assert isinstance(bench.players[ref][-1], TokenKept)


def test_a_token_that_was_used_cannot_be_kept_for_longer(bench: Bench) -> None:
    ref = bench.keep(playing(1))
    token = bench.token(1, ref)
    bench.advance()
    bench.shows(token)

    bench.tell(KeepToken(1, ref, token.digest, TokenKind.TOKEN, 600.0))
    bench.advance()

    kept, void = bench.players[ref]
    assert isinstance(kept, TokenKept)
    assert void == TokenNotKept(1, token.digest, "it was used or revoked", is_void=True)


def test_a_session_that_ended_meanwhile_does_not_come_in_the_way_of_others_tokens(bench: Bench) -> None:
    ref, other = bench.keep(playing(1)), bench.keep(playing(2))
    bench.advance()
    bench.vault.away = "connection refused"
    bench.token(1, ref)
    bench.advance(0.5)
    bench.tell(DropSession(1))
    bench.vault.away = ""
    bench.advance(RETRY_SECONDS)

    bench.token(2, other)
    bench.advance()

    assert isinstance(bench.players[other][-1], TokenKept)


def test_a_token_is_refused_for_whom_nobody_can_come_back_to(bench: Bench) -> None:
    ref = bench.keep(connecting(1))
    bench.token(1, ref)
    bench.token(9, ref)

    assert [type(heard) for heard in bench.players[ref]] == [TokenNotKept, TokenNotKept]


def test_a_crash_of_the_book_leaves_nobody_waiting(bench: Bench) -> None:
    ref = bench.keep(playing(1))
    token = bench.token(1, ref)
    bench.advance()
    bench.vault.stands()
    bench.token(1, ref)
    asker = bench.player()
    bench.tell(ResumeSession(asker, HERE, encode(token)))
    bench.advance()

    bench.crash()

    assert isinstance(bench.players[ref][-1], TokenNotKept)
    assert bench.players[asker] == [ResumeRefused(Unavailable())]


# Coming back ------------------------------------------------------------------------------------------


@pytest.fixture
def token(bench: Bench) -> Token:
    """Of session 1, which waits for its client."""
    ref = bench.keep(disconnected(1, now=bench.now))
    token = bench.token(1, ref)
    bench.advance()
    return token


def test_a_token_leads_to_its_session_once(bench: Bench, token: Token) -> None:
    found = bench.shows(token)

    assert isinstance(found, Resumable)
    assert (found.record.id, found.ref) == (1, bench.ask(GetSession(1))[1])
    assert bench.shows(token) is AlreadyUsed
    assert bench.status().resumes == {"already_used": 1}, "who has got in says so"


def test_the_next_token_that_a_client_has_made_is_good_with_the_answer(bench: Bench, token: Token) -> None:
    following = _made_up(bench)
    secret = encode(following)[-SECRET_LETTERS:]

    asker = bench.player()
    bench.tell(ResumeSession(asker, HERE, encode(token), secret))

    [answer] = bench.players[asker]
    assert isinstance(answer, Resumable)
    assert answer.is_next_kept
    assert isinstance(bench.shows(following), Resumable)


def test_a_next_token_that_is_none_uses_up_nothing(bench: Bench, token: Token) -> None:
    asker = bench.player()
    bench.tell(ResumeSession(asker, HERE, encode(token), "rubbish"))

    assert bench.players[asker] == [ResumeRefused(Garbage())]
    assert isinstance(bench.shows(token), Resumable)


def test_a_code_leads_to_its_session_as_it_was_typed(bench: Bench, token: Token) -> None:
    code = bench.code(1, bench.ask(GetSession(1))[1])
    bench.advance()

    found = bench.shows(encode_code(code).lower().replace("-", " "))

    assert isinstance(found, Resumable)
    assert isinstance(bench.shows(token), Resumable), "a code does not take the place of a token"


def test_of_500_who_show_one_token_at_once_one_gets_the_session(bench: Bench, token: Token) -> None:
    askers = [bench.player() for _ in range(500)]
    for asker in askers:
        bench.book.tell(ResumeSession(asker, HERE, encode(token)))
    bench.advance()

    answers = [answer for asker in askers for answer in bench.players[asker]]
    assert len(answers) == 500
    assert sum(isinstance(answer, Resumable) for answer in answers) == 1
    assert bench.vault.takes == [500], "they are one question"


def test_what_is_shown_while_the_vault_is_asked_is_in_the_next_question(bench: Bench, token: Token) -> None:
    bench.vault.stands()
    askers = [bench.player() for _ in range(3)]
    for asker in askers:
        bench.tell(ResumeSession(asker, HERE, encode(token)))
    bench.vault.goes_on()
    bench.advance()

    assert bench.vault.takes == [1, 2]
    assert [len(bench.players[asker]) for asker in askers] == [1, 1, 1]


def _made_up(bench: Bench, session: int = 1) -> Token:
    return make(SessionId(session), secrets.token_bytes)


def _late(bench: Bench, token: Token) -> Token:
    bench.keep(playing(1, now=bench.now + 700.0), bench.ask(GetSession(1))[1])
    bench.advance(600.0)
    return token


def _closing(bench: Bench, token: Token) -> Token:
    bench.tell(DropSession(1))
    return token


def _not_there(bench: Bench, token: Token) -> Token:
    bench.vault.away = "connection refused"
    return token


def _young(bench: Bench, token: Token) -> Token:
    bench.keep(connecting(5))
    return _made_up(bench, 5)


@pytest.mark.parametrize(
    ("make_it", "refusal"),
    [
        (lambda bench, token: "garbage", Garbage),
        (lambda bench, token: "", Garbage),
        (lambda bench, token: "A" * 100_000, Garbage),
        (lambda bench, token: _made_up(bench), WrongSecret),
        (lambda bench, token: _made_up(bench, 77), UnknownSession),
        (_late, Expired),
        (_closing, SessionClosed),
        (_not_there, Unavailable),
        (_young, WrongState),
    ],
)
def test_every_failure_has_its_own_result_and_is_counted(
    bench: Bench, token: Token, make_it: Callable[[Bench, Token], Token | str], refusal: type[ResumeRefusal]
) -> None:
    assert bench.shows(make_it(bench, token)) is refusal

    assert bench.status().resumes == {refusal.name: 1}


def test_who_fails_too_often_is_not_even_looked_at(bench: Bench, token: Token) -> None:
    for _ in range(10):
        assert bench.shows("AAAA-AAAA", ELSEWHERE) is WrongSecret

    assert bench.shows(token, ELSEWHERE) is TooManyAttempts
    assert isinstance(bench.shows(token), Resumable), "nothing was consumed, and others are not concerned"
    bench.advance(601.0)
    assert bench.shows("AAAA-AAAA", ELSEWHERE) is WrongSecret


def test_how_often_one_may_fail_is_an_option() -> None:
    bench = Bench(options=SessionOptions(attempts=AttemptLimits(by_address=1, window_seconds=60.0)))
    bench.shows("AAAA-AAAA", ELSEWHERE)

    assert bench.shows("AAAA-AAAA", ELSEWHERE) is TooManyAttempts
    bench.advance(61.0)
    assert bench.shows("AAAA-AAAA", ELSEWHERE) is WrongSecret
    bench.system.stop()


def test_a_whole_school_may_show_tokens_whose_answers_were_lost(bench: Bench, token: Token) -> None:
    bench.shows(token)
    for _ in range(30):
        assert bench.shows(token, ELSEWHERE) is AlreadyUsed

    another = bench.token(1, bench.ask(GetSession(1))[1])
    bench.advance()
    assert isinstance(bench.shows(another, ELSEWHERE), Resumable)


def test_a_code_that_was_used_may_have_been_guessed(bench: Bench, token: Token) -> None:
    code = bench.code(1, bench.ask(GetSession(1))[1])
    bench.advance()
    bench.shows(code)
    for _ in range(10):
        assert bench.shows(code, ELSEWHERE) is AlreadyUsed

    assert bench.shows(token, ELSEWHERE) is TooManyAttempts


def test_strangers_cannot_lock_a_player_out_of_his_session(bench: Bench, token: Token) -> None:
    for number in range(20):
        assert bench.shows(_made_up(bench), f"198.51.100.{number}") is WrongSecret

    assert bench.shows(token, "198.51.100.200") is TooManyAttempts
    assert isinstance(bench.shows(token), Resumable)


def test_while_codes_are_guessed_by_many_one_opens_only_from_where_its_player_was(
    bench: Bench, token: Token
) -> None:
    def another() -> Code:
        code = bench.code(1, bench.ask(GetSession(1))[1])
        bench.advance()
        return code

    for number in range(CODES_LIMIT):
        assert bench.shows("AAAA-AAAA", f"10.0.{number}.1") is WrongSecret

    assert bench.shows(another(), ELSEWHERE) is TooManyAttempts
    assert isinstance(bench.shows(another()), Resumable)
    assert isinstance(bench.shows(token, ELSEWHERE), Resumable), "nobody guesses a token"
    bench.advance(601.0)
    assert isinstance(bench.shows(another(), ELSEWHERE), Resumable)


def test_no_secret_reaches_the_log(bench: Bench, token: Token, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    code = bench.code(1, bench.ask(GetSession(1))[1])
    for what in (token, token, code, _made_up(bench), "hunter22hunter22"):
        bench.shows(what)

    for secret in (encode(token), code.letters, encode_code(code), "hunter22", repr(token.secret)[2:-1]):
        assert secret not in caplog.text


# An earlier life --------------------------------------------------------------------------------------


def earlier(*records: SessionRecord) -> MemoryVault:
    """What a gateway that was killed has left."""
    vault = MemoryVault(ActorSystem(clock=ManualClock(1_000.0)))
    vault.sessions = {record.id: record for record in records}
    return vault


def test_the_sessions_of_an_earlier_life_wait_for_their_clients_since_now() -> None:
    bench = Bench(earlier(playing(1, now=-500.0), disconnected(2, now=-500.0)))

    restored = bench.ask(RestoreSessions())

    assert isinstance(restored, RestoredSessions)
    assert [(one.id, one.state, one.left) for one in restored.records] == [
        (1, SessionState.DISCONNECTED, SessionState.PLAYING),
        (2, SessionState.DISCONNECTED, SessionState.PLAYING),
    ]
    assert bench.status().restored == 2
    bench.stop()


def test_one_that_was_started_again_is_not_given_out_any_more() -> None:
    bench = Bench(earlier(playing(1), playing(2)))
    [first, _] = bench.ask(RestoreSessions()).records

    ref = bench.keep(first)

    assert [record.id for record in bench.ask(RestoreSessions()).records] == [2]
    assert bench.ask(GetSession(1))[1] == ref
    bench.stop()


def test_who_starts_sessions_waits_for_a_database_that_is_away_and_nobody_else_does(
    caplog: pytest.LogCaptureFixture,
) -> None:
    vault = earlier(playing(1))
    vault.away = "connection refused"
    bench = Bench(vault)
    future = bench.book.ask(RestoreSessions(), block=False, timeout=60)
    bench.keep(playing(7))
    bench.advance(5.0)
    assert not future.is_done
    assert (bench.ask(CountSessions()), bench.status().restored) == (1, None)
    assert caplog.text.count("cannot be read yet") == 1

    vault.away = ""
    bench.advance(2 * RETRY_SECONDS)

    assert [record.id for record in future.get(timeout=1).records] == [1]
    bench.stop()


def test_a_token_for_a_session_that_is_not_back_yet_is_not_consumed() -> None:
    first = Bench()
    token = first.token(1, first.keep(disconnected(1, now=first.now)))
    first.advance()
    first.stop()
    bench = Bench(first.vault)
    assert bench.shows(token) is Unavailable

    [record] = bench.ask(RestoreSessions()).records
    bench.keep(record)

    assert isinstance(bench.shows(token), Resumable)
    bench.stop()


def test_what_nobody_starts_again_is_closed_when_its_time_is_over() -> None:
    bench = Bench(earlier(playing(1)))

    bench.advance(900.0 + 2 * TOUCH_SECONDS)

    assert bench.ask(CountSessions()) == 0
    assert bench.vault.sessions == {}
    bench.stop()


def test_without_a_vault_everything_lives_in_memory() -> None:
    bench = Bench(has_vault=False)
    ref = bench.keep(playing(1))
    token = bench.token(1, ref)
    bench.advance()

    assert bench.ask(CountSessions()) == 1
    assert isinstance(bench.players[ref][-1], TokenNotKept)
    assert bench.shows(token) is Unavailable
    assert bench.ask(RestoreSessions()) == RestoredSessions(())
    bench.stop()
