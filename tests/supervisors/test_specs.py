"""Child specifications and flags: what is refused, and how it says so."""

import dataclasses
from typing import Any

import pytest

from supervisors.declaring import supervisor, worker
from supervisors.errors import DuplicateChild, InvalidSpec
from supervisors.specs import (
    AutoShutdown,
    ChildSpec,
    ChildType,
    DynamicFlags,
    GroupMail,
    Mail,
    OnGiveUp,
    Restart,
    Shutdown,
    Strategy,
    SupervisorFlags,
)
from tests.supervisors.kit import Idle, spec


def test_defaults_are_a_permanent_worker_with_five_seconds_to_stop() -> None:
    child = ChildSpec(id="a", actor=Idle)

    assert (child.restart, child.type, child.shutdown) == (Restart.PERMANENT, ChildType.WORKER, 5.0)


def test_a_supervisor_has_endless_time_to_stop_by_default() -> None:
    assert ChildSpec(id="a", actor=Idle, type=ChildType.SUPERVISOR).shutdown is Shutdown.INFINITY


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", ""),
        ("id", "a/b"),
        ("id", 7),
        ("actor", object()),
        ("actor", print),
        ("restart", "permanent"),
        ("shutdown", -1),
        ("shutdown", float("inf")),
        ("shutdown", True),
        ("type", "worker"),
        ("mail", "keep"),
        ("start_timeout_seconds", 0),
        ("start_timeout_seconds", float("inf")),
        ("args", ["not", "a", "tuple"]),
        ("kwargs", ["no mapping"]),
        ("mailbox", 100),
        ("backoff", 1.0),
        ("budget", 5),
        ("significant", 1),
        ("message_retries", -1),
        ("message_retries", True),
    ],
)
def test_an_impossible_field_is_named_in_the_error(field: str, value: Any) -> None:
    with pytest.raises(InvalidSpec) as caught:
        ChildSpec(**{"id": "link", "actor": Idle, field: value})

    assert caught.value.field == field
    assert repr(value) in str(caught.value)


def test_an_error_says_how_to_mend_it() -> None:
    with pytest.raises(InvalidSpec) as caught:
        ChildSpec(id="link", actor=Idle, shutdown=float("inf"))

    assert str(caught.value) == (
        "child 'link': shutdown must be seconds >= 0 or a Shutdown, got inf. "
        "An endless wait is Shutdown.INFINITY, an immediate kill Shutdown.BRUTAL_KILL."
    )


def test_a_permanent_child_cannot_be_significant() -> None:
    with pytest.raises(InvalidSpec, match="transient or temporary"):
        ChildSpec(id="a", actor=Idle, significant=True)


def test_a_significant_child_needs_auto_shutdown() -> None:
    child = spec("a", restart=Restart.TRANSIENT, significant=True)

    with pytest.raises(InvalidSpec, match="auto_shutdown"):
        SupervisorFlags().check(child)
    SupervisorFlags(auto_shutdown=AutoShutdown.ANY_SIGNIFICANT).check(child)


def test_no_significant_children_under_a_dynamic_supervisor() -> None:
    with pytest.raises(InvalidSpec, match="dynamic"):
        DynamicFlags().check(spec("a", restart=Restart.TRANSIENT, significant=True))


def test_two_children_with_one_id_are_refused() -> None:
    with pytest.raises(DuplicateChild, match="'a'"):
        SupervisorFlags().check_all([spec("a"), spec("b"), spec("a")])


@pytest.mark.parametrize("max_restarts", [-1, 1.5, True, float("inf")])
def test_intensity_is_a_count(max_restarts: Any) -> None:
    with pytest.raises(InvalidSpec, match="max_restarts"):
        SupervisorFlags(max_restarts=max_restarts)


@pytest.mark.parametrize("max_seconds", [0, -1, float("inf"), float("nan")])
def test_the_period_is_finite_and_positive(max_seconds: float) -> None:
    with pytest.raises(InvalidSpec, match="max_seconds"):
        SupervisorFlags(max_seconds=max_seconds)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("strategy", "one_for_one"),
        ("auto_shutdown", "never"),
        ("group_mail", "purge"),
        ("on_give_up", "abnormal"),
        ("revive_stopped", 1),
        ("max_concurrent_restarts", 0),
    ],
)
def test_an_impossible_flag_is_named_in_the_error(field: str, value: Any) -> None:
    with pytest.raises(InvalidSpec, match=field):
        SupervisorFlags(**{field: value})


def test_flags_have_elixirs_defaults() -> None:
    flags = SupervisorFlags()

    assert (flags.strategy, flags.max_restarts, flags.max_seconds) == (Strategy.ONE_FOR_ONE, 3, 5.0)
    assert flags.auto_shutdown is AutoShutdown.NEVER


def test_every_flag_can_be_declared() -> None:
    declared = supervisor(
        "top",
        Strategy.REST_FOR_ONE,
        [],
        max_restarts=1,
        max_seconds=2.0,
        auto_shutdown=AutoShutdown.ALL_SIGNIFICANT,
        revive_stopped=True,
        on_give_up=OnGiveUp.SHUTDOWN,
        max_concurrent_restarts=3,
        group_mail=GroupMail.KEEP,
    )

    flags = declared.args[0]
    defaults = SupervisorFlags()
    assert [
        field.name
        for field in dataclasses.fields(SupervisorFlags)
        if getattr(flags, field.name) == getattr(defaults, field.name)
    ] == []


def test_a_fresh_mailbox_and_retries_do_not_go_together() -> None:
    with pytest.raises(InvalidSpec, match="Keep the mail"):
        ChildSpec(id="a", actor=Idle, mail=Mail.FRESH, message_retries=1)


def test_a_field_that_there_is_not_is_an_error() -> None:
    with pytest.raises(TypeError, match="restarts"):
        worker("a", Idle, restarts="always")


@pytest.mark.parametrize(
    ("field", "value"),
    [("max_children", -1), ("max_concurrent_restarts", 0), ("on_give_up", "x"), ("child_budget", 3)],
)
def test_an_impossible_dynamic_flag_is_named_in_the_error(field: str, value: Any) -> None:
    with pytest.raises(InvalidSpec, match=field):
        DynamicFlags(**{field: value})
