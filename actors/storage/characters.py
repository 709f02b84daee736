"""Characters: whom an account plays. Plain functions over a database connection.

A character's row says whose it is and what it is called; where it stands and what it carries is the
state of its entity, which the world owns and the checkpoint writes.
"""

from __future__ import annotations

import datetime

from actors.storage.accounts import account_exists
from actors.storage.cooperative import CooperativeDatabase
from actors.storage.errors import NameTaken, NoSuchAccount, NoSuchCharacter, UnusableName
from actors.storage.models import Character
from actors.storage.names import name_key
from wyld_actors import Record

__all__ = ["CharacterRecord", "create_character", "list_characters", "select_character"]


class CharacterRecord(Record, frozen=True):
    """A character of an account. `entity_id` is its id in the world."""

    id: int
    account_id: int
    name: str
    background: str
    entity_id: str
    created_at: datetime.datetime
    last_played_at: datetime.datetime | None = None


def create_character(
    database: CooperativeDatabase, account_id: int, name: str, background: str
) -> CharacterRecord:
    """A new character of the account, with a new entity id. Raises NameTaken, UnusableName, NoSuchAccount."""
    if not account_exists(database, account_id):
        raise NoSuchAccount(account_id)
    key = name_key(name)
    created = database.all(
        Character.insert(
            account=account_id,
            name=name,
            name_key=key,
            background=background,
            # The key is unique already, and so is what is made of it.
            entity_id=f"character:{key}",
            created_at=datetime.datetime.now(datetime.UTC),
        )
        .on_conflict(conflict_target=[Character.name_key], action="ignore")
        .returning(*Character._meta.sorted_fields)
    )
    if not created:
        raise NameTaken(name)
    return _record(created[0])


def list_characters(database: CooperativeDatabase, account_id: int) -> list[CharacterRecord]:
    """The characters of an account, oldest first; none for an account that does not exist."""
    query = Character.select().where(Character.account == account_id).order_by(Character.id)
    return [_record(character) for character in database.all(query)]


def select_character(database: CooperativeDatabase, account_id: int, name: str) -> CharacterRecord:
    """The account's character of this name, noted as played now. Raises NoSuchCharacter."""
    try:
        key = name_key(name)
    except UnusableName as failure:
        raise NoSuchCharacter(name) from failure
    query = (
        Character.update(last_played_at=datetime.datetime.now(datetime.UTC))
        .where((Character.account == account_id) & (Character.name_key == key))
        .returning(*Character._meta.sorted_fields)
    )
    found = database.all(query)
    if not found:
        raise NoSuchCharacter(name)
    return _record(found[0])


def _record(character: Character) -> CharacterRecord:
    return CharacterRecord(
        character.id,
        character.account_id,
        character.name,
        character.background,
        character.entity_id,
        character.created_at,
        character.last_played_at,
    )
