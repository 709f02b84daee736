"""The session's table of states, and nothing else, decides what a session can become."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.gateway.errors import IllegalTransition
from actors.gateway.session_states import TRANSITIONS, SessionState, allowed_targets, check_transition

S = SessionState
# Issue 4, word for word; the way back from Disconnected is tested by itself.
WAYS = {
    (S.CONNECTING, S.AUTHENTICATING),
    (S.AUTHENTICATING, S.CHARACTER_SELECTION),
    (S.CHARACTER_SELECTION, S.PLAYING),
    (S.PLAYING, S.CHARACTER_SELECTION),
    (S.CHARACTER_SELECTION, S.DISCONNECTED),
    (S.PLAYING, S.DISCONNECTED),
    *((state, S.CLOSED) for state in S if state is not S.CLOSED),
}
FROM_A_SOCKET = [pair for pair in itertools.product(S, S) if pair[0] is not S.DISCONNECTED]


@pytest.mark.parametrize(("current", "target"), FROM_A_SOCKET)
def test_exactly_the_ways_of_the_table_are_open(current: S, target: S) -> None:
    if (current, target) in WAYS:
        check_transition(current, target)
    else:
        with pytest.raises(IllegalTransition):
            check_transition(current, target)


@pytest.mark.parametrize("left", [S.CHARACTER_SELECTION, S.PLAYING])
@pytest.mark.parametrize("target", list(S))
def test_a_disconnected_session_goes_back_only_to_the_state_it_left(left: S, target: S) -> None:
    if target in (left, S.CLOSED):
        check_transition(S.DISCONNECTED, target, left)
    else:
        with pytest.raises(IllegalTransition):
            check_transition(S.DISCONNECTED, target, left)


def test_a_disconnected_session_that_left_nothing_can_only_be_closed() -> None:
    assert allowed_targets(S.DISCONNECTED) == {S.CLOSED}


def test_the_error_names_both_states_and_what_could_be() -> None:
    with pytest.raises(IllegalTransition) as caught:
        check_transition(S.AUTHENTICATING, S.PLAYING)

    assert (caught.value.current, caught.value.target) == ("authenticating", "playing")
    assert str(caught.value) == (
        "a session that is authenticating cannot become playing (it can become: character_selection, closed)"
    )


def test_the_table_names_every_state() -> None:
    assert set(TRANSITIONS) == set(S)


@given(st.lists(st.sampled_from(list(S)), max_size=30))
def test_no_walk_through_the_table_ever_leaves_closed_or_skips_the_login(wishes: list[S]) -> None:
    current, left, seen = S.CONNECTING, None, [S.CONNECTING]
    for wish in wishes:
        if wish in allowed_targets(current, left):
            left = current if wish is S.DISCONNECTED else None
            current = wish
            seen.append(wish)

    assert S.CLOSED not in seen[:-1]
    if S.PLAYING in seen:
        assert seen[:4] == [S.CONNECTING, S.AUTHENTICATING, S.CHARACTER_SELECTION, seen[3]]
