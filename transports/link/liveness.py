"""Is the peer alive? Heartbeats, back-off and round trip. Pure: the time is passed in, in seconds.

Heartbeats go in both directions, because one direction can die while the other lives (Arx-Game/arxcode#381).
Anything that arrives is a sign of life; heartbeats see to it that something does. A peer that is
silent becomes *suspect*, then *down*, and comes *up* again with the first thing heard.
"""

import enum
import random
from dataclasses import dataclass

from transports.link.protocol import Heartbeat


class LinkState(enum.StrEnum):
    """What we think of the peer."""

    UP = "up"
    SUSPECT = "suspect"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class LivenessOptions:
    """The beats, in seconds."""

    # Between two heartbeats of ours.
    interval_seconds: float = 0.5
    # Silence after which the peer is suspect: three beats, since one may be late behind a long batch.
    suspect_after_seconds: float = 1.5
    # Silence after which it is down: longer than a world's worst pause (collecting garbage, a checkpoint),
    # shorter than a player's patience. A killed process is noticed sooner, by its closed socket.
    down_after_seconds: float = 5.0

    def __post_init__(self) -> None:
        if not 0 < self.interval_seconds < self.suspect_after_seconds < self.down_after_seconds:
            raise ValueError(
                "the intervals must grow: 0 < interval < suspect_after < down_after, got "
                f"{self.interval_seconds}, {self.suspect_after_seconds}, {self.down_after_seconds}"
            )


# How many of our heartbeats are remembered for the round trip. An echo older than that says nothing any more.
_REMEMBERED = 16

# Weight of a new sample in the smoothed round trip: RFC 6298, 2.3: "alpha=1/8".
_SMOOTHING = 1 / 8


class Liveness:
    """What is known of one peer's pulse. `round_trip_seconds` is smoothed, None until the first echo."""

    __slots__ = ("_beat_at", "_heard_at", "_number", "_options", "_sent", "_their_at", "_their_number",
                 "round_trip_seconds")  # fmt: skip

    def __init__(self, options: LivenessOptions, now: float) -> None:
        """A peer counts as heard when it is made: give it a full interval to speak."""
        self._options = options
        self._heard_at = now
        self._beat_at = now
        self._number = 0
        self._sent: dict[int, float] = {}
        self._their_number = 0
        self._their_at = now
        self.round_trip_seconds: float | None = None

    def heard(self, now: float) -> None:
        """Anything has arrived from the peer."""
        self._heard_at = now

    def silence(self, now: float) -> float:
        """Seconds since the peer was last heard."""
        return now - self._heard_at

    def state(self, now: float) -> LinkState:
        """What the silence says."""
        silence = now - self._heard_at
        if silence >= self._options.down_after_seconds:
            return LinkState.DOWN
        return LinkState.SUSPECT if silence >= self._options.suspect_after_seconds else LinkState.UP

    def beat(self, now: float) -> Heartbeat | None:
        """The heartbeat to send now, or None while the last one is young enough."""
        if self._number and now - self._beat_at < self._options.interval_seconds:
            return None
        self._beat_at = now
        self._number = number = self._number + 1
        self._sent[number] = now
        self._sent.pop(number - _REMEMBERED, None)
        held_us = round((now - self._their_at) * 1_000_000) if self._their_number else 0
        return Heartbeat(number, self._their_number, held_us)

    def received(self, beat: Heartbeat, now: float) -> None:
        """A heartbeat of the peer. Its echo of ours, less the time it held it, is the round trip."""
        self._heard_at = now
        self._their_number, self._their_at = beat.number, now
        sent_at = self._sent.pop(beat.echo, None)
        if sent_at is None:
            return
        sample = max(0.0, now - sent_at - beat.held_us / 1_000_000)
        smoothed = self.round_trip_seconds
        self.round_trip_seconds = sample if smoothed is None else smoothed + _SMOOTHING * (sample - smoothed)


@dataclass(frozen=True, slots=True)
class BackoffOptions:
    """How long to wait between two attempts, in seconds."""

    first_seconds: float = 0.05
    cap_seconds: float = 2.0
    factor: float = 2.0
    # The share of a delay that is left to chance, so that many gateways do not come back in step.
    jitter: float = 0.5


class Backoff:
    """Growing delays. The jitter only ever shortens one, so the cap holds."""

    __slots__ = ("_options", "_random", "attempts")

    def __init__(self, options: BackoffOptions, chance: random.Random) -> None:
        self._options = options
        self._random = chance
        self.attempts = 0

    def next_seconds(self) -> float:
        """How long to wait before the next attempt."""
        options = self._options
        # The exponent is bounded: a float overflows after a thousand attempts, the cap is met long before.
        whole = min(options.cap_seconds, options.first_seconds * options.factor ** min(self.attempts, 64))
        self.attempts += 1
        return whole * (1.0 - options.jitter * self._random.random())

    def reset(self) -> None:
        """An attempt has succeeded."""
        self.attempts = 0
