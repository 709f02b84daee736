"""A batch is taken apart into one message for each session, in the order that was meant."""

import random
from typing import cast

from actors.gateway.ledger import MISSED, LinkLedger, Sorted
from actors.gateway.messages.link import Answered, Failed, Incoming, Inquire
from tests.actors.gateway.session_refs import REFS, A, B, C, name_of
from transports.link.liveness import Backoff, BackoffOptions
from transports.link.protocol import (
    CharacterList,
    CharacterRecord,
    CharacterSelected,
    Failure,
    FailureCode,
    Frame,
    ListCharacters,
    Multicast,
    Output,
    OutputsMissed,
    Performed,
    Positions,
    Reply,
    Resend,
    SelectCharacter,
    SystemOutput,
    TextOutput,
    Welcome,
)


def ledger(*sessions: int) -> LinkLedger:
    made = LinkLedger(lambda: Backoff(BackoffOptions(), random.Random(1)))
    for session in sessions or (A, B):
        made.join(session, REFS[session], 0, is_in_world=True, plays=True)
    # A handshake was begun with them.
    made.claims()
    return made


def texts(of: LinkLedger, *frames: Frame) -> dict[str, list[str]]:
    """What each session is shown, and that each is told once."""
    shown: dict[str, list[str]] = {}
    for ref, message in of.sort(frames).mail:
        assert isinstance(message, Incoming)
        name = name_of(ref)
        assert name not in shown
        shown[name] = [
            body.text for body in (one.body for one in message.deliveries) if isinstance(body, TextOutput)
        ]
    return shown


def positions_in(done: Sorted) -> dict[str, tuple[int, int] | None]:
    """What each session is told of what is saved, of those that are told anything."""
    return {name_of(ref): news.position for ref, news in done.mail if isinstance(news, Incoming)}


def out(session: int, number: int, text: str, cause: int = 0) -> Output:
    return Output(session, number, cause, TextOutput(text))


def test_everything_for_a_session_is_one_message_in_its_order() -> None:
    book = ledger()

    shown = texts(
        book,
        out(A, 1, "one"),
        out(B, 1, "other"),
        Multicast([A, B], [2, 2], 0, TextOutput("both")),
        out(A, 3, "three"),
    )

    assert shown == {"a": ["one", "both", "three"], "b": ["other", "both"]}


def test_what_many_see_is_one_delivery() -> None:
    done = ledger(A, B, C).sort([Multicast([A, B, C], [1, 1, 1], 0, TextOutput("all"))])

    deliveries = {id(message.deliveries[0]) for _, message in done.mail if isinstance(message, Incoming)}
    assert len(done.mail) == 3
    assert len(deliveries) == 1


def test_duplicates_are_dropped_and_a_gap_is_asked_for() -> None:
    book = ledger()
    texts(book, out(A, 1, "one"))

    done = book.sort([out(A, 1, "one"), out(A, 3, "three"), Multicast([A, B], [4, 1], 0, TextOutput("all"))])

    assert done.frames == [Resend(A, 1), Resend(A, 1)]
    assert [name_of(ref) for ref, _ in done.mail] == ["b"]


def test_outputs_for_sessions_that_are_gone_are_no_trouble() -> None:
    book = ledger(A)

    assert texts(book, out(C, 1, "x"), Multicast([C, A], [1, 1], 0, TextOutput("y"))) == {"a": ["y"]}


def test_what_is_missed_for_good_is_said_once() -> None:
    done = ledger().sort([OutputsMissed(A, 1, 40), out(A, 41, "on")])

    (_, incoming) = done.mail[0]
    assert isinstance(incoming, Incoming)
    body = incoming.deliveries[0].body
    assert isinstance(body, SystemOutput)
    assert body.text == MISSED
    assert incoming.received == 41


def test_what_is_saved_is_told_with_the_next_output() -> None:
    book = ledger()
    assert positions_in(book.sort([out(A, 1, "x"), Positions({A: (3, 1), B: (5, 5)})])) == {"a": (3, 1)}

    assert positions_in(book.sort([Positions({B: (6, 6)})])) == {}
    assert positions_in(book.sort([out(A, 2, "y"), out(B, 1, "x")])) == {"a": None, "b": (6, 6)}
    assert book.overdue() == book.overdue() == []


def test_what_is_saved_of_a_stay_is_not_told_in_the_next_one() -> None:
    book = ledger()
    book.sort([Positions({A: (7, 7)})])
    book.sort([selected(book, outputs=0, applied=2)])

    assert book.all_saved() == []


