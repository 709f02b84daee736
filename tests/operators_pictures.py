"""Makes the pictures of docs/operators.md anew: `python -m tests.operators_pictures [FOLDER]`.

A real server is started, some players come, and some things go wrong in the way that chaos makes them. Then
the page is looked at in a real browser, on a desk and on a phone.
"""

from gevent import monkey

monkey.patch_all()

import http.client  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

from tests.play.kit import PROJECT, Server, folder  # noqa: E402
from tests.play.players import Player  # noqa: E402
from tests.small_png import make_small  # noqa: E402
from tests.transports.web.driver import BrowserProcess  # noqa: E402

PICTURES = PROJECT / "docs" / "images"
PLAYERS = ("ann", "berta", "carl")
# Of one picture in the repository.
LIMIT_BYTES = 150 * 1024


class Trouble:
    """The test's side of the browser's pipe: what happens while somebody looks."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.players: dict[str, Player] = {}
        self.token = (server.data_dir / "admin.key").read_text(encoding="ascii").strip()

    def give_token(self) -> str:
        return self.token

    def types(self, name: str, line: str) -> None:
        self.players[name].types(line)

    def does(self, half: str, deed: str, path: str) -> str:
        """What an operator does; the answer."""
        connection = http.client.HTTPConnection("localhost", self.server.port(f"{half}-admin"), timeout=20)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        connection.request("POST", f"/api/{deed}", json.dumps({"path": path}), headers)
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return str(answer)


def main(pictures: Path = PICTURES) -> None:
    """Make them."""
    with folder() as place, Server(place, WORLD__FILES="").start() as server:
        trouble = Trouble(server)
        for name in PLAYERS:
            trouble.players[name] = server.telnet(name).signs_up()
        with BrowserProcess("tests.actors.admin.scenarios", pictures) as browser:
            browser.play("pictures", f"http://localhost:{server.port('gateway-admin')}/", trouble)
    for name in ("operator.png", "operator-phone.png"):
        make_small(pictures / name)
        size = (pictures / name).stat().st_size
        assert size < LIMIT_BYTES, f"{name} has {size} bytes"


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
