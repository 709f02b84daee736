"""With what a world begins: its last checkpoint, as far as it can be read."""

import pytest

from actors.storage.entities import EntityRecord
from actors.storage.positions import Position
from actors.world.behaviours import BEHAVIOURS
from actors.world.character import Character
from actors.world.room import Room
from actors.world.saving import encode
from actors.world_boot import Beginning, beginning_of, characters_of
from tests.actors.world.sample import atlas

ANN = Character.State(id="character:ann", room="room:town/market")


def begin(*entities: EntityRecord, positions: tuple[Position, ...] = ()) -> Beginning:
    return beginning_of(atlas(), 4, entities, positions, BEHAVIOURS)


def record(state: Room.State | Character.State) -> EntityRecord:
    return EntityRecord(state.id, state.id.partition(":")[0], encode(state))


def test_without_a_checkpoint_a_world_begins_as_its_files_say() -> None:
    beginning = begin()

    assert beginning.epoch == 4
    assert "room:harbour/quay" in beginning.start.records
    assert list(beginning.returning.positions) == []


def test_what_was_saved_wins_over_the_files() -> None:
    quay = Room.State(id="room:harbour/quay", doors={"north": False})

    beginning = begin(record(quay))

    state = beginning.start.records[quay.id]
    assert isinstance(state, Room.State)
    assert state.doors == {"north": False}


def test_the_sessions_that_were_in_play_return_with_their_characters() -> None:
    position = Position(7, 4, ANN.id)

    beginning = begin(record(ANN), positions=(position,))

    assert list(beginning.returning.positions) == [position]
    assert list(beginning.returning.characters) == [ANN.id]


def test_a_state_that_cannot_be_read_is_left_out_and_reported(caplog: pytest.LogCaptureFixture) -> None:
    beginning = begin(EntityRecord(ANN.id, "character", b"\xc1"), positions=(Position(7, 4, ANN.id),))

    assert beginning.returning.characters == {}
    assert [error for error in beginning.start.unreadable if error.entity_id == ANN.id]
    assert ANN.id in caplog.text


def test_a_session_that_played_nobody_has_no_character_to_load() -> None:
    assert characters_of([Position(7, 4, None), Position(8, 1, ANN.id)]) == [ANN.id]
