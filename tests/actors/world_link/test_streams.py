"""The table of all sessions of a world: whose each is, who waits, and what a gateway is told of them."""

from actors.world_link.streams import StreamTable
from tests.actors.stand_ins import somebody
from transports.link.protocol import CharacterReleased, Frame, Output, TextOutput
from transports.link.streams import TailRecord

GATEWAY = b"gateway:1:1"
ANN = 7
BYE = CharacterReleased(1, "The world fades around you.")


def restored(*last_words: CharacterReleased) -> StreamTable:
    """A session that played nobody at the checkpoint, with outputs that its gateway may not have."""
    table = StreamTable()
    entries = tuple((0, body, 0) for body in last_words)
    table.restore(ANN, 2, TailRecord(10, 10, entries), now=0.0)
    return table


def bodies(frames: list[Frame]) -> list[object]:
    return [frame.body for frame in frames if isinstance(frame, Output)]


def test_a_session_in_play_is_known_whatever_its_gateway_has() -> None:
    table = StreamTable()
    table.open(ANN, 0.0, applied=3)
    table.play(ANN, somebody(), "character:ann", 1)

    positions, missed = table.claim(GATEWAY, {ANN: 0})

    assert positions == {ANN: (3, 3)}
    assert missed == []


def test_a_session_that_plays_nobody_is_known_until_its_gateway_has_its_last_words() -> None:
    positions, missed = restored(BYE).claim(GATEWAY, {ANN: 9})

    assert positions == {ANN: (2, 2)}
    assert bodies(missed) == [BYE]


def test_a_session_that_plays_nobody_and_has_had_its_last_words_selects_again() -> None:
    # Its gateway may have begun a second stay, which this world has never heard of.
    for received in (10, 25):
        table = restored(BYE)

        positions, missed = table.claim(GATEWAY, {ANN: received})

        assert positions == {}
        assert missed == []
        assert table.emit(ANN, 0, TextOutput("not for you")) == []
