"""Who is here, what each has, and what the world is told of that."""

from actors.gateway.roll import Roll
from tests.actors.gateway.session_refs import REFS, A, B, C, name_of
from transports.link.protocol import Acks, Claim, Resend, Welcome


def roll(*sessions: int) -> Roll:
    made = Roll()
    for session in sessions or (A, B):
        made.join(session, REFS[session], 0, is_in_world=True, plays=True)
    # A handshake was begun with them.
    made.claims()
    return made


def arrives(of: Roll, session: int, *numbers: int) -> None:
    for number in numbers:
        of.inboxes[session].arrive(number)
    of.unconfirmed.add(session)


# Coming, and going


def test_a_session_that_crashed_over_outputs_gets_them_again() -> None:
    sessions = roll()
    arrives(sessions, A, 1, 2)

    assert sessions.join(A, REFS[A], 1, is_in_world=True, plays=False) == Resend(A, 1)
    assert sessions.inboxes[A].received == 1


def test_the_world_is_told_of_the_end_of_a_session_that_it_knows_only() -> None:
    sessions = roll(A)
    sessions.join(B, REFS[B], 0, is_in_world=False, plays=False)

    assert sessions.leave(A) is True
    assert sessions.leave(B) is False
    assert sessions.leave(C) is False


# What the world is told


def test_a_handshake_claims_the_sessions_in_the_world_only() -> None:
    sessions = roll(A)
    sessions.join(B, REFS[B], 0, is_in_world=False, plays=False)
    arrives(sessions, A, 1)

    assert sessions.claims() == {A: 1}
    sessions.leave(A)
    assert sessions.claims() == {}


def test_a_session_of_an_earlier_life_is_claimed_after_the_handshake() -> None:
    sessions = roll(A)
    sessions.welcomed(Welcome(10, {A: (0, 0)}), is_another=True)

    sessions.join(B, REFS[B], 0, is_in_world=True, plays=True)
    sessions.join(C, REFS[C], 0, is_in_world=True, plays=True)
    assert sessions.claim() == Claim({B: 0, C: 0})
    reached = sessions.claimed(Welcome(10, {B: (57, 50)}))

    assert {name_of(ref): message.position for ref, message in reached} == {"b": (57, 50), "c": None}
    assert sessions.in_world == {A, B}
    assert sessions.claim() is None


def test_a_session_that_comes_while_hands_are_shaken_is_not_taken_for_unknown() -> None:
    sessions = roll(A)
    sessions.join(B, REFS[B], 0, is_in_world=True, plays=True)

    reached = sessions.welcomed(Welcome(10, {A: (0, 0)}), is_another=True)

    assert [name_of(ref) for ref, _ in reached] == ["a"]
    assert sessions.claim() == Claim({B: 0})


# What was seen


def test_what_has_arrived_is_confirmed_once() -> None:
    sessions = roll()
    arrives(sessions, A, 1, 2)

    assert sessions.acks() == Acks({A: 2})
    assert sessions.acks() is None


def test_what_a_client_has_not_seen_is_not_confirmed_to_the_world() -> None:
    sessions = roll()
    sessions.confirm(A, 1)
    arrives(sessions, A, 1, 2)
    arrives(sessions, B, 1)

    assert sessions.acks() == Acks({A: 1, B: 1})
    sessions.confirm(A, 2)
    assert sessions.acks() == Acks({A: 2})
    sessions.confirm(A, None)
    arrives(sessions, A, 3)
    assert sessions.acks() == Acks({A: 3})


def test_after_a_handshake_the_world_is_told_again_what_is_seen() -> None:
    """The last confirmation may have gone down with its connection."""
    sessions = roll(A)
    arrives(sessions, A, 1)
    sessions.acks()

    sessions.claims()
    sessions.welcomed(Welcome(10, {A: (0, 0)}), is_another=False)

    assert sessions.acks() == Acks({A: 1})


# What is saved


def test_who_gets_nothing_is_told_what_is_saved_when_a_while_is_over() -> None:
    sessions = roll()
    sessions.saved.note({A: (3, 1)})

    assert sessions.overdue() == []
    [(ref, news)] = sessions.overdue()
    assert (name_of(ref), news.position) == ("a", (3, 1))


def test_all_are_told_what_is_saved_when_the_world_is_lost() -> None:
    sessions = roll()
    sessions.saved.note({A: (3, 1), B: (5, 5), C: (9, 9)})

    told = {name_of(ref): news.position for ref, news in sessions.all_saved()}

    assert told == {"a": (3, 1), "b": (5, 5)}, "nobody else is here"
    assert sessions.all_saved() == []


def test_who_has_left_is_told_nothing_when_he_is_here_again() -> None:
    sessions = roll(A)
    sessions.saved.note({A: (3, 1)})

    sessions.leave(A)
    sessions.join(A, REFS[A], 0, is_in_world=False, plays=False)

    assert sessions.all_saved() == []
