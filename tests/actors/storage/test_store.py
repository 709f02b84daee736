"""Whoever asks the store gets an answer, whatever becomes of the database or a worker."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import gevent
import peewee
import pytest

from actors.storage import store_worker
from actors.storage.cooperative import CooperativeDatabase
from actors.storage.entities import EntityRecord
from actors.storage.errors import (
    NameTaken,
    StoreBusy,
    StoreCrashed,
    StoreUnavailable,
    TokenWrong,
    WorldTaken,
    WrongCredentials,
)
from actors.storage.options import Migration, StoreOptions
from actors.storage.ownership import next_epoch
from actors.storage.passwords import PasswordHasher, PasswordOptions
from actors.storage.positions import Position
from actors.storage.requests import (
    Authenticate,
    ChangePassword,
    ClaimWorld,
    CreateAccount,
    CreateCharacter,
    FindEntities,
    GetStoreStatus,
    ListCharacters,
    LoadEntities,
    LoadPositions,
    LoadSessions,
    NextEpoch,
    RevokeTokens,
    SaveCheckpoint,
    SaveSessions,
    SelectCharacter,
    StoreRequest,
    TakeTokens,
    TrimSessions,
)
from actors.storage.session_tokens import TokenAsked, TokenTaken
from actors.storage.store import store_children
from supervisors import Backoff, RestartLog, Services, rest_for_one, run_tree, supervisor
from tests.actors.storage.session_rows import digest, session_row, token_row
from tests.postgres import administer, new_postgres
from wyld_actors import ActorSystem, Cell, Ref

CHEAP = PasswordOptions(memory_kib=64, passes=1)
IMPATIENT = Backoff(min_seconds=0.02, max_seconds=0.05)


class Running:
    """A store under its supervisor, in a system of its own."""

    def __init__(self, options: StoreOptions) -> None:
        self.system = ActorSystem("storage")
        self.log = RestartLog()
        tree = supervisor("store", rest_for_one, store_children(options))
        assert run_tree(self.system, tree, services=Services(log=self.log)).started.get(timeout=10)

    @property
    def ref(self) -> Ref:
        store = self.system.registry.whereis("store")
        assert store is not None
        return store

    def ask(self, request: Any) -> Any:
        return self.ref.ask(request, timeout=10)

    def worker(self, number: int) -> Cell:
        worker = self.system.find(f"/store/workers/worker-{number}")
        assert worker is not None
        return worker.cell

    def crashes(self) -> int:
        return sum(cell.incarnation - 1 for cell in self.system.cells())

    def until(self, condition: Callable[[], bool]) -> None:
        with gevent.Timeout(10):
            while not condition():
                gevent.sleep(0.005)

    def until_connected(self) -> None:
        self.until(lambda: self.ask(GetStoreStatus()).connected == self.ask(GetStoreStatus()).workers > 0)


Start = Callable[..., Running]


@pytest.fixture
def start(database_dsn: str) -> Iterator[Start]:
    """Starts a store on the test's own database."""
    stores: list[Running] = []

    def begin(**changes: Any) -> Running:
        options = StoreOptions(database_dsn, passwords=CHEAP, reconnect=IMPATIENT)
        stores.append(Running(dataclasses.replace(options, **changes)))
        return stores[-1]

    yield begin
    for store in stores:
        store.system.stop()


@pytest.fixture
def store(start: Start) -> Running:
    return start()


def refusal(store: Running, request: StoreRequest) -> BaseException:
    with pytest.raises(Exception) as caught:  # noqa: PT011  # the caller asserts what it is
        store.ask(request)
    return caught.value


# Accounts and characters ------------------------------------------------------------------------------


def test_an_account_is_made_and_logs_in(store: Running) -> None:
    made = store.ask(CreateAccount("Ann", "correct horse"))

    logged_in = store.ask(Authenticate("ann", "correct horse"))

    assert (logged_in.id, logged_in.name) == (made.id, "Ann")


def test_a_taken_name_is_refused_whatever_its_case(store: Running) -> None:
    store.ask(CreateAccount("Ann", "correct horse"))

    assert isinstance(refusal(store, CreateAccount("ANN", "battery staple")), NameTaken)


def test_a_wrong_password_and_an_unknown_account_are_refused_alike(store: Running) -> None:
    store.ask(CreateAccount("Ann", "correct horse"))

    wrong = refusal(store, Authenticate("Ann", "wrong"))
    unknown = refusal(store, Authenticate("Bob", "wrong"))

    assert isinstance(wrong, WrongCredentials)
    assert isinstance(unknown, WrongCredentials)
    assert str(wrong) == str(unknown)


