"""A checkpoint is whole or it is not there."""

from __future__ import annotations

import peewee
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.storage.cooperative import CooperativeDatabase
from actors.storage.entities import EntityRecord, checkpoint, find_entities, load_entities
from actors.storage.positions import Position, forget_positions, load_positions, save_positions

# What PostgreSQL's text can hold: anything but NUL and lone surrogates.
TEXTS = st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=20)
ENTITIES = st.builds(
    EntityRecord,
    id=TEXTS,
    kind=TEXTS,
    state=st.binary(max_size=200),
    prototype=st.none() | TEXTS,
    version=st.integers(0, 2**31 - 1),
)
INT64 = st.integers(-(2**63), 2**63 - 1)
POSITIONS = st.builds(
    Position,
    session=INT64,
    applied=INT64,
    character=st.none() | TEXTS,
    tail=st.binary(max_size=50),
    client=INT64,
)


def npc(number: int, state: bytes = b"\x80") -> EntityRecord:
    return EntityRecord(f"npc:{number:05}", "npc", state)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ENTITIES, max_size=20, unique_by=lambda entity: entity.id))
def test_whatever_is_written_comes_back(database: CooperativeDatabase, entities: list[EntityRecord]) -> None:
    checkpoint(database, entities)

    assert find_entities(database, [entity.id for entity in entities]) == sorted(
        entities, key=lambda entity: entity.id.encode()
    )


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(POSITIONS, max_size=20, unique_by=lambda position: position.session))
def test_whatever_position_is_written_comes_back(
    database: CooperativeDatabase, positions: list[Position]
) -> None:
    forget_positions(database, [position.session for position in load_positions(database)])

    save_positions(database, positions)

    assert load_positions(database) == sorted(positions, key=lambda position: position.session)


def test_an_entity_is_replaced_by_its_newer_state(database: CooperativeDatabase) -> None:
    checkpoint(database, [npc(1, b"old"), npc(2, b"same")])

    checkpoint(database, [npc(1, b"new")])

    assert [entity.state for entity in load_entities(database)] == [b"new", b"same"]


def test_the_last_state_counts_when_an_entity_comes_twice(database: CooperativeDatabase) -> None:
    checkpoint(database, [npc(1, b"old"), npc(1, b"new")])

    assert load_entities(database) == [npc(1, b"new")]


def test_what_was_deleted_is_gone(database: CooperativeDatabase) -> None:
    checkpoint(database, [npc(1), npc(2)])

    checkpoint(database, deleted=["npc:00001", "npc:unknown"])

    assert load_entities(database) == [npc(2)]


def test_changed_and_deleted_at_once_means_deleted(database: CooperativeDatabase) -> None:
    checkpoint(database, [npc(1)], deleted=["npc:00001"])

    assert load_entities(database) == []


def test_entities_of_chosen_kinds_are_loaded(database: CooperativeDatabase) -> None:
    room = EntityRecord("room:1", "room", b"")
    checkpoint(database, [npc(1), room, EntityRecord("item:1", "item", b"")])

    assert load_entities(database, ["npc", "room"]) == [npc(1), room]


def test_a_world_of_many_pages_is_loaded_whole(database: CooperativeDatabase) -> None:
    world = [npc(number) for number in range(1234)]

    checkpoint(database, world)

    assert load_entities(database) == world


def test_a_checkpoint_that_fails_leaves_the_one_before(database: CooperativeDatabase) -> None:
    checkpoint(database, [npc(1, b"before")], positions=[Position(1, 1)])
    too_large = Position(2**63, 1)

    with pytest.raises(peewee.DataError):
        checkpoint(database, [npc(1, b"after"), npc(2)], positions=[Position(1, 2), too_large])

    assert load_entities(database) == [npc(1, b"before")]
    assert load_positions(database) == [Position(1, 1)]
    assert database.is_usable()


def test_a_checkpoint_forgets_sessions_too(database: CooperativeDatabase) -> None:
    checkpoint(database, positions=[Position(1, 10), Position(2, 20)])

    checkpoint(database, positions=[Position(2, 21)], forgotten=[1])

    assert load_positions(database) == [Position(2, 21)]


def test_a_forgotten_session_has_no_position(database: CooperativeDatabase) -> None:
    save_positions(database, [Position(1, 10), Position(2, 20)])

    forget_positions(database, [1, 3])

    assert load_positions(database) == [Position(2, 20)]
