"""What the configuration says of the link is what both of its ends are given."""

from pathlib import Path

import pytest

import run_link
from config.keys import KeyFileError, ensure_key
from config.settings import Settings
from tests.test_run_options import settings
from transports.link.errors import AddressRefused


def test_the_key_of_the_link_is_the_one_set_or_the_one_in_the_data_directory(tmp_path: Path) -> None:
    assert run_link.link_key(settings(WYLD_LINK__KEY="ours")) == b"ours"

    made = run_link.link_key(settings(WYLD_DATA_DIR=str(tmp_path)))

    assert made.decode() == ensure_key(tmp_path / "link.key")


def test_the_link_is_in_the_data_directory_unless_an_address_is_set(tmp_path: Path) -> None:
    assert run_link.link_address(settings(WYLD_DATA_DIR="/srv/wyld")) == "ipc:///srv/wyld/link.sock"
    assert run_link.link_address(settings(WYLD_LINK__ADDRESS="tcp://[::1]:4500")) == "tcp://[::1]:4500"


def curve_settings(data_dir: Path, **more: str) -> Settings:
    keys = run_link.ensure_link_keys(settings(WYLD_DATA_DIR=str(data_dir)))
    return settings(
        WYLD_DATA_DIR=str(data_dir),
        WYLD_LINK__CURVE__WORLD=keys.world,
        WYLD_LINK__CURVE__GATEWAYS=f"east={keys.gateway}",
        **more,
    )


def test_both_halves_are_given_the_keys_that_were_made_once(tmp_path: Path) -> None:
    given = curve_settings(tmp_path, WYLD_LINK__ADDRESS="tcp://0.0.0.0:4800")
    assert given == curve_settings(tmp_path, WYLD_LINK__ADDRESS="tcp://0.0.0.0:4800")

    world, gateway = run_link.world_curve(given), run_link.gateway_curve(given)

    assert world is not None
    assert gateway is not None
    assert gateway.world == world.pair.public
    assert world.gateways == {gateway.pair.public: "east"}
    # Both prove to know the same, and no secret was copied.
    assert run_link.link_key(given, world.pair.public) == run_link.link_key(given, gateway.world)
    assert not (tmp_path / "link.key").exists()


def test_a_shared_secret_that_is_set_is_asked_for_beside_the_keys(tmp_path: Path) -> None:
    given = curve_settings(tmp_path, WYLD_LINK__KEY="ours")

    assert run_link.link_key(given, b"w" * 32) == b"ours"


def test_without_keys_a_link_stays_on_its_machine(tmp_path: Path) -> None:
    given = settings(WYLD_DATA_DIR=str(tmp_path), WYLD_LINK__ADDRESS="tcp://0.0.0.0:4800")

    assert run_link.world_curve(settings(WYLD_DATA_DIR=str(tmp_path))) is None
    for make in (run_link.world_curve, run_link.gateway_curve):
        with pytest.raises(AddressRefused, match=r"run\.py keys"):
            make(given)


def test_a_key_file_that_is_missing_or_broken_says_how_it_is_made(tmp_path: Path) -> None:
    given = curve_settings(tmp_path)
    file = tmp_path / "world-curve.key"
    file.write_text("a password\n", encoding="ascii")
    with pytest.raises(KeyFileError, match=r"holds no key .*run\.py keys"):
        run_link.world_curve(given)

    file.unlink()
    with pytest.raises(KeyFileError, match=r"make it with `python run\.py keys`"):
        run_link.world_curve(given)


def test_each_half_may_have_its_secret_elsewhere_and_never_the_other_ones(tmp_path: Path) -> None:
    files = {name: tmp_path / f"secret-of-{name}" for name in run_link.HALVES}
    given = curve_settings(
        tmp_path,
        **{f"WYLD_LINK__CURVE__{name.upper()}_SECRET_FILE": str(file) for name, file in files.items()},
    )

    keys = run_link.ensure_link_keys(given)

    assert {keys.world_file, keys.gateway_file} == set(files.values())
    assert keys.world != keys.gateway


@pytest.mark.parametrize("name", run_link.HALVES)
def test_one_file_for_both_halves_is_refused(tmp_path: Path, name: str) -> None:
    other = next(half for half in run_link.HALVES if half != name)
    given = settings(
        **{"WYLD_DATA_DIR": str(tmp_path)},
        **{
            f"WYLD_LINK__CURVE__{name.upper()}_SECRET_FILE": str(tmp_path / "x" / ".." / f"{other}-curve.key")
        },
    )

    with pytest.raises(KeyFileError, match=r"belongs to the other half as well; .*_secret_file"):
        run_link.ensure_link_keys(given)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("tcp://127.0.0.1:0", "from 1 to 65535"),
        ("tcp://127.0.0.1:99999", "from 1 to 65535"),
        ("ipc://{tmp}/nowhere/link", "there is no folder .*/nowhere; make it"),
    ],
)
def test_an_address_where_the_halves_cannot_meet_is_refused_before_the_start(
    tmp_path: Path, address: str, reason: str
) -> None:
    given = settings(WYLD_DATA_DIR=str(tmp_path), WYLD_LINK__ADDRESS=address.format(tmp=tmp_path))

    with pytest.raises(AddressRefused, match=reason):
        run_link.check_link(given, ["world"])


@pytest.mark.parametrize("address", ["", "tcp://[::1]:4500", "ipc://{tmp}/link", "ipc://@wyld"])
def test_an_address_where_they_can_meet_is_not(tmp_path: Path, address: str) -> None:
    given = settings(WYLD_DATA_DIR=str(tmp_path), WYLD_LINK__ADDRESS=address.format(tmp=tmp_path))

    run_link.check_link(given, run_link.HALVES)