def test_a_changed_password_is_the_only_one_that_counts(store: Running) -> None:
    store.ask(CreateAccount("Ann", "old"))

    store.ask(ChangePassword("Ann", "old", "new"))

    assert isinstance(refusal(store, Authenticate("Ann", "old")), WrongCredentials)
    assert store.ask(Authenticate("Ann", "new")).name == "Ann"


def test_with_the_password_go_all_ways_back_into_the_account(store: Running) -> None:
    account = store.ask(CreateAccount("Ann", "old")).id
    rows = (session_row(1, account_id=account), session_row(2, account_id=account + 1))
    tokens = (token_row(1, 1, account_id=account), token_row(2, 2, account_id=account + 1))
    store.ask(SaveSessions("main", rows, (), tokens))

    assert isinstance(refusal(store, ChangePassword("Ann", "wrong", "new")), WrongCredentials)
    store.ask(ChangePassword("Ann", "old", "new"))

    assert taken(store, 1, 2) == [TokenWrong, TokenTaken]


def taken(store: Running, *numbers: int) -> list[type]:
    asked = tuple(TokenAsked(digest(number), number) for number in numbers)
    return [type(answer) for answer in store.ask(TakeTokens("main", asked))]


def test_sessions_are_asked_for_saved_and_trimmed(store: Running) -> None:
    store.ask(SaveSessions("main", (session_row(1), session_row(2)), (), (token_row(1),)))
    store.ask(RevokeTokens(sessions=(1,)))

    assert taken(store, 1) == [TokenWrong]
    assert store.ask(LoadSessions("main")) == [session_row(1), session_row(2)]
    assert store.ask(TrimSessions("main")) == 0


def test_a_login_replaces_a_hash_made_with_other_parameters(
    start: Start, database: CooperativeDatabase
) -> None:
    start().ask(CreateAccount("Ann", "secret"))
    stronger = start(passwords=dataclasses.replace(CHEAP, passes=3))

    stronger.ask(Authenticate("Ann", "secret"))

    [(password_hash,)] = database.rows("SELECT password_hash FROM accounts")
    assert "t=3" in password_hash


def test_characters_are_made_listed_and_chosen(store: Running) -> None:
    account = store.ask(CreateAccount("Ann", "secret"))

    made = store.ask(CreateCharacter(account.id, "Morgan", "sailor"))
    store.ask(CreateCharacter(account.id, "Ash", "smith"))

    assert [character.name for character in store.ask(ListCharacters(account.id))] == ["Morgan", "Ash"]
    assert store.ask(SelectCharacter(account.id, "morgan")).entity_id == made.entity_id


def test_a_password_is_in_no_repr() -> None:
    for request in (
        CreateAccount("a", "hunter2"),
        Authenticate("a", "hunter2"),
        ChangePassword("a", "hunter2", "hunter2"),
    ):
        assert "hunter2" not in repr(request)


# The world ----------------------------------------------------------------------------------------------


def test_a_checkpoint_comes_back(store: Running) -> None:
    entity = EntityRecord("npc:1", "npc", b"\x81", "guard", 2)

    store.ask(SaveCheckpoint((entity,), (), (Position(7, 3, "character:ann", b"tail"),)))

    assert store.ask(LoadEntities(("npc",))) == [entity]
    assert store.ask(FindEntities(("npc:1", "npc:2"))) == [entity]
    assert store.ask(LoadPositions()) == [Position(7, 3, "character:ann", b"tail")]


def test_checkpoints_are_written_in_the_order_they_were_asked(store: Running) -> None:
    states = [bytes([number]) for number in range(50)]

    answers = [
        store.ref.ask(SaveCheckpoint((EntityRecord("npc:1", "npc", state),)), block=False) for state in states
    ]
    for answer in answers:
        answer.get()

    assert store.ask(FindEntities(("npc:1",)))[0].state == states[-1]


def test_every_epoch_is_greater_than_the_one_before(store: Running) -> None:
    epochs = [store.ask(NextEpoch(name)) for name in ("world", "gateway", "world")]

    assert epochs == sorted(set(epochs))


def test_a_world_has_one_owner(start: Start) -> None:
    first, second = start(), start()

    first.ask(ClaimWorld("wyld"))

    assert isinstance(refusal(second, ClaimWorld("wyld")), WorldTaken)
    second.ask(ClaimWorld("another"))