def test_an_answer_comes_after_what_was_sent_before_it_and_before_what_follows() -> None:
    book = ledger()
    inquiry = Inquire(A, REFS[A], ListCharacters(1))
    request = book.book.ask(inquiry.body, inquiry, now=0.0, session=A)

    done = book.sort([out(A, 1, "before"), Reply(request.id, CharacterList(())), out(A, 2, "after")])

    kinds = [type(message) for _, message in done.mail]
    assert kinds == [Incoming, Answered, Incoming]
    assert cast(Answered, done.mail[1][1]).body is inquiry.body


def test_a_failure_reaches_the_asker_with_its_code() -> None:
    book = ledger()
    inquiry = Inquire(A, REFS[A], ListCharacters(1))
    request = book.book.ask(inquiry.body, inquiry, now=0.0, session=A)

    done = book.sort([Failure(request.id, FailureCode.OVERLOADED, "busy")])

    assert done.mail == [(REFS[A], Failed(inquiry.body, FailureCode.OVERLOADED, "busy"))]


def selected(book: LinkLedger, *, outputs: int, applied: int = 0, is_again: bool = False) -> Reply:
    inquiry = Inquire(A, REFS[A], SelectCharacter(1, 1), is_again)
    request = book.book.ask(inquiry.body, inquiry, now=0.0, session=A)
    character = CharacterRecord(1, "Ann", "sailor", {})
    return Reply(request.id, CharacterSelected(character, "character:1", applied, outputs))


def test_a_world_that_is_new_to_a_session_counts_its_outputs_anew() -> None:
    book = ledger(A)
    book.sort([out(A, number, "x") for number in range(1, 10)])
    book.welcomed(Welcome(10, {}), is_another=True)

    done = book.sort([selected(book, outputs=0), out(A, 1, "fresh")])

    assert len(cast(Incoming, done.mail[-1][1]).deliveries) == 1


def test_what_was_shown_before_a_crash_is_not_shown_again() -> None:
    book = ledger(A, B)
    book.sort([out(A, 1, "one", cause=1), Output(A, 2, 1, Performed(1, "> "))])
    book.welcomed(Welcome(10, {A: (0, 0), B: (0, 0)}), is_another=True)

    shown = texts(
        book,
        out(A, 3, "one", cause=1),
        Output(A, 4, 1, Performed(1, "> ")),
        Multicast([B], [1], 1, TextOutput("A does one"), A),
        out(A, 5, "two", cause=2),
    )

    assert shown == {"a": ["two"]}


def test_what_others_saw_of_a_command_is_not_shown_again_though_its_answer_died_with_the_world() -> None:
    book = ledger(A, B)
    assert texts(book, Multicast([B], [1], 1, TextOutput("A does one"), A)) == {"b": ["A does one"]}
    book.welcomed(Welcome(10, {A: (0, 0), B: (0, 0)}), is_another=True)

    shown = texts(
        book,
        Multicast([B], [2], 1, TextOutput("A does one"), A),
        Multicast([B], [3], 1, TextOutput("and it has an end"), A),
        out(A, 1, "one", cause=1),
        Output(A, 2, 1, Performed(1, "> ")),
        Multicast([B], [4], 2, TextOutput("A does two"), A),
    )

    assert shown == {"a": ["one"], "b": ["and it has an end", "A does two"]}


def test_however_many_worlds_die_over_a_command_each_sees_all_of_it_once() -> None:
    book = ledger(A, B)
    lines = ("first", "second", "third")
    seen: list[str] = []
    number = 0
    for shown in (2, 1, 3):
        for line in lines[:shown]:
            number += 1
            told = texts(book, Multicast([B], [number], 1, TextOutput(line), A))
            seen.extend(told.get("b", []))
        book.welcomed(Welcome(10, {A: (0, 0), B: (0, 0)}), is_another=True)

    assert seen == list(lines)


def test_after_choosing_a_character_anew_nothing_is_hidden() -> None:
    book = ledger(A)
    book.sort([out(A, 1, "one", cause=1), Output(A, 2, 1, Performed(1, "> "))])
    book.welcomed(Welcome(10, {A: (0, 0)}), is_another=True)

    book.sort([selected(book, outputs=2, applied=0)])

    assert texts(book, out(A, 3, "new", cause=1)) == {"a": ["new"]}
