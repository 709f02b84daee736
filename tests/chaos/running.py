"""One run: a server, its players, the faults of a seed, and the judgement over it."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from pathlib import Path

import gevent

from tests.chaos.bots import Bot
from tests.chaos.faults import Kind, schedule
from tests.chaos.injecting import Injector
from tests.chaos.judgement import Judgement, judge
from tests.chaos.ledger import Ledger, Sureness
from tests.chaos.machine_lost import lost_times, rerun_times, unconfirmed_times
from tests.chaos.recovery import Struck, answered_again, by_kind, table
from tests.chaos.stage import Stage, beginning
from tests.chaos.tcp_proxy import Proxy
from tests.chaos.telnet_bot import TelnetBot
from tests.chaos.web_bot import WebBot

# Players come by telnet and by the page in turn.
KINDS: Mapping[str, type[Bot]] = {"telnet": TelnetBot, "web": WebBot}
NAMES = ("Ada", "Bea", "Cyd", "Dan", "Eve", "Fay", "Gus", "Hal")
# Seconds in which everybody is answered after the last fault.
CALM_SECONDS = 60.0
FINDINGS_SHOWN = 40

Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a run."""

    seed: int
    seconds: float
    ledger: Ledger
    struck: Sequence[Struck]
    judgement: Judgement
    findings: Sequence[str]
    returns: Mapping[str, int]
    troubles: Sequence[str]
    corrections: int

    def lines(self) -> list[str]:
        """For the terminal."""
        unsure = sum(command.sureness is Sureness.AT_MOST_ONCE for command in self.ledger)
        return [
            f"seed {self.seed}, {self.seconds:.0f} s: {len(self.struck)} faults, {len(self.ledger)} commands"
            f" ({unsure} under way when their client's connection ended),"
            f" {len(self.judgement.lost)} lost, {len(self.judgement.doubled)} doubled",
            *table(by_kind(self.struck, self.ledger)),
            f"{self.corrections} answers were taken back after a crash",
            f"came back {', '.join(f'{count} times {how}' for how, count in self.returns.items())}",
            *(f"note: {note}" for note in [*self.judgement.notes, *self.troubles]),
            *(f"BROKEN  {finding}" for finding in self.findings[:FINDINGS_SHOWN]),
            *(
                [f"and {len(self.findings) - FINDINGS_SHOWN} more"]
                if len(self.findings) > FINDINGS_SHOWN
                else []
            ),
        ]


def run_chaos(
    folder: Path, *, seconds: float, seed: int, kinds: Sequence[Kind] = tuple(Kind), say: Say = print
) -> Report:
    """Play for so long in an empty `folder`, with the faults of `seed`, and judge."""
    faults = schedule(seed, seconds, len(NAMES), kinds)
    ledger = Ledger(NAMES)
    with ExitStack() as stack:
        stage = stack.enter_context(Stage(folder)).start()
        began = time.monotonic()

        def now() -> float:
            return time.monotonic() - began

        bots = _bots(stage, ledger, seed, now)
        for bot in bots:
            stack.callback(bot.leaves)
        gevent.joinall([gevent.spawn(bot.signs_up) for bot in bots], raise_error=True)
        began = time.monotonic()
        for bot in bots:
            bot.begins()
        injector = Injector(stage, bots, now)
        injector.run(faults, say)
        gevent.sleep(max(0.0, seconds - now()))
        problems = _ends(stage, bots)
        absent = [bot.name for bot, answered in problems if not answered]
        code = stage.stop()
        after = stage.read()
    for since, until in rerun_times(injector.struck):
        ledger.may_be_rerun(since, until)
    for since, until in lost_times(injector.struck, partial(answered_again, ledger)):
        for bot in bots:
            bot.may_be_undone(since, until)
    for since, until in unconfirmed_times(injector.struck, partial(answered_again, ledger)):
        for bot in bots:
            bot.may_be_shown_again(since, until)
    endings = [ending for bot in bots for ending in bot.endings]
    judgement = judge(ledger, beginning(NAMES), after, endings, absent)
    findings = [*judgement.findings, *_others(bots, code)]
    returns = Counter(how for bot in bots for how in bot.returns)
    corrections = sum(bot.screen.corrections for bot in bots)
    troubles = [trouble for bot in bots for trouble in bot.troubles]
    return Report(seed, seconds, ledger, injector.struck, judgement, findings, returns, troubles, corrections)


def _bots(stage: Stage, ledger: Ledger, seed: int, now: Callable[[], float]) -> list[Bot]:
    """One for each name, each behind a proxy of its own."""
    return [
        KINDS[protocol](
            name,
            ledger,
            Proxy(partial(stage.port, protocol)),
            source=random.Random(f"{seed} {name}"),
            now=now,
            gateways=lambda: stage.gateways_killed,
        )
        for name, protocol in zip(NAMES, cycle(KINDS))
    ]


def _ends(stage: Stage, bots: Sequence[Bot]) -> list[tuple[Bot, bool]]:
    """Everybody types a last line; and whether it was answered."""
    gevent.joinall([gevent.spawn(bot.stops) for bot in bots], raise_error=True)
    last = [gevent.spawn(bot.is_answered, CALM_SECONDS) for bot in bots]
    gevent.joinall(last, raise_error=True)
    return [(bot, bool(greenlet.value)) for bot, greenlet in zip(bots, last, strict=True)]


def _others(bots: Sequence[Bot], code: int) -> list[str]:
    found = [failure for bot in bots for failure in bot.failures]
    found += [f"{bot.name} read {line!r}" for bot in bots for line in bot.screen.surprises]
    return found if code == 0 else [*found, f"the server ended with exit code {code}"]
