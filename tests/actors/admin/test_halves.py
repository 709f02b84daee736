"""What makes each half unready: asked of its parts, of which one is ill, or away."""

from collections.abc import Iterator
from typing import Any

import pytest

from actors.admin.checks import Health
from actors.admin.gateway_half import GatewayHalf
from actors.admin.world_half import WorldHalf
from actors.checkpoint.keeper import GetKeeperStatus, KeeperStatus
from actors.gateway.messages.book import BookStatus, DescribeBook
from actors.gateway.messages.link import LINK, DescribeLink
from actors.gateway.messages.link import LinkStatus as GatewayLink
from actors.gateway.session_book import SESSION_BOOK
from actors.storage.requests import GetStoreStatus, StoreStatus
from actors.storage.store import STORE_NAME
from actors.world.outlet import KEEPER, OUTLET
from actors.world_link.messages import GetLinkStatus
from actors.world_link.messages import LinkStatus as WorldLink
from wyld_actors import Actor, ActorSystem, Context, ManualClock, on

WELL: dict[str, Any] = {
    STORE_NAME: StoreStatus(4, 4, "", {}),
    OUTLET: WorldLink({"gateway:1": {"state": "up", "round_trip_seconds": 0.001}}, 1, 0, 0, 0),
    KEEPER: KeeperStatus(1.0, 0.5, 9, 0, 0, 0.0, 0.0, 0.0, 0.0, 0, 0, ""),
    LINK: GatewayLink(True, "world", 1, 1, 0.001, 0, 0, 0, None),
    SESSION_BOOK: BookStatus({"playing": 1}, 0, 0, 0.0, 9, "", {}),
}
ILL: dict[str, Any] = {
    STORE_NAME: StoreStatus(4, 0, "connection refused", {}),
    OUTLET: WorldLink({}, 0, 0, 0, 0),
    KEEPER: WELL[KEEPER].replace(age_seconds=31.0, problem="the store is away"),
    LINK: GatewayLink(False, "", 0, 7, None, 0, 0, 0, None),
    SESSION_BOOK: BookStatus({"playing": 1}, 0, 1, 20.0, 9, "connection refused", {}),
}


class Part(Actor):
    """Says how it is."""

    def __init__(self, status: object) -> None:
        super().__init__()
        self.status = status

    @on(GetStoreStatus, GetLinkStatus, GetKeeperStatus, DescribeLink, DescribeBook)
    def tell(self, _ctx: Context, _question: object) -> object:
        return self.status


@pytest.fixture
def system() -> Iterator[ActorSystem]:
    system = ActorSystem(clock=ManualClock())
    yield system
    system.stop()


def healths(system: ActorSystem, half: type[Any], parts: dict[str, Any]) -> dict[str, Health]:
    for name, status in parts.items():
        system.registry.register(name, system.spawn(Part, status))
    system.settle()
    return {check.name: check.health for check in half(system).checks()}


@pytest.mark.parametrize("half", [WorldHalf, GatewayHalf])
def test_with_all_parts_well_all_checks_pass(system: ActorSystem, half: type[Any]) -> None:
    assert set(healths(system, half, WELL).values()) == {Health.OK}


@pytest.mark.parametrize(
    ("half", "part", "check", "health"),
    [
        (WorldHalf, STORE_NAME, "store", Health.FAILING),
        (WorldHalf, KEEPER, "checkpoint", Health.FAILING),
        # A world is ready for gateways before one comes.
        (WorldHalf, OUTLET, "link", Health.WARNING),
        (GatewayHalf, LINK, "link", Health.FAILING),
        # Players play on without a database.
        (GatewayHalf, SESSION_BOOK, "sessions", Health.WARNING),
    ],
)
def test_a_part_that_is_ill_fails_its_check_and_no_other(
    system: ActorSystem, half: type[Any], part: str, check: str, health: Health
) -> None:
    found = healths(system, half, WELL | {part: ILL[part]})

    assert found.pop(check) is health
    assert set(found.values()) <= {Health.OK}


@pytest.mark.parametrize(
    ("half", "part", "check"),
    [
        (WorldHalf, STORE_NAME, "store"),
        (WorldHalf, KEEPER, "checkpoint"),
        (WorldHalf, OUTLET, "link"),
        (GatewayHalf, LINK, "link"),
        (GatewayHalf, SESSION_BOOK, "sessions"),
    ],
)
def test_a_part_that_is_not_there_fails_its_check(
    system: ActorSystem, half: type[Any], part: str, check: str
) -> None:
    parts = {name: status for name, status in WELL.items() if name != part}

    assert healths(system, half, parts)[check] is Health.FAILING