def test_a_world_is_free_when_its_owner_is_gone(start: Start) -> None:
    first, second = start(), start()
    first.ask(ClaimWorld("wyld"))

    first.system.stop()

    second.ask(ClaimWorld("wyld", wait_seconds=5))


def test_a_waiting_claim_ends_at_its_time(start: Start) -> None:
    start().ask(ClaimWorld("wyld"))

    assert isinstance(refusal(start(), ClaimWorld("wyld", wait_seconds=0.05)), WorldTaken)


def test_a_claim_outlives_the_connection_and_a_crash(
    start: Start, database: CooperativeDatabase, postgres: Any
) -> None:
    owner, other = start(), start()
    owner.ask(ClaimWorld("wyld"))
    owner.until_connected()
    other.until_connected()

    end_sessions(database)
    owner.ask(SaveCheckpoint())
    assert isinstance(refusal(other, ClaimWorld("wyld")), WorldTaken)

    owner.worker(0).kill()
    owner.until(lambda: owner.crashes() > 0)
    owner.until_connected()
    assert isinstance(refusal(other, ClaimWorld("wyld")), WorldTaken)


def test_a_world_that_was_booted_again_cannot_be_claimed_by_the_earlier_boot(start: Start) -> None:
    first, second = start(), start()
    early = first.ask(NextEpoch("world:wyld"))
    late = second.ask(NextEpoch("world:wyld"))

    assert isinstance(refusal(first, ClaimWorld("wyld", epoch=early)), WorldTaken)
    second.ask(ClaimWorld("wyld", epoch=late))


def test_a_boot_in_between_ends_a_claim_even_when_it_is_gone_again(
    start: Start, database: CooperativeDatabase
) -> None:
    owner = start()
    owner.ask(ClaimWorld("wyld", epoch=owner.ask(NextEpoch("world:wyld"))))
    owner.until_connected()

    next_epoch(database, "world:wyld")
    end_sessions(database)

    assert "owned by another process" in str(refusal(owner, SaveCheckpoint()))


def test_nothing_is_written_for_a_world_that_was_lost(start: Start, database: CooperativeDatabase) -> None:
    owner = start()
    owner.ask(ClaimWorld("wyld"))
    database.rows("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")
    usurp(database, "wyld")

    lost = refusal(owner, SaveCheckpoint((EntityRecord("npc:1", "npc", b""),)))

    assert isinstance(lost, (WorldTaken, StoreUnavailable))
    assert "owned by another process" in str(lost)
    assert database.rows("SELECT count(*) FROM entities") == [(0,)]


# Trouble ------------------------------------------------------------------------------------------------


