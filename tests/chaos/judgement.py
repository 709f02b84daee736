"""Was every command run exactly once, is everything still there, and was nobody sent away?

Pure: the ledger, what was found in the database after the run, and how the connections ended, make a list of
findings. A finding is a broken promise, one each, in words.

Speech says directly which commands were run: the tally has heard each number once or never. What transfers
have done is seen in what everybody holds in the end. One whose answer was shown has a known effect; of the
few others each may have had its effect or not, so what is left over has to be the sum of some of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tests.chaos.ledger import Command, Ledger, Outcome, Sureness, Transfer

# What somebody holds of something: ("gem", "Ann").
Holding = tuple[str, str]

# Sums that are kept at a time while unanswered transfers are tried; some 100 bytes each.
SUMS_LIMIT = 50_000


@dataclass(frozen=True, slots=True)
class World:
    """What was found in the database. `heard` are the tally's numbers in order, `things` the ids of all
    things, each as often as somebody holds it."""

    heard: Mapping[str, Sequence[int]]
    holdings: Mapping[Holding, int]
    things: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Ending:
    """A connection that has ended. `is_excused` when it was cut on purpose or its gateway was killed."""

    player: str
    at: float
    is_excused: bool
    last_words: str = ""


@dataclass(slots=True)
class Judgement:
    """The findings by what was broken; a run without any is a good one."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    repeated_answers: list[str] = field(default_factory=list)
    unbalanced: list[str] = field(default_factory=list)
    disconnected: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    # Not broken, but not known either.
    notes: list[str] = field(default_factory=list)

    @property
    def findings(self) -> list[str]:
        kinds = (
            ("lost", self.lost),
            ("doubled", self.doubled),
            ("out of order", self.disordered),
            ("not answered", self.unanswered),
            ("answered more than once", self.repeated_answers),
            ("not balanced", self.unbalanced),
            ("disconnected", self.disconnected),
            ("not there any more", self.missing),
        )
        return [f"{kind}: {what}" for kind, found in kinds for what in found]


def judge(
    ledger: Ledger,
    before: World,
    after: World,
    endings: Iterable[Ending] = (),
    absent: Iterable[str] = (),
) -> Judgement:
    """The judgement over a run. `absent` are the players who got no answer to a last line."""
    judgement = Judgement()
    for player in ledger.players:
        _judge_speech(player, ledger.of(player), after.heard.get(player, ()), judgement)
    for command in ledger:
        _judge_answers(command, judgement)
    _judge_things(before, after, judgement)
    _judge_holdings(ledger, before, after, judgement)
    judgement.disconnected = [
        f"{ending.player} after {ending.at:.1f} s: {ending.last_words}"
        for ending in endings
        if not ending.is_excused
    ]
    judgement.missing += [f"{player} gets no answer in the end" for player in absent]
    return judgement


def _judge_speech(
    player: str, commands: Sequence[Command], heard: Sequence[int], judgement: Judgement
) -> None:
    counts = Counter(heard)
    for command in commands:
        times = counts.pop(command.number, 0)
        if command.transfer is None and times == 0 and _must_be_run(command):
            judgement.lost.append(str(command))
        if times > 1:
            judgement.doubled.append(f"{command}: run {times} times")
    judgement.doubled += [f"{player}'s {number}, which was never typed" for number in counts]
    judgement.disordered += [
        f"{player}'s {later} came after {earlier}" for earlier, later in pairwise(heard) if later < earlier
    ]


def _must_be_run(command: Command) -> bool:
    if command.sureness is Sureness.UNDONE_MAYBE:
        return False
    # Who has read the answer knows that it was run, whatever was promised.
    return command.sureness is Sureness.ONCE or bool(command.answers)


def _judge_answers(command: Command, judgement: Judgement) -> None:
    if len(command.answers) > 1 and not command.may_repeat:
        words = ", ".join(outcome.value for outcome in command.outcomes)
        judgement.repeated_answers.append(f"{command}: {words}")
    if not command.answers and command.sureness is Sureness.ONCE:
        judgement.unanswered.append(str(command))


