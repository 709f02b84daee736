"""What a supervisor is told: its children and its own flags. Frozen values, checked when made.

OTP's child specification and supervisor flags with Elixir's defaults. A mistake is reported where it was
made, by an `InvalidSpec` that names the child and the field, says what was expected and, when that
is known, how to mend it.

Deviations from OTP: unknown fields are errors (OTP ignores them); three restarts in 5 s, as in Elixir;
a child that was stopped by hand stays stopped in a group restart unless `revive_stopped`; a supervisor
that gives up ends abnormally unless `on_give_up` says OTP's way.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from supervisors.backoff import Backoff, Budget
from supervisors.errors import DuplicateChild, InvalidSpec
from supervisors.numbers import is_count, is_seconds
from wyld_actors import Actor, Mailbox

# OTP's own defaults: long enough for a handler to finish, short enough for a person to wait.
WORKER_SHUTDOWN_SECONDS: Final = 5.0
START_TIMEOUT_SECONDS: Final = 10.0
DEFAULT_BACKOFF: Final = Backoff()
DEFAULT_CHILD_BUDGET: Final = Budget()
# Elixir's defaults for a supervisor, and a restart limit in the spirit of 4.7: some 0.1 ms each.
MAX_RESTARTS: Final = 3
MAX_SECONDS: Final = 5.0
MAX_CONCURRENT_RESTARTS: Final = 20

ActorClass = type[Actor]


class Restart(enum.Enum):
    """When a child that ended by itself is restarted."""

    PERMANENT = "permanent"
    TRANSIENT = "transient"
    TEMPORARY = "temporary"


class Strategy(enum.Enum):
    """Who else is restarted with a child."""

    ONE_FOR_ONE = "one_for_one"
    ONE_FOR_ALL = "one_for_all"
    REST_FOR_ONE = "rest_for_one"


class Shutdown(enum.Enum):
    """The two ways to stop a child that are not a number of seconds."""

    BRUTAL_KILL = "brutal_kill"
    INFINITY = "infinity"


class ChildType(enum.Enum):
    """Whether a child supervises others itself."""

    WORKER = "worker"
    SUPERVISOR = "supervisor"


class Mail(enum.Enum):
    """What becomes of waiting mail when a child is restarted."""

    KEEP = "keep"
    FRESH = "fresh"


class GroupMail(enum.Enum):
    """What becomes of waiting mail of children that are restarted as a group."""

    PURGE = "purge"
    """It goes to the dead letters: it may speak of a state that the group has forgotten together."""
    KEEP = "keep"
    """Each child's own `mail` decides."""


class AutoShutdown(enum.Enum):
    """Whether the supervisor ends when its significant children have."""

    NEVER = "never"
    ANY_SIGNIFICANT = "any_significant"
    ALL_SIGNIFICANT = "all_significant"


