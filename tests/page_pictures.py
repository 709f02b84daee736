"""Makes the pictures of the player's page anew: `python -m tests.page_pictures`.

A real server with the starting world is started; one player comes by telnet, the other is a browser. What is
done and when a picture is taken is in `tests.play.picture_scenarios`.
"""

from gevent import monkey

monkey.patch_all()

from pathlib import Path  # noqa: E402

from tests.play.kit import PROJECT, Server, folder  # noqa: E402
from tests.play.picture_scenarios import SCENARIOS  # noqa: E402
from tests.play.stage import Stage  # noqa: E402
from tests.transports.web.driver import BrowserProcess  # noqa: E402

PICTURES = PROJECT / "docs" / "images"
NAMES = {"ann": "Annika", "bob": "Bran"}


def main(pictures: Path = PICTURES) -> None:
    """Take them."""
    pictures.mkdir(parents=True, exist_ok=True)
    with (
        BrowserProcess("tests.play.picture_scenarios", pictures) as browser,
        folder() as place,
        Server(place, WORLD__FILES="").start() as server,
    ):
        stage = Stage(server, NAMES.__getitem__)
        for scenario in SCENARIOS:
            browser.play(scenario, f"http://127.0.0.1:{server.port('web')}/", stage)


if __name__ == "__main__":
    main()