def _judge_things(before: World, after: World, judgement: Judgement) -> None:
    was, now = Counter(before.things), Counter(after.things)
    judgement.missing += sorted((was - now).elements())
    judgement.doubled += [f"{thing} is there once more" for thing in sorted((now - was).elements())]


def _judge_holdings(ledger: Ledger, before: World, after: World, judgement: Judgement) -> None:
    """What everybody holds is what it was and what was moved; and nothing was made or destroyed by it."""
    for what in sorted({holding[0] for holding in (*before.holdings, *after.holdings)}):
        was, now = _total(before, what), _total(after, what)
        if was != now:
            judgement.unbalanced.append(f"there are {now} of {what}, and there were {was}")
        _judge_kind(what, ledger, before, after, judgement)


def _total(world: World, what: str) -> int:
    return sum(amount for holding, amount in world.holdings.items() if holding[0] == what)


def _judge_kind(what: str, ledger: Ledger, before: World, after: World, judgement: Judgement) -> None:
    left = Counter(after.holdings)
    left.subtract(before.holdings)
    heard = {player: frozenset(numbers) for player, numbers in after.heard.items()}
    open_transfers = []
    for command in ledger:
        transfer = command.transfer
        if transfer is None or transfer.what != what:
            continue
        numbers = heard.get(command.player, frozenset())
        if command.is_rerun:
            open_transfers.append(transfer)
        elif Outcome.DONE in command.outcomes and _was_kept(command, ledger, numbers):
            left.subtract(dict(transfer.changes))
        elif Outcome.REFUSED not in command.outcomes and _may_have_run(command, numbers):
            open_transfers.append(transfer)
    rest = {holding: amount for holding, amount in left.items() if amount and holding[0] == what}
    try:
        is_explained = explains(rest, open_transfers)
    except TooManySums:
        judgement.notes.append(f"{len(open_transfers)} unanswered transfers of {what} are too many to tell")
        return
    if not is_explained:
        words = ", ".join(f"{holder} {amount:+d}" for (_, holder), amount in sorted(rest.items()))
        judgement.unbalanced.append(f"{what}: {words}, and {len(open_transfers)} unanswered transfers")


def _was_kept(command: Command, ledger: Ledger, heard: frozenset[int]) -> bool:
    """Whether an answered command was surely not undone: what came after it at that time was not."""
    if command.sureness is not Sureness.UNDONE_MAYBE:
        return True
    after = ledger.find(command.player, command.number + 1)
    return after is not None and after.number in heard and after.sureness is Sureness.UNDONE_MAYBE


def _may_have_run(command: Command, heard: frozenset[int]) -> bool:
    """False for one that comes after a line which was not run: a connection loses its last lines."""
    return command.number - 1 in heard or command.sureness is Sureness.ONCE


class TooManySums(Exception):
    """There are too many ways in which the transfers may have gone."""


def explains(rest: Mapping[Holding, int], transfers: Sequence[Transfer]) -> bool:
    """Whether some of the transfers, maybe none, together make exactly `rest`. Raises TooManySums."""
    ordered = sorted(transfers, key=lambda transfer: (transfer.giver, transfer.receiver))
    last_use = {holding: at for at, transfer in enumerate(ordered) for holding, _ in transfer.changes}
    if not rest.keys() <= last_use.keys():
        return False
    sums = {frozenset(rest.items())}
    for at, transfer in enumerate(ordered):
        done = {holding for holding, _ in transfer.changes if last_use[holding] == at}
        sums = {kept for kept in _next_sums(sums, transfer) if not _has(kept, done)}
        if len(sums) > SUMS_LIMIT:
            raise TooManySums
    return frozenset() in sums


def _next_sums(
    sums: Iterable[frozenset[tuple[Holding, int]]], transfer: Transfer
) -> Iterator[frozenset[tuple[Holding, int]]]:
    for some in sums:
        yield some
        rest = dict(some)
        for holding, amount in transfer.changes:
            rest[holding] = rest.get(holding, 0) - amount
        yield frozenset((holding, amount) for holding, amount in rest.items() if amount)


def _has(some: frozenset[tuple[Holding, int]], holdings: set[Holding]) -> bool:
    """Whether something is left at holders whom no further transfer concerns."""
    return any(holding in holdings for holding, _ in some)
