"""A gateway whose session plays Ann, and what it is shown."""

from tests.actors.world_kit import RawGateway, WorldBench
from transports.link.protocol import Output, Performed, TextOutput
from transports.markup import plain

ANN, BOB = 7, 8


def playing(bench: WorldBench) -> RawGateway:
    """A gateway with a session that plays Ann."""
    gateway = bench.gateway()
    gateway.selects(bench.account("Ann"), 1, ANN)
    assert gateway.of(Output), "she sees the room"
    return gateway


def said(gateway: RawGateway, session: int = ANN) -> list[str]:
    shown = [plain(body.text) for body in gateway.shown(session) if isinstance(body, TextOutput)]
    return [text for text in shown if "say" in text]


def performed(gateway: RawGateway, session: int = ANN) -> list[int]:
    return [body.number for body in gateway.shown(session) if isinstance(body, Performed)]