def end_sessions(database: CooperativeDatabase) -> None:
    """What a restart of the database does to every connection but this one."""
    database.rows(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


def usurp(database: CooperativeDatabase, world: str) -> None:
    """Take the lock on a world as soon as it is free."""
    database.rows(f"SELECT pg_advisory_lock({0x77796C64}, hashtext(%s))", [world])


def test_a_request_after_a_lost_connection_does_not_notice(
    store: Running, database: CooperativeDatabase
) -> None:
    store.until_connected()

    end_sessions(database)

    assert store.ask(NextEpoch("world")) == 1
    assert store.crashes() == 0


def test_a_database_that_is_away_is_said_to_be_and_comes_back(postgres_folder: Any) -> None:
    cluster = new_postgres(postgres_folder / "stopped")
    options = StoreOptions(cluster.ensure_running(), passwords=CHEAP, reconnect=IMPATIENT)
    store = Running(options)
    store.ask(CreateAccount("Ann", "secret"))

    cluster.stop()
    while_away = refusal(store, ListCharacters(1))
    fast = [refusal(store, SaveCheckpoint()) for _ in range(20)]
    store.until(lambda: "No such file" in store.ask(GetStoreStatus()).problem)
    store.until(lambda: store.ask(GetStoreStatus()).connected == 0)
    cluster.ensure_running()
    store.until_connected()

    assert isinstance(while_away, StoreUnavailable)
    assert all(isinstance(answer, StoreUnavailable) for answer in fast)
    assert store.crashes() == 0
    assert store.ask(Authenticate("Ann", "secret")).name == "Ann"
    store.system.stop()
    cluster.stop()


def test_a_store_begins_without_a_database() -> None:
    store = Running(StoreOptions("host=/nowhere user=nobody", reconnect=IMPATIENT))

    answer = refusal(store, LoadEntities())

    assert "the database cannot be used now" in str(answer)
    assert store.crashes() == 0
    store.system.stop()


def test_a_database_that_waits_for_its_migration_is_unavailable(postgres: Any, start: Start) -> None:
    administer(postgres, "CREATE DATABASE unmigrated OWNER wyld")
    store = start(dsn=postgres.dsn(database="unmigrated"), migration=Migration.BY_HAND)

    assert "migrate it first" in str(refusal(store, NextEpoch("world")))

    willing = start(dsn=postgres.dsn(database="unmigrated"))
    assert willing.ask(NextEpoch("world")) == 1


def test_a_bug_crashes_the_worker_and_its_asker_is_told(
    store: Running, database: CooperativeDatabase
) -> None:
    store.until_connected()
    database.rows("DROP TABLE session_positions")

    answer = refusal(store, LoadPositions())

    assert isinstance(answer, peewee.ProgrammingError)
    store.until(lambda: store.crashes() == 1)
    assert store.ask(NextEpoch("world")) == 1


def test_who_waits_behind_a_request_that_meets_a_bug_is_answered(
    start: Start, database: CooperativeDatabase
) -> None:
    store = start(pool_size=1)
    store.until_connected()
    database.rows("DROP TABLE session_positions")
    ill = store.ref.ask(LoadPositions(), block=False, timeout=10)

    assert store.ask(NextEpoch("world")) == 1
    with pytest.raises(peewee.ProgrammingError):
        ill.get()


def test_the_asker_of_a_killed_worker_is_told(store: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = gevent.event.Event()

    def sleep(database: CooperativeDatabase, hasher: PasswordHasher, request: StoreRequest) -> None:
        waiting.set()
        database.rows("SELECT pg_sleep(60)")

    monkeypatch.setattr(store_worker, "perform", sleep)
    answer = store.ref.ask(SaveCheckpoint(), block=False, timeout=10)
    waiting.wait(5)

    store.worker(0).kill()

    with pytest.raises(StoreCrashed, match="SaveCheckpoint"):
        answer.get()


def test_a_full_queue_refuses_at_once(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    store = start(queue_limit=2, pool_size=2)
    store.until_connected()
    release = gevent.event.Event()
    monkeypatch.setattr(store_worker, "perform", lambda *_: release.wait(10))
    answers = [store.ref.ask(SaveCheckpoint(), block=False, timeout=10) for _ in range(3)]

    refused = refusal(store, SaveCheckpoint())
    release.set()

    assert isinstance(refused, StoreBusy)
    for answer in answers:
        answer.get()


def test_waiting_for_the_database_does_not_stop_the_others(
    store: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.until_connected()
    monkeypatch.setattr(store_worker, "perform", lambda database, *_: database.rows("SELECT pg_sleep(0.2)"))
    answers = [store.ref.ask(NextEpoch("world"), block=False) for _ in range(3)]

    status = store.ask(GetStoreStatus())

    assert not any(answer.is_done for answer in answers)
    assert status.lanes["queries"].running == 3
    for answer in answers:
        answer.get()


def test_a_stopped_store_answers_those_who_wait(store: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_worker, "perform", lambda *_: gevent.event.Event().wait(10))
    answer = store.ref.ask(SaveCheckpoint(), block=False, timeout=10)
    store.until(lambda: store.ask(GetStoreStatus()).lanes["writes"].running == 1)

    store.ref.cell.stop()

    with pytest.raises(StoreUnavailable, match="stopping"):
        answer.get()


def test_workers_find_a_store_that_begins_anew(store: Running) -> None:
    store.until_connected()

    store.ref.cell.kill()
    store.until(lambda: store.crashes() > 0)

    assert store.ask(NextEpoch("world")) == 1


def test_the_status_counts_what_was_done(store: Running) -> None:
    store.ask(SaveCheckpoint())
    store.ask(NextEpoch("world"))

    status = store.ask(GetStoreStatus())

    assert status.workers == 4
    assert {name: lane.finished for name, lane in status.lanes.items()} == {
        "writes": 1,
        "queries": 1,
        "logins": 0,
        "chores": 0,
    }


def test_a_pool_of_one_does_everything(start: Start) -> None:
    store = start(pool_size=1)

    account = store.ask(CreateAccount("Ann", "secret"))
    store.ask(SaveCheckpoint())

    assert store.ask(ListCharacters(account.id)) == []