class OnGiveUp(enum.Enum):
    """With what kind of reason a supervisor ends that gives up."""

    ABNORMAL = "abnormal"
    """Its parent counts a crash: also a transient supervisor is restarted."""
    SHUTDOWN = "shutdown"
    """OTP's way: a clean reason, a transient supervisor stays down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSpec:
    """One child: what to start, when to restart it, how to stop it.

    `shutdown` is a number of seconds or a `Shutdown`; by default 5 s for a worker, INFINITY for a supervisor
    (whose own children have their limits). `start_timeout_seconds` None means no limit. A message that
    crashes the child is tried `message_retries` times again, at the head of a mailbox that is kept.
    """

    id: str
    actor: ActorClass
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    restart: Restart = Restart.PERMANENT
    shutdown: float | Shutdown | None = None
    significant: bool = False
    type: ChildType = ChildType.WORKER
    mail: Mail = Mail.KEEP
    mailbox: Mailbox | None = None
    backoff: Backoff = DEFAULT_BACKOFF
    budget: Budget | None = None
    start_timeout_seconds: float | None = START_TIMEOUT_SECONDS
    message_retries: int = 0

    def __post_init__(self) -> None:
        self._check_id()
        self._check_actor()
        if self.shutdown is None:
            object.__setattr__(self, "shutdown", self._default_shutdown())
        self._check_kind("args", self.args, tuple, "a tuple of arguments")
        self._check_kind("kwargs", self.kwargs, Mapping, "a mapping of keyword arguments")
        self._check_choice("restart", self.restart, Restart)
        self._check_choice("type", self.type, ChildType)
        self._check_choice("mail", self.mail, Mail)
        self._check_kind("mailbox", self.mailbox, Mailbox | None, "a Mailbox, or None")
        self._check_kind("backoff", self.backoff, Backoff, "a Backoff")
        self._check_kind("budget", self.budget, Budget | None, "a Budget, or None")
        self._check_kind("significant", self.significant, bool, "True or False")
        self._check_shutdown()
        self._check_significant()
        limit = self.start_timeout_seconds
        if limit is not None and not is_seconds(limit, above_zero=True):
            raise InvalidSpec(self._subject, "start_timeout_seconds", "seconds > 0, or None", limit)
        if not is_count(self.message_retries):
            raise InvalidSpec(self._subject, "message_retries", "an integer >= 0", self.message_retries)
        if self.message_retries and self.mail is Mail.FRESH:
            mend = "Keep the mail (Mail.KEEP), or retry nothing."
            raise InvalidSpec(
                self._subject, "message_retries", "0 with a fresh mailbox", self.message_retries, mend
            )

    @property
    def _subject(self) -> str:
        return f"child {self.id!r}"

    def _default_shutdown(self) -> float | Shutdown:
        return Shutdown.INFINITY if self.type is ChildType.SUPERVISOR else WORKER_SHUTDOWN_SECONDS

    def _check_id(self) -> None:
        if not isinstance(self.id, str) or not self.id or "/" in self.id:
            mend = "The id is the last part of the actor's path, such as 'link' in /gateway/link."
            raise InvalidSpec("a child", "id", "a text without '/' that is not empty", self.id, mend)

    def _check_actor(self) -> None:
        if not _is_actor_class(self.actor):
            mend = f"Give the class itself and its arguments apart: worker({self.id!r}, TheClass, argument)."
            raise InvalidSpec(self._subject, "actor", "an actor class", self.actor, mend)

    def _check_choice(self, name: str, got: object, choices: enum.EnumType) -> None:
        _check_choice(self._subject, name, got, choices)

    def _check_kind(self, name: str, got: object, kind: Any, expected: str) -> None:
        if not isinstance(got, kind):
            raise InvalidSpec(self._subject, name, expected, got)

    def _check_shutdown(self) -> None:
        if not isinstance(self.shutdown, Shutdown) and not is_seconds(self.shutdown):
            mend = "An endless wait is Shutdown.INFINITY, an immediate kill Shutdown.BRUTAL_KILL."
            raise InvalidSpec(self._subject, "shutdown", "seconds >= 0 or a Shutdown", self.shutdown, mend)

    def _check_significant(self) -> None:
        if self.significant and self.restart is Restart.PERMANENT:
            mend = "A permanent child never ends for good; make it transient or temporary."
            raise InvalidSpec(self._subject, "significant", "False for a permanent child", True, mend)


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisorFlags:
    """How a supervisor with a fixed list of children behaves."""

    strategy: Strategy = Strategy.ONE_FOR_ONE
    max_restarts: int = MAX_RESTARTS
    max_seconds: float = MAX_SECONDS
    auto_shutdown: AutoShutdown = AutoShutdown.NEVER
    revive_stopped: bool = False
    on_give_up: OnGiveUp = OnGiveUp.ABNORMAL
    max_concurrent_restarts: int = MAX_CONCURRENT_RESTARTS
    group_mail: GroupMail = GroupMail.PURGE

    def __post_init__(self) -> None:
        _check_choice("supervisor flags", "strategy", self.strategy, Strategy)
        _check_choice("supervisor flags", "auto_shutdown", self.auto_shutdown, AutoShutdown)
        _check_choice("supervisor flags", "group_mail", self.group_mail, GroupMail)
        _check_choice("supervisor flags", "on_give_up", self.on_give_up, OnGiveUp)
        if not isinstance(self.revive_stopped, bool):
            raise InvalidSpec("supervisor flags", "revive_stopped", "True or False", self.revive_stopped)
        _check_intensity("supervisor flags", self.max_restarts, self.max_seconds)
        _check_line("supervisor flags", self.max_concurrent_restarts)

    def check(self, spec: ChildSpec) -> None:
        """Raise InvalidSpec when `spec` does not fit under these flags."""
        if spec.significant and self.auto_shutdown is AutoShutdown.NEVER:
            mend = "Set auto_shutdown of the supervisor to ANY_SIGNIFICANT or ALL_SIGNIFICANT."
            raise InvalidSpec(
                f"child {spec.id!r}", "significant", "False while auto_shutdown is NEVER", True, mend
            )

    def check_all(self, specs: Sequence[ChildSpec]) -> None:
        """Raise InvalidSpec when the list does not fit, DuplicateChild when an id is in it twice."""
        seen: set[str] = set()
        for spec in specs:
            self.check(spec)
            if spec.id in seen:
                raise DuplicateChild("supervisor children", spec.id)
            seen.add(spec.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamicFlags:
    """How a supervisor of any number of unordered children behaves.

    One crash in ten thousand sessions is no reason to end them all. So children without a budget of
    their own get `child_budget`, and only failures of children without any count in the window.
    """

    max_restarts: int = MAX_RESTARTS
    max_seconds: float = MAX_SECONDS
    max_children: int | None = None
    max_concurrent_restarts: int = MAX_CONCURRENT_RESTARTS
    child_budget: Budget | None = DEFAULT_CHILD_BUDGET
    on_give_up: OnGiveUp = OnGiveUp.ABNORMAL

    def __post_init__(self) -> None:
        _check_intensity("dynamic supervisor flags", self.max_restarts, self.max_seconds)
        if self.max_children is not None and not is_count(self.max_children):
            raise InvalidSpec(
                "dynamic supervisor flags", "max_children", "an integer >= 0, or None", self.max_children
            )
        _check_line("dynamic supervisor flags", self.max_concurrent_restarts)
        _check_choice("dynamic supervisor flags", "on_give_up", self.on_give_up, OnGiveUp)
        if not isinstance(self.child_budget, Budget | None):
            raise InvalidSpec(
                "dynamic supervisor flags", "child_budget", "a Budget, or None", self.child_budget
            )

    def check(self, spec: ChildSpec) -> None:
        """Raise InvalidSpec when `spec` does not fit: significant children are for fixed lists."""
        if spec.significant:
            mend = "Put the child under a static supervisor with auto_shutdown."
            raise InvalidSpec(
                f"child {spec.id!r}", "significant", "False under a dynamic supervisor", True, mend
            )


def _check_choice(subject: str, name: str, got: object, choices: enum.EnumType) -> None:
    if not isinstance(got, choices):
        expected = "one of " + ", ".join(f"{choices.__name__}.{choice}" for choice in choices.__members__)
        raise InvalidSpec(subject, name, expected, got)


def _check_intensity(subject: str, max_restarts: object, max_seconds: object) -> None:
    if not is_count(max_restarts):
        mend = "For 'as often as it likes' give the children a budget instead."
        raise InvalidSpec(subject, "max_restarts", "an integer >= 0", max_restarts, mend)
    if not is_seconds(max_seconds, above_zero=True):
        raise InvalidSpec(subject, "max_seconds", "a finite number of seconds > 0", max_seconds)


def _check_line(subject: str, max_concurrent_restarts: object) -> None:
    if not is_count(max_concurrent_restarts) or max_concurrent_restarts == 0:
        raise InvalidSpec(subject, "max_concurrent_restarts", "an integer >= 1", max_concurrent_restarts)


def _is_actor_class(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Actor)
