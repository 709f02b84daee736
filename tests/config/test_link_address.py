"""Where the link is when nobody says."""

from pathlib import Path

import pytest

from config.link_address import PATH_LIMIT_BYTES, default_link_address
from config.problems import ConfigurationError

LONG = Path("/srv") / ("long" * 40)


def test_the_link_lies_in_the_data_directory() -> None:
    assert default_link_address(Path("/srv/wyld")) == "ipc:///srv/wyld/link.sock"


def test_a_path_too_long_for_a_socket_is_replaced_by_a_short_one_that_both_halves_find(
    tmp_path: Path,
) -> None:
    first = default_link_address(LONG, temporary=tmp_path)

    assert first == default_link_address(LONG, temporary=tmp_path)
    assert first != default_link_address(LONG / "other", temporary=tmp_path)
    path = Path(first.removeprefix("ipc://"))
    assert path.parent.parent == tmp_path
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_the_longest_path_that_fits_stays() -> None:
    data_dir = Path("/" + "x" * (PATH_LIMIT_BYTES - len("//link.sock")))

    assert default_link_address(data_dir) == f"ipc://{data_dir}/link.sock"


def test_a_folder_that_others_may_enter_is_not_used(tmp_path: Path) -> None:
    address = default_link_address(LONG, temporary=tmp_path)
    Path(address.removeprefix("ipc://")).parent.chmod(0o755)

    with pytest.raises(ConfigurationError, match=r"link\.address: must be set"):
        default_link_address(LONG, temporary=tmp_path)


def test_a_link_to_elsewhere_is_not_used(tmp_path: Path) -> None:
    folder = Path(default_link_address(LONG, temporary=tmp_path).removeprefix("ipc://")).parent
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(ConfigurationError):
        default_link_address(LONG, temporary=tmp_path)
